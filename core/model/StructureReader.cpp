// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/StructureReader.h"

#include "core/model/Limits.h"
#include "core/model/OnnxFields.h"
#include "core/model/TensorWalk.h"

#include <algorithm>
#include <google/protobuf/arena.h>
#include <limits>

namespace pleat {

using wire::Type;

namespace {

constexpr std::uint64_t leaveOutFrom = 4096;       // bytes
constexpr std::uint64_t integersStayUpTo = 65536;  // bytes
constexpr std::uint32_t entriesBetweenStops = 256; // nodes and initializers
constexpr std::size_t sharedUpTo = 256;            // bytes of an attribute
constexpr std::size_t mostShared = 4096; // different attributes; where there are more, few are equal

bool isInteger(DataType type)
{
    return (type >= DataType::UInt8 && type <= DataType::Int64) || type == DataType::Bool ||
           type == DataType::UInt32 || type == DataType::UInt64;
}

// As protobuf does it: 32 bits of it, and another value than those it knows is an unknown field.
bool isKnownLocation(const wire::Field& field)
{
    return field.type == Type::Varint &&
           static_cast<std::uint32_t>(field.value) <= onnx::TensorProto::EXTERNAL;
}

// Without bodies and tensors.
bool isPlain(const onnx::AttributeProto& attribute)
{
    return !attribute.has_g() && attribute.graphs_size() == 0 && !attribute.has_t() &&
           attribute.tensors_size() == 0 && !attribute.has_sparse_tensor() &&
           attribute.sparse_tensors_size() == 0;
}

// Where the plain messages of a model lie, side by side; it goes with the last of them.
std::shared_ptr<google::protobuf::Arena> makeArena()
{
    google::protobuf::ArenaOptions options;
    options.start_block_size = 4096;
    options.max_block_size = 65536;
    return std::make_shared<google::protobuf::Arena>(options);
}

} // namespace

// What decides about a tensor, found in one pass over its fields.
struct StructureReader::TensorFacts {
    struct Data {
        std::uint64_t fields = 0; // how often the field occurs
        Field last;
    };
    DataType type = DataType::Undefined;
    std::uint64_t elements = 1;
    bool overflow = false; // of `elements`, or a negative dimension: the validator will say so
    bool isExternal = false;
    bool otherData = false;
    std::string name;
    Data raw, floats, doubles;
    ExternalEntries entries;

