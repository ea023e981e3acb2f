// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Parts.h"

#include "core/model/Assemble.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

namespace {

constexpr std::size_t mostNodes = 256; // of a part
constexpr std::uint64_t mostCompared = std::uint64_t{1}
                                       << 30;   // bytes of a constant; a larger one is looked at
using Places = std::unordered_set<std::size_t>; // in the common values

Result<std::vector<std::byte>> allBytes(const TensorView& tensor)
{
    std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.payload().size()));
    if (auto read = readWhole(tensor, bytes); !read)
        return tl::make_unexpected(std::move(read.error()));
    return bytes;
}

// All that the operator does, without the names around it.
std::string operatorOf(const GraphView& view, NodeIndex node)
{
    onnx::NodeProto message = view.proto(node);
    message.clear_name();
    message.clear_doc_string();
    message.clear_input();
    message.clear_output();
    return message.SerializeAsString();
}

std::vector<std::string_view> namesOf(const GraphView& view, const std::vector<ValueIndex>& values)
{
    std::vector<std::string_view> names(values.size());
    std::ranges::transform(values, names.begin(), [&](ValueIndex value) { return view.name(value); });
    return names;
}

} // namespace

// One of the two, cut.
class Parts::Side final {
public:
    Side(const GraphView& view, const std::vector<CommonValue>& common, ValueIndex CommonValue::*which)
        : m_view(view),
          m_position(view.nodeCount())
    {
        std::size_t position = 0;
        for (const NodeIndex node : view.topological(ScopeIndex::Main))
            m_position[index(node)] = position++;
        findCaptured();
        for (std::size_t place = 0; place < common.size(); ++place)
            m_places.emplace(common[place].*which, place);
    }

    const GraphView& view() const { return m_view; }

    // Null where it is no common value.
    const std::size_t* place(ValueIndex value) const
    {
        const auto found = m_places.find(value);
        return found == m_places.end() ? nullptr : &found->second;
    }

    // What makes `output` of common values, but for those in `open`, which are made too.
    PartSide cone(ValueIndex output, const Places& open) const
    {
        PartSide side;
        side.output = output;
        std::unordered_set<ValueIndex> seen{output};
        std::unordered_set<NodeIndex> taken;
        std::vector<ValueIndex> waiting{output};
        while (!waiting.empty() && side.nodes.size() <= mostNodes) {
            const ValueIndex value = waiting.back();
            waiting.pop_back();
            const std::size_t* const common = place(value);
            const bool isCut = common && value != output && !open.contains(*common);
            const NodeIndex producer = m_view.producer(value);
            if (isCut || (producer == NodeIndex::None && !isConstant(value))) {
                side.inputs.push_back(value);
                continue;
            }
            if (producer == NodeIndex::None || !taken.insert(producer).second)
                continue;
            side.nodes.push_back(producer);
            for (const std::span<const ValueIndex> read : {m_view.inputs(producer), captured(producer)})
                for (const ValueIndex input : read)
                    if (input != ValueIndex::None && seen.insert(input).second)
                        waiting.push_back(input);
        }
        std::ranges::sort(side.nodes, {}, [&](NodeIndex node) { return m_position[index(node)]; });
        std::ranges::sort(side.inputs, {}, [&](ValueIndex value) { return m_view.name(value); });
        return side;
    }

    // What the bodies of the node read of the main graph, by name.
    std::span<const ValueIndex> captured(NodeIndex node) const
    {
        const auto found = m_captured.find(node);
        return found == m_captured.end() ? std::span<const ValueIndex>() : std::span(found->second);
    }

    bool hasBodies(const PartSide& side) const
    {
        return std::ranges::any_of(side.nodes,
                                   [&](NodeIndex node) { return !m_view.entry(node).bodies().empty(); });
    }

private:
    bool isConstant(ValueIndex value) const { return m_view.initializer(value) || m_view.isSparse(value); }

    // The node of the main graph that a body, however deep, belongs to; None for functions.
    NodeIndex ownerOf(ScopeIndex scope) const
    {
        NodeIndex owner = NodeIndex::None;
        for (; scope != ScopeIndex::Main && scope != ScopeIndex::None;
             scope = m_view.scopes()[index(scope)].parent)
            owner = m_view.scopes()[index(scope)].owner;
        return scope == ScopeIndex::Main ? owner : NodeIndex::None;
    }

