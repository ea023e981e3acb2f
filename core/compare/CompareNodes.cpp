// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/compare/CompareNodes.h"

#include "core/compare/CompareTensors.h"
#include "core/graph/Attributes.h"
#include "core/graph/Describe.h"
#include "core/graph/Shapes.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

namespace {

bool isConstant(const GraphView& view, NodeIndex node)
{
    return node != NodeIndex::None && view.op(node) == "Constant" && view.domain(node).empty();
}

class NodeComparison final {
public:
    NodeComparison(const GraphView& before, const GraphView& after, std::span<const NodeMatch> matches,
                   const std::stop_token& stop)
        : m_before(before),
          m_after(after),
          m_shapesBefore(before),
          m_shapesAfter(after),
          m_stop(stop)
    {
        for (const NodeMatch& match : matches)
            if (match.by != NodesMatchedBy::Nobody) {
                m_partner.emplace(match.before, match.after);
                m_partners.insert(match.after);
            }
    }

    Result<ComparedNode> compare(const NodeMatch& match) const
    {
        ComparedNode compared;
        compared.by = match.by;
        compared.nodes = match;
        if (match.before != NodeIndex::None)
            compared.before = side(m_before, match.before);
        if (match.after != NodeIndex::None)
            compared.after = side(m_after, match.after);
        if (match.by == NodesMatchedBy::Nobody)
            return compared;
        const auto note = [&](NodeDifference::What what, std::string which, std::string before,
                              std::string after) {
            if (before != after)
                compared.changes.push_back({what, std::move(which), std::move(before), std::move(after)});
        };
        note(NodeDifference::What::Operator, {}, operation(m_before, match.before),
             operation(m_after, match.after));
        note(NodeDifference::What::Name, {}, std::string(m_before.name(match.before)),
             std::string(m_after.name(match.after)));
        if (auto done = compareAttributes(match, compared.changes); !done)
            return tl::make_unexpected(std::move(done.error()));
        compareInputs(match, compared.changes);
        for (std::size_t slot = 0; slot < m_before.outputs(match.before).size(); ++slot) {
            const KnownShape* before = m_shapesBefore.of(m_before.output(match.before, slot));
            const KnownShape* after = m_shapesAfter.of(m_after.output(match.after, slot));
            if (before && after && contradict(*before, *after))
                note(NodeDifference::What::Shape, std::to_string(slot), sizes(*before), sizes(*after));
        }
        return compared;
    }

private:
    static NodeSide side(const GraphView& view, NodeIndex node)
    {
        return {view.label(node), view.scopes()[index(view.scope(node))].path, std::string(view.op(node)),
                std::string(view.domain(node))};
    }

    static std::string operation(const GraphView& view, NodeIndex node)
    {
        const std::string_view domain = view.domain(node);
        return domain.empty() ? std::string(view.op(node)) : fmt::format("{}.{}", domain, view.op(node));
    }

    // Sizes that are known to both say something else.
    static bool contradict(const KnownShape& before, const KnownShape& after)
    {
        if (before.size() != after.size())
            return true;
        for (std::size_t axis = 0; axis < before.size(); ++axis)
            if (before[axis] != after[axis] && before[axis] != unknownSize && after[axis] != unknownSize)
                return true;
        return false;
    }

    static std::string sizes(const KnownShape& shape)
    {
        std::string text;
        for (const std::int64_t size : shape)
            text +=
                (text.empty() ? "" : "×") + (size == unknownSize ? std::string("?") : std::to_string(size));
        return text.empty() ? "scalar" : text;
    }

    Result<void> compareAttributes(const NodeMatch& match, std::vector<NodeDifference>& changes) const
    {
        const Node& old = m_before.entry(match.before);
        const Node& now = m_after.entry(match.after);
        const auto note = [&](const std::string& name, std::string before, std::string after) {
            changes.push_back({NodeDifference::What::Attribute, name, std::move(before), std::move(after)});
        };
        for (const onnx::AttributeProto& attribute : old.proto->attribute()) {
            const onnx::AttributeProto* other = pleat::attribute(*now.proto, attribute.name());
            if (!other) {
                note(attribute.name(), describe(old, attribute).value, {});
                continue;
            }
            const auto same = areSame(old, attribute, now, *other);
            if (!same)
                return tl::make_unexpected(same.error());
            if (!*same)
                note(attribute.name(), describe(old, attribute).value, describe(now, *other).value);
        }
        for (const onnx::AttributeProto& attribute : now.proto->attribute())
            if (!pleat::attribute(*old.proto, attribute.name()))
                note(attribute.name(), {}, describe(now, attribute).value);
        return {};
    }

    // Graphs are the same here: their nodes are compared one by one.
    Result<bool> areSame(const Node& old, const onnx::AttributeProto& before, const Node& now,
                         const onnx::AttributeProto& after) const
    {
        const bool areTensors = before.has_t() && after.has_t();
        const auto bare = [](onnx::AttributeProto attribute) {
            attribute.clear_doc_string();
            attribute.clear_type(); // files of IR version 1 have none
            attribute.clear_t();
            attribute.clear_g();
            attribute.clear_graphs();
            return attribute.SerializeAsString();
        };
        if (bare(before) != bare(after) || before.has_t() != after.has_t() ||
            before.has_g() != after.has_g() || before.graphs_size() != after.graphs_size())
            return false;
        if (!areTensors)
            return true;
        const TensorView left = tensorView(old.payloads(), before.t()),
                         right = tensorView(now.payloads(), after.t());
        if (left.type() != right.type() || left.dims() != right.dims())
            return false;
        if (!TensorView::areNumbers(left.type()))
            return before.t().SerializeAsString() == after.t().SerializeAsString();
        NoProgress quiet;
        const auto measured = difference(left, right, quiet, m_stop);
        if (!measured)
            return tl::make_unexpected(measured.error());
        return measured->differing == 0;
    }

