// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/SavePlan.h"

#include "core/model/OnnxFields.h"
#include "core/model/TensorWalk.h"
#include "core/model/WireScanner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

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

class Planner final {
public:
    Planner(const Model& model, const Placement& placement, const std::string& dataFile)
        : m_model(model),
          m_placement(placement),
          m_dataFile(dataFile)
    {
    }

    Result<SavePlan> plan();

private:
    using Payloads = std::span<const Payload>; // of the node or graph that a tensor is in

    // Each appends segments and returns how many bytes they make.
    std::uint64_t addModel();
    std::uint64_t addGraph(std::uint32_t number, const Graph& graph);
    std::uint64_t addFunction(std::uint32_t number, const Function& function);
    std::uint64_t addNode(std::uint32_t number, const Node& node);
    std::uint64_t addAttribute(std::string_view message, const Node& node, int index);
    std::uint64_t addSparse(std::string_view message, Payloads payloads);
    std::uint64_t addInitializer(std::uint32_t number, const Initializer& initializer);
    std::uint64_t addDescription(std::uint32_t number, const Description& description);
    std::uint64_t addTensor(std::uint32_t number, std::string_view message, Payloads payloads);
    std::uint64_t addPayload(std::uint32_t number, onnx::TensorProto tensor, const Payload& bytes);
    std::uint64_t addInside(std::uint32_t number, const onnx::TensorProto& tensor, TensorView data);
    std::uint64_t addOutside(std::uint32_t number, onnx::TensorProto tensor, const ExternalEntries& entries);
    std::uint64_t pieceFor(TensorView data);
    std::uint64_t addSource(std::uint32_t number, const SourceRange& range);
    std::uint64_t addBytes(std::string_view bytes);
    template<class Contents>
    std::uint64_t enclose(std::uint32_t number, Contents&& contents);
    bool continuesCopy(const std::string& header, const SourceRange& range);
    template<class Message>
    bool isCopied(const Message& message) const;
    template<class Part>
    bool moves(const Part& part) const;

    const Model& m_model;
    const Placement& m_placement;
    const std::string& m_dataFile;
    std::map<std::tuple<const void*, std::uint64_t, std::uint64_t>, std::uint64_t> m_offsets; // of the pieces
    std::map<FileId, wire::Scanner> m_gaps; // look at what lies between two copied messages
    SavePlan m_plan;
    bool m_open = false; // the last segment is bytes that may grow
    std::optional<Error> m_error;
};

Result<SavePlan> Planner::plan()
{
    m_plan.bytes = addModel();
    if (m_error)
        return tl::make_unexpected(*m_error);
    for (const auto& [file, scanner] : m_gaps) {
        if (scanner.failed())
            return tl::make_unexpected(scanner.error());
    }
    return std::move(m_plan);
}

std::uint64_t Planner::addModel()
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

std::uint64_t Planner::addGraph(std::uint32_t number, const Graph& graph)
{
    if (isCopied(graph))
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
        const std::size_t descriptionsAt =
            std::max(initializersAt, cutBehind(fields, field::graph::valueInfo));
        bytes += addBytes(fields.substr(initializersAt, descriptionsAt - initializersAt));
        for (const Description& description : graph.descriptions)
            bytes += addDescription(field::graph::valueInfo, description);
        const std::string_view rest = fields.substr(descriptionsAt);
        Field part;
        for (std::uint64_t at = 0; wire::next(rest, at, part);) {
            const bool isSparse = part.type == Type::Bytes && part.number == field::graph::sparseInitializer;
            bytes += isSparse ? enclose(part.number,
                                        [&] { return addSparse(contentsOf(rest, part), graph.payloads); })
                              : addBytes(wholeOf(rest, part));
        }
        return bytes;
    });
}

