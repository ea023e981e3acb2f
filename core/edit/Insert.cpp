// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Insert.h"

#include "core/edit/Arity.h"
#include "core/graph/Attributes.h"
#include "core/graph/ElementTypes.h"
#include "core/graph/Shapes.h"
#include "core/rewrite/Rewriter.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cmath>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

std::optional<double> numberAt(const std::vector<NamedAttribute>& attributes, std::string_view name)
{
    const auto found = std::ranges::find(attributes, name, &NamedAttribute::name);
    if (found == attributes.end())
        return std::nullopt;
    if (const auto* const integer = std::get_if<std::int64_t>(&found->value))
        return static_cast<double>(*integer);
    const auto* const number = std::get_if<double>(&found->value);
    return number ? std::optional(*number) : std::nullopt;
}

// Those of an operator as messages, or why not: an unknown one, a wrong type, one that is missing.
Result<void> addAttributes(const std::vector<NamedAttribute>& attributes, const Definition& definition,
                           onnx::NodeProto& node)
{
    for (const NamedAttribute& each : attributes) {
        auto made = attributeMessage(each, node.op_type(), definition, nullptr);
        if (!made)
            return tl::make_unexpected(std::move(made.error()));
        *node.add_attribute() = std::move(*made);
    }
    if (!definition.schema)
        return {};
    for (const auto& [name, known] : definition.schema->attributes()) {
        if (known.required && !attribute(node, name))
            return refused(sentence("{} needs an attribute \"{}\".", node.op_type(), name), name);
    }
    return {};
}

// The nodes that stand on the way, from the tensor `input` to the tensor `output`; their constants are added
// by the pen.
class Inserted final {
public:
    Inserted(const InsertNode& step, const GraphView& view, ValueIndex value, Rewriter& pen)
        : m_step(step),
          m_view(view),
          m_value(value),
          m_scope(view.scope(value)),
          m_pen(pen)
    {
    }

    Result<std::vector<onnx::NodeProto>> nodes(const std::string& input, const std::string& output)
    {
        if (m_step.op == "Clip" && m_view.model().opset() >= 11)
            return clip(input, output);
        if (m_step.op == "QuantizeDequantize")
            return quantized(input, output);
        if (m_step.op == "BatchNormalization")
            return neutral(input, output);
        const Definition definition = definitionOf(m_view, m_scope, {}, m_step.op);
        if (!definition.schema && definition.isCurrent)
            return refused(
                sentence("ONNX has no operator {} in version {}.", m_step.op, m_view.model().opset()),
                m_step.op);
        if (definition.schema && (definition.schema->min_input() > 1 || definition.schema->min_output() > 1))
            return refused(sentence("{} does not make one tensor of one.", m_step.op), m_step.op);
        if (definition.schema && definition.isCurrent) {
            if (const auto why = whyNotInput(*definition.schema, 0, type()))
                return refused(*why, m_step.tensor);
        }
        onnx::NodeProto node = made(m_step.op.c_str(), {input}, output);
        if (auto added = addAttributes(m_step.attributes, definition, node); !added)
            return tl::make_unexpected(std::move(added.error()));
        return std::vector{std::move(node)};
    }

private:
    DataType type() const { return ElementTypes(m_view).of(m_value); }

    onnx::NodeProto made(const char* op, const std::vector<std::string>& inputs, const std::string& output)
    {
        onnx::NodeProto node;
        node.set_op_type(op);
        node.set_name(m_pen.uniqueName(std::string(m_view.name(m_value)) + "/" + op));
        for (const std::string& input : inputs)
            node.add_input(input);
        node.add_output(output);
        return node;
    }

    std::string constant(const char* what, const std::vector<double>& numbers, bool isScalar, DataType type)
    {
        std::vector<std::int64_t> dims;
        if (!isScalar)
            dims.push_back(static_cast<std::int64_t>(numbers.size()));
        return m_pen.add(m_scope, std::string(m_view.name(m_value)) + "/" + what, type, std::move(dims),
                         isFoldable(type) ? stored(type, numbers) : storedIntegers(type, numbers));
    }

