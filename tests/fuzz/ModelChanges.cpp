// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/ModelChanges.h"

#include "tests/core/support/Messages.h"
#include "tests/fuzz/FieldChanges.h"

#include <algorithm>

namespace pleat::fuzz {

namespace {

using test::Attributes;
using test::Dims;

constexpr const char* operators[] = {"Abs",
                                     "Add",
                                     "AveragePool",
                                     "BatchNormalization",
                                     "Cast",
                                     "Clip",
                                     "Concat",
                                     "Constant",
                                     "Conv",
                                     "ConvInteger",
                                     "ConvTranspose",
                                     "CumSum",
                                     "DepthToSpace",
                                     "DequantizeLinear",
                                     "Div",
                                     "Dropout",
                                     "Einsum",
                                     "Expand",
                                     "Flatten",
                                     "FusedConv",
                                     "FusedGemm",
                                     "Gather",
                                     "Gemm",
                                     "GlobalAveragePool",
                                     "GlobalMaxPool",
                                     "GroupNormalization",
                                     "Identity",
                                     "InstanceNormalization",
                                     "LayerNormalization",
                                     "LeakyRelu",
                                     "MatMul",
                                     "Max",
                                     "MaxPool",
                                     "Mean",
                                     "Min",
                                     "Mul",
                                     "Neg",
                                     "Not",
                                     "PRelu",
                                     "Pad",
                                     "Pow",
                                     "QLinearConv",
                                     "QuantizeLinear",
                                     "ReduceMax",
                                     "ReduceMean",
                                     "ReduceSum",
                                     "Relu",
                                     "Reshape",
                                     "Resize",
                                     "Shape",
                                     "Sigmoid",
                                     "Slice",
                                     "Softmax",
                                     "SpaceToDepth",
                                     "Split",
                                     "Sqrt",
                                     "Squeeze",
                                     "Sub",
                                     "Sum",
                                     "Tile",
                                     "TopK",
                                     "Transpose",
                                     "Unsqueeze",
                                     "Upsample",
                                     "Where"};

constexpr const char* attributeNames[] = {"allowzero",
                                          "alpha",
                                          "auto_pad",
                                          "axes",
                                          "axis",
                                          "beta",
                                          "block_size",
                                          "blocksize",
                                          "broadcast",
                                          "ceil_mode",
                                          "consumed_inputs",
                                          "coordinate_transformation_mode",
                                          "count_include_pad",
                                          "dilations",
                                          "ends",
                                          "epsilon",
                                          "group",
                                          "is_test",
                                          "keepdims",
                                          "kernel_shape",
                                          "mode",
                                          "momentum",
                                          "output_padding",
                                          "output_shape",
                                          "paddings",
                                          "pads",
                                          "perm",
                                          "repeats",
                                          "scale",
                                          "scales",
                                          "shape",
                                          "spatial",
                                          "split",
                                          "starts",
                                          "storage_order",
                                          "strides",
                                          "tiles",
                                          "to",
                                          "training_mode",
                                          "transA",
                                          "transB",
                                          "value",
                                          "value_float",
                                          "value_floats",
                                          "value_int",
                                          "value_ints"};

std::vector<std::string> withNames(std::vector<std::string> names, const onnx::NodeProto& node)
{
    for (const auto& output : node.output()) {
        if (!output.empty())
            names.push_back(output);
    }
    return names;
}

} // namespace

void ModelChanges::findScopes(onnx::GraphProto& graph, const std::vector<std::string>& around)
{
    Scope scope{graph.mutable_node(), &graph, around};
    for (const auto& input : graph.input())
        scope.names.push_back(input.name());
    for (const auto& tensor : graph.initializer())
        scope.names.push_back(tensor.name());
    for (const auto& node : graph.node())
        scope.names = withNames(std::move(scope.names), node);
    const auto names = scope.names;
    m_scopes.push_back(std::move(scope));
    for (auto& node : *graph.mutable_node()) {
        for (auto& attribute : *node.mutable_attribute()) {
            if (attribute.has_g())
                findScopes(*attribute.mutable_g(), names);
        }
    }
}

void ModelChanges::findScopes(onnx::ModelProto& model)
{
    m_scopes.clear();
    findScopes(*model.mutable_graph(), {});
    for (auto& function : *model.mutable_functions()) {
        Scope scope{function.mutable_node(), nullptr, {}};
        scope.names.assign(function.input().begin(), function.input().end());
        for (const auto& node : function.node())
            scope.names = withNames(std::move(scope.names), node);
        m_scopes.push_back(std::move(scope));
    }
}

void ModelChanges::change(onnx::ModelProto& model)
{
    for (int changes = 1 + m_dice.below(4); changes > 0; --changes)
        changeOnce(model);
}

void ModelChanges::changeOnce(onnx::ModelProto& model)
{
    findScopes(model);
    Scope& scope = m_scopes[m_dice.below(m_scopes.size())];
    switch (m_dice.below(12)) {
    case 0:
    case 1:
        return rewire(scope);
    case 2:
        return changeNodes(scope);
    case 3:
    case 4:
        return insertNode(scope);
    case 5:
        return bypass(scope);
    case 6:
    case 7:
        if (!scope.nodes->empty())
            changeAttribute(*scope.nodes->Mutable(m_dice.below(scope.nodes->size())));
        return;
    case 8:
    case 9:
        if (auto* tensor = anyTensor(scope))
            changeTensor(*tensor);
        return;
    case 10:
        return changeVersions(model);
    default:
        return changeAnyField(model, m_dice);
    }
}

void ModelChanges::cross(onnx::ModelProto& into, const onnx::ModelProto& from)
{
    if (m_dice.oneIn(2))
        return exchange(into, from, m_dice);
    // A run of the other's nodes behind a value of this one, with their constants under new names.
    findScopes(into);
    Scope& scope = m_scopes.front();
    const auto& graph = from.graph();
    if (graph.node_size() == 0 || scope.names.empty())
        return;
    const std::string suffix = fresh("_x");
    for (const auto& tensor : graph.initializer()) {
        auto& made = *scope.graph->add_initializer();
        made = tensor;
        made.set_name(tensor.name() + suffix);
    }
    for (const auto& node : graph.node()) {
        auto& made = *scope.nodes->Add();
        made = node;
        for (auto& name : *made.mutable_input())
            name += name.empty() ? std::string() : suffix;
        for (auto& name : *made.mutable_output())
            name += name.empty() ? std::string() : suffix;
    }
    for (const auto& input : graph.input()) {
        auto& made = *scope.nodes->Add();
        made.set_op_type("Identity");
        made.add_input(m_dice.of(scope.names));
        made.add_output(input.name() + suffix);
    }
    for (const auto& output : graph.output()) {
        auto& made = *scope.graph->add_output();
        made = output;
        made.set_name(output.name() + suffix);
    }
}

void ModelChanges::rewire(Scope& scope)
{
    if (scope.nodes->empty() || scope.names.empty())
        return;
    onnx::NodeProto& node = *scope.nodes->Mutable(m_dice.below(scope.nodes->size()));
    const std::string name = m_dice.of(scope.names);
    switch (m_dice.below(7)) {
    case 0:
        node.add_input(name);
        break;
    case 1:
        if (node.input_size() > 0)
            node.mutable_input()->RemoveLast();
        break;
    case 2:
        if (node.input_size() > 0)
            node.mutable_input(m_dice.below(node.input_size()))->clear();
        break;
    case 3:
        node.add_output(m_dice.oneIn(3) ? "" : fresh("extra"));
        break;
    case 4:
        if (scope.graph)
            scope.graph->add_output()->set_name(name);
        break;
    default:
        if (node.input_size() > 0)
            node.set_input(m_dice.below(node.input_size()), name);
    }
}

void ModelChanges::changeNodes(Scope& scope)
{
    if (scope.nodes->empty())
        return;
    const int at = m_dice.below(scope.nodes->size());
    onnx::NodeProto& node = *scope.nodes->Mutable(at);
    switch (m_dice.below(5)) {
    case 0:
        node.set_domain(m_dice.oneIn(2) ? "ai.onnx" : "com.microsoft");
        break;
    case 1:
        scope.nodes->SwapElements(at, m_dice.below(scope.nodes->size()));
        break;
    case 2: { // the same again, from the same inputs
        onnx::NodeProto copy = node;
        for (auto& output : *copy.mutable_output())
            output = output.empty() ? output : fresh(output);
        *scope.nodes->Add() = copy;
        break;
    }
    default:
        node.set_op_type(operators[m_dice.below(std::size(operators))]);
    }
}

// Between a value and one of its readers, or all of them.
void ModelChanges::insertNode(Scope& scope)
{
    if (scope.names.empty())
        return;
    const std::string value = m_dice.of(scope.names);
    onnx::NodeProto node;
    node.add_input(value);
    node.add_output(fresh("new"));
    node.set_name(node.output(0));
    const std::int64_t c = channels(scope);
    if (m_dice.oneIn(3)) {
        insertBatchNorm(node, scope);
    } else if (m_dice.oneIn(2)) {
        const char* ops[] = {"Mul", "Add", "Sub", "Div", "Pow", "PRelu", "Max", "Where"};
        node.set_op_type(ops[m_dice.below(std::size(ops))]);
        const std::vector<Dims> shapes = {{c}, {c, 1, 1}, {1, c, 1, 1}, {}, {1}, {1, 1, 1}, {1, c}, {c, 1}};
        node.add_input(constant(scope, m_dice.of(shapes), false));
        if (m_dice.oneIn(3))
            node.mutable_input()->SwapElements(0, 1);
    } else {
        node.set_op_type(operators[m_dice.below(std::size(operators))]);
        for (int more = m_dice.below(4); more > 0; --more) {
            const std::vector<Dims> shapes = {{}, {1}, {2}, {3}, {4}, {8}, {c}, {c, c, 1, 1}, {c, c}};
            node.add_input(constant(scope, m_dice.of(shapes), m_dice.oneIn(2)));
        }
        for (int more = m_dice.below(3); more > 0; --more)
            changeAttribute(node);
    }
    bool readers = false;
    for (auto& reader : *scope.nodes) {
        for (auto& input : *reader.mutable_input()) {
            if (input == value && (!readers || m_dice.oneIn(2))) {
                input = node.output(0);
                readers = true;
            }
        }
    }
    if (!readers && scope.graph)
        scope.graph->add_output()->set_name(node.output(0));
    *scope.nodes->Add() = node;
}

void ModelChanges::insertBatchNorm(onnx::NodeProto& node, Scope& scope)
{
    node.set_op_type("BatchNormalization");
    const std::int64_t c = channels(scope);
    for (int parameter = 0; parameter < 4; ++parameter)
        node.add_input(constant(scope, {c}, false));
    if (m_dice.oneIn(3))
        test::setAttribute(node, "epsilon", m_dice.real());
}

// Who reads a node's result reads its input instead.
void ModelChanges::bypass(Scope& scope)
{
    if (scope.nodes->empty())
        return;
    const int at = m_dice.below(scope.nodes->size());
    const onnx::NodeProto gone = scope.nodes->Get(at);
    if (gone.input_size() == 0 || gone.output_size() == 0)
        return;
    scope.nodes->DeleteSubrange(at, 1);
    for (auto& node : *scope.nodes) {
        for (auto& input : *node.mutable_input()) {
            if (input == gone.output(0))
                input = gone.input(0);
        }
    }
    if (!scope.graph)
        return;
    for (auto& output : *scope.graph->mutable_output()) {
        if (output.name() == gone.output(0))
            output.set_name(gone.input(0));
    }
}

void ModelChanges::changeAttribute(onnx::NodeProto& node)
{
    if (node.attribute_size() > 0 && m_dice.oneIn(3)) {
        const int at = m_dice.below(node.attribute_size());
        if (m_dice.oneIn(3))
            node.mutable_attribute()->DeleteSubrange(at, 1);
        else
            changeAnyField(*node.mutable_attribute(at), m_dice);
        return;
    }
    const std::string name = attributeNames[m_dice.below(std::size(attributeNames))];
    auto& attributes = *node.mutable_attribute();
    for (int at = attributes.size() - 1; at >= 0; --at) {
        if (attributes[at].name() == name && !m_dice.oneIn(8))
            attributes.DeleteSubrange(at, 1);
    }
    switch (m_dice.below(5)) {
    case 0:
        return test::setAttribute(node, name, m_dice.real());
    case 1: {
        const char* words[] = {"SAME_UPPER", "VALID", "constant", "reflect", "edge",
                               "DCR",        "CRD",   "linear",   "nearest", "asymmetric"};
        return test::setAttribute(node, name, std::string(words[m_dice.below(std::size(words))]));
    }
    case 2: {
        Dims numbers(static_cast<std::size_t>(m_dice.below(9)));
        std::generate(numbers.begin(), numbers.end(), [&] { return m_dice.number(); });
        return test::setAttribute(node, name, numbers);
    }
    case 3: { // a permutation of the axes, as a Transpose wants it
        Dims axes = {0, 1, 2, 3};
        axes.resize(2 + m_dice.below(std::size_t{3}));
        std::swap(axes[m_dice.below(axes.size())], axes[m_dice.below(axes.size())]);
        return test::setAttribute(node, name, axes);
    }
    default:
        test::setAttribute(node, name, 0);
        node.mutable_attribute(node.attribute_size() - 1)->set_i(m_dice.number());
    }
}

void ModelChanges::changeVersions(onnx::ModelProto& model)
{
    constexpr std::int64_t opsets[] = {1, 6, 7, 8, 9, 11, 13, 14, 15, 17, 18, 21, 23, 99};
    switch (m_dice.below(4)) {
    case 0:
        model.set_ir_version(m_dice.oneIn(2) ? 3 : m_dice.number());
        break;
    case 1:
        if (model.opset_import_size() > 0)
            model.mutable_opset_import(0)->set_version(opsets[m_dice.below(std::size(opsets))]);
        break;
    default: // the options of the targets
        model.set_model_version(model.model_version() ^ (std::int64_t{1} << m_dice.below(16)));
    }
}

} // namespace pleat::fuzz
