// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/OpsetConversion.h"

#include "core/model/Model.h"
#include "core/tensor/Scaling.h"
#include "core/worker/Worker.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>
#include <string_view>
// The converter's headers shadow and convert as they like.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <onnx/version_converter/convert.h>
#pragma GCC diagnostic pop

namespace pleat {

namespace {

using onnx::version_conversion::DefaultVersionConverter;

constexpr std::size_t piecesOfANode = 2; // problem, graph

bool isSame(const onnx::NodeProto& a, const onnx::NodeProto& b)
{
    const auto attributes = [](const onnx::NodeProto& node) {
        std::map<std::string, std::string> all;
        for (const onnx::AttributeProto& attribute : node.attribute()) {
            onnx::AttributeProto plain = attribute;
            plain.clear_doc_string();
            all[attribute.name()] = plain.SerializeAsString();
        }
        return all;
    };
    return a.op_type() == b.op_type() && std::ranges::equal(a.input(), b.input()) &&
           std::ranges::equal(a.output(), b.output()) && attributes(a) == attributes(b);
}

class Conversion final {
public:
    Conversion(const onnx::ModelProto& model, std::int64_t to) : m_model(model), m_to(to)
    {
        for (const onnx::ValueInfoProto& input : model.graph().input())
            m_values.emplace(input.name(), &input);
    }

    // Empty: the node stays as it is. What the library throws is for the caller.
    std::string graphFor(const onnx::NodeProto& node) const
    {
        onnx::ModelProto made = m_converter.convert_version(
            alone(node), onnx::OpSetID(m_model.opset_import(0).version()), onnx::OpSetID(m_to));
        giveTypes(node, *made.mutable_graph());
        const onnx::GraphProto& graph = made.graph();
        if (graph.node_size() == 1 && graph.initializer_size() == 0 && isSame(graph.node(0), node))
            return {};
        onnx::ModelProto checked = made;
        onnx::shape_inference::InferShapes(checked, onnx::OpSchemaRegistry::Instance(),
                                           onnx::ShapeInferenceOptions(true, 1, false));
        return graph.SerializeAsString();
    }

private:
    // What the converter makes of the attributes of these is float, whatever the type of the data.
    void giveTypes(const onnx::NodeProto& node, onnx::GraphProto& graph) const
    {
        const auto data = node.input_size() > 0 ? m_values.find(node.input(0)) : m_values.end();
        const auto type = data == m_values.end()
                              ? DataType::Undefined
                              : static_cast<DataType>(data->second->type().tensor_type().elem_type());
        if ((node.op_type() != "Clip" && node.op_type() != "Pad") || !isFoldable(type))
            return;
        const auto give = [type](onnx::TensorProto& tensor) {
            const auto numbers = tensorView(tensor, nullptr).doubles();
            if (tensor.data_type() != onnx::TensorProto::FLOAT || !numbers)
                return;
            const Payload payload = stored(type, *numbers);
            const Bytes& bytes = std::get<Bytes>(payload.content);
            tensor.clear_float_data();
            tensor.set_data_type(static_cast<std::int32_t>(type));
            tensor.set_raw_data(bytes->data(), bytes->size());
        };
        for (onnx::TensorProto& tensor : *graph.mutable_initializer())
            give(tensor);
        for (onnx::NodeProto& constant : *graph.mutable_node()) {
            if (constant.op_type() == "Constant")
                give(*constant.mutable_attribute(0)->mutable_t());
        }
    }

    onnx::ModelProto alone(const onnx::NodeProto& node) const
    {
        onnx::ModelProto model;
        model.set_ir_version(m_model.ir_version());
        *model.mutable_opset_import() = m_model.opset_import();
        onnx::GraphProto& graph = *model.mutable_graph();
        graph.set_name("node");
        *graph.add_node() = node;
        std::vector<std::string_view> added;
        for (const std::string& name : node.input()) {
            const auto value = m_values.find(name);
            if (name.empty() || value == m_values.end() || std::ranges::find(added, name) != added.end())
                continue;
            added.emplace_back(name);
            *graph.add_input() = *value->second;
        }
        for (const std::string& name : node.output()) {
            const auto value = m_values.find(name);
            onnx::ValueInfoProto& output = *graph.add_output();
            output.set_name(name);
            if (value != m_values.end())
                *output.mutable_type() = value->second->type();
        }
        return model;
    }

    const onnx::ModelProto& m_model;
    std::int64_t m_to;
    DefaultVersionConverter m_converter;
    std::map<std::string, const onnx::ValueInfoProto*, std::less<>> m_values;
};

// Without where in the library's sources the assertion stands.
std::string inWords(std::string text)
{
    constexpr std::string_view beforeWords = "failed: ";
    std::ranges::replace(text, '\n', ' ');
    const std::size_t words = text.find(beforeWords);
    return words == std::string::npos ? text : text.substr(words + beforeWords.size());
}

} // namespace

Result<void> convertNodes(TaskChannel& channel)
{
    onnx::ModelProto model;
    std::int64_t to = 0;
    const std::string& asked = channel.parameters;
    std::from_chars(asked.data(), asked.data() + asked.size(), to);
    if (!model.ParseFromString(readAll(channel.input)) || model.opset_import_size() != 1)
        return failure(ErrorCode::Unsupported, "What was to be converted cannot be read.");
    const Conversion conversion(model, to);
    const auto count = static_cast<std::uint64_t>(model.graph().node_size());
    std::uint64_t done = 0;
    for (const onnx::NodeProto& node : model.graph().node()) {
        if (channel.stop.stop_requested())
            return cancelled();
        std::string graph, problem;
        try {
            graph = conversion.graphFor(node);
        } catch (const std::exception& error) {
            problem = "ONNX's version converter says: " + inWords(error.what());
        }
        channel.give(problem);
        channel.give(graph);
        channel.progress.advance(++done, count);
    }
    return {};
}

Result<std::vector<ConvertedNode>> convertByOnnx(const std::string& model, std::size_t nodes,
                                                 std::int64_t opset, const WorkerPlace& place,
                                                 Progress& progress, const std::stop_token& stop)
{
    auto answer = answerOf(place.program, conversionTask, std::to_string(opset), model, nodes * piecesOfANode,
                           "ONNX's version converter", progress, stop);
    if (!answer)
        return tl::make_unexpected(std::move(answer.error()));
    std::vector<ConvertedNode> converted;
    converted.reserve(nodes);
    for (std::size_t n = 0; n < nodes; ++n)
        converted.push_back({.graph = std::move((*answer)[n * piecesOfANode + 1]),
                             .problem = std::move((*answer)[n * piecesOfANode])});
    return converted;
}

} // namespace pleat