    // The one data field whose bytes stay in the file; null when the tensor is small or odd.
    const Field* leftOut() const
    {
        if (otherData || !entries.empty() || raw.fields + floats.fields + doubles.fields != 1)
            return nullptr;
        const Data& data = raw.fields ? raw : floats.fields ? floats : doubles;
        if (data.last.type != Type::Bytes || data.last.length < leaveOutFrom)
            return nullptr;
        if (raw.fields)
            return isInteger(type) && data.last.length <= integersStayUpTo ? nullptr : &data.last;
        const bool fits = floats.fields ? type == DataType::Float || type == DataType::Complex64
                                        : type == DataType::Double || type == DataType::Complex128;
        return fits ? &data.last : nullptr;
    }
    std::optional<std::uint64_t> needed() const
    {
        if (overflow || elementBits(type) == 0 || elements > mostElements)
            return std::nullopt;
        return storedBytes(type, elements);
    }
};

StructureReader::StructureReader(FilePointer file, ExternalData& external, Progress& progress,
                                 std::stop_token stop)
    : m_scanner(std::move(file)),
      m_arena(makeArena()),
      m_external(external),
      m_progress(progress),
      m_stop(std::move(stop)),
      m_tensor(std::make_unique<onnx::TensorProto>())
{
}

StructureReader::~StructureReader() = default;

Result<Model> StructureReader::read()
{
    Model model;
    model.source = m_scanner.file();
    if (!readModel(model))
        return tl::make_unexpected(m_scanner.error());
    model.ids = m_ids;
    return model;
}

bool StructureReader::readModel(Model& model)
{
    const std::uint64_t end = model.source->size();
    const std::string name = model.source->path().string();
    std::string structure;
    auto graph = std::make_shared<Graph>();
    bool graphSeen = false;
    Field field;
    for (std::uint64_t at = 0; m_scanner.next(at, end, field);) {
        if (field.type == Type::Bytes && field.number == field::model::graph) {
            if (!once(graphSeen, "graph", field) || !readGraph(field, *graph, 0))
                return false;
        } else if (field.type == Type::Bytes && field.number == field::model::functions) {
            if (!readFunction(field, model.functions.emplace_back()))
                return false;
        } else if (!m_scanner.append(field.start, field.end() - field.start, structure)) {
            return false;
        }
    }
    if (m_scanner.failed())
        return false;
    auto header = std::make_shared<onnx::ModelProto>();
    if (!parse(structure, *header, 0))
        return false;
    if (!graphSeen) {
        return m_scanner.fail(ErrorCode::Unreadable,
                              name + ": not an ONNX model: there is no graph in it" +
                                  (end == 0 ? "; the file is empty." : "."),
                              name);
    }
    model.header = std::move(header);
    model.graph = std::move(graph);
    m_progress.advance(end, end);
    return true;
}

bool StructureReader::readGraph(const Field& field, Graph& graph, int depth)
{
    if (depth > deepestBody) {
        return m_scanner.damaged("bodies of If, Loop or Scan nodes nest more than " +
                                     std::to_string(deepestBody) + " deep",
                                 field.start);
    }
    graph.source = m_scanner.range(field);
    std::string structure;
    Field part;
    for (std::uint64_t at = field.offset; m_scanner.next(at, field.end(), part);) {
        if (!goOn(part.start))
            return false;
        bool good = true;
        if (part.type == Type::Bytes && part.number == field::graph::node) {
            good = hasRoom(graph.nodes, part) && readNode(part, graph.nodes.emplace_back(), depth);
        } else if (part.type == Type::Bytes && part.number == field::graph::initializer) {
            good =
                hasRoom(graph.initializers, part) && readInitializer(part, graph.initializers.emplace_back());
        } else if (part.type == Type::Bytes && part.number == field::graph::valueInfo) {
            good = hasRoom(graph.descriptions, part) && readDescription(part, graph.descriptions);
        } else if (part.type == Type::Bytes && part.number == field::graph::sparseInitializer) {
            std::string sparse;
            const Copy copy = rewriteSparse(part, graph.payloads, sparse);
            good = copy == Copy::Verbatim ? m_scanner.append(part.start, part.end() - part.start, structure)
                                          : copy == Copy::Rewritten;
            if (copy == Copy::Rewritten)
                wire::appendBytes(structure, part.number, sparse);
        } else {
            good = m_scanner.append(part.start, part.end() - part.start, structure);
        }
        if (!good)
            return false;
    }
    auto header = std::make_shared<onnx::GraphProto>();
    if (m_scanner.failed() || !parse(structure, *header, field.start))
        return false;
    graph.header = std::move(header);
    return true;
}

bool StructureReader::readFunction(const Field& field, Function& function)
{
    function.source = m_scanner.range(field);
    auto body = std::make_shared<Graph>();
    std::string structure;
    Field part;
    for (std::uint64_t at = field.offset; m_scanner.next(at, field.end(), part);) {
        const bool isNode = part.type == Type::Bytes && part.number == field::function::node;
        const bool good =
            goOn(part.start) &&
            (isNode ? hasRoom(body->nodes, part) && readNode(part, body->nodes.emplace_back(), 0)
                    : m_scanner.append(part.start, part.end() - part.start, structure));
        if (!good)
            return false;
    }
    auto header = std::make_shared<onnx::FunctionProto>();
    if (m_scanner.failed() || !parse(structure, *header, field.start))
        return false;
    body->header = std::make_shared<const onnx::GraphProto>();
    function.header = std::move(header);
    function.body = std::move(body);
    return true;
}

// Copies a message without its tag and length; `rewriteField(part, into)` appends a part in its own way, with
// tag and length, or leaves it as it is.
template<class Rewrite>
StructureReader::Copy StructureReader::rewrite(const Field& field, std::string& into, Rewrite&& rewriteField)
{
    const std::size_t before = into.size();
    std::uint64_t copied = field.offset; // what lies before is in `into`
    Field part;
    std::string changed;
    for (std::uint64_t at = field.offset; m_scanner.next(at, field.end(), part);) {
        changed.clear();
        const Copy copy = rewriteField(part, changed);
        if (copy == Copy::Failed)
            return copy;
        if (copy == Copy::Rewritten) {
            if (!m_scanner.append(copied, part.start - copied, into))
                return Copy::Failed;
            into += changed;
            copied = part.end();
        }
    }
    if (m_scanner.failed())
        return Copy::Failed;
    if (copied == field.offset && into.size() == before)
        return Copy::Verbatim;
    return m_scanner.append(copied, field.end() - copied, into) ? Copy::Rewritten : Copy::Failed;
}

// A short node in which nothing is to be looked at more closely, as it is in the file: nearly all of them.
// Its attributes are shared, and an input with the output of the node before it: nothing in the arena is
// changed once it is read, and a copy of a node has all of its own. Null for any other, and for a damaged
// one.
std::shared_ptr<const onnx::NodeProto> StructureReader::readPlainNode(const Field& field)
{
    if (field.length >= leaveOutFrom)
        return nullptr;
    m_whole.clear();
    if (!m_scanner.append(field.offset, field.length, m_whole))
        return nullptr;
    m_structure.clear();
    m_inputs.clear();
    m_nodeAttributes.clear();
    const auto piece = [&](std::uint64_t from, std::uint64_t length) {
        return std::string_view(m_whole).substr(from - field.offset, length);
    };
    Field part;
    for (std::uint64_t at = field.offset; m_scanner.next(at, field.end(), part);) {
        if (part.type == Type::Bytes && part.number == field::node::input) {
            m_inputs.push_back(piece(part.offset, part.length));
        } else if (part.type == Type::Bytes && part.number == field::node::attribute) {
            m_nodeAttributes.push_back(sharedAttribute(piece(part.offset, part.length)));
            if (!m_nodeAttributes.back())
                return nullptr;
        } else {
            m_structure += piece(part.start, part.end() - part.start);
        }
    }
    if (m_scanner.failed() || !count(field))
        return nullptr;
    auto* const node = google::protobuf::Arena::CreateMessage<onnx::NodeProto>(m_arena.get());
    if (!node->ParseFromString(m_structure))
        return nullptr;
    node->mutable_input()->Reserve(static_cast<int>(m_inputs.size()));
    for (const std::string_view input : m_inputs)
        addInput(*node, input);
    node->mutable_attribute()->Reserve(static_cast<int>(m_nodeAttributes.size()));
    for (onnx::AttributeProto* const shared : m_nodeAttributes)
        node->mutable_attribute()->UnsafeArenaAddAllocated(shared);
    m_lastNode = node;
    return {m_arena, node};
}

void StructureReader::addInput(onnx::NodeProto& node, std::string_view name)
{
    if (m_lastNode && m_lastNode->output_size() > 0 && m_lastNode->output(0) == name)
        node.mutable_input()->UnsafeArenaAddAllocated(m_lastNode->mutable_output(0));
    else
        node.add_input(name.data(), name.size());
}

// The attribute of these bytes, the same for all that ask for it; null for one that is not plain.
onnx::AttributeProto* StructureReader::sharedAttribute(std::string_view bytes)
{
    if (const auto* known = m_attributes.find(bytes))
        return *known;
    auto* const made = google::protobuf::Arena::CreateMessage<onnx::AttributeProto>(m_arena.get());
    if (!made->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !isPlain(*made))
        return nullptr;
    if (bytes.size() <= sharedUpTo && m_attributeBytes.size() < mostShared)
        m_attributes.tryEmplace(m_attributeBytes.emplace_back(bytes), made);
    return made;
}

// The same for a tensor.
std::optional<TensorMessage> StructureReader::readPlainTensor(const Field& field)
{
    if (field.length >= leaveOutFrom)
        return std::nullopt;
    m_structure.clear();
    if (!m_scanner.append(field.offset, field.length, m_structure) ||
        !m_tensor->ParseFromString(m_structure) || m_tensor->data_location() == onnx::TensorProto::EXTERNAL ||
        !count(field))
        return std::nullopt;
    if (auto packed = TensorMessage::packed(m_structure, m_arena))
        return packed;
    return TensorMessage::inArena(*m_tensor, m_arena);
}

// False when all messages together get too large.
bool StructureReader::count(const Field& field)
{
    m_structureBytes += field.length;
    return m_structureBytes <= largestMessage;
}

bool StructureReader::readNode(const Field& field, Node& node, int depth)
{
    node.id = m_ids->node();
    node.source = m_scanner.range(field);
    node.proto = readPlainNode(field);
    if (node.proto)
        return true;
    std::string structure;
    NodeParts parts;
    int attributes = 0;
    const Copy copy = rewrite(field, structure, [&](const Field& part, std::string& into) {
        if (part.type != Type::Bytes || part.number != field::node::attribute)
            return Copy::Verbatim;
        std::string contents;
        const Copy result = rewriteAttribute(part, attributes++, parts, contents, depth);
        if (result == Copy::Rewritten)
            wire::appendBytes(into, part.number, contents);
        return result;
    });
    if (copy == Copy::Failed ||
        (copy == Copy::Verbatim && !m_scanner.append(field.offset, field.length, structure)))
        return false;
    auto proto = std::make_shared<onnx::NodeProto>();
    if (!parse(structure, *proto, field.start))
        return false;
    node.proto = std::move(proto);
    node.setParts(std::move(parts));
    return true;
}

bool StructureReader::readInitializer(const Field& field, Initializer& initializer)
{
    initializer.id = m_ids->tensor();
    initializer.source = m_scanner.range(field);
    if (auto plain = readPlainTensor(field)) {
        initializer.tensor = std::move(*plain);
        return true;
    }
    m_structure.clear();
    std::optional<Payload> payload;
    const Copy copy = leaveOut(field, payload, m_structure);
    if (copy == Copy::Failed ||
        (copy == Copy::Verbatim && !m_scanner.append(field.offset, field.length, m_structure)))
        return false;
    onnx::TensorProto proto;
    if (!parse(m_structure, proto, field.start))
        return false;
    initializer.tensor =
        payload ? TensorMessage(std::move(proto), std::move(*payload)) : TensorMessage(std::move(proto));
    return true;
}

bool StructureReader::readDescription(const Field& field, Sequence<Description>& descriptions)
{
    m_structure.clear();
    auto* const proto = google::protobuf::Arena::CreateMessage<onnx::ValueInfoProto>(m_arena.get());
    if (!m_scanner.append(field.offset, field.length, m_structure) ||
        !parse(m_structure, *proto, field.start))
        return false;
    descriptions.push_back({{m_arena, proto}, m_scanner.range(field)});
    return true;
}

// More than a Place can name would need gigabytes of messages without contents.
template<class T>
bool StructureReader::hasRoom(const Sequence<T>& sequence, const Field& field)
{
    return sequence.size() < Sequence<T>::most ||
           m_scanner.damaged("more messages of a kind than a graph can have", field.start);
}

StructureReader::Copy StructureReader::rewriteAttribute(const Field& field, int index, NodeParts& parts,
                                                        std::string& into, int depth)
{
    bool tensorSeen = false;
    bool graphSeen = false;
    bool sparseSeen = false;
    int graphs = 0;
    const auto body = [&](const Field& part, int position, std::string& changed) {
        auto graph = std::make_shared<Graph>();
        if (!readGraph(part, *graph, depth + 1))
            return Copy::Failed;
        parts.bodies.push_back(Body{index, position, std::move(graph)});
        wire::appendLength(changed, part.number, 0);
        return Copy::Rewritten;
    };
    return rewrite(field, into, [&](const Field& part, std::string& changed) {
        if (part.type != Type::Bytes)
            return Copy::Verbatim;
        std::string contents;
        Copy result = Copy::Verbatim;
        switch (part.number) {
        case field::attribute::g:
            return once(graphSeen, "body", part) ? body(part, -1, changed) : Copy::Failed;
        case field::attribute::graphs:
            return body(part, graphs++, changed);
        case field::attribute::t:
            if (!once(tensorSeen, "tensor", part))
                return Copy::Failed;
            [[fallthrough]];
        case field::attribute::tensors:
            result = rewriteTensor(part, parts.payloads, contents);
            break;
        case field::attribute::sparseTensor:
            if (!once(sparseSeen, "sparse tensor", part))
                return Copy::Failed;
            [[fallthrough]];
        case field::attribute::sparseTensors:
            result = rewriteSparse(part, parts.payloads, contents);
            break;
        default:
            return Copy::Verbatim;
        }
        if (result == Copy::Rewritten)
            wire::appendBytes(changed, part.number, contents);
        return result;
    });
}

StructureReader::Copy StructureReader::rewriteSparse(const Field& field, std::vector<Payload>& payloads,
                                                     std::string& into)
{
    bool valuesSeen = false;
    bool indicesSeen = false;
    return rewrite(field, into, [&](const Field& part, std::string& changed) {
        const bool isValues = part.number == field::sparse::values;
        if (part.type != Type::Bytes || (!isValues && part.number != field::sparse::indices))
            return Copy::Verbatim;
        if (!once(isValues ? valuesSeen : indicesSeen, isValues ? "tensor of values" : "tensor of indices",
                  part))
            return Copy::Failed;
        std::string contents;
        const Copy result = rewriteTensor(part, payloads, contents);
        if (result == Copy::Rewritten)
            wire::appendBytes(changed, part.number, contents);
        return result;
    });
}

// A tensor with its bytes left out, or one whose bytes are in another file, becomes a reference to a payload.
StructureReader::Copy StructureReader::rewriteTensor(const Field& field, std::vector<Payload>& payloads,
                                                     std::string& into)
{
    std::optional<Payload> payload;
    const Copy copy = leaveOut(field, payload, into);
    if (!payload)
        return copy;
    std::string reference;
    wire::appendBytes(reference, field::entry::key, payloadKey);
    wire::appendBytes(reference, field::entry::value, std::to_string(payloads.size()));
    wire::appendBytes(into, field::tensor::externalData, reference);
    wire::appendTag(into, field::tensor::dataLocation, Type::Varint);
    wire::appendVarint(into, onnx::TensorProto::EXTERNAL);
    payloads.push_back(std::move(*payload));
    return copy;
}

// Where there is a payload, it is all that says where the bytes are: the tensor's own external_data and
// data_location are dropped from the message, so no file can forge a reference.
StructureReader::Copy StructureReader::leaveOut(const Field& field, std::optional<Payload>& payload,
                                                std::string& into)
{
    TensorFacts facts;
    if (!examineTensor(field, facts))
        return Copy::Failed;
    const Field* leftOut = facts.isExternal ? nullptr : facts.leftOut();
    if (!facts.isExternal && !leftOut)
        return Copy::Verbatim;
    if (facts.isExternal &&
        (facts.otherData || facts.floats.fields || facts.doubles.fields || facts.raw.last.length)) {
        m_scanner.damaged("tensor \"" + facts.name + "\" has its data both in the model and in another file",
                          field.start);
        return Copy::Failed;
    }
    const Copy copy = rewrite(field, into, [&](const Field& part, std::string&) {
        const bool drop = (leftOut && part.start == leftOut->start) ||
                          (part.number == field::tensor::rawData && part.type == Type::Bytes) ||
                          (part.number == field::tensor::externalData && part.type == Type::Bytes) ||
                          (part.number == field::tensor::dataLocation && isKnownLocation(part));
        return drop ? Copy::Rewritten : Copy::Verbatim;
    });
    if (copy == Copy::Failed)
        return copy;
    if (leftOut)
        payload = Payload{FileRange{m_scanner.file(), leftOut->offset, leftOut->length}};
    else
        payload = m_external.payload(std::move(facts.entries), facts.name, facts.needed());
    return Copy::Rewritten;
}

bool StructureReader::examineTensor(const Field& field, TensorFacts& facts)
{
    const auto dimension = [&](std::uint64_t value) {
        facts.overflow |= value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
                          __builtin_mul_overflow(facts.elements, value, &facts.elements);
    };
    const auto data = [](TensorFacts::Data& into, const Field& part) {
        ++into.fields;
        into.last = part;
    };
    Field part;
    for (std::uint64_t at = field.offset; m_scanner.next(at, field.end(), part);) {
        const bool isBytes = part.type == Type::Bytes;
        switch (part.number) {
        case field::tensor::dims:
            if (part.type == Type::Varint)
                dimension(part.value);
            if (isBytes) { // packed
                std::string packed;
                if (!m_scanner.append(part.offset, part.length, packed))
                    return false;
                for (std::uint64_t in = 0; in < packed.size();)
                    dimension(wire::varint(packed, in));
            }
            break;
        case field::tensor::dataType:
            if (part.type == Type::Varint)
                facts.type = static_cast<DataType>(static_cast<std::int32_t>(part.value));
            break;
        case field::tensor::dataLocation:
            if (isKnownLocation(part))
                facts.isExternal = static_cast<std::uint32_t>(part.value) == onnx::TensorProto::EXTERNAL;
            break;
        case field::tensor::name:
            facts.name.clear();
            if (isBytes && !m_scanner.append(part.offset, part.length, facts.name))
                return false;
            break;
        case field::tensor::externalData:
            if (isBytes && !examineEntry(part, facts.entries))
                return false;
            break;
        case field::tensor::rawData:
            if (isBytes)
                data(facts.raw, part);
            break;
        case field::tensor::floatData:
            data(facts.floats, part);
            break;
        case field::tensor::doubleData:
            data(facts.doubles, part);
            break;
        case field::tensor::int32Data:
        case field::tensor::stringData:
        case field::tensor::int64Data:
        case field::tensor::uint64Data:
            facts.otherData = true;
            break;
        default:
            break;
        }
    }
    return !m_scanner.failed();
}

bool StructureReader::examineEntry(const Field& field, ExternalEntries& entries)
{
    auto& [key, value] = entries.emplace_back();
    Field part;
    for (std::uint64_t at = field.offset; m_scanner.next(at, field.end(), part);) {
        if (part.type != Type::Bytes ||
            (part.number != field::entry::key && part.number != field::entry::value))
            continue;
        std::string& text = part.number == field::entry::key ? key : value;
        text.clear();
        if (!m_scanner.append(part.offset, part.length, text))
            return false;
    }
    return !m_scanner.failed();
}

template<class Message>
bool StructureReader::parse(const std::string& bytes, Message& message, std::uint64_t offset)
{
    m_structureBytes += bytes.size();
    if (m_structureBytes > largestMessage)
        return m_scanner.tooLarge(m_structureBytes, offset);
    if (message.ParseFromString(bytes))
        return true;
    return m_scanner.damaged("a part that cannot be understood", offset);
}

bool StructureReader::once(bool& seen, const char* what, const Field& field)
{
    if (seen)
        return m_scanner.damaged(std::string("a second ") + what + " where there can be only one",
                                 field.start);
    return seen = true;
}

bool StructureReader::goOn(std::uint64_t at)
{
    if (++m_entries % entriesBetweenStops != 0)
        return true;
    m_progress.advance(at, m_scanner.file()->size());
    if (!m_stop.stop_requested())
        return true;
    const Error stopped = cancelled().value();
    return m_scanner.fail(stopped.code, stopped.message);
}

} // namespace pleat
