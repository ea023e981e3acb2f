// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Assemble.h"

#include "core/base/Text.h"
#include "core/model/TensorWalk.h"

#include <limits>
#include <optional>

namespace pleat {

namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::int32_t>::max(); // what protobuf can hold

class Assembly final {
public:
    Assembly(const Model& model, LeftOut leftOut) : m_model(model), m_leftOut(leftOut) {}

    Result<onnx::ModelProto> whole()
    {
        onnx::ModelProto whole = *m_model.header;
        addGraph(*m_model.graph, *whole.mutable_graph());
        for (const Function& function : m_model.functions) {
            auto& made = *whole.add_functions();
            made = *function.header;
            for (const Node& node : function.body->nodes)
                addNode(node, *made.add_node());
        }
        if (m_error)
            return tl::make_unexpected(*m_error);
        return whole;
    }

private:
    void addGraph(const Graph& graph, onnx::GraphProto& into)
    {
        into = *graph.header;
        for (auto& sparse : *into.mutable_sparse_initializer()) {
            if (sparse.has_values())
                fill(*sparse.mutable_values(), payloadOf(graph.payloads, sparse.values()));
            if (sparse.has_indices())
                fill(*sparse.mutable_indices(), payloadOf(graph.payloads, sparse.indices()));
        }
        into.mutable_node()->Reserve(static_cast<int>(graph.nodes.size()));
        for (const Node& node : graph.nodes)
            addNode(node, *into.add_node());
        into.mutable_initializer()->Reserve(static_cast<int>(graph.initializers.size()));
        for (const Initializer& initializer : graph.initializers) {
            auto& tensor = *into.add_initializer();
            tensor = *initializer.tensor.message();
            fill(tensor, initializer.tensor.payload());
        }
        into.mutable_value_info()->Reserve(static_cast<int>(graph.descriptions.size()));
        for (const Description& description : graph.descriptions)
            *into.add_value_info() = *description.proto;
    }

    void addNode(const Node& node, onnx::NodeProto& into)
    {
        into = *node.proto;
        for (auto& attribute : *into.mutable_attribute()) {
            forEachTensorOf(attribute, [&](onnx::TensorProto& tensor) {
                fill(tensor, payloadOf(node.payloads(), tensor));
            });
        }
        for (const Body& body : node.bodies()) {
            auto& attribute = *into.mutable_attribute(body.attribute);
            addGraph(*body.graph,
                     body.position < 0 ? *attribute.mutable_g() : *attribute.mutable_graphs(body.position));
        }
    }

    void fill(onnx::TensorProto& tensor, const Payload* payload)
    {
        if (m_leftOut == LeftOut::Keep || !payload || m_error)
            return;
        if (m_leftOut == LeftOut::OneByte) {
            tensor.set_raw_data(std::string(1, '\0'));
            tensor.clear_external_data();
            tensor.clear_data_location();
            return;
        }
        m_bytes += payload->size();
        if (m_bytes > largest)
            m_error = Error{ErrorCode::Unsupported,
                            "The model with all its weights has more than " + grouped(largest) +
                                " bytes, which one message cannot hold.",
                            tensor.name()};
        else if (auto got = readIn(tensor, payload); !got)
            m_error = std::move(got.error());
    }

    const Model& m_model;
    LeftOut m_leftOut;
    std::uint64_t m_bytes = 0;
    std::optional<Error> m_error;
};

} // namespace

Result<void> readWhole(const TensorView& tensor, std::span<std::byte> into)
{
    const Payload& payload = tensor.payload();
    if (!payload.problem().empty())
        return failure(ErrorCode::MissingData, std::string(payload.problem()), tensor.name());
    if (payload.isScaled())
        return tensor.read(0, tensor.elements(), into);
    if (const auto* range = std::get_if<FileRange>(&payload.content))
        return range->file->read(range->offset, into);
    return read(StoredBytes(std::get<Bytes>(payload.content)), 0, into);
}

Result<void> readIn(onnx::TensorProto& tensor, const Payload* payload)
{
    if (!payload)
        return {};
    const TensorView view = tensorView(tensor, payload);
    std::string raw(static_cast<std::size_t>(view.payload().size()), '\0');
    if (auto got = readWhole(view, std::as_writable_bytes(std::span(raw))); !got)
        return got;
    tensor.set_raw_data(std::move(raw));
    tensor.clear_external_data();
    tensor.clear_data_location();
    return {};
}

Result<void> readIn(onnx::NodeProto& node, std::span<const Payload> payloads)
{
    Result<void> done;
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        forEachTensorOf(attribute, [&](onnx::TensorProto& tensor) {
            if (done)
                done = readIn(tensor, payloadOf(payloads, tensor));
        });
    }
    return done;
}

Result<onnx::ModelProto> assemble(const Model& model, LeftOut leftOut)
{
    return Assembly(model, leftOut).whole();
}

} // namespace pleat