    Result<void> requireFoldable(const char* op) const
    {
        if (isFoldable(type()))
            return {};
        return refused(sentence("{} needs to know that {} is of floats, and its type is {}.", std::string(op),
                                named(m_view, m_value),
                                type() == DataType::Undefined ? "not known" : name(type())),
                       m_step.tensor);
    }

    // Only these may be said of an operator whose attributes become constants.
    Result<void> requireKnown(std::initializer_list<std::string_view> names) const
    {
        for (const NamedAttribute& each : m_step.attributes) {
            if (std::ranges::find(names, each.name) == names.end() || !numberAt(m_step.attributes, each.name))
                return refused(sentence("{} takes no \"{}\" here, or no such one.", m_step.op, each.name),
                               each.name);
        }
        return {};
    }

    Result<std::vector<onnx::NodeProto>> clip(const std::string& input, const std::string& output)
    {
        if (auto known = requireKnown({"min", "max"}); !known)
            return tl::make_unexpected(std::move(known.error()));
        if (auto fits = requireFoldable("Clip"); !fits)
            return tl::make_unexpected(std::move(fits.error()));
        const auto least = numberAt(m_step.attributes, "min"), most = numberAt(m_step.attributes, "max");
        std::vector inputs{input, least ? constant("min", {*least}, true, type()) : std::string()};
        if (most)
            inputs.push_back(constant("max", {*most}, true, type()));
        if (inputs.back().empty())
            inputs.pop_back();
        return std::vector{made("Clip", inputs, output)};
    }

    Result<std::vector<onnx::NodeProto>> quantized(const std::string& input, const std::string& output)
    {
        if (auto known = requireKnown({"scale", "zero_point", "unsigned"}); !known)
            return tl::make_unexpected(std::move(known.error()));
        if (type() != DataType::Float)
            return refused(
                sentence("QuantizeLinear takes float, and {} is {}.", named(m_view, m_value),
                         type() == DataType::Undefined ? "of a type that is not known" : name(type())),
                m_step.tensor);
        if (m_view.model().opset() < 10)
            return refused("QuantizeLinear is an operator from version 10 of ONNX's operators on.");
        const auto scale = numberAt(m_step.attributes, "scale");
        if (!scale || !(*scale > 0) || !std::isfinite(*scale))
            return refused("QuantizeDequantize needs a \"scale\" above 0.", "scale");
        const bool isUnsigned = numberAt(m_step.attributes, "unsigned").value_or(0) != 0;
        const double zero = numberAt(m_step.attributes, "zero_point").value_or(0);
        const double least = isUnsigned ? 0 : -128, most = isUnsigned ? 255 : 127;
        if (zero != std::floor(zero) || zero < least || zero > most)
            return refused(sentence("The \"zero_point\" must be a whole number from {} to {}.", least, most),
                           "zero_point");
        const std::string step = constant("scale", {*scale}, true, DataType::Float);
        const std::string origin =
            constant("zero_point", {zero}, true, isUnsigned ? DataType::UInt8 : DataType::Int8);
        const std::string between = m_pen.uniqueName(std::string(m_view.name(m_value)) + "/quantized");
        return std::vector{made("QuantizeLinear", {input, step, origin}, between),
                           made("DequantizeLinear", {between, step, origin}, output)};
    }

