// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Attributes.h"

#include "core/edit/Arity.h"
#include "core/edit/ArrayFile.h"
#include "core/graph/Attributes.h"
#include "core/model/Assemble.h"
#include "core/model/TensorWalk.h"

#include <algorithm>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr std::uint64_t mostInMessage = 1 << 12; // bytes of a tensor; larger ones stay where they lie

// A node with another message, of whose results nobody knows that they are as they were.
PlannedEdit changing(const GraphView& view, NodeIndex node, Sentence what,
                     std::shared_ptr<const onnx::NodeProto> message)
{
    PlannedEdit planned;
    planned.scope = view.scope(node);
    planned.what = std::move(what);
    planned.edit.changed.push_back({view.id(node), std::move(message)});
    for (const ValueIndex output : view.outputs(node)) {
        if (output != ValueIndex::None)
            planned.reshaped.emplace_back(view.name(output));
    }
    return planned;
}

bool isFunction(const GraphView& view, const std::string& domain, const std::string& op)
{
    return std::ranges::any_of(view.model().functions, [&](const Function& function) {
        return function.header->domain() == domain && function.header->name() == op;
    });
}

// What keeps a node of so many inputs and outputs from being of an operator; nothing: it can be.
std::optional<Sentence> whyNotOperator(const onnx::OpSchema& schema, const onnx::NodeProto& node)
{
    const int inputs = node.input_size(), outputs = node.output_size();
    if (inputs < schema.min_input() || inputs > schema.max_input())
        return sentence("{} takes {} inputs, and the node has {}.", schema.Name(),
                        arity(schema.min_input(), schema.max_input()), inputs);
    if (outputs < schema.min_output() || outputs > schema.max_output())
        return sentence("{} gives {} outputs, and the node has {}.", schema.Name(),
                        arity(schema.min_output(), schema.max_output()), outputs);
    for (const auto& [name, attribute] : schema.attributes()) {
        if (attribute.required && !pleat::attribute(node, name))
            return sentence("{} needs an attribute \"{}\", which the node has not: set it first.",
                            schema.Name(), name);
    }
    return std::nullopt;
}

} // namespace

Sentence describe(const SetAttribute& step)
{
    return sentence("Set attribute {} of the node that makes {}", step.name, step.node);
}

Sentence describe(const SetAttributeTensor& step)
{
    return sentence("Set attribute {} of the node that makes {} to an array of {}", step.name, step.node,
                    step.file);
}

Sentence describe(const RemoveAttribute& step)
{
    return sentence("Remove attribute {} of the node that makes {}", step.name, step.node);
}

Sentence describe(const ReplaceOperator& step)
{
    return sentence("Make the node that makes {} of operator {}", step.node, step.op);
}

Result<PlannedEdit> plan(const SetAttribute& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const auto message = std::make_shared<onnx::NodeProto>(*view.entry(*node).proto);
    const auto place =
        std::ranges::find(*message->mutable_attribute(), step.name, &onnx::AttributeProto::name);
    const bool isThere = place != message->mutable_attribute()->end();
    auto made = attributeMessage({step.name, step.value}, message->op_type(), definitionOf(view, *node),
                                 isThere ? &*place : nullptr);
    if (!made)
        return tl::make_unexpected(std::move(made.error()));
    Sentence what = sentence("set attribute {} of {}", step.name, operation(view, *node));
    if (isThere && place->SerializeAsString() == made->SerializeAsString())
        return PlannedEdit{.edit = {}, .what = std::move(what), .scope = view.scope(*node)};
    (isThere ? *place : *message->add_attribute()) = std::move(*made);
    return changing(view, *node, std::move(what), message);
}

Result<PlannedEdit> plan(const SetAttributeTensor& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const auto array = readArray(step.file, step.array, {});
    if (!array)
        return tl::make_unexpected(array.error());
    return settingTensor(
        view, *node, step.name, *array,
        sentence("set attribute {} of {} to an array of {}", step.name, operation(view, *node), step.file));
}

