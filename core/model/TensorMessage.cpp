// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/TensorMessage.h"

#include "core/model/OnnxFields.h"
#include "core/model/WireScanner.h"

#include <array>
#include <cstring>
#include <google/protobuf/arena.h>
#include <onnx/onnx_pb.h>

namespace pleat {

struct TensorMessage::Content {
    enum class Kind : std::uint8_t { Packed, Kept, LeftOut };
    Kind kind;
};

// Its dimensions, name and raw bytes follow in memory, in this order.
struct TensorMessage::Packed : Content {
    std::uint8_t dims = 0;
    std::int32_t type = 0;
    std::uint32_t nameLength = 0;
    std::uint32_t rawLength = 0;

    const std::int64_t* firstDim() const { return reinterpret_cast<const std::int64_t*>(this + 1); }
    const char* name() const { return reinterpret_cast<const char*>(firstDim() + dims); }
    const char* raw() const { return name() + nameLength; }
};

struct TensorMessage::Kept : Content {
    const onnx::TensorProto* message = nullptr; // in the same arena, or in this very object
};

struct TensorMessage::Owned : Kept {
    Owned(Kind kind, onnx::TensorProto message) : Kept{{kind}, nullptr}, own(std::move(message))
    {
        this->message = &own;
    }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    onnx::TensorProto own;
};

struct TensorMessage::LeftOut : Owned {
    LeftOut(onnx::TensorProto message, Payload bytes)
        : Owned(Kind::LeftOut, std::move(message)),
          payload(std::move(bytes))
    {
        own.set_data_location(onnx::TensorProto::EXTERNAL);
    }
    Payload payload;
};

TensorMessage::TensorMessage(onnx::TensorProto message)
    : m_content(std::make_shared<const Owned>(Content::Kind::Kept, std::move(message)))
{
}

TensorMessage::TensorMessage(onnx::TensorProto message, Payload payload)
    : m_content(std::make_shared<const LeftOut>(std::move(message), std::move(payload)))
{
}

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
    auto* const made = new (memory) Packed{{Content::Kind::Packed},
                                           static_cast<std::uint8_t>(rank),
                                           *type,
                                           static_cast<std::uint32_t>(name->size()),
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
    return TensorMessage(std::shared_ptr<const Content>(arena, made));
}

TensorMessage TensorMessage::inArena(const onnx::TensorProto& message,
                                     const std::shared_ptr<google::protobuf::Arena>& arena)
{
    using google::protobuf::Arena;
    auto* const copy = Arena::CreateMessage<onnx::TensorProto>(arena.get());
    *copy = message;
    static_assert(sizeof(Kept) % sizeof(std::uint64_t) == 0 && alignof(Kept) <= sizeof(std::uint64_t));
    void* const memory = Arena::CreateArray<std::uint64_t>(arena.get(), sizeof(Kept) / sizeof(std::uint64_t));
    const auto* const made = new (memory) Kept{{Content::Kind::Kept}, copy};
    return TensorMessage(std::shared_ptr<const Content>(arena, made));
}

const onnx::TensorProto* TensorMessage::kept() const
{
    return m_content->kind == Content::Kind::Packed ? nullptr : static_cast<const Kept&>(*m_content).message;
}

const Payload* TensorMessage::payload() const
{
    return m_content->kind == Content::Kind::LeftOut ? &static_cast<const LeftOut&>(*m_content).payload
                                                     : nullptr;
}

// REQUIRES: !kept().
const TensorMessage::Packed& TensorMessage::packedContent() const
{
    return static_cast<const Packed&>(*m_content);
}

std::string_view TensorMessage::name() const
{
    if (const auto* message = kept())
        return message->name();
    const Packed& packed = packedContent();
    return {packed.name(), packed.nameLength};
}

DataType TensorMessage::type() const
{
    const auto* message = kept();
    return static_cast<DataType>(message ? message->data_type() : packedContent().type);
}

std::span<const std::int64_t> TensorMessage::dims() const
{
    if (const auto* message = kept())
        return {message->dims().data(), static_cast<std::size_t>(message->dims_size())};
    const Packed& packed = packedContent();
    return {packed.firstDim(), packed.dims};
}

std::span<const std::byte> TensorMessage::rawData() const
{
    if (const auto* message = kept())
        return message->external_data_size() > 0 ? std::span<const std::byte>()
                                                 : std::as_bytes(std::span(message->raw_data()));
    const Packed& packed = packedContent();
    return std::as_bytes(std::span(packed.raw(), packed.rawLength));
}

std::shared_ptr<const onnx::TensorProto> TensorMessage::message() const
{
    if (const auto* message = kept())
        return {m_content, message};
    auto made = std::make_shared<onnx::TensorProto>();
    made->mutable_dims()->Assign(dims().begin(), dims().end());
    made->set_data_type(static_cast<std::int32_t>(type()));
    made->set_name(std::string(name()));
    made->set_raw_data(rawData().data(), rawData().size());
    return made;
}

TensorMessage makeTensor(std::string name, DataType type, const std::vector<std::int64_t>& dims,
                         Payload payload)
{
    onnx::TensorProto tensor;
    tensor.set_name(std::move(name));
    tensor.set_data_type(static_cast<std::int32_t>(type));
    tensor.mutable_dims()->Assign(dims.begin(), dims.end());
    return {std::move(tensor), std::move(payload)};
}

TensorMessage renamed(const TensorMessage& tensor, std::string name)
{
    onnx::TensorProto message = *tensor.message();
    message.set_name(std::move(name));
    return tensor.payload() ? TensorMessage(std::move(message), *tensor.payload())
                            : TensorMessage(std::move(message));
}

} // namespace pleat
