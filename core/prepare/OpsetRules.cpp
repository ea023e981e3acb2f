// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/OpsetRules.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"

#include <algorithm>

namespace pleat {

namespace {

onnx::AttributeProto& attributeOf(onnx::NodeProto& node, const char* name,
                                  onnx::AttributeProto::AttributeType type)
{
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.name() == name)
            return attribute;
    }
    onnx::AttributeProto& added = *node.add_attribute();
    added.set_name(name);
    added.set_type(type);
    return added;
}

} // namespace

std::string numberedName(ValueIndex value)
{
    return "v" + std::to_string(index(value));
}

onnx::NodeProto withWrittenDefaults(const onnx::NodeProto& node)
{
    onnx::NodeProto known = node;
    if (node.op_type() != "Pad")
        return known;
    if (stringAttribute(node, "mode", "constant") == "constant") {
        onnx::AttributeProto& value = attributeOf(known, "value", onnx::AttributeProto::FLOAT);
        value.set_f(floatAttribute(node, "value", 0));
    } else {
        auto& all = *known.mutable_attribute();
        all.erase(std::remove_if(all.begin(), all.end(),
                                 [](const onnx::AttributeProto& each) { return each.name() == "value"; }),
                  all.end());
    }
    return known;
}

const char* correctResize(const GraphView& view, NodeIndex node, onnx::GraphProto& converted)
{
    std::vector<double> scales;
    if (const onnx::AttributeProto* given = attribute(view.proto(node), "scales"))
        scales.assign(given->floats().begin(), given->floats().end());
    else if (const auto constant = constantOf(view, view.input(node, 1)))
        scales = values(*constant).value_or(std::vector<double>());
    const bool enlarges = std::ranges::any_of(scales, [](double scale) { return scale > 1; });
    const bool shrinks = std::ranges::any_of(scales, [](double scale) { return scale < 1; });
    for (onnx::NodeProto& made : *converted.mutable_node()) {
        if (made.op_type() != "Resize")
            continue;
        attributeOf(made, "coordinate_transformation_mode", onnx::AttributeProto::STRING).set_s("asymmetric");
        if (stringAttribute(made, "mode", "nearest") != "nearest")
            continue;
        if (scales.empty() || (enlarges && shrinks))
            return "which element is the nearest hangs on scales that are not known, or that enlarge and "
                   "shrink at once";
        attributeOf(made, "nearest_mode", onnx::AttributeProto::STRING).set_s(shrinks ? "ceil" : "floor");
    }
    return nullptr;
}

onnx::GraphProto softmaxOverTheLastAxis(const GraphView& view, const Shapes& shapes, NodeIndex node)
{
    const std::string input = numberedName(view.input(node, 0)), output = numberedName(view.output(node, 0));
    const auto rank = shapes.rank(view.input(node, 0));
    const std::int64_t axis = intAttribute(view.proto(node), "axis", 1);
    // Over the last axis alone both mean the same.
    const bool isLast = axis == -1 || (rank && axis == static_cast<std::int64_t>(*rank) - 1);
    onnx::GraphProto graph;
    const auto add = [&graph](std::string_view op, std::initializer_list<std::string> inputs,
                              const std::string& made) -> onnx::NodeProto& {
        onnx::NodeProto& added = *graph.add_node();
        added.set_op_type(std::string(op));
        for (const std::string& each : inputs)
            added.add_input(each);
        added.add_output(made);
        return added;
    };
    if (!isLast)
        attributeOf(add("Flatten", {input}, "flat"), "axis", onnx::AttributeProto::INT).set_i(axis);
    onnx::NodeProto& over = add(view.op(node), {isLast ? input : "flat"}, isLast ? output : "over");
    attributeOf(over, "axis", onnx::AttributeProto::INT).set_i(-1);
    if (isLast)
        return graph;
    const KnownShape* const shape = shapes.of(view.input(node, 0));
    if (shape && std::ranges::all_of(*shape, [](std::int64_t size) { return size > 0; })) {
        onnx::TensorProto& sizes = *graph.add_initializer();
        sizes.set_name("shape");
        sizes.set_data_type(onnx::TensorProto::INT64);
        sizes.add_dims(static_cast<std::int64_t>(shape->size()));
        sizes.mutable_int64_data()->Add(shape->begin(), shape->end());
    } else {
        add("Shape", {input}, "shape");
    }
    add("Reshape", {"over", "shape"}, output);
    return graph;
}

} // namespace pleat