Result<PlannedEdit> settingTensor(const GraphView& view, NodeIndex node, const std::string& name,
                                  const TensorView& array, Sentence what)
{
    const Node& old = view.entry(node);
    const auto message = std::make_shared<onnx::NodeProto>(*old.proto);
    if (!holdsTensor(definitionOf(view, node), name, attribute(*old.proto, name)))
        return refused(
            sentence("{} has no attribute \"{}\" that holds a tensor.", operation(view, node), name), name);
    std::vector<Payload> payloads;
    onnx::AttributeProto* place = nullptr;
    for (onnx::AttributeProto& each : *message->mutable_attribute()) {
        if (each.name() == name)
            place = &each;
        else
            movePayloads(each, old.payloads(), payloads);
    }
    onnx::AttributeProto& made = place ? *place : *message->add_attribute();
    made.Clear();
    made.set_name(name);
    made.set_type(onnx::AttributeProto::TENSOR);
    const TensorMessage tensor = makeTensor({}, array.type(), array.dims(), array.payload());
    *made.mutable_t() = *tensor.message();
    if (array.payload().size() <= mostInMessage) {
        if (auto read = readIn(*made.mutable_t(), tensor.payload()); !read)
            return tl::make_unexpected(std::move(read.error()));
    } else {
        const std::vector<Payload> one{array.payload()};
        setPayload(*made.mutable_t(), 0);
        movePayload(*made.mutable_t(), one, payloads);
    }
    PlannedEdit planned = changing(view, node, std::move(what), message);
    planned.edit.changed.back().payloads = std::move(payloads);
    return planned;
}

Result<PlannedEdit> plan(const RemoveAttribute& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const auto message = std::make_shared<onnx::NodeProto>(*view.entry(*node).proto);
    auto& attributes = *message->mutable_attribute();
    const auto place = std::ranges::find(attributes, step.name, &onnx::AttributeProto::name);
    if (place == attributes.end())
        return refused(sentence("{} has no attribute \"{}\".", operation(view, *node), step.name), step.name);
    if (place->has_g() || place->graphs_size() > 0)
        return refused(sentence("Attribute \"{}\" of {} is a graph, which goes with its node only.",
                                step.name, operation(view, *node)),
                       step.name);
    if (const auto* const schema = definitionOf(view, *node).schema) {
        const auto known = schema->attributes().find(step.name);
        if (known != schema->attributes().end() && known->second.required)
            return refused(sentence("{} needs its attribute \"{}\".", operation(view, *node), step.name),
                           step.name);
    }
    attributes.erase(place);
    return changing(view, *node, sentence("removed attribute {} of {}", step.name, operation(view, *node)),
                    message);
}

Result<PlannedEdit> plan(const ReplaceOperator& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const std::string domain = step.domain == "ai.onnx" ? "" : step.domain;
    if (step.op.empty())
        return refused(sentence("{} is to be of no operator.", named(view, *node)), step.node);
    const auto message = std::make_shared<onnx::NodeProto>(*view.entry(*node).proto);
    Sentence what = sentence("made {} a {}", operation(view, *node), step.op);
    if (message->op_type() == step.op && view.domain(*node) == domain)
        return PlannedEdit{.edit = {}, .what = std::move(what), .scope = view.scope(*node)};
    message->set_op_type(step.op);
    message->set_domain(domain);
    if (domain.empty())
        message->clear_domain();
    const Definition definition = definitionOf(view, view.scope(*node), domain, step.op);
    std::vector<Finding> findings;
    if (const auto* const schema = definition.isCurrent ? definition.schema : nullptr) {
        auto& attributes = *message->mutable_attribute();
        for (auto each = attributes.begin(); each != attributes.end();) {
            if (schema->attributes().contains(each->name()) || each->has_g() || each->graphs_size() > 0) {
                ++each;
                continue;
            }
            findings.push_back({"attribute-gone", step.node,
                                sentence("Attribute {} went: {} has none", each->name(), step.op)});
            each = attributes.erase(each);
        }
        if (const auto why = whyNotOperator(*schema, *message))
            return refused(*why, step.node);
    } else if (!definition.schema && !isFunction(view, domain, step.op)) {
        if (view.model().opset(domain) == 0)
            return refused(sentence("The model does not import the operator set {} of {}.", domain, step.op),
                           domain);
        if (domain.empty() && definition.isCurrent && view.model().opset() > 0)
            return refused(sentence("ONNX has no operator {} in version {}.", step.op, view.model().opset()),
                           step.op);
    }
    PlannedEdit planned = changing(view, *node, std::move(what), message);
    planned.findings = std::move(findings);
    return planned;
}

} // namespace pleat