    // γ / √(σ² + ε) = 1 for γ = 1, ε = 0 and σ² = 1: not a bit of a float is another.
    Result<std::vector<onnx::NodeProto>> neutral(const std::string& input, const std::string& output)
    {
        if (auto known = requireKnown({}); !known)
            return tl::make_unexpected(std::move(known.error()));
        if (auto fits = requireFoldable("BatchNormalization"); !fits)
            return tl::make_unexpected(std::move(fits.error()));
        const std::int64_t channels = Shapes(m_view).size(m_value, 1);
        if (channels < 1)
            return refused(sentence("How many channels {} has is not known, and a BatchNormalization has "
                                    "parameters for each.",
                                    named(m_view, m_value)),
                           m_step.tensor);
        const std::vector<double> ones(static_cast<std::size_t>(channels), 1), zeros(ones.size(), 0);
        onnx::NodeProto node =
            made("BatchNormalization",
                 {input, constant("scale", ones, false, type()), constant("bias", zeros, false, type()),
                  constant("mean", zeros, false, type()), constant("var", ones, false, type())},
                 output);
        onnx::AttributeProto& epsilon = *node.add_attribute();
        epsilon.set_name("epsilon");
        epsilon.set_type(onnx::AttributeProto::FLOAT);
        epsilon.set_f(0);
        return std::vector{std::move(node)};
    }

    const InsertNode& m_step;
    const GraphView& m_view;
    ValueIndex m_value;
    ScopeIndex m_scope;
    Rewriter& m_pen;
};

// Of the graph of the tensor; None: it has no node.
NodeIndex firstNode(const GraphView& view, ValueIndex value)
{
    const auto& nodes = view.scopes()[index(view.scope(value))].nodes;
    return nodes.empty() ? NodeIndex::None : nodes.front();
}

Node entryOf(onnx::NodeProto message)
{
    Node node;
    node.proto = std::make_shared<const onnx::NodeProto>(std::move(message));
    return node;
}

// The inputs of the reader that are the tensor.
std::vector<int> slotsOf(const GraphView& view, NodeIndex reader, ValueIndex value)
{
    std::vector<int> slots;
    const auto inputs = view.inputs(reader);
    for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
        if (inputs[slot] == value)
            slots.push_back(static_cast<int>(slot));
    }
    return slots;
}

} // namespace

Sentence describe(const InsertNode& step)
{
    return step.reader.empty() ? sentence("Insert {} behind {}", step.op, step.tensor)
                               : sentence("Insert {} between {} and the node that makes {}", step.op,
                                          step.tensor, step.reader);
}

Sentence describe(const AddNode& step)
{
    return sentence("Add a node {}", step.op);
}

Result<PlannedEdit> plan(const InsertNode& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto value = findTensor(view, step.tensor);
    if (!value)
        return tl::make_unexpected(value.error());
    const ScopeIndex scope = view.scope(*value);
    const NodeIndex maker = view.producer(*value);
    const std::string name(view.name(*value));
    const auto& outputs = view.scopes()[index(scope)].outputs;
    const bool isOutput = std::ranges::find(outputs, *value) != outputs.end();
    NodeIndex reader = NodeIndex::None;
    if (!step.reader.empty()) {
        const auto found = findNode(view, step.reader);
        if (!found)
            return tl::make_unexpected(found.error());
        reader = *found;
        if (slotsOf(view, reader, *value).empty())
            return refused(sentence("{} does not read {}.", operation(view, reader), named(view, *value)),
                           step.reader);
    } else if (view.uses(*value).empty() && !isOutput) {
        return refused(sentence("Nothing reads {}.", named(view, *value)), step.tensor);
    }
    if (maker == NodeIndex::None && firstNode(view, *value) == NodeIndex::None)
        return refused(sentence("There is no node in the graph of {}.", named(view, *value)), step.tensor);
    if (maker == NodeIndex::None && isOutput && reader == NodeIndex::None && view.uses(*value).empty())
        return refused(sentence("{} is an input and an output, whose name both have.", named(view, *value)),
                       step.tensor);
    Rewriter pen(of);
    PlannedEdit planned;
    planned.scope = scope;
    planned.what = sentence("inserted {} behind {}", step.op, named(view, *value));
    const std::string fresh = pen.uniqueName(name + "_" + step.op);
    // An output of the graph keeps its name, and so does what reads it: what is made before is called anew.
    const bool renamesMaker = reader == NodeIndex::None && isOutput && maker != NodeIndex::None;
    auto nodes = renamesMaker ? Inserted(step, view, *value, pen).nodes(fresh, name)
                              : Inserted(step, view, *value, pen).nodes(name, fresh);
    if (!nodes)
        return tl::make_unexpected(std::move(nodes.error()));
    planned.edit = pen.edit();
    const NodeIndex neighbour = reader != NodeIndex::None  ? reader
                                : maker != NodeIndex::None ? maker
                                                           : firstNode(view, *value);
    for (onnx::NodeProto& node : *nodes)
        planned.edit.inserted.push_back({view.id(neighbour), neighbour == maker, entryOf(std::move(node))});
    if (reader != NodeIndex::None) {
        const auto message = std::make_shared<onnx::NodeProto>(*view.entry(reader).proto);
        for (const int slot : slotsOf(view, reader, *value))
            message->set_input(slot, fresh);
        planned.edit.changed.push_back({view.id(reader), message});
        planned.scope = view.scope(reader);
    } else if (renamesMaker) {
        const auto message = std::make_shared<onnx::NodeProto>(*view.entry(maker).proto);
        message->set_output(static_cast<int>(view.producerSlot(*value)), fresh);
        planned.edit.changed.push_back({view.id(maker), message});
    } else {
        planned.edit.graph(keyOf(view, scope)).reconnected.push_back({name, fresh});
    }
    planned.reshaped.push_back(renamesMaker ? name : fresh);
    return planned;
}

