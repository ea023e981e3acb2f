// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/SceneBuilder.h"

#include "core/graph/Cost.h"
#include "ui/canvas/ScopeBlocks.h"
#include "ui/document/Convert.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace pleat::ui {

namespace {

constexpr std::uint32_t nowhere = 0xffffffff;

class Builder final {
public:
    Builder(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
            const SceneDetails& details, std::stop_token stop, const ScopeState& scopes)
        : m_view(page.view),
          m_page(page.scope),
          m_scope(m_view.scopes()[index(page.scope)]),
          m_marks(marks),
          m_scopes(scopes),
          m_reader(page, types, details),
          m_nodeAt(m_view.nodeCount(), nowhere),
          m_sourceOf(m_view.valueCount(), nowhere),
          m_blockAt(scopes.tree().scopes().size(), nowhere),
          m_stop(std::move(stop))
    {
        for (std::uint32_t scope = 0; scope < m_blockAt.size(); ++scope)
            m_hiding.push_back(scopes.hiding(scope).value_or(NameScopes::root));
    }

    // Nothing when stopped.
    std::optional<BuiltScene> build()
    {
        addInputs();
        for (const NodeIndex node : m_scope.nodes)
            if (goesOn())
                addNode(node);
        for (const NodeIndex node : m_scope.nodes)
            if (goesOn())
                addEdges(node);
        addOuterScopeValues();
        addOutputs();
        addFrames();
        finishBlocks();
        return goesOn() ? std::optional(std::move(m_built)) : std::nullopt;
    }

private:
    bool goesOn() const { return !m_stop.stop_requested(); }

    std::uint32_t add(const SceneNode& node, BuiltScene::Item item, std::uint32_t scope = NameScopes::root)
    {
        m_built.scene.nodes.push_back(node);
        m_built.items.push_back(std::move(item));
        m_scopeOf.push_back(scope);
        return static_cast<std::uint32_t>(m_built.scene.nodes.size() - 1);
    }

    std::uint32_t addPort(ValueIndex value, Category category)
    {
        return add(m_reader.port(value, category), {NodeId::None, std::string(m_view.name(value))});
    }

    void addInputs()
    {
        for (const ValueIndex value : m_scope.inputs)
            if (!m_view.initializer(value))
                m_sourceOf[index(value)] = addPort(value, Category::GraphInput);
    }

    // Not on this page, nor in a body of one of its nodes: in a graph around it.
    bool isOutside(ValueIndex value) const
    {
        ScopeIndex scope = m_view.scope(value);
        while (scope != ScopeIndex::None && scope != m_page)
            scope = m_view.scopes()[index(scope)].parent;
        return scope == ScopeIndex::None;
    }

    // The node that makes it; what is made outside gets one when it is first read.
    std::uint32_t sourceOf(ValueIndex value)
    {
        std::uint32_t& source = m_sourceOf[index(value)];
        if (source == nowhere && isOutside(value) && !m_reader.isConstant(value))
            source = addPort(value, Category::GraphInput);
        return source;
    }

    void addNode(NodeIndex node)
    {
        if (m_reader.isHidden(node))
            return;
        const std::uint32_t at = placeOf(node);
        m_nodeAt[index(node)] = at;
        for (const ValueIndex value : m_view.outputs(node))
            if (value != ValueIndex::None)
                m_sourceOf[index(value)] = at;
    }

    // A node of its own, or the collapsed scope that it is in.
    std::uint32_t placeOf(NodeIndex node)
    {
        const NameScopes& tree = m_scopes.tree();
        const std::uint32_t scope = tree.of(m_view.id(node), scopedName(m_view, node));
        const std::uint32_t hiding = m_hiding[scope];
        if (hiding == NameScopes::root)
            return add(m_reader.node(node), {m_view.id(node), {}}, scope);
        std::uint32_t& block = m_blockAt[hiding];
        if (block == nowhere)
            block = add(ScopeBlock::node(tree.scopes()[hiding], hiding), {NodeId::None, {}, hiding}, hiding);
        m_blocks[block].add(m_view, node);
        return block;
    }

    bool isBlock(std::uint32_t at) const { return m_built.items[at].scope != NameScopes::root; }

    // Where nodes are left out, several lines enter at one port.
    void addEdge(ValueIndex read, std::uint32_t to, std::uint32_t port)
    {
        constexpr std::uint32_t otherLine = 0x10000;
        if (to == nowhere)
            return;
        for (const ValueIndex value : m_reader.drawn(read)) {
            addLine(value, to, port);
            port += otherLine;
        }
    }

    // A tensor enters a collapsed scope once, however many nodes of it read it.
    void addLine(ValueIndex value, std::uint32_t to, std::uint32_t port)
    {
        const std::uint32_t from = sourceOf(value);
        if (from == nowhere || (from == to && isBlock(to)))
            return;
        if (isBlock(to) && !m_entered.emplace(to, value).second)
            return;
        const auto ofName = static_cast<quint32>(std::hash<std::string_view>()(m_view.name(value)));
        SceneEdge edge = m_reader.edge(value, from, to, isBlock(to) ? ofName : port);
        if (isBlock(from))
            edge.tensor = ofName;
        m_built.scene.edges.push_back(edge);
    }

    void addEdges(NodeIndex node)
    {
        const auto inputs = m_view.inputs(node);
        for (std::size_t slot = 0; slot < inputs.size(); ++slot)
            if (inputs[slot] != ValueIndex::None)
                addEdge(inputs[slot], m_nodeAt[index(node)], static_cast<std::uint32_t>(slot));
    }

