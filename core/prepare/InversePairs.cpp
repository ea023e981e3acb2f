// SPDX-License-Identifier: GPL-3.0-or-later
// Two operators in a row that one of them, or none, does as well (ONNX's operator pages):
//   Transpose p, then q            Transpose r with r[i] = p[q[i]], nothing where r is the identity
//   what keeps the order of all elements (Reshape, Flatten, Squeeze, Unsqueeze), then Reshape
//                                  the Reshape alone, unless it copies a size of what it reads (0)
//   Unsqueeze and Squeeze of the same axes, either way round      nothing
//   Cast to a type that holds every number of the first, then Cast   the second alone, nothing where it leads
//                                  back; to integers only then, as what does not fit them depends on the type
// The first stays as long as somebody else reads it.
#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// What a floating type, or an integer one, holds exactly: integers of so many bits, and how far it reaches.
struct Holds {
    int bits = 0;     // of a significand, or of an integer without its sign
    int exponent = 0; // of the largest number; 0 of integers
    bool isSigned = false;
};

Holds holdsOf(DataType type)
{
    switch (type) {
    case DataType::Bool:
        return {1, 0, false};
    case DataType::UInt8:
        return {8, 0, false};
    case DataType::UInt16:
        return {16, 0, false};
    case DataType::UInt32:
        return {32, 0, false};
    case DataType::UInt64:
        return {64, 0, false};
    case DataType::Int8:
        return {7, 0, true};
    case DataType::Int16:
        return {15, 0, true};
    case DataType::Int32:
        return {31, 0, true};
    case DataType::Int64:
        return {63, 0, true};
    case DataType::BFloat16:
        return {8, 127, true};
    case DataType::Float16:
        return {11, 15, true};
    case DataType::Float:
        return {24, 127, true};
    case DataType::Double:
        return {53, 1023, true};
    default:
        return {};
    }
}

// Every number of `narrow` is one of `wide`, and the way back gives it again.
bool isExact(DataType narrow, DataType wide)
{
    const Holds from = holdsOf(narrow), to = holdsOf(wide);
    if (from.bits == 0 || to.bits == 0 || narrow == wide || wide == DataType::Bool)
        return false;
    return to.bits >= from.bits && to.exponent >= from.exponent && (to.isSigned || !from.isSigned);
}

std::optional<std::vector<std::int64_t>> orderOf(const GraphView& view, NodeIndex node, std::size_t rank)
{
    std::vector<std::int64_t> order = intsAttribute(view.proto(node), "perm");
    if (order.empty()) {
        for (std::size_t d = rank; d-- > 0;)
            order.push_back(static_cast<std::int64_t>(d));
    }
    const auto inside = [&](std::int64_t axis) {
        return axis >= 0 && axis < static_cast<std::int64_t>(rank);
    };
    if (order.size() != rank || !std::ranges::all_of(order, inside))
        return std::nullopt;
    return order;
}

class Pairs final {
public:
    explicit Pairs(Round& round) : m_round(round), m_view(round.view()) {}

    void look(NodeIndex second) const
    {
        const std::string_view op = m_view.op(second);
        const NodeIndex first = m_view.producer(m_view.input(second, 0));
        if (first == NodeIndex::None || !m_view.domain(first).empty() || !m_view.domain(second).empty() ||
            m_view.output(first, 0) != m_view.input(second, 0) ||
            m_view.input(first, 0) == ValueIndex::None || m_view.output(second, 0) == ValueIndex::None ||
            refersToCall(m_view.proto(first)) || refersToCall(m_view.proto(second)))
            return;
        const std::string_view before = m_view.op(first);
        if (op == "Transpose" && before == "Transpose")
            transposes(first, second);
        else if (op == "Reshape" &&
                 (before == "Reshape" || before == "Flatten" || before == "Squeeze" || before == "Unsqueeze"))
            reshapes(first, second);
        else if ((op == "Squeeze" && before == "Unsqueeze") || (op == "Unsqueeze" && before == "Squeeze"))
            axes(first, second);
        else if (op == "Cast" && before == "Cast")
            casts(first, second);
    }

private:
    void transposes(NodeIndex first, NodeIndex second) const
    {
        const std::size_t given = std::max(intsAttribute(m_view.proto(first), "perm").size(),
                                           intsAttribute(m_view.proto(second), "perm").size());
        const auto known = m_round.shapes().rank(m_view.input(first, 0));
        const bool neither = given == 0; // both reverse all axes, however many there are
        const auto p = orderOf(m_view, first, known.value_or(given)),
                   q = orderOf(m_view, second, known.value_or(given));
        if (neither)
            return goes(first, second);
        if (!p || !q)
            return;
        std::vector<std::int64_t> order;
        for (const std::int64_t axis : *q)
            order.push_back((*p)[static_cast<std::size_t>(axis)]);
        if (std::ranges::is_sorted(order))
            return goes(first, second);
        if (!claim(first, second))
            return;
        onnx::NodeProto& message = m_round.pen().change(second);
        auto perm = std::ranges::find(*message.mutable_attribute(), "perm", &onnx::AttributeProto::name);
        if (perm == message.mutable_attribute()->end()) {
            onnx::AttributeProto& added = *message.add_attribute();
            added.set_name("perm");
            added.set_type(onnx::AttributeProto::INTS);
            perm = message.mutable_attribute()->end() - 1;
        }
        perm->mutable_ints()->Assign(order.begin(), order.end());
        message.set_input(0, std::string(m_view.name(m_view.input(first, 0))));
        removeUnread(first);
    }