Result<PlannedEdit> plan(const AddNode& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const std::string domain = step.domain == "ai.onnx" ? "" : step.domain;
    const Definition definition = definitionOf(view, ScopeIndex::Main, domain, step.op);
    const auto* const schema =
        definition.isCurrent ? definition.schema : nullptr; // a newer one may take more
    if (step.op.empty() || view.scopes().front().nodes.empty())
        return refused("A node needs an operator, and a graph that has another node.");
    if (domain.empty() && !definition.schema && definition.isCurrent)
        return refused(sentence("ONNX has no operator {} in version {}.", step.op, view.model().opset()),
                       step.op);
    if (step.outputs.empty() || step.outputs.front().empty())
        return refused(sentence("The new {} is to make nothing: give its output a name.", step.op), step.op);
    onnx::NodeProto node;
    node.set_op_type(step.op);
    if (!domain.empty())
        node.set_domain(domain);
    if (!step.name.empty())
        node.set_name(step.name);
    NodeIndex behind = NodeIndex::None;
    const ElementTypes types(view);
    for (std::size_t slot = 0; slot < step.inputs.size(); ++slot) {
        const std::string& name = step.inputs[slot];
        node.add_input(name);
        if (name.empty())
            continue;
        const ValueIndex value = view.find(ScopeIndex::Main, name);
        if (value == ValueIndex::None)
            return refused(sentence("The model has no tensor called \"{}\".", name), name);
        const auto why = schema ? whyNotInput(*schema, slot, types.of(value)) : std::nullopt;
        if (why)
            return refused(*why, name);
        const NodeIndex maker = view.producer(value);
        if (maker != NodeIndex::None && (behind == NodeIndex::None || view.place(maker) > view.place(behind)))
            behind = maker;
    }
    for (const std::string& name : step.outputs) {
        if (!name.empty() && holderOf(view, ScopeIndex::Main, name) != ValueIndex::None)
            return refused(sentence("The name \"{}\" is taken.", name), name);
        node.add_output(name);
    }
    if (schema && (node.input_size() < schema->min_input() || node.input_size() > schema->max_input()))
        return refused(sentence("{} takes {} inputs, and is to have {}.", step.op,
                                arity(schema->min_input(), schema->max_input()), node.input_size()),
                       step.op);
    if (auto added = addAttributes(step.attributes, definition, node); !added)
        return tl::make_unexpected(std::move(added.error()));
    PlannedEdit planned;
    planned.what = sentence("added a {} that makes {}", step.op, step.outputs.front());
    const NodeIndex neighbour = behind != NodeIndex::None ? behind : view.scopes().front().nodes.front();
    planned.edit.inserted.push_back(
        {view.id(neighbour), behind != NodeIndex::None, entryOf(std::move(node))});
    return planned;
}

} // namespace pleat