    void compareInputs(const NodeMatch& match, std::vector<NodeDifference>& changes) const
    {
        const std::size_t slots =
            std::max(m_before.inputs(match.before).size(), m_after.inputs(match.after).size());
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const ValueIndex before = m_before.input(match.before, slot),
                             after = m_after.input(match.after, slot);
            if (!readTheSame(before, after) &&
                !readTheSame(aroundUnmatched(m_before, before), aroundUnmatched(m_after, after)))
                changes.push_back({NodeDifference::What::Input, std::to_string(slot),
                                   source(m_before, before), source(m_after, after)});
        }
    }

    // What a node reads where those go that only one of the models has: that they came or went is said of
    // them, and not of all that read them. Only around nodes that compute from one tensor alone.
    ValueIndex aroundUnmatched(const GraphView& view, ValueIndex value) const
    {
        for (NodeIndex maker = view.producer(value); maker != NodeIndex::None; maker = view.producer(value)) {
            const bool isMatched =
                &view == &m_before ? m_partner.contains(maker) : m_partners.contains(maker);
            if (isMatched || view.producerSlot(value) != 0)
                return value;
            ValueIndex only = ValueIndex::None;
            for (const ValueIndex input : view.inputs(maker)) {
                if (input == ValueIndex::None || isStored(view, input))
                    continue;
                if (only != ValueIndex::None)
                    return value;
                only = input;
            }
            if (only == ValueIndex::None)
                return value;
            value = only;
        }
        return value;
    }

    bool readTheSame(ValueIndex before, ValueIndex after) const
    {
        if (before == ValueIndex::None || after == ValueIndex::None)
            return before == after;
        const NodeIndex maker = m_before.producer(before), other = m_after.producer(after);
        if (isStored(m_before, before) || isStored(m_after, after))
            return isStored(m_before, before) == isStored(m_after, after);
        if (maker == NodeIndex::None || other == NodeIndex::None)
            return maker == other &&
                   (m_before.name(before) == m_after.name(after) || areAtOnePlace(before, after));
        const auto partner = m_partner.find(maker);
        return partner != m_partner.end() && partner->second == other &&
               m_before.producerSlot(before) == m_after.producerSlot(after);
    }

    // Inputs of graphs whose names are others.
    bool areAtOnePlace(ValueIndex before, ValueIndex after) const
    {
        const auto place = [](const GraphView& view, ValueIndex value) {
            const std::vector<ValueIndex>& inputs = view.scopes()[index(view.scope(value))].inputs;
            return std::ranges::find(inputs, value) - inputs.begin();
        };
        return place(m_before, before) == place(m_after, after);
    }

    static bool isStored(const GraphView& view, ValueIndex value)
    {
        return view.initializer(value) || view.isSparse(value) || isConstant(view, view.producer(value));
    }

    static std::string source(const GraphView& view, ValueIndex value)
    {
        if (value == ValueIndex::None)
            return {};
        if (isStored(view, value))
            return fmt::format("constant {}", view.name(value));
        const NodeIndex maker = view.producer(value);
        if (maker == NodeIndex::None)
            return fmt::format("input {}", view.name(value));
        const std::size_t slot = view.producerSlot(value);
        return slot == 0 ? view.label(maker) : fmt::format("output {} of {}", slot, view.label(maker));
    }

    const GraphView& m_before;
    const GraphView& m_after;
    Shapes m_shapesBefore, m_shapesAfter;
    const std::stop_token& m_stop;
    std::unordered_map<NodeIndex, NodeIndex> m_partner; // before → after
    std::unordered_set<NodeIndex> m_partners;           // after
};

} // namespace

std::string textOf(const NodeDifference& change)
{
    std::string text;
    switch (change.what) {
    case NodeDifference::What::Operator:
        text = "operator";
        break;
    case NodeDifference::What::Name:
        text = "name";
        break;
    case NodeDifference::What::Attribute:
        text = "attribute " + change.which;
        break;
    case NodeDifference::What::Input:
        text = "input " + change.which;
        break;
    case NodeDifference::What::Shape:
        text = "shape of output " + change.which;
        break;
    }
    const auto orNothing = [](const std::string& side) { return side.empty() ? "nothing" : side.c_str(); };
    return fmt::format("{}: {} → {}", text, orNothing(change.before), orNothing(change.after));
}

Result<std::vector<ComparedNode>> compareNodes(const GraphView& before, const GraphView& after,
                                               std::span<const NodeMatch> matches,
                                               const std::stop_token& stop)
{
    const NodeComparison comparison(before, after, matches, stop);
    std::vector<ComparedNode> rows;
    for (const NodeMatch& match : matches) {
        if (stop.stop_requested())
            return cancelled();
        if (isConstant(before, match.before) || isConstant(after, match.after))
            continue;
        auto compared = comparison.compare(match);
        if (!compared)
            return tl::make_unexpected(std::move(compared.error()));
        rows.push_back(std::move(*compared));
    }
    return rows;
}

} // namespace pleat
