// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/IntegerSteps.h"

#include "core/graph/Constants.h"
#include "core/graph/Opsets.h"
#include "core/rewrite/Rewriter.h"
#include "core/tensor/Scaling.h"
#include "core/tensor/Statistics.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr ScopeIndex mainGraph = ScopeIndex::Main;
constexpr std::int64_t firstWithBoundsAsInputs = 11; // of Clip

// The number that the constant is; nothing where it is none, or several.
std::optional<double> oneNumber(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    if (!constant || constant->tensor.elements() != 1)
        return std::nullopt;
    const auto numbers = values(*constant);
    return numbers ? std::optional(numbers->front()) : std::nullopt;
}

// What the integers of a QuantizeLinear of data reach, as floats; nothing where its rounding stays.
std::optional<Range> reachOf(const GraphView& view, NodeIndex quantize)
{
    const auto scale = oneNumber(view, view.input(quantize, 1));
    const auto zeroPoint = constantOf(view, view.input(quantize, 2));
    const DataType type = zeroPoint ? zeroPoint->type : DataType::UInt8;
    const auto zero = zeroPoint ? oneNumber(view, view.input(quantize, 2)) : std::optional(0.0);
    if (!scale || !zero || (type != DataType::UInt8 && type != DataType::Int8) ||
        view.constantDepth(view.output(quantize, 0)) != 0 || view.isGraphOutput(view.output(quantize, 0)))
        return std::nullopt;
    for (const Use& use : view.uses(view.output(quantize, 0)))
        if (view.op(use.node) != "DequantizeLinear" || use.slot != 0 || view.scope(use.node) != mainGraph ||
            oneNumber(view, view.input(use.node, 1)) != scale)
            return std::nullopt;
    const double lowest = type == DataType::Int8 ? -128 : 0;
    return Range{(lowest - *zero) * *scale, (lowest + 255 - *zero) * *scale};
}

void clip(const GraphView& view, Rewriter& rewriter, NodeIndex quantize, const Range& reach)
{
    onnx::NodeProto& message = rewriter.change(quantize);
    message.set_op_type("Clip");
    message.clear_attribute();
    message.mutable_input()->DeleteSubrange(1, message.input_size() - 1);
    const bool asInputs = opsetOf(view, quantize) >= firstWithBoundsAsInputs;
    for (const auto& [name, number] : {std::pair("min", reach.min), std::pair("max", reach.max)}) {
        if (asInputs) {
            message.add_input(
                rewriter.add(mainGraph, name, DataType::Float, {}, stored(DataType::Float, {number})));
            continue;
        }
        onnx::AttributeProto& attribute = *message.add_attribute();
        attribute.set_name(name);
        attribute.set_type(onnx::AttributeProto::FLOAT);
        attribute.set_f(static_cast<float>(number));
    }
    for (const Use& use : view.uses(view.output(quantize, 0))) {
        onnx::NodeProto& reader = rewriter.change(use.node);
        reader.set_op_type("Identity");
        reader.clear_attribute();
        reader.mutable_input()->DeleteSubrange(1, reader.input_size() - 1);
    }
}

} // namespace

Model shifted(const std::shared_ptr<const GraphView>& view, std::span<const ValueShift> shifts)
{
    Rewriter rewriter(view);
    for (const ValueShift& shift : shifts) {
        const ValueIndex value = view->find(mainGraph, shift.value);
        const NodeIndex maker = view->producer(value);
        std::vector<std::int64_t> dims(shift.rank, 1);
        dims[shift.axis] = static_cast<std::int64_t>(shift.by.size());
        const std::string by = rewriter.add(mainGraph, shift.value + "_shift", shift.type, std::move(dims),
                                            stored(shift.type, shift.by));
        const std::string unshifted = rewriter.uniqueName(shift.value + "_unshifted");
        rewriter.rewire(maker).set_output(static_cast<int>(view->producerSlot(value)), unshifted);
        onnx::NodeProto add;
        add.set_op_type("Add");
        add.add_input(unshifted);
        add.add_input(by);
        add.add_output(shift.value);
        rewriter.insertAfter(maker, std::move(add));
    }
    return rewriter.apply();
}

std::optional<Model> withoutRounding(const std::shared_ptr<const GraphView>& view)
{
    Rewriter rewriter(view);
    bool isAny = false;
    for (const NodeIndex node : view->scopes()[index(mainGraph)].nodes) {
        if (view->op(node) != "QuantizeLinear" || !view->domain(node).empty())
            continue;
        if (const auto reach = reachOf(*view, node)) {
            clip(*view, rewriter, node, *reach);
            isAny = true;
        }
    }
    return isAny ? std::optional(rewriter.apply()) : std::nullopt;
}

} // namespace pleat
