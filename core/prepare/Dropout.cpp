// SPDX-License-Identifier: GPL-3.0-or-later
// Dropout, when it does not train, gives back its input (ONNX's operator page): before opset 7 with is_test,
// from 7 to 11 always, since 12 unless its input training_mode is true; and with ratio 0 nothing is dropped
// or scaled in training either. The mask is all true then; where somebody reads it, the node stays.
#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/prepare/PassFiles.h"

#include <array>

namespace pleat {

namespace {

bool isConstantFalse(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    std::array<std::byte, 1> byte{std::byte{1}};
    return constant && constant->type == DataType::Bool && constant->tensor.elements() == 1 &&
           constant->tensor.read(0, 1, byte) && byte[0] == std::byte{0};
}

bool isConstantZero(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    const auto ratio =
        constant && constant->tensor.elements() == 1 ? values(*constant) : Result<std::vector<double>>();
    return ratio && ratio->size() == 1 && ratio->front() == 0;
}

bool trains(const GraphView& view, NodeIndex node)
{
    const std::int64_t opset = view.model().opset();
    if (opset >= 12 && isConstantZero(view, view.input(node, 1)))
        return false;
    if (opset < 7)
        return intAttribute(view.proto(node), "is_test", 0) == 0;
    return opset >= 12 && view.input(node, 2) != ValueIndex::None &&
           !isConstantFalse(view, view.input(node, 2));
}

} // namespace

Result<void> lookForDropouts(Round& round, Progress&, const std::stop_token&)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        if (view.op(node) != "Dropout" || !view.domain(node).empty() ||
            view.output(node, 0) == ValueIndex::None)
            continue;
        const ValueIndex mask = view.output(node, 1);
        if (trains(view, node))
            round.leave(node, "training", sentence("{} stays: it may train", operation(view, node)));
        else if (mask != ValueIndex::None && (!view.uses(mask).empty() || view.isGraphOutput(mask)))
            round.leave(node, "mask-read",
                        sentence("{} stays: its mask {} is read", operation(view, node), named(view, mask)));
        else
            round.bypass(node, view.output(node, 0), view.input(node, 0),
                         sentence("{} goes: it drops nothing, and hands on {}", operation(view, node),
                                  named(view, view.input(node, 0))));
    }
    return {};
}

} // namespace pleat
