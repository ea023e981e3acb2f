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

Result<std::vector<std::byte>> bytesOf(const TensorView& tensor)
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
            for (const ValueIndex input : m_view.inputs(producer))
                if (input != ValueIndex::None && seen.insert(input).second)
                    waiting.push_back(input);
        }
        std::ranges::sort(side.nodes, {}, [&](NodeIndex node) { return m_position[index(node)]; });
        std::ranges::sort(side.inputs, {}, [&](ValueIndex value) { return m_view.name(value); });
        return side;
    }

    bool hasBodies(const PartSide& side) const
    {
        return std::ranges::any_of(side.nodes,
                                   [&](NodeIndex node) { return !m_view.entry(node).bodies().empty(); });
    }

private:
    bool isConstant(ValueIndex value) const { return m_view.initializer(value) || m_view.isSparse(value); }

    const GraphView& m_view;
    std::vector<std::size_t> m_position;
    std::unordered_map<ValueIndex, std::size_t> m_places;
};

// Whether parts are the same; remembers which constants are.
class Parts::Sameness final {
public:
    Sameness(const GraphView& before, const GraphView& after) : m_before(before), m_after(after)
    {
        const auto opsets = [](const Model& model) {
            std::map<std::string, std::int64_t> versions;
            for (const auto& import : model.header->opset_import())
                versions[import.domain()] = import.version();
            return versions;
        };
        m_sameOpsets = opsets(before.model()) == opsets(after.model());
        m_haveFunctions = !before.model().functions.empty() || !after.model().functions.empty();
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
        const Node& was = m_before.entry(before);
        const Node& is = m_after.entry(after);
        // Of what is called, nobody knows here whether it is the same.
        const bool isCall = m_haveFunctions && !m_before.domain(before).empty();
        const bool hasMore = !std::ranges::equal(was.payloads(), is.payloads()) || !is.bodies().empty() ||
                             !was.bodies().empty() || isCall;
        if (was.proto != is.proto && (hasMore || operatorOf(m_before, before) != operatorOf(m_after, after)))
            return false;
        if (was.proto == is.proto && was.parts != is.parts && hasMore)
            return false;
        const auto read = m_before.inputs(before), now = m_after.inputs(after);
        const auto made = m_before.outputs(before), makes = m_after.outputs(after);
        if (read.size() != now.size() || made.size() != makes.size())
            return false;
        for (std::size_t o = 0; o < made.size(); ++o)
            if (m_before.name(made[o]) != m_after.name(makes[o]))
                return false;
        for (std::size_t i = 0; i < read.size(); ++i) {
            const Initializer* const a = m_before.initializer(read[i]);
            const Initializer* const b = m_after.initializer(now[i]);
            if ((a == nullptr) != (b == nullptr) || (!a && m_before.name(read[i]) != m_after.name(now[i])))
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
        const auto a = bytesOf(was), b = bytesOf(is);
        for (const auto* bytes : {&a, &b})
            if (!*bytes)
                return tl::make_unexpected(bytes->error());
        return known->second = *a == *b;
    }

    const GraphView& m_before;
    const GraphView& m_after;
    bool m_sameOpsets = false, m_haveFunctions = false;
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
    Sameness same(m_before, m_after);
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
