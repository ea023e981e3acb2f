// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Parts.h"

#include "core/model/Assemble.h"
#include "core/verify/DataFlow.h"

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
    for (onnx::AttributeProto& attribute : *message.mutable_attribute()) {
        attribute.clear_g(); // bodies are graphs of their own
        attribute.clear_graphs();
    }
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
          m_flow(view),
          m_position(view.nodeCount())
    {
        std::size_t position = 0;
        for (std::size_t s = 0; s < view.scopes().size(); ++s) // outer graphs first
            for (const NodeIndex node : view.topological(static_cast<ScopeIndex>(s)))
                m_position[index(node)] = position++;
        for (std::size_t place = 0; place < common.size(); ++place)
            m_places.emplace(common[place].*which, place);
    }

    const GraphView& view() const { return m_view; }
    const DataFlow& flow() const { return m_flow; }

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
            const bool isOuter = m_view.scope(value) != m_view.scope(output) && m_flow.isData(value);
            const bool isCut = isOuter || (common && value != output && !open.contains(*common));
            const NodeIndex producer = m_view.producer(value);
            if (isCut || (producer == NodeIndex::None && !isConstant(value))) {
                side.inputs.push_back(value);
                continue;
            }
            if (producer == NodeIndex::None || !taken.insert(producer).second)
                continue;
            side.nodes.push_back(producer);
            for (const ValueIndex input : m_view.inputs(producer))
                if (const ValueIndex source = m_flow.source(input);
                    source != ValueIndex::None && seen.insert(source).second)
                    waiting.push_back(source);
        }
        std::ranges::sort(side.nodes, {}, [&](NodeIndex node) { return m_position[index(node)]; });
        std::ranges::sort(side.inputs, {}, [&](ValueIndex value) { return m_view.name(value); });
        return side;
    }

    // What bodies read of the graphs around them, computed from the data.
    std::vector<ValueIndex> captured() const
    {
        std::vector<ValueIndex> values;
        const auto add = [&](ScopeIndex scope, std::span<const ValueIndex> read) {
            for (const ValueIndex value : read)
                if (value != ValueIndex::None && m_view.scope(value) != scope && m_flow.isData(value) &&
                    m_view.producer(value) != NodeIndex::None)
                    values.push_back(value);
        };
        for (std::size_t s = 1; s < m_view.scopes().size(); ++s) {
            const auto scope = static_cast<ScopeIndex>(s);
            for (const NodeIndex node : m_view.scopes()[s].nodes)
                add(scope, m_view.inputs(node));
            add(scope, m_view.scopes()[s].outputs);
        }
        std::ranges::sort(values);
        values.erase(std::ranges::unique(values).begin(), values.end());
        return values;
    }

    bool hasBodies(const PartSide& side) const
    {
        return std::ranges::any_of(side.nodes,
                                   [&](NodeIndex node) { return !m_view.entry(node).bodies().empty(); });
    }

private:
    bool isConstant(ValueIndex value) const { return m_view.initializer(value) || m_view.isSparse(value); }

    const GraphView& m_view;
    DataFlow m_flow;
    std::vector<std::size_t> m_position;
    std::unordered_map<ValueIndex, std::size_t> m_places;
};

// Whether parts are the same; remembers which constants are.
class Parts::Sameness final {
public:
    Sameness(const Side& before, const Side& after, const std::vector<ScopeIndex>& scopes)
        : m_flowBefore(before.flow()),
          m_flowAfter(after.flow()),
          m_scopes(scopes),
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
        if (!was.bodies().empty() || !is.bodies().empty())
            return haveTheSameBodies(before, after) &&
                   operatorOf(m_before, before) == operatorOf(m_after, after);
        if (was.payloads().empty() && is.payloads().empty())
            return operatorOf(m_before, before) == operatorOf(m_after, after);
        return areSame(was.source, is.source);
    }

    // What they take and give; what differs in them are parts of theirs.
    bool haveTheSameBodies(NodeIndex before, NodeIndex after) const
    {
        return std::ranges::equal(
            bodiesOf(m_before, before), bodiesOf(m_after, after), [&](ScopeIndex a, ScopeIndex b) {
                const Scope &was = m_before.scopes()[index(a)], &is = m_after.scopes()[index(b)];
                return m_scopes[index(a)] == b &&
                       namesOf(m_before, was.inputs) == namesOf(m_after, is.inputs) &&
                       namesOf(m_before, was.outputs) == namesOf(m_after, is.outputs);
            });
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
            const ValueIndex was = m_flowBefore.source(before[i]), is = m_flowAfter.source(after[i]);
            const Initializer* const a = m_before.initializer(was);
            const Initializer* const b = m_after.initializer(is);
            if ((a == nullptr) != (b == nullptr) || (!a && m_before.name(was) != m_after.name(is)))
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

    const DataFlow& m_flowBefore;
    const DataFlow& m_flowAfter;
    const std::vector<ScopeIndex>& m_scopes; // of the graph after, for each before
    const GraphView& m_before;
    const GraphView& m_after;
    bool m_sameOpsets = false, m_sameFunctions = false;
    std::map<std::pair<std::string, std::string>, bool> m_same;
};

Parts::Parts(const GraphView& before, const GraphView& after, const CommonValues& common)
    : m_before(before),
      m_after(after),
      m_common(common),
      m_sideBefore(std::make_unique<Side>(before, common.values, &CommonValue::before)),
      m_sideAfter(std::make_unique<Side>(after, common.values, &CommonValue::after))
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
        const auto look = [&](const Side& side, const PartSide& of) {
            for (const ValueIndex input : of.inputs)
                if (const std::size_t* place = side.place(input);
                    place && side.view().scope(input) == side.view().scope(of.output) &&
                    (!last || *place > *last))
                    last = place;
        };
        look(*m_sideBefore, part.before);
        look(*m_sideAfter, part.after);
        if (!last)
            return true;
        opened.insert(*last);
    }
}

Result<std::vector<Part>> Parts::changed(Progress& progress, const std::stop_token& stop) const
{
    std::vector<CommonValue> ends = m_common.values;
    std::unordered_set<ValueIndex> seen;
    const auto add = [&](ValueIndex end) {
        if (m_sideBefore->place(end) || m_before.producer(end) == NodeIndex::None || !seen.insert(end).second)
            return;
        if (const ValueIndex now = m_common.counterpart(m_before, m_after, end); now != ValueIndex::None)
            ends.push_back({end, now});
    };
    for (const Scope& scope : m_before.scopes())
        std::ranges::for_each(scope.outputs, add);
    std::ranges::for_each(m_sideBefore->captured(), add);
    Sameness same(*m_sideBefore, *m_sideAfter, m_common.scopes);
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
            part.problem = "It holds an If, a Loop or a Scan that is not the same in both.";
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