    void findCaptured()
    {
        for (std::size_t s = 1; s < m_view.scopes().size(); ++s) {
            const NodeIndex owner = ownerOf(static_cast<ScopeIndex>(s));
            if (owner == NodeIndex::None)
                continue;
            std::vector<ValueIndex>& values = m_captured[owner];
            const auto add = [&](std::span<const ValueIndex> read) {
                for (const ValueIndex value : read)
                    if (value != ValueIndex::None && m_view.scope(value) == ScopeIndex::Main)
                        values.push_back(value);
            };
            for (const NodeIndex node : m_view.scopes()[s].nodes)
                add(m_view.inputs(node));
            add(m_view.scopes()[s].outputs);
        }
        for (auto& [node, values] : m_captured) {
            std::ranges::sort(values, {}, [&](ValueIndex value) { return m_view.name(value); });
            values.erase(std::ranges::unique(values).begin(), values.end());
        }
    }

    const GraphView& m_view;
    std::unordered_map<NodeIndex, std::vector<ValueIndex>> m_captured;
    std::vector<std::size_t> m_position;
    std::unordered_map<ValueIndex, std::size_t> m_places;
};

// Whether parts are the same; remembers which constants are.
class Parts::Sameness final {
public:
    Sameness(const Side& before, const Side& after)
        : m_sideBefore(before),
          m_sideAfter(after),
          m_before(before.view()),
          m_after(after.view())
    {
        const auto opsets = [](const Model& model) {
            std::map<std::string, std::int64_t> versions;
            for (const auto& import : model.header->opset_import())
                versions[import.domain()] = import.version();
            return versions;
        };
        m_sameOpsets = opsets(m_before.model()) == opsets(m_after.model());
        const auto& was = m_before.model().functions;
        const auto& is = m_after.model().functions;
        m_sameFunctions = std::ranges::equal(was, is, [&](const Function& a, const Function& b) {
            if (a.header == b.header && a.body == b.body)
                return true;
            const auto same = areSame(a.source, b.source);
            return same && *same;
        });
    }

    Result<bool> operator()(const PartSide& before, const PartSide& after)
    {
        if (!m_sameOpsets || before.nodes.size() != after.nodes.size() ||
            namesOf(m_before, before.inputs) != namesOf(m_after, after.inputs))
            return false;
        for (std::size_t n = 0; n < before.nodes.size(); ++n) {
            auto same = areSame(before.nodes[n], after.nodes[n]);
            if (!same || !*same)
                return same;
        }
        return true;
    }

private:
    Result<bool> areSame(NodeIndex before, NodeIndex after)
    {
        auto same = doTheSame(before, after);
        if (same && *same)
            same = readTheSame(m_before.inputs(before), m_after.inputs(after));
        if (same && *same)
            same = readTheSame(m_sideBefore.captured(before), m_sideAfter.captured(after));
        return same && *same ? std::ranges::equal(
                                   m_before.outputs(before), m_after.outputs(after), {},
                                   [&](ValueIndex value) { return m_before.name(value); },
                                   [&](ValueIndex value) { return m_after.name(value); })
                             : std::move(same);
    }

    Result<bool> doTheSame(NodeIndex before, NodeIndex after) const
    {
        const Node& was = m_before.entry(before);
        const Node& is = m_after.entry(after);
        // What is called may be another function.
        if (!m_sameFunctions && !m_before.domain(before).empty())
            return false;
        if (was.proto == is.proto && was.parts == is.parts)
            return true;
        if (was.payloads().empty() && is.payloads().empty() && was.bodies().empty() && is.bodies().empty())
            return operatorOf(m_before, before) == operatorOf(m_after, after);
        return areSame(was.source, is.source); // bodies and all
    }

    // What stands in the files; not where one of them was made here.
    Result<bool> areSame(const SourceRange& before, const SourceRange& after) const
    {
        if (!before.exists() || !after.exists() || before.length != after.length ||
            before.length > mostCompared)
            return false;
        const auto a = bytesOf(m_before.model(), before), b = bytesOf(m_after.model(), after);
        for (const auto* bytes : {&a, &b})
            if (!*bytes)
                return tl::make_unexpected(bytes->error());
        return *a == *b;
    }

    static Result<std::vector<std::byte>> bytesOf(const Model& model, const SourceRange& range)
    {
        std::vector<std::byte> bytes(static_cast<std::size_t>(range.length));
        if (auto read = model.file(range.file)->read(range.offset, bytes); !read)
            return tl::make_unexpected(std::move(read.error()));
        return bytes;
    }

