// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/ModelChecks.h"

#include "tests/core/support/Numbers.h"

#include <algorithm>
#include <cmath>
#include <onnx/checker.h>

namespace pleat::test {

namespace {

void visitNodes(const onnx::GraphProto& graph, const std::function<void(const onnx::NodeProto&)>& visit)
{
    for (const auto& node : graph.node()) {
        visit(node);
        for (const auto& attribute : node.attribute()) {
            if (attribute.has_g())
                visitNodes(attribute.g(), visit);
            for (const auto& inner : attribute.graphs())
                visitNodes(inner, visit);
        }
    }
}

std::set<std::string> namesDefined(const onnx::GraphProto& graph, std::string& twice)
{
    std::set<std::string> names;
    auto define = [&](const std::string& name) {
        if (!name.empty() && !names.insert(name).second)
            twice = name;
    };
    for (const auto& initializer : graph.initializer())
        define(initializer.name());
    for (const auto& node : graph.node())
        for (const std::string& output : node.output())
            define(output);
    for (const auto& input : graph.input())
        names.insert(input.name());
    return names;
}

std::vector<std::string> inputsOtherThanInitializers(const onnx::GraphProto& graph)
{
    std::set<std::string> initializers;
    for (const auto& initializer : graph.initializer())
        initializers.insert(initializer.name());
    std::vector<std::string> inputs;
    for (const auto& input : graph.input())
        if (!initializers.contains(input.name()))
            inputs.push_back(input.SerializeAsString());
    return inputs;
}

bool listsAllInitializersAsInputs(const onnx::GraphProto& graph)
{
    return std::all_of(graph.initializer().begin(), graph.initializer().end(), [&](const auto& tensor) {
        return std::any_of(graph.input().begin(), graph.input().end(),
                           [&](const auto& input) { return input.name() == tensor.name(); });
    });
}

// A tensor that got other numbers under its name may have one reader: the layer that they were made for.
std::string changedUnderAReader(const onnx::ModelProto& before, const onnx::ModelProto& after)
{
    for (const auto& tensor : after.graph().initializer()) {
        const auto* old = findInitializer(before, tensor.name());
        if (!old || old->SerializeAsString() == tensor.SerializeAsString())
            continue;
        std::vector<std::string> readers;
        test::visitNodes(after, [&](const onnx::NodeProto& node) {
            readers.insert(
                readers.end(),
                static_cast<std::size_t>(std::count(node.input().begin(), node.input().end(), tensor.name())),
                node.name());
        });
        if (readers.size() > 1)
            return tensor.name() + " was changed although " + readers[0] + " and " + readers[1] + " read it";
    }
    return {};
}

} // namespace

void visitNodes(const onnx::ModelProto& model, const std::function<void(const onnx::NodeProto&)>& visit)
{
    visitNodes(model.graph(), visit);
    for (const auto& function : model.functions())
        for (const auto& node : function.node())
            visit(node);
}

std::set<std::string> namesRead(const onnx::ModelProto& model)
{
    std::set<std::string> names;
    visitNodes(model,
               [&](const onnx::NodeProto& node) { names.insert(node.input().begin(), node.input().end()); });
    std::function<void(const onnx::GraphProto&)> outputs = [&](const onnx::GraphProto& graph) {
        for (const auto& output : graph.output())
            names.insert(output.name());
        for (const auto& node : graph.node())
            for (const auto& attribute : node.attribute())
                if (attribute.has_g())
                    outputs(attribute.g());
    };
    outputs(model.graph());
    return names;
}

const onnx::TensorProto* findInitializer(const onnx::ModelProto& model, const std::string& name)
{
    for (const auto& tensor : model.graph().initializer())
        if (tensor.name() == name)
            return &tensor;
    return nullptr;
}

const onnx::NodeProto* findNode(const onnx::ModelProto& model, const std::string& name)
{
    const onnx::NodeProto* found = nullptr;
    visitNodes(model, [&](const onnx::NodeProto& node) {
        if (node.name() == name)
            found = &node;
    });
    return found;
}

std::vector<long double> numbersOf(const onnx::TensorProto* tensor)
{
    if (!tensor)
        return {};
    const auto& raw = tensor->raw_data();
    return decodeAll(static_cast<DataType>(tensor->data_type()),
                     {reinterpret_cast<const std::byte*>(raw.data()), raw.size()});
}

std::vector<long double> exactScales(const onnx::ModelProto& model)
{
    const auto gamma = numbersOf(findInitializer(model, "bn1.weight"));
    const auto variance = numbersOf(findInitializer(model, "bn1.running_var"));
    std::vector<long double> scales;
    for (std::size_t c = 0; c < gamma.size(); ++c)
        scales.push_back(gamma[c] / std::sqrt(variance[c] + static_cast<long double>(1e-5F)));
    return scales;
}

int countNodes(const onnx::ModelProto& model, const std::string& op)
{
    int count = 0;
    visitNodes(model, [&](const onnx::NodeProto& node) { count += node.op_type() == op; });
    return count;
}

std::string whatTheCheckerSays(const onnx::ModelProto& model)
{
    try {
        onnx::checker::check_model(model);
        return {};
    } catch (const std::exception& complaint) {
        return complaint.what();
    }
}

std::string whatDangles(const onnx::ModelProto& before, const onnx::ModelProto& after)
{
    std::string twice;
    const std::set<std::string> read = namesRead(after), readBefore = namesRead(before);
    const std::set<std::string> defined = namesDefined(after.graph(), twice);
    if (!twice.empty())
        return twice + " is defined twice";
    for (const auto& initializer : after.graph().initializer())
        if (!read.contains(initializer.name()) &&
            (readBefore.contains(initializer.name()) || !findInitializer(before, initializer.name())))
            return "initializer " + initializer.name() + " is left without a reader";
    for (const auto& value : after.graph().value_info())
        if (!defined.contains(value.name()))
            return "value_info of " + value.name() + ", which is gone";
    for (const auto& annotation : after.graph().quantization_annotation())
        if (!defined.contains(annotation.tensor_name()))
            return "quantization_annotation of " + annotation.tensor_name() + ", which is gone";
    if (inputsOtherThanInitializers(before.graph()) != inputsOtherThanInitializers(after.graph()))
        return "the model's inputs are others";
    if (before.ir_version() < 4 && listsAllInitializersAsInputs(before.graph()) &&
        !listsAllInitializersAsInputs(after.graph()))
        return "an initializer is missing among the inputs (IR 3)";
    onnx::ModelProto left = before, right = after;
    for (onnx::ModelProto* model : {&left, &right}) {
        for (auto* field :
             {model->mutable_graph()->mutable_input(), model->mutable_graph()->mutable_value_info()})
            field->Clear();
        model->mutable_graph()->clear_node();
        model->mutable_graph()->clear_initializer();
        model->mutable_graph()->clear_quantization_annotation();
        model->clear_functions();
    }
    if (left.SerializeAsString() != right.SerializeAsString())
        return "outputs, opsets, metadata or documentation changed";
    return changedUnderAReader(before, after);
}

} // namespace pleat::test
