// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/NameScopes.h"

#include "core/graph/Describe.h"

#include <algorithm>
#include <cmath>

namespace pleat {

namespace {

constexpr std::uint32_t unknown = 0xffffffff;

bool isNumber(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// visit(step) for each scope of a name from the outermost on: "layers", "layers.0", "self_attn" for
// "layers.0/self_attn/MatMul". A module's own path is one step beside its parent's ("layer1/layer1.0").
template<class Visit>
void visitScopes(std::string_view name, Visit visit)
{
    const auto visitDotted = [&](std::string_view step, std::size_t from) {
        for (std::size_t dot = step.find('.', from); dot != std::string_view::npos;
             dot = step.find('.', dot + 1))
            visit(step.substr(0, dot));
    };
    const std::size_t lastSlash = name.rfind('/');
    if (lastSlash == std::string_view::npos) { // the last is the node: "conv1" of "layer1.0.conv1"
        const std::size_t lastDot = name.rfind('.');
        // A number counts nodes of one kind: "p2o.Conv.12".
        if (lastDot != std::string_view::npos && isNumber(name.substr(lastDot + 1)))
            name = name.substr(0, lastDot);
        return visitDotted(name, 0);
    }
    std::string_view parent;
    for (std::size_t start = 0; start < lastSlash;) {
        const std::size_t slash = std::min(name.find('/', start), lastSlash);
        const std::string_view step = name.substr(start, slash - start);
        start = slash + 1;
        if (step.empty())
            continue;
        const bool extends = !parent.empty() && step.size() > parent.size() && step.starts_with(parent) &&
                             step[parent.size()] == '.';
        if (!extends)
            visitDotted(step, 0);
        visit(step);
        parent = step;
    }
}

// All scopes that names speak of, before the needless ones are left out.
class RawScopes final {
public:
    struct Entry {
        std::string path, step;
        std::uint32_t parent = 0, nodes = 0;
    };

    std::uint32_t add(std::string_view name)
    {
        std::uint32_t scope = 0;
        std::size_t depth = 0;
        visitScopes(name, [&](std::string_view step) {
            // Neighbours have most of their scopes in common.
            if (depth == m_way.size() || m_entries[m_way[depth]].step != step ||
                m_entries[m_way[depth]].parent != scope) {
                m_way.resize(depth);
                m_way.push_back(find(scope, step));
            }
            scope = m_way[depth++];
        });
        for (std::uint32_t s = scope; s != 0; s = m_entries[s].parent)
            ++m_entries[s].nodes;
        ++m_entries[0].nodes;
        return scope;
    }
    const std::vector<Entry>& entries() const { return m_entries; }

private:
    std::uint32_t find(std::uint32_t parent, std::string_view step)
    {
        std::string path = m_entries[parent].path;
        if (!path.empty())
            path += '/';
        path += step;
        const auto [found, isNew] = m_byPath.try_emplace(path, static_cast<std::uint32_t>(m_entries.size()));
        if (isNew)
            m_entries.push_back({std::move(path), std::string(step), parent, 0});
        return found->second;
    }

    std::vector<Entry> m_entries{Entry{}};
    std::vector<std::uint32_t> m_way; // of the name before
    std::unordered_map<std::string, std::uint32_t> m_byPath;
};

// "layer1.0" for "layer1" and "layer1.0", "block/conv" for "block" and "conv".
std::string joinedLabel(const std::string& outer, const std::string& inner)
{
    return outer.empty() || inner.starts_with(outer + '.') ? inner : outer + '/' + inner;
}

class TreeMaker final {
public:
    explicit TreeMaker(std::span<const ScopedNode> nodes) : m_nodes(nodes) {}

    NameTree make()
    {
        m_tree.scopes.push_back({});
        addNamed();
        addParts();
        count();
        return std::move(m_tree);
    }

private:
    std::uint32_t addScope(std::string path, std::string label, std::uint32_t parent)
    {
        NameScope scope;
        scope.path = std::move(path);
        scope.label = std::move(label);
        scope.parent = parent;
        scope.depth = m_tree.scopes[parent].depth + 1;
        m_tree.scopes.push_back(std::move(scope));
        return static_cast<std::uint32_t>(m_tree.scopes.size() - 1);
    }

    void addNamed()
    {
        RawScopes raw;
        m_tree.of.reserve(m_nodes.size());
        for (const ScopedNode& node : m_nodes)
            m_tree.of.push_back(raw.add(node.name));
        const auto& entries = raw.entries();
        std::vector<char> isWrapper(entries.size(), 0); // one below holds all that it holds
        for (std::size_t s = 1; s < entries.size(); ++s)
            if (entries[s].nodes == entries[entries[s].parent].nodes)
                isWrapper[entries[s].parent] = 1;
        std::vector<std::uint32_t> kept(entries.size(), 0); // parents come before their children
        std::vector<std::string> wrapped(entries.size());   // labels of those around it that are left out
        for (std::size_t s = 1; s < entries.size(); ++s) {
            const RawScopes::Entry& entry = entries[s];
            const std::uint32_t parent = kept[entry.parent];
            const std::string label = joinedLabel(wrapped[entry.parent], entry.step);
            const bool isAll = entry.nodes == entries[0].nodes;
            kept[s] = parent;
            if (entry.nodes < 2 || isAll)
                continue;
            if (isWrapper[s])
                wrapped[s] = label;
            else
                kept[s] = addScope(entry.path, label, parent);
        }
        for (std::uint32_t& scope : m_tree.of)
            scope = kept[scope];
    }

    // Nodes of one scope in a row.
    void addParts()
    {
        for (std::size_t first = 0; first < m_nodes.size();) {
            const std::uint32_t scope = m_tree.of[first];
            std::size_t end = first + 1;
            while (end < m_nodes.size() && m_tree.of[end] == scope)
                ++end;
            if (end - first > NameScopes::undivided)
                divide(first, end, scope);
            first = end;
        }
    }

    void divide(std::size_t first, std::size_t end, std::uint32_t scope)
    {
        const auto nodes = static_cast<double>(end - first);
        const double levels = std::ceil(std::log(nodes) / std::log(double(NameScopes::mostParts)));
        const auto parts = static_cast<std::size_t>(std::ceil(std::pow(nodes, 1 / levels)));
        std::size_t begin = first;
        for (std::size_t part = 1; part <= parts && begin < end; ++part) {
            const std::size_t length = (end - first) / parts;
            const std::size_t wanted = first + (end - first) * part / parts;
            const std::size_t next = part == parts ? end : borderNear(wanted, length / 3, end);
            if (next <= begin)
                continue;
            addPart(begin, next, scope);
            begin = next;
        }
    }

    // The best place to divide, and of those as good the nearest.
    std::size_t borderNear(std::size_t wanted, std::size_t reach, std::size_t end) const
    {
        std::size_t best = wanted;
        for (std::size_t off = 1; off <= reach; ++off) {
            for (const std::size_t at : {wanted - off, wanted + off})
                if (at < end && m_nodes[at].border > m_nodes[best].border)
                    best = at;
        }
        return best;
    }

    void addPart(std::size_t first, std::size_t end, std::uint32_t scope)
    {
        std::string path = m_tree.scopes[scope].path;
        path += "/[" + std::to_string(first) + '-' + std::to_string(end - 1) + ']';
        const std::uint32_t part = addScope(std::move(path), {}, scope);
        m_tree.scopes[part].first = static_cast<std::uint32_t>(first);
        m_tree.scopes[part].last = static_cast<std::uint32_t>(end - 1);
        for (std::size_t n = first; n < end; ++n)
            m_tree.of[n] = part;
        if (end - first > NameScopes::undivided)
            divide(first, end, part);
    }

    void count()
    {
        for (const std::uint32_t scope : m_tree.of)
            ++m_tree.scopes[scope].nodes;
        for (std::size_t s = m_tree.scopes.size() - 1; s > 0; --s)
            m_tree.scopes[m_tree.scopes[s].parent].nodes += m_tree.scopes[s].nodes;
    }

    const std::span<const ScopedNode> m_nodes;
    NameTree m_tree;
};

// Whether one tensor alone leads past the places before the nodes of a graph, which are in topological order.
std::vector<ScopedNode::Border> bordersOf(const GraphView& view, ScopeIndex page,
                                          const std::vector<NodeIndex>& order)
{
    constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    std::vector<std::size_t> place(view.nodeCount(), nowhere);
    for (std::size_t i = 0; i < order.size(); ++i)
        place[index(order[i])] = i;
    std::vector<int> begins(order.size() + 1, 0); // how many tensors more lead past than before
    std::vector<char> forks(order.size() + 1, 0); // what begins there has several readers
    const auto add = [&](ValueIndex value, std::size_t from) {
        std::size_t end = from; // after its last reader
        for (const Use& use : view.uses(value))
            if (const std::size_t at = place[index(use.node)]; at != nowhere)
                end = std::max(end, at + 1);
        if (end == from)
            return;
        ++begins[from];
        --begins[end];
        forks[from] = view.uses(value).size() > 1 ? 1 : 0;
    };
    for (const ValueIndex input : view.scopes()[index(page)].inputs)
        if (!view.initializer(input))
            add(input, 0);
    for (std::size_t i = 0; i < order.size(); ++i)
        for (const ValueIndex value : view.outputs(order[i]))
            if (value != ValueIndex::None)
                add(value, i + 1);
    std::vector<ScopedNode::Border> borders(order.size(), ScopedNode::Border::None);
    int alive = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        alive += begins[i];
        if (alive > 1)
            continue;
        borders[i] = forks[i]                                                 ? ScopedNode::Border::Fork
                     : category(view.op(order[i])) == OpCategory::Convolution ? ScopedNode::Border::Layer
                                                                              : ScopedNode::Border::OneTensor;
    }
    return borders;
}

} // namespace

NameTree nameTree(std::span<const ScopedNode> nodes)
{
    return TreeMaker(nodes).make();
}

std::string_view scopedName(const GraphView& view, NodeIndex node)
{
    const std::string_view name = view.name(node);
    return name.empty() ? view.name(view.output(node, 0)) : name;
}

NameScopes::NameScopes(const GraphView& view, ScopeIndex page)
{
    std::vector<NodeIndex> order = view.topological(page);
    std::erase_if(order, [&view](NodeIndex node) {
        const ValueIndex made = view.output(node, 0);
        return made != ValueIndex::None && view.constantDepth(made) > 0;
    });
    const auto borders = bordersOf(view, page, order);
    std::vector<ScopedNode> nodes;
    nodes.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        nodes.push_back({scopedName(view, order[i]), borders[i]});
    NameTree tree = nameTree(nodes);
    m_scopes = std::move(tree.scopes);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto id = static_cast<std::size_t>(view.id(order[i]));
        if (id >= m_of.size())
            m_of.resize(id + 1, unknown);
        m_of[id] = tree.of[i];
    }
    for (std::uint32_t s = 1; s < m_scopes.size(); ++s)
        m_byPath.emplace(m_scopes[s].path, s);
}

std::uint32_t NameScopes::of(NodeId node, std::string_view name) const
{
    if (const auto id = static_cast<std::size_t>(node); id < m_of.size() && m_of[id] != unknown)
        return m_of[id];
    std::uint32_t scope = root;
    std::string path;
    visitScopes(name, [&](std::string_view step) {
        if (!path.empty())
            path += '/';
        path += step;
        if (const auto found = m_byPath.find(path); found != m_byPath.end())
            scope = found->second;
    });
    return scope;
}

bool NameScopes::isIn(std::uint32_t scope, std::uint32_t ancestor) const
{
    while (scope > ancestor) // parents have smaller numbers
        scope = m_scopes[scope].parent;
    return scope == ancestor;
}

} // namespace pleat