std::uint64_t Planner::addFunction(std::uint32_t number, const Function& function)
{
    if (isCopied(function))
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

std::uint64_t Planner::addNode(std::uint32_t number, const Node& node)
{
    if (isCopied(node))
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

std::uint64_t Planner::addAttribute(std::string_view message, const Node& node, int index)
{
    const auto bodyAt = [&](int position) -> const Graph* {
        const auto bodies = node.bodies();
        const auto found = std::find_if(bodies.begin(), bodies.end(), [&](const Body& body) {
            return body.attribute == index && body.position == position;
        });
        return found == bodies.end() ? nullptr : found->graph.get();
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
            bytes += addTensor(part.number, contentsOf(message, part), node.payloads());
        else if (isBytes && (part.number == field::attribute::sparseTensor ||
                             part.number == field::attribute::sparseTensors))
            bytes +=
                enclose(part.number, [&] { return addSparse(contentsOf(message, part), node.payloads()); });
        else
            bytes += addBytes(wholeOf(message, part));
    }
    return bytes;
}

std::uint64_t Planner::addSparse(std::string_view message, Payloads payloads)
{
    std::uint64_t bytes = 0;
    Field part;
    for (std::uint64_t at = 0; wire::next(message, at, part);) {
        const bool isTensor = part.type == Type::Bytes &&
                              (part.number == field::sparse::values || part.number == field::sparse::indices);
        bytes += isTensor ? addTensor(part.number, contentsOf(message, part), payloads)
                          : addBytes(wholeOf(message, part));
    }
    return bytes;
}

std::uint64_t Planner::addInitializer(std::uint32_t number, const Initializer& initializer)
{
    if (isCopied(initializer))
        return addSource(number, initializer.source);
    const auto message = initializer.tensor.message();
    if (const Payload* payload = initializer.tensor.payload())
        return addPayload(number, *message, *payload);
    return enclose(number, [&] { return addBytes(message->SerializeAsString()); });
}

std::uint64_t Planner::addDescription(std::uint32_t number, const Description& description)
{
    const SourceRange& source = description.source;
    if (source.exists() && m_model.file(source.file))
        return addSource(number, source);
    return enclose(number, [&] { return addBytes(description.proto->SerializeAsString()); });
}

std::uint64_t Planner::addTensor(std::uint32_t number, std::string_view message, Payloads payloads)
{
    onnx::TensorProto tensor;
    if (tensor.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        if (const Payload* payload = payloadOf(payloads, tensor))
            return addPayload(number, std::move(tensor), *payload);
        if (payloadIndex(tensor)) {
            m_error =
                Error{ErrorCode::Internal,
                      "tensor \"" + tensor.name() + "\" refers to data that is not there", tensor.name()};
        }
    }
    return enclose(number, [&] { return addBytes(message); });
}

// A left-out tensor gets its bytes back as raw_data, or the name of the place where they are.
std::uint64_t Planner::addPayload(std::uint32_t number, onnx::TensorProto tensor, const Payload& bytes)
{
    TensorView data(tensor.name(), static_cast<DataType>(tensor.data_type()),
                    {tensor.dims().begin(), tensor.dims().end()}, bytes);
    tensor.clear_external_data();
    tensor.clear_data_location();
    tensor.clear_raw_data();
    const auto place = m_placement.of(bytes);
    if (place == Placement::Place::AsOpened)
        return addOutside(number, std::move(tensor), bytes.external->entries);
    if (!bytes.problem().empty()) {
        m_error = Error{ErrorCode::MissingData, std::string(bytes.problem()), tensor.name()};
        return 0;
    }
    if (place == Placement::Place::Model)
        return addInside(number, tensor, std::move(data));
    const std::string length = std::to_string(bytes.size());
    const std::string offset = std::to_string(pieceFor(std::move(data)));
    return addOutside(number, std::move(tensor),
                      {{"location", m_dataFile}, {"offset", offset}, {"length", length}});
}

std::uint64_t Planner::addInside(std::uint32_t number, const onnx::TensorProto& tensor, TensorView data)
{
    return enclose(number, [&] {
        const std::string message = tensor.SerializeAsString();
        const std::size_t rawAt = cutBehind(message, field::tensor::rawData);
        std::string front = message.substr(0, rawAt);
        const std::uint64_t length = data.payload().size();
        wire::appendLength(front, field::tensor::rawData, length);
        std::uint64_t bytes = addBytes(front) + length;
        m_plan.segments.emplace_back(std::make_shared<const TensorView>(std::move(data)));
        m_open = false;
        return bytes + addBytes(std::string_view(message).substr(rawAt));
    });
}

std::uint64_t Planner::addOutside(std::uint32_t number, onnx::TensorProto tensor,
                                  const ExternalEntries& entries)
{
    for (const auto& [key, value] : entries) {
        auto* entry = tensor.add_external_data();
        entry->set_key(key);
        entry->set_value(value);
    }
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    return enclose(number, [&] { return addBytes(tensor.SerializeAsString()); });
}

// Where in the data file these bytes are; the same bytes of a file, or of memory, get one place.
std::uint64_t Planner::pieceFor(TensorView data)
{
    const Payload& payload = data.payload();
    std::tuple<const void*, std::uint64_t, std::uint64_t> key;
    if (const auto* range = std::get_if<FileRange>(&payload.content))
        key = {range->file.get(), range->offset, range->length};
    else if (const auto* scaled = std::get_if<Scaled>(&payload.content))
        key = {scaled->get(), 0, payload.size()};
    else
        key = {std::get<Bytes>(payload.content).get(), 0, payload.size()};
    const std::uint64_t alignment = payload.size() < dataAlignment ? smallAlignment : dataAlignment;
    const std::uint64_t offset = (m_plan.dataBytes + alignment - 1) / alignment * alignment;
    const auto [at, isNew] = m_offsets.try_emplace(key, offset);
    if (isNew) {
        m_plan.dataBytes = offset + payload.size();
        m_plan.pieces.push_back({offset, std::move(data)});
    }
    return at->second;
}

template<class Message>
bool Planner::isCopied(const Message& message) const
{
    return message.source.exists() && m_model.file(message.source.file) &&
           !(m_placement.movesAny() && moves(message));
}

// Part: something with tensors in it.
template<class Part>
bool Planner::moves(const Part& part) const
{
    bool any = false;
    forEachTensor(part, [&](const auto&, const Payload* payload) {
        any = any || (payload && m_placement.moves(*payload));
    });
    return any;
}

// Neighbours in a file that stay neighbours become one copy, if what lies between them is just the tag and
// length that would be written here.
bool Planner::continuesCopy(const std::string& header, const SourceRange& range)
{
    const auto* last = m_plan.segments.empty() ? nullptr : std::get_if<SourceRange>(&m_plan.segments.back());
    if (!last || last->file != range.file || last->offset + last->length + header.size() != range.offset)
        return false;
    wire::Scanner& gaps = m_gaps.try_emplace(range.file, m_model.file(range.file)).first->second;
    std::string between;
    return gaps.append(range.offset - header.size(), header.size(), between) && between == header;
}

std::uint64_t Planner::addSource(std::uint32_t number, const SourceRange& range)
{
    std::string header;
    wire::appendLength(header, number, range.length);
    if (continuesCopy(header, range)) {
        std::get<SourceRange>(m_plan.segments.back()).length += header.size() + range.length;
    } else {
        addBytes(header);
        if (range.length > 0)
            m_plan.segments.emplace_back(range);
        m_open = range.length == 0;
    }
    return header.size() + range.length;
}

std::uint64_t Planner::addBytes(std::string_view bytes)
{
    if (bytes.empty())
        return 0;
    if (!m_open)
        m_plan.segments.emplace_back(std::string());
    m_open = true;
    std::get<std::string>(m_plan.segments.back()) += bytes;
    return bytes.size();
}

// Tag and length go before their contents, but are known only after them, so they get a segment of their own.
template<class Contents>
std::uint64_t Planner::enclose(std::uint32_t number, Contents&& contents)
{
    const std::size_t at = m_plan.segments.size();
    m_plan.segments.emplace_back(std::string());
    m_open = false;
    const std::uint64_t length = contents();
    auto& header = std::get<std::string>(m_plan.segments[at]);
    wire::appendLength(header, number, length);
    return header.size() + length;
}

} // namespace

Result<SavePlan> planSave(const Model& model, const Placement& placement, const std::string& dataFile)
{
    return Planner(model, placement, dataFile).plan();
}

} // namespace pleat