    // What a body reads from outside enters the node that owns the body.
    void addOuterScopeValues()
    {
        std::set<std::pair<std::uint32_t, ValueIndex>> seen;
        const auto scopes = m_view.scopes();
        for (std::size_t i = 1; i < scopes.size() && goesOn(); ++i) {
            const Scope* outer = &scopes[i];
            while (outer->parent != ScopeIndex::None && outer->parent != m_page)
                outer = &scopes[index(outer->parent)];
            if (outer->parent != m_page || outer->owner == NodeIndex::None)
                continue; // a function, or not on this page
            const std::uint32_t owner = m_nodeAt[index(outer->owner)];
            const auto enter = [&](ValueIndex value) {
                const bool enters = value != ValueIndex::None &&
                                    (m_view.scope(value) == m_page || isOutside(value)) &&
                                    seen.emplace(owner, value).second;
                if (enters)
                    addEdge(value, owner, 1000 + static_cast<std::uint32_t>(seen.size()));
            };
            for (const NodeIndex node : scopes[i].nodes)
                std::ranges::for_each(m_view.inputs(node), enter);
            std::ranges::for_each(scopes[i].outputs, enter); // a body may return what is made around it
        }
    }

    void addOutputs()
    {
        for (const ValueIndex value : m_scope.outputs)
            addEdge(value, addPort(value, Category::GraphOutput), 0);
    }

    void addFrames()
    {
        for (std::size_t i = 0; i < m_marks.size() && goesOn(); ++i) {
            const Mark& mark = m_marks[i];
            if (isCounted(mark))
                continue;
            SceneFrame frame{mark.look, {}, mark.badge, mark.tip, {}, {}};
            for (const NodeId id : mark.nodes) {
                const NodeIndex node = m_view.find(id);
                if (node != NodeIndex::None && m_nodeAt[index(node)] != nowhere &&
                    m_framed.insert(m_nodeAt[index(node)]).second)
                    frame.nodes.push_back(m_nodeAt[index(node)]);
            }
            if (frame.nodes.empty())
                continue;
            m_built.scene.frames.push_back(frame);
            m_built.marks.push_back(i);
        }
    }

    // By the collapsed scopes that its nodes are in; false where there is none.
    bool isCounted(const Mark& mark)
    {
        std::set<std::uint32_t> blocks;
        for (const NodeId id : mark.nodes) {
            const NodeIndex node = m_view.find(id);
            if (node != NodeIndex::None && m_nodeAt[index(node)] != nowhere && isBlock(m_nodeAt[index(node)]))
                blocks.insert(m_nodeAt[index(node)]);
        }
        for (const std::uint32_t block : blocks)
            m_blocks[block].add(mark);
        return !blocks.empty();
    }

    void finishBlocks()
    {
        for (const auto& [at, block] : m_blocks)
            m_built.scene.nodes.change(at).rows = block.rows();
        addGroups(m_built.scene, m_scopes.tree().scopes(), m_scopeOf);
    }

    const GraphView& m_view;
    const ScopeIndex m_page;
    const Scope& m_scope; // that one
    const std::span<const Mark> m_marks;
    const ScopeState& m_scopes;
    const SceneReader m_reader;
    std::vector<std::uint32_t> m_nodeAt;   // node of the view → node of the scene
    std::vector<std::uint32_t> m_sourceOf; // value of the view → node of the scene that makes it
    std::set<std::uint32_t> m_framed;
    std::vector<std::uint32_t> m_hiding;  // of each scope the collapsed one around it; the root: none
    std::vector<std::uint32_t> m_blockAt; // collapsed scope → node of the scene
    std::unordered_map<std::uint32_t, ScopeBlock> m_blocks; // by node of the scene
    std::vector<std::uint32_t> m_scopeOf;                   // of each node of the scene
    std::set<std::pair<std::uint32_t, ValueIndex>> m_entered;
    const std::stop_token m_stop;
    BuiltScene m_built;
};

} // namespace

std::optional<BuiltScene> gatherScene(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
                                      const SceneDetails& details, std::stop_token stop,
                                      const ScopeState& scopes)
{
    return Builder(page, marks, types, details, std::move(stop), scopes).build();
}

std::optional<BuiltScene> buildScene(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
                                     Direction direction, const SceneDetails& details, std::stop_token stop,
                                     const ScopeState& scopes)
{
    std::optional<BuiltScene> built = gatherScene(page, marks, types, details, stop, scopes);
    if (!built || stop.stop_requested() || !layOutScene(built->scene, direction, stop))
        return std::nullopt;
    return built;
}

GraphScene labelled(GraphScene scene, const Page& page, const ValueTypes& types)
{
    const auto typeOf = [&](const SceneEdge& edge) -> const ValueType* {
        const ValueIndex value = page.view.find(page.scope, toStd(edge.tensorName));
        return value == ValueIndex::None ? nullptr : pleat::typeOf(page.view, value, types);
    };
    for (std::size_t e = 0; e < scene.edges.size(); ++e) {
        SceneEdge& edge = scene.edges.change(e);
        const ValueType* const type = edge.gone ? nullptr : typeOf(edge);
        edge.label = type ? edgeLabel(*type) : QString();
    }
    return scene;
}

} // namespace pleat::ui
