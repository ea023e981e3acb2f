// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Model.h"

#include "core/base/NameTable.h"
#include "core/model/TensorWalk.h"
#include "core/tensor/Scaling.h"
#include "core/tensor/SparseBytes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace pleat {

// Half a million of each may be there.
static_assert(sizeof(Node) <= 64 && sizeof(Initializer) <= 48 && sizeof(Description) <= 48);

static_assert(std::endian::native == std::endian::little,
              "ONNX's raw_data is little-endian, and so is Pleat");

namespace {

// Stored elements of `Stored`, each from one element of a typed field, cut to its width.
template<class Stored, class Field>
std::vector<std::byte> narrowed(const Field& field)
{
    std::vector<std::byte> bytes(static_cast<std::size_t>(field.size()) * sizeof(Stored));
    std::byte* into = bytes.data();
    for (const auto value : field) {
        const auto stored = static_cast<Stored>(value);
        std::memcpy(into, &stored, sizeof(Stored));
        into += sizeof(Stored);
    }
    return bytes;
}

std::vector<std::byte> fromInt32(const onnx::TensorProto& tensor, DataType type)
{
    switch (elementBits(type)) {
    case 32:
        return narrowed<std::int32_t>(tensor.int32_data());
    case 16:
        return narrowed<std::uint16_t>(tensor.int32_data());
    default:
        return narrowed<std::uint8_t>(tensor.int32_data()); // types below a byte are packed, one byte each
    }
}

std::vector<std::byte> storedBytesOf(const onnx::TensorProto& tensor)
{
    const auto type = static_cast<DataType>(tensor.data_type());
    if (tensor.has_raw_data() && !tensor.raw_data().empty()) {
        std::vector<std::byte> bytes(tensor.raw_data().size());
        std::memcpy(bytes.data(), tensor.raw_data().data(), bytes.size());
        return bytes;
    }
    if (tensor.float_data_size() > 0)
        return narrowed<float>(tensor.float_data());
    if (tensor.double_data_size() > 0)
        return narrowed<double>(tensor.double_data());
    if (tensor.int64_data_size() > 0)
        return narrowed<std::int64_t>(tensor.int64_data());
    if (tensor.uint64_data_size() > 0)
        return type == DataType::UInt32 ? narrowed<std::uint32_t>(tensor.uint64_data())
                                        : narrowed<std::uint64_t>(tensor.uint64_data());
    return fromInt32(tensor, type);
}

} // namespace

std::int64_t Model::irVersion() const
{
    return header->ir_version();
}

std::int64_t Model::opset(const std::string& domain) const
{
    const auto isOnnx = [](const std::string& name) { return name.empty() || name == "ai.onnx"; };
    for (const auto& import : header->opset_import()) {
        if (import.domain() == domain || (isOnnx(domain) && isOnnx(import.domain())))
            return import.version();
    }
    return 0;
}

std::string Model::producer() const
{
    const std::string& name = header->producer_name();
    const std::string& version = header->producer_version();
    return name.empty() || version.empty() ? name + version : name + " " + version;
}

FilePointer Model::file(FileId id) const
{
    if (source && source->id() == id)
        return source;
    const auto found =
        std::ranges::find_if(otherSources, [&](const FilePointer& other) { return other->id() == id; });
    return found == otherSources.end() ? nullptr : *found;
}

void Model::keepSourcesOf(const Model& other)
{
    keepSource(other.source);
    for (const FilePointer& kept : other.otherSources)
        keepSource(kept);
}

void Model::keepSource(const FilePointer& kept)
{
    if (kept && !file(kept->id()))
        otherSources.push_back(kept);
}

Description::Description(std::shared_ptr<const onnx::ValueInfoProto> message, SourceRange range)
    : proto(std::move(message)),
      source(range),
      nameHash(NameIndex::hashOf(proto->name()))
{
}

void Node::setParts(NodeParts made)
{
    const bool any = !made.bodies.empty() || !made.payloads.empty();
    parts = any ? std::make_shared<const NodeParts>(std::move(made)) : nullptr;
}

TensorView tensorView(std::span<const Payload> payloads, const onnx::TensorProto& tensor)
{
    return tensorView(tensor, payloadOf(payloads, tensor));
}

TensorView tensorView(const onnx::TensorProto& tensor, const Payload* leftOut)
{
    return {tensor.name(),
            static_cast<DataType>(tensor.data_type()),
            {tensor.dims().begin(), tensor.dims().end()},
            leftOut ? *leftOut
                    : Payload{std::make_shared<const std::vector<std::byte>>(storedBytesOf(tensor))}};
}

TensorView tensorView(const TensorMessage& tensor)
{
    if (const onnx::TensorProto* message = tensor.kept())
        return tensorView(*message, tensor.payload());
    const std::span<const std::byte> bytes = tensor.rawData();
    return {std::string(tensor.name()),
            tensor.type(),
            {tensor.dims().begin(), tensor.dims().end()},
            Payload{std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end())}};
}

TensorView tensorView(std::span<const Payload> payloads, const onnx::SparseTensorProto& tensor)
{
    const TensorView values = tensorView(payloads, tensor.values());
    const TensorView indices = tensorView(payloads, tensor.indices());
    const auto bytes = [](const TensorView& part) -> StoredBytes {
        if (const auto* range = std::get_if<FileRange>(&part.payload().content))
            return *range;
        return std::get<Bytes>(part.payload().content);
    };
    std::vector<std::int64_t> dims(tensor.dims().begin(), tensor.dims().end());
    Payload payload = composed(values.type(), std::make_shared<const SparseBytes>(SparseBytes::Parts{
                                                  values.type(), dims, bytes(values), bytes(indices),
                                                  values.elements(), indices.dims().size() == 2}));
    // Of two parts that are missing one is enough to say.
    payload.external = (values.payload().problem().empty() ? indices : values).payload().external;
    return {values.name(), values.type(), std::move(dims), std::move(payload)};
}

} // namespace pleat