    Result<bool> readTheSame(std::span<const ValueIndex> before, std::span<const ValueIndex> after)
    {
        if (before.size() != after.size())
            return false;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const Initializer* const a = m_before.initializer(before[i]);
            const Initializer* const b = m_after.initializer(after[i]);
            if ((a == nullptr) != (b == nullptr) ||
                (!a && m_before.name(before[i]) != m_after.name(after[i])))
                return false;
            if (!a)
                continue;
            auto same = areSame(a->tensor, b->tensor);
            if (!same || !*same)
                return same;
        }
        return true;
    }

    Result<bool> areSame(const TensorMessage& before, const TensorMessage& after)
    {
        if (before.isSame(after))
            return true;
        if (before.type() != after.type() || !std::ranges::equal(before.dims(), after.dims()))
            return false;
        const auto [known, isNew] =
            m_same.try_emplace({std::string(before.name()), std::string(after.name())}, false);
        if (!isNew)
            return known->second;
        const TensorView was = tensorView(before), is = tensorView(after);
        if (was.payload() == is.payload())
            return known->second = true;
        if (was.payload().size() != is.payload().size() || was.payload().size() > mostCompared ||
            before.type() == DataType::String)
            return false;
        const auto a = allBytes(was), b = allBytes(is);
        for (const auto* bytes : {&a, &b})
            if (!*bytes)
                return tl::make_unexpected(bytes->error());
        return known->second = *a == *b;
    }

    const Side& m_sideBefore;
    const Side& m_sideAfter;
    const GraphView& m_before;
    const GraphView& m_after;
    bool m_sameOpsets = false, m_sameFunctions = false;
    std::map<std::pair<std::string, std::string>, bool> m_same;
};

Parts::Parts(const GraphView& before, const GraphView& after, const std::vector<CommonValue>& common)
    : m_before(before),
      m_after(after),
      m_common(common),
      m_sideBefore(std::make_unique<Side>(before, common, &CommonValue::before)),
      m_sideAfter(std::make_unique<Side>(after, common, &CommonValue::after))
{
}

Parts::~Parts() = default;

// Opens common values, the last one first, until both sides read the same. What remains then is what one of
// them does not read at all.
bool Parts::reconcile(Part& part, std::vector<ValueIndex> open) const
{
    Places opened;
    for (const ValueIndex value : open)
        opened.insert(*m_sideBefore->place(value));
    while (true) {
        part.before = m_sideBefore->cone(part.before.output, opened);
        part.after = m_sideAfter->cone(part.after.output, opened);
        if (part.before.nodes.size() > mostNodes || part.after.nodes.size() > mostNodes)
            return false;
        if (namesOf(m_before, part.before.inputs) == namesOf(m_after, part.after.inputs))
            return true;
        const std::size_t* last = nullptr;
        const auto look = [&](const Side& side, const std::vector<ValueIndex>& inputs) {
            for (const ValueIndex input : inputs)
                if (const std::size_t* place = side.place(input); place && (!last || *place > *last))
                    last = place;
        };
        look(*m_sideBefore, part.before.inputs);
        look(*m_sideAfter, part.after.inputs);
        if (!last)
            return true;
        opened.insert(*last);
    }
}

Result<std::vector<Part>> Parts::changed(Progress& progress, const std::stop_token& stop) const
{
    std::vector<CommonValue> ends = m_common;
    for (const ValueIndex output : m_before.scopes()[index(ScopeIndex::Main)].outputs) {
        const ValueIndex now = m_after.find(ScopeIndex::Main, m_before.name(output));
        if (m_sideBefore->place(output) || m_before.producer(output) == NodeIndex::None ||
            now == ValueIndex::None)
            continue;
        ends.push_back({output, now});
    }
    Sameness same(*m_sideBefore, *m_sideAfter);
    std::vector<Part> parts;
    for (std::size_t e = 0; e < ends.size(); ++e) {
        if (stop.stop_requested())
            return cancelled();
        progress.advance(e, ends.size());
        Part part{m_sideBefore->cone(ends[e].before, {}), m_sideAfter->cone(ends[e].after, {}), {}};
        const auto unchanged = same(part.before, part.after);
        if (!unchanged)
            return tl::make_unexpected(unchanged.error());
        if (*unchanged)
            continue;
        if (!reconcile(part, {}))
            part.problem = "Too much of the model lies between it and what both models have in common.";
        else if (m_sideBefore->hasBodies(part.before) || m_sideAfter->hasBodies(part.after))
            part.problem = "Part of it is inside the body of an If, a Loop or a Scan.";
        parts.push_back(std::move(part));
    }
    return parts;
}

Part Parts::widened(const Part& part) const
{
    Part wide = part;
    std::vector<ValueIndex> open;
    for (const ValueIndex input : part.before.inputs)
        if (m_sideBefore->place(input))
            open.push_back(input);
    const bool fits = !open.empty() && reconcile(wide, open);
    return fits && !m_sideBefore->hasBodies(wide.before) && !m_sideAfter->hasBodies(wide.after) ? wide : part;
}

} // namespace pleat