    void reshapes(NodeIndex first, NodeIndex second) const
    {
        const auto target = intsOrInput(m_view, second, "shape", 1);
        const bool zeroIsZero = intAttribute(m_view.proto(second), "allowzero", 0) != 0;
        if (!target)
            return;
        for (std::size_t d = 0; d < target->size(); ++d) {
            if ((*target)[d] == 0 && !zeroIsZero && !copiesSize(first, d))
                return;
        }
        takesOver(first, second);
    }

    // A Reshape that leaves the size of this axis as it is.
    bool copiesSize(NodeIndex node, std::size_t axis) const
    {
        const auto target =
            m_view.op(node) == "Reshape" ? intsOrInput(m_view, node, "shape", 1) : std::nullopt;
        return target && axis < target->size() && (*target)[axis] == 0 &&
               intAttribute(m_view.proto(node), "allowzero", 0) == 0;
    }

    void axes(NodeIndex first, NodeIndex second) const
    {
        const auto a = intsOrInput(m_view, first, "axes", 1), b = intsOrInput(m_view, second, "axes", 1);
        if (!a || !b || a->size() != b->size() || a->empty())
            return;
        // Both count in the tensor that has the axes: behind an Unsqueeze, before a Squeeze.
        const bool added = m_view.op(first) == "Unsqueeze";
        const auto rank = m_round.shapes().rank(added ? m_view.output(first, 0) : m_view.input(first, 0));
        const auto front = [&](std::vector<std::int64_t> all) {
            for (std::int64_t& axis : all)
                axis = axis < 0 && rank ? axis + static_cast<std::int64_t>(*rank) : axis;
            std::ranges::sort(all);
            return all;
        };
        const std::vector<std::int64_t> x = front(*a), y = front(*b);
        if (x == y && std::ranges::adjacent_find(x) == x.end())
            goes(first, second);
    }

    void casts(NodeIndex first, NodeIndex second) const
    {
        const DataType from = m_round.types().of(m_view.input(first, 0)),
                       between = m_round.types().of(m_view.output(first, 0)),
                       to = m_round.types().of(m_view.output(second, 0));
        if (!isExact(from, between))
            return;
        if (to == from)
            goes(first, second);
        else if (isFoldable(to))
            takesOver(first, second);
    }

    // Both go: what read the second reads what the first reads.
    void goes(NodeIndex first, NodeIndex second) const
    {
        const ValueIndex from = m_view.output(second, 0), to = m_view.input(first, 0);
        if (!m_round.isFree(first))
            return;
        if (m_round.bypass(
                second, from, to,
                sentence("{} goes: it undoes {}", operation(m_view, second), operation(m_view, first))))
            removeUnread(first);
    }

    // The second alone does it.
    void takesOver(NodeIndex first, NodeIndex second) const
    {
        if (!claim(first, second))
            return;
        m_round.pen().rewire(second).set_input(0, std::string(m_view.name(m_view.input(first, 0))));
        removeUnread(first);
    }

    bool claim(NodeIndex first, NodeIndex second) const
    {
        return m_round.claim({second, first}, sentence("{} does what {} before it does as well",
                                                       operation(m_view, second), operation(m_view, first)));
    }

    void removeUnread(NodeIndex first) const
    {
        const ValueIndex value = m_view.output(first, 0);
        if (m_view.uses(value).size() == 1 && !m_view.isGraphOutput(value))
            m_round.pen().remove(first);
    }

    Round& m_round;
    const GraphView& m_view;
};

} // namespace

Result<void> lookForInversePairs(Round& round, Progress&, const std::stop_token&)
{
    const Pairs pairs(round);
    for (const NodeIndex node : round.nodes())
        pairs.look(node);
    return {};
}

} // namespace pleat
