// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/PropagationTable.h"

#include "core/fold/Layer.h"
#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <unordered_map>

namespace pleat {

namespace {

const GraphView& viewOf(const Question& question)
{
    return question.context.view;
}

// Elementwise: whatever the axis, it stays.
Verdict<Propagation> elementwise(const Question& question)
{
    return Propagation{.axis = question.axis};
}

// A Concat, Sum or Max of one operand is that operand; of several it is a join (Search.cpp) or nothing that
// commutes.
Verdict<Propagation> onlyOperand(const Question& question)
{
    if (viewOf(question).inputs(question.node).size() == 1)
        return elementwise(question);
    const std::string_view op = viewOf(question).op(question.node);
    if (op == "Max" || op == "Min")
        return blocked(question, "it chooses between its operands, which is not linear");
    return blocked(question, "it combines several operands");
}

Verdict<Propagation> dropout(const Question& question)
{
    const std::int64_t opset = opsetOf(viewOf(question), question.node);
    if (opset < 7 && intAttribute(question.proto(), "is_test", 0) == 0)
        return blocked(question, "it drops values, is_test=0");
    const ValueIndex training = viewOf(question).input(question.node, 2);
    if (training != ValueIndex::None) {
        const auto constant = constantOf(viewOf(question), training);
        const auto flag = constant ? values(*constant) : failure(ErrorCode::Unreadable, {});
        if (!flag || flag->size() != 1 || flag->front() != 0)
            return blocked(question, "it may drop values");
    }
    return elementwise(question);
}

Verdict<Propagation> rectifier(const Question& question)
{
    return Propagation{
        .axis = question.axis, .shiftMustVanish = true, .sign = Propagation::Sign::NotNegative};
}

Verdict<Propagation> reduce(const Question& question)
{
    const GraphView& view = viewOf(question);
    Propagation propagation{.axis = question.axis};
    const std::string_view op = view.op(question.node);
    propagation.shiftMustVanish = op == "ReduceSum";
    if (op == "ReduceMax" || op == "ReduceMin")
        propagation.sign = Propagation::Sign::NotNegative;
    if (!question.axis)
        return propagation;
    const auto rank = question.context.shapes.rank(view.input(question.node, 0));
    const auto axes = intsOrInput(view, question.node, "axes", 1);
    const bool given =
        attribute(question.proto(), "axes") || view.input(question.node, 1) != ValueIndex::None;
    if (!axes && given)
        return blocked(question, "its axes are not known");
    if ((!axes || axes->empty()) && intAttribute(question.proto(), "noop_with_empty_axes", 0) != 0)
        return elementwise(question);
    if (!axes || axes->empty())
        return blocked(question, "it reduces over the channels");
    const bool keep = intAttribute(question.proto(), "keepdims", 1) != 0;
    std::vector<int> reduced;
    for (const std::int64_t axis : *axes) {
        const auto front = fromFront(static_cast<int>(std::clamp<std::int64_t>(axis, -64, 64)), rank);
        if (!front)
            return blocked(question, "the rank of its input is not known");
        reduced.push_back(*front);
    }
    std::ranges::sort(reduced);
    reduced.erase(std::ranges::unique(reduced).begin(), reduced.end()); // named twice, reduced once
    int axis = *question.axis;
    if (!keep) {
        for (const int gone : reduced) {
            if (question.direction == Direction::Backward && gone <= axis)
                ++axis;
        }
        if (question.direction == Direction::Forward)
            propagation.axis =
                axis - static_cast<int>(std::ranges::count_if(reduced, [axis](int r) { return r < axis; }));
        else
            propagation.axis = axis;
    }
    if (std::ranges::find(reduced, axis) != reduced.end())
        return blocked(question, "it reduces over the channels");
    return propagation;
}

Verdict<Propagation> cumulate(const Question& question)
{
    const GraphView& view = viewOf(question);
    if (question.axis) {
        const auto rank = question.context.shapes.rank(view.input(question.node, 0));
        const auto axis = constantInts(view, view.input(question.node, 1));
        const auto along =
            axis && axis->size() == 1
                ? fromFront(static_cast<int>(std::clamp<std::int64_t>(axis->front(), -64, 64)), rank)
                : std::nullopt;
        const auto own = fromFront(*question.axis, rank);
        if (!along || !own)
            return blocked(question, "it cumulates along an axis that is not known");
        if (*along == *own)
            return blocked(question, "it cumulates along the channels");
    }
    return Propagation{.axis = question.axis, .shiftMustVanish = true};
}

// Where `axis` of the output of an operator that broadcasts lies in its operand, which must have all its
// channels and the whole result no more.
std::optional<int> axisInOperand(const Question& question, std::size_t slot)
{
    const GraphView& view = viewOf(question);
    const Shapes& shapes = question.context.shapes;
    const ValueIndex operand = view.input(question.node, slot), output = view.output(question.node, 0);
    const auto rank = shapes.rank(operand), outputRank = shapes.rank(output);
    const bool up = question.direction == Direction::Backward;
    const auto own = fromFront(*question.axis, up ? outputRank : rank);
    if (!rank || !outputRank || !own || *rank > *outputRank)
        return std::nullopt;
    const int added = static_cast<int>(*outputRank - *rank), inOperand = up ? *own - added : *own;
    const auto channels = static_cast<std::int64_t>(question.channels);
    if (inOperand < 0 || shapes.size(operand, static_cast<std::size_t>(inOperand)) != channels ||
        shapes.size(output, static_cast<std::size_t>(inOperand) + static_cast<std::size_t>(added)) !=
            channels)
        return std::nullopt;
    return up ? inOperand : inOperand + added;
}

// A product with something else, (s·x)·g = s·(x·g), or a quotient by it: whatever g is.
Verdict<Propagation> product(const Question& question)
{
    const GraphView& view = viewOf(question);
    const bool divides = view.op(question.node) == "Div", old = opsetOf(view, question.node) < 7;
    const ValueIndex first = view.input(question.node, 0), second = view.input(question.node, 1);
    if (first == second)
        return blocked(question, "it combines the data with itself, which is not linear");
    std::optional<Propagation> best;
    int bestRank = -1;
    for (std::size_t slot = 0; slot < (divides || old ? 1 : 2); ++slot) {
        const ValueIndex operand = view.input(question.node, slot);
        if (operand == ValueIndex::None || isFixed(view, operand) ||
            (question.direction == Direction::Forward && slot != question.input))
            continue;
        const auto axis = question.axis ? axisInOperand(question, slot) : std::nullopt;
        if (question.axis && !axis)
            continue;
        // Of two that could carry the scale, the one that a layer makes.
        const NodeIndex producer = view.producer(operand);
        const int rank = producer == NodeIndex::None ? 0 : isLayer(view, producer) ? 2 : 1;
        if (rank > bestRank)
            best = Propagation{.axis = axis, .dataSlot = slot, .shiftMustVanish = true};
        bestRank = std::max(bestRank, rank);
    }
    if (best)
        return std::move(*best);
    if (divides && question.direction == Direction::Forward && question.input == 1)
        return blocked(question, "it divides by it");
    return blocked(question, "it combines values that are computed at run time, and it is not known that one "
                             "of them has all channels");
}

Verdict<Propagation> cast(const Question& question)
{
    const auto type = static_cast<DataType>(intAttribute(question.proto(), "to", 0));
    return refuse(
        Reason::CastNarrows,
        sentence("{} casts to {} between the two", named(viewOf(question), question.node), name(type)),
        blame(viewOf(question), question.node));
}

const std::unordered_map<std::string_view, PropagationRule>& table()
{
    static const std::unordered_map<std::string_view, PropagationRule> rules{
        {"Identity", elementwise},
        {"Concat", onlyOperand},
        {"Sum", onlyOperand},
        {"Mean", onlyOperand},
        {"Max", onlyOperand},
        {"Min", onlyOperand},
        {"Dropout", dropout},
        {"GlobalAveragePool", spatial},
        {"AveragePool", throughAveragePool},
        {"MaxPool", throughMaxPool},
        {"GlobalMaxPool", throughMaxPool},
        {"Relu", rectifier},
        {"LeakyRelu", rectifier},
        {"ReduceMean", reduce},
        {"ReduceSum", reduce},
        {"ReduceMax", reduce},
        {"ReduceMin", reduce},
        {"Resize", throughResize},
        {"Upsample", throughResize},
        {"Pad", throughPad},
        {"Cast", cast},
        {"CumSum", cumulate},
        {"Mul", product},
        {"Div", product},
        {"Reshape", throughReshape},
        {"Flatten", throughFlatten},
        {"Squeeze", throughSqueeze},
        {"Unsqueeze", throughSqueeze},
        {"Transpose", throughTranspose},
        {"Slice", throughSlice},
        {"Split", throughSplit},
        {"Gather", throughGather},
        {"Tile", throughTile},
        {"Expand", throughExpand},
        {"DepthToSpace", throughDepthToSpace},
        {"SpaceToDepth", throughSpaceToDepth}};
    return rules;
}

} // namespace

tl::unexpected<Refusal> blocked(const Question& question, Sentence why)
{
    const GraphView& view = viewOf(question);
    return refuse(Reason::OperatorBetween,
                  sentence("{} lies between the two and does not commute with {} ({})",
                           operation(view, question.node),
                           named(question.context.view, question.context.chain), why),
                  blame(view, question.node));
}

const PropagationRule* propagationRule(const GraphView& view, NodeIndex node)
{
    const auto found = table().find(view.op(node));
    return found != table().end() && view.domain(node).empty() ? &found->second : nullptr;
}

} // namespace pleat
