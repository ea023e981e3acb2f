// SPDX-License-Identifier: GPL-3.0-or-later
// The message of an initializer, with its bytes. A TensorProto takes some 500 bytes beside its numbers, and a
// model may have half a million small ones: those that hold nothing but name, type, dimensions and raw bytes
// are kept as just that, and made into a message for whoever wants one. A large tensor is a message without
// data and the Payload that it was left out to: the two stay together, whichever model they stand in. An
// immutable value, for any thread; copies share.
#pragma once

#include "core/tensor/Payload.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Arena;
}

namespace onnx {
class TensorProto;
}

namespace pleat {

class TensorMessage final {
public:
    TensorMessage() = default;                         // of nothing; only to be assigned to
    explicit TensorMessage(onnx::TensorProto message); // with its data in it
    // REQUIRES: the message has no data.
    TensorMessage(onnx::TensorProto message, Payload payload);

    // Keeps the tensor of these bytes, which protobuf can parse, in the arena. Nothing when it has more to it
    // than name, type, dimensions and raw bytes, or a field twice.
    static std::optional<TensorMessage> packed(std::string_view bytes,
                                               const std::shared_ptr<google::protobuf::Arena>& arena);
    // A copy of the whole message in the arena.
    static TensorMessage inArena(const onnx::TensorProto& message,
                                 const std::shared_ptr<google::protobuf::Arena>& arena);

    std::string_view name() const;
    DataType type() const;
    std::span<const std::int64_t> dims() const;
    // Those that are stored in the message itself; empty when it has none or has its numbers otherwise.
    std::span<const std::byte> rawData() const;

    // The very same object, not only an equal one.
    bool isSame(const TensorMessage& other) const { return m_content == other.m_content; }

    // Where the bytes of a left-out tensor are; null where they are in the message. It lives as long as any
    // copy of this.
    const Payload* payload() const;

    // The message where it is kept as one, else null: then all there is to the tensor are the four above.
    // That of a left-out tensor says EXTERNAL, without a place.
    const onnx::TensorProto* kept() const;
    // The same message for everybody, made from the four where it is not kept.
    std::shared_ptr<const onnx::TensorProto> message() const;

private:
    struct Content;
    struct Packed;
    struct Kept;
    struct Owned;
    struct LeftOut;
    explicit TensorMessage(std::shared_ptr<const Content> content) : m_content(std::move(content)) {}
    const Packed& packedContent() const;

    std::shared_ptr<const Content> m_content; // half a million of them: no larger than a pointer
};

// A left-out tensor.
TensorMessage makeTensor(std::string name, DataType type, const std::vector<std::int64_t>& dims,
                         Payload payload);

// The tensor under another name.
TensorMessage renamed(const TensorMessage& tensor, std::string name);

} // namespace pleat
