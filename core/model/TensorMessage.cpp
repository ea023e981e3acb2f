// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/TensorMessage.h"

#include "core/model/OnnxFields.h"
#include "core/model/WireScanner.h"

#include <array>
#include <cstring>
#include <google/protobuf/arena.h>
#include <onnx/onnx_pb.h>

namespace pleat {

// Its dimensions, name and raw bytes follow in memory, in this order.
struct TensorMessage::Packed {
    std::int32_t type = 0;
    std::uint32_t dims = 0;
    std::uint32_t nameLength = 0;
    std::uint32_t rawLength = 0;

    const std::int64_t* firstDim() const { return reinterpret_cast<const std::int64_t*>(this + 1); }
    const char* name() const { return reinterpret_cast<const char*>(firstDim() + dims); }
    const char* raw() const { return name() + nameLength; }
};

std::optional<TensorMessage> TensorMessage::packed(std::string_view bytes,
                                                   const std::shared_ptr<google::protobuf::Arena>& arena)
{
    std::array<std::int64_t, 8> dims{}; // a message may have more
    std::size_t rank = 0;
    std::optional<std::int32_t> type;
    std::optional<std::string_view> name, raw;
    wire::Field part;
    for (std::uint64_t at = 0; wire::next(bytes, at, part);) {
        const bool isBytes = part.type == wire::Type::Bytes, isVarint = part.type == wire::Type::Varint;
        if (part.number == field::tensor::dims && isVarint && rank < dims.size())
            dims[rank++] = static_cast<std::int64_t>(part.value);
        else if (part.number == field::tensor::dataType && isVarint && !type)
            type = static_cast<std::int32_t>(part.value);
        else if (part.number == field::tensor::name && isBytes && !name)
            name = bytes.substr(part.offset, part.length);
        else if (part.number == field::tensor::rawData && isBytes && !raw)
            raw = bytes.substr(part.offset, part.length);
        else
            return std::nullopt;
    }
    if (!type || !name || !raw)
        return std::nullopt;
    const std::size_t size = sizeof(Packed) + rank * sizeof(std::int64_t) + name->size() + raw->size();
    constexpr std::size_t word = sizeof(std::uint64_t);
    static_assert(sizeof(Packed) % word == 0 && alignof(Packed) <= word);
    void* const memory =
        google::protobuf::Arena::CreateArray<std::uint64_t>(arena.get(), (size + word - 1) / word);
    auto* const made =
        new (memory) Packed{*type, static_cast<std::uint32_t>(rank), static_cast<std::uint32_t>(name->size()),
                            static_cast<std::uint32_t>(raw->size())};
    char* into = reinterpret_cast<char*>(made + 1);
    const auto append = [&](const void* from, std::size_t length) {
        if (length > 0)
            std::memcpy(into, from, length);
        into += length;
    };
    append(dims.data(), rank * sizeof(std::int64_t));
    append(name->data(), name->size());
    append(raw->data(), raw->size());
    return TensorMessage(std::shared_ptr<const Packed>(arena, made));
}

const onnx::TensorProto* TensorMessage::kept() const
{
    const auto* message = std::get_if<Message>(&m_content);
    return message ? message->get() : nullptr;
}

std::string_view TensorMessage::name() const
{
    if (const auto* message = kept())
        return message->name();
    const Packed& packed = *std::get<1>(m_content);
    return {packed.name(), packed.nameLength};
}

DataType TensorMessage::type() const
{
    const auto* message = kept();
    return static_cast<DataType>(message ? message->data_type() : std::get<1>(m_content)->type);
}

std::span<const std::int64_t> TensorMessage::dims() const
{
    if (const auto* message = kept())
        return {message->dims().data(), static_cast<std::size_t>(message->dims_size())};
    const Packed& packed = *std::get<1>(m_content);
    return {packed.firstDim(), packed.dims};
}

std::span<const std::byte> TensorMessage::rawData() const
{
    if (const auto* message = kept())
        return message->external_data_size() > 0 ? std::span<const std::byte>()
                                                 : std::as_bytes(std::span(message->raw_data()));
    const Packed& packed = *std::get<1>(m_content);
    return std::as_bytes(std::span(packed.raw(), packed.rawLength));
}

std::shared_ptr<const onnx::TensorProto> TensorMessage::message() const
{
    if (const auto* message = std::get_if<Message>(&m_content))
        return *message;
    auto made = std::make_shared<onnx::TensorProto>();
    made->mutable_dims()->Assign(dims().begin(), dims().end());
    made->set_data_type(static_cast<std::int32_t>(type()));
    made->set_name(std::string(name()));
    made->set_raw_data(rawData().data(), rawData().size());
    return made;
}

} // namespace pleat
