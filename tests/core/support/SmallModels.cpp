// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/SmallModels.h"

#include <algorithm>
#include <cstring>
#include <fstream>

namespace pleat::test {

onnx::ModelProto emptyModel()
{
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.set_producer_name("small models");
    model.add_opset_import()->set_version(17);
    model.mutable_graph()->set_name("g");
    return model;
}

onnx::TensorProto floatTensor(const std::string& name, const std::vector<std::int64_t>& dims, float first)
{
    onnx::TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::size_t count = 1;
    for (const std::int64_t dim : dims) {
        tensor.add_dims(dim);
        count *= static_cast<std::size_t>(dim);
    }
    std::string raw(count * sizeof(float), '\0');
    for (std::size_t at = 0; at < count; ++at) {
        const float value = first + 0.001f * static_cast<float>(at);
        std::memcpy(raw.data() + at * sizeof(float), &value, sizeof(float));
    }
    tensor.set_raw_data(raw);
    return tensor;
}

onnx::NodeProto* addNode(onnx::GraphProto* graph, const std::string& op,
                         const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                         const std::string& name)
{
    onnx::NodeProto* node = graph->add_node();
    node->set_op_type(op);
    if (!name.empty())
        node->set_name(name);
    for (const auto& input : inputs)
        node->add_input(input);
    for (const auto& output : outputs)
        node->add_output(output);
    return node;
}

void addInput(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims)
{
    auto* input = graph->add_input();
    input->set_name(name);
    auto* type = input->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims)
        type->mutable_shape()->add_dim()->set_dim_value(dim);
}

void addOutput(onnx::GraphProto* graph, const std::string& name)
{
    auto* output = graph->add_output();
    output->set_name(name);
    output->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
}

onnx::ModelProto convModel()
{
    onnx::ModelProto model = emptyModel();
    auto* graph = model.mutable_graph();
    addInput(graph, "x", {1, 16, 8, 8});
    addNode(graph, "Conv", {"x", "w", "b"}, {"c"}, "conv");
    addNode(graph, "Relu", {"c"}, {"r"});
    addNode(graph, "Reshape", {"r", "s"}, {"y"}, "reshape");
    addOutput(graph, "y");
    *graph->add_initializer() = floatTensor("w", {32, 16, 3, 3});
    *graph->add_initializer() = floatTensor("b", {32});
    auto* shape = graph->add_initializer();
    shape->set_name("s");
    shape->set_data_type(onnx::TensorProto::INT64);
    shape->add_dims(2);
    shape->add_int64_data(1);
    shape->add_int64_data(-1);
    return model;
}

onnx::ModelProto branchedModel()
{
    onnx::ModelProto model = emptyModel();
    auto* graph = model.mutable_graph();
    addInput(graph, "x", {1, 16, 8, 8});
    auto* condition = graph->add_initializer();
    condition->set_name("condition");
    condition->set_data_type(onnx::TensorProto::BOOL);
    condition->add_int32_data(1);
    *graph->add_initializer() = floatTensor("w", {32, 16, 3, 3});
    addNode(graph, "Conv", {"x", "w"}, {"c"}, "conv");
    auto* branch = addNode(graph, "If", {"condition"}, {"y"}, "choice");
    auto* then = branch->add_attribute();
    then->set_name("then_branch");
    then->set_type(onnx::AttributeProto::GRAPH);
    then->mutable_g()->set_name("then");
    auto* constant = addNode(then->mutable_g(), "Constant", {}, {"k"});
    auto* value = constant->add_attribute();
    value->set_name("value");
    value->set_type(onnx::AttributeProto::TENSOR);
    *value->mutable_t() = floatTensor("", {1, 32, 6, 6}, 2.0f);
    addNode(then->mutable_g(), "Add", {"c", "k"}, {"t"});
    addOutput(then->mutable_g(), "t");
    auto* otherwise = branch->add_attribute();
    otherwise->set_name("else_branch");
    otherwise->set_type(onnx::AttributeProto::GRAPH);
    otherwise->mutable_g()->set_name("else");
    *otherwise->mutable_g()->add_initializer() = floatTensor("k2", {1, 32, 6, 6}, 3.0f);
    addNode(otherwise->mutable_g(), "Mul", {"c", "k2"}, {"e"});
    addOutput(otherwise->mutable_g(), "e");
    addOutput(graph, "y");
    return model;
}

Bytes bytes(const std::string& text)
{
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return std::make_shared<const std::vector<std::byte>>(first, first + text.size());
}

Bytes bytes(const onnx::ModelProto& model)
{
    return bytes(model.SerializeAsString());
}

Result<OpenedModel> open(const onnx::ModelProto& model)
{
    return openModel(bytes(model), "memory.onnx");
}

Result<OpenedModel> open(const std::filesystem::path& path)
{
    NoProgress progress;
    return openModel(path, progress, {});
}

std::filesystem::path Folder::path(const std::string& name) const
{
    return std::filesystem::path(m_folder.path().toStdString()) / name;
}

std::filesystem::path Folder::write(const std::string& name, const std::string& contents) const
{
    const auto file = path(name);
    std::ofstream(file, std::ios::binary) << contents;
    return file;
}

std::filesystem::path Folder::write(const std::string& name, const onnx::ModelProto& model) const
{
    return write(name, model.SerializeAsString());
}

std::vector<std::string> Folder::names() const
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path({})))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string contents(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
    file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

} // namespace pleat::test
