// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/SavePlan.h"

#include "core/model/OnnxFields.h"
#include "core/model/TensorWalk.h"

#include <algorithm>

namespace pleat {

using wire::Field;
using wire::Type;

namespace {

// Cuts a serialized message where the first field behind `number` starts: fields that the library knows come
// in the order of their numbers.
std::size_t cutBehind(std::string_view message, std::uint32_t number)
{
    Field field;
    for (std::uint64_t at = 0; wire::next(message, at, field);) {
        if (field.number > number)
            return static_cast<std::size_t>(field.start);
    }
    return message.size();
}

std::string_view contentsOf(std::string_view message, const Field& field)
{
    return message.substr(static_cast<std::size_t>(field.offset), static_cast<std::size_t>(field.length));
}

std::string_view wholeOf(std::string_view message, const Field& field)
{
    return message.substr(static_cast<std::size_t>(field.start),
                          static_cast<std::size_t>(field.end() - field.start));
}

} // namespace

SavePlan::SavePlan(const Model& model) : m_model(model)
{
    if (model.source)
        m_gaps.emplace(model.source);
}

Result<SavePlan> SavePlan::of(const Model& model)
{
    SavePlan plan(model);
    plan.m_bytes = plan.addModel();
    if (plan.m_error)
        return tl::make_unexpected(*plan.m_error);
    if (plan.m_gaps && plan.m_gaps->failed())
        return tl::make_unexpected(plan.m_gaps->error());
    return plan;
}

std::uint64_t SavePlan::addModel()
{
    const std::string header = m_model.header->SerializeAsString();
    const std::string_view fields = header;
    const std::size_t graphAt = cutBehind(fields, field::model::graph);
    const std::size_t functionsAt = std::max(graphAt, cutBehind(fields, field::model::functions));
    std::uint64_t bytes = addBytes(fields.substr(0, graphAt));
    bytes += addGraph(field::model::graph, *m_model.graph);
    bytes += addBytes(fields.substr(graphAt, functionsAt - graphAt));
    for (const Function& function : m_model.functions)
        bytes += addFunction(field::model::functions, function);
    return bytes + addBytes(fields.substr(functionsAt));
}

std::uint64_t SavePlan::addGraph(std::uint32_t number, const Graph& graph)
{
    if (isCopied(graph.source))
        return addSource(number, graph.source);
    return enclose(number, [&] {
        const std::string header = graph.header->SerializeAsString();
        const std::string_view fields = header;
        const std::size_t initializersAt = cutBehind(fields, field::graph::initializer);
        std::uint64_t bytes = 0;
        for (const Node& node : graph.nodes)
            bytes += addNode(field::graph::node, node);
        bytes += addBytes(fields.substr(0, initializersAt));
        for (const Initializer& initializer : graph.initializers)
            bytes += addInitializer(field::graph::initializer, initializer);
        const std::string_view rest = fields.substr(initializersAt);
        Field part;
        for (std::uint64_t at = 0; wire::next(rest, at, part);) {
            const bool isSparse = part.type == Type::Bytes && part.number == field::graph::sparseInitializer;
            bytes += isSparse ? enclose(part.number, [&] { return addSparse(contentsOf(rest, part)); })
                              : addBytes(wholeOf(rest, part));
        }
        return bytes;
    });
}

std::uint64_t SavePlan::addFunction(std::uint32_t number, const Function& function)
{
    if (isCopied(function.source))
        return addSource(number, function.source);
    return enclose(number, [&] {
        const std::string header = function.header->SerializeAsString();
        const std::string_view fields = header;
        const std::size_t nodesAt = cutBehind(fields, field::function::node);
        std::uint64_t bytes = addBytes(fields.substr(0, nodesAt));
        for (const Node& node : function.body->nodes)
            bytes += addNode(field::function::node, node);
        return bytes + addBytes(fields.substr(nodesAt));
    });
}

std::uint64_t SavePlan::addNode(std::uint32_t number, const Node& node)
{
    if (isCopied(node.source))
        return addSource(number, node.source);
    return enclose(number, [&] {
        const std::string message = node.proto->SerializeAsString();
        std::uint64_t bytes = 0;
        int attributes = 0;
        Field part;
        for (std::uint64_t at = 0; wire::next(message, at, part);) {
            const bool isAttribute = part.type == Type::Bytes && part.number == field::node::attribute;
            bytes +=
                isAttribute
                    ? enclose(part.number,
                              [&] { return addAttribute(contentsOf(message, part), node, attributes++); })
                    : addBytes(wholeOf(message, part));
        }
        return bytes;
    });
}

std::uint64_t SavePlan::addAttribute(std::string_view message, const Node& node, int index)
{
    const auto bodyAt = [&](int position) -> const Graph* {
        const auto found = std::find_if(node.bodies.begin(), node.bodies.end(), [&](const Body& body) {
            return body.attribute == index && body.position == position;
        });
        return found == node.bodies.end() ? nullptr : found->graph.get();
    };
    std::uint64_t bytes = 0;
    int graphs = 0;
    Field part;
    for (std::uint64_t at = 0; wire::next(message, at, part);) {
        const bool isBytes = part.type == Type::Bytes;
        const bool isGraph =
            isBytes && (part.number == field::attribute::g || part.number == field::attribute::graphs);
        const Graph* body = isGraph ? bodyAt(part.number == field::attribute::g ? -1 : graphs++) : nullptr;
        if (body)
            bytes += addGraph(part.number, *body);
        else if (isBytes && (part.number == field::attribute::t || part.number == field::attribute::tensors))
            bytes += addTensor(part.number, contentsOf(message, part));
        else if (isBytes && (part.number == field::attribute::sparseTensor ||
                             part.number == field::attribute::sparseTensors))
            bytes += enclose(part.number, [&] { return addSparse(contentsOf(message, part)); });
        else
            bytes += addBytes(wholeOf(message, part));
    }
    return bytes;
}

std::uint64_t SavePlan::addSparse(std::string_view message)
{
    std::uint64_t bytes = 0;
    Field part;
    for (std::uint64_t at = 0; wire::next(message, at, part);) {
        const bool isTensor = part.type == Type::Bytes &&
                              (part.number == field::sparse::values || part.number == field::sparse::indices);
        bytes +=
            isTensor ? addTensor(part.number, contentsOf(message, part)) : addBytes(wholeOf(message, part));
    }
    return bytes;
}

std::uint64_t SavePlan::addInitializer(std::uint32_t number, const Initializer& initializer)
{
    if (isCopied(initializer.source))
        return addSource(number, initializer.source);
    if (const auto payload = payloadIndex(*initializer.proto))
        return addPayload(number, *initializer.proto, *payload);
    return enclose(number, [&] { return addBytes(initializer.proto->SerializeAsString()); });
}

std::uint64_t SavePlan::addTensor(std::uint32_t number, std::string_view message)
{
    onnx::TensorProto tensor;
    if (tensor.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        if (const auto payload = payloadIndex(tensor))
            return addPayload(number, std::move(tensor), *payload);
    }
    return enclose(number, [&] { return addBytes(message); });
}

// A left-out tensor gets its bytes back as raw_data.
std::uint64_t SavePlan::addPayload(std::uint32_t number, onnx::TensorProto tensor, std::size_t payload)
{
    if (payload >= m_model.payloads->size()) {
        m_error = Error{ErrorCode::Internal,
                        "tensor \"" + tensor.name() + "\" refers to data that is not there", tensor.name()};
        return 0;
    }
    TensorView data(tensor.name(), static_cast<DataType>(tensor.data_type()),
                    {tensor.dims().begin(), tensor.dims().end()}, (*m_model.payloads)[payload]);
    tensor.clear_external_data();
    tensor.clear_data_location();
    tensor.clear_raw_data();
    return enclose(number, [&] {
        const std::string message = tensor.SerializeAsString();
        const std::size_t rawAt = cutBehind(message, field::tensor::rawData);
        std::string front = message.substr(0, rawAt);
        const std::uint64_t length = data.payload().size();
        wire::appendLength(front, field::tensor::rawData, length);
        std::uint64_t bytes = addBytes(front) + length;
        m_segments.emplace_back(std::move(data));
        m_open = false;
        return bytes + addBytes(std::string_view(message).substr(rawAt));
    });
}

// Neighbours in the file that stay neighbours become one copy, if what lies between them is just the tag and
// length that would be written here.
bool SavePlan::continuesCopy(const std::string& header, const SourceRange& range)
{
    const auto* last = m_segments.empty() ? nullptr : std::get_if<SourceRange>(&m_segments.back());
    if (!last || last->offset + last->length + header.size() != range.offset)
        return false;
    std::string between;
    return m_gaps->append(range.offset - header.size(), header.size(), between) && between == header;
}

std::uint64_t SavePlan::addSource(std::uint32_t number, const SourceRange& range)
{
    std::string header;
    wire::appendLength(header, number, range.length);
    if (continuesCopy(header, range)) {
        std::get<SourceRange>(m_segments.back()).length += header.size() + range.length;
    } else {
        addBytes(header);
        if (range.length > 0)
            m_segments.emplace_back(range);
        m_open = range.length == 0;
    }
    return header.size() + range.length;
}

std::uint64_t SavePlan::addBytes(std::string_view bytes)
{
    if (bytes.empty())
        return 0;
    if (!m_open)
        m_segments.emplace_back(std::string());
    m_open = true;
    std::get<std::string>(m_segments.back()) += bytes;
    return bytes.size();
}

// Tag and length go before their contents, but are known only after them, so they get a segment of their own.
template<class Contents>
std::uint64_t SavePlan::enclose(std::uint32_t number, Contents&& contents)
{
    const std::size_t at = m_segments.size();
    m_segments.emplace_back(std::string());
    m_open = false;
    const std::uint64_t length = contents();
    auto& header = std::get<std::string>(m_segments[at]);
    wire::appendLength(header, number, length);
    return header.size() + length;
}

} // namespace pleat
