// SPDX-License-Identifier: GPL-3.0-or-later
// The message of an initializer. A TensorProto takes some 500 bytes beside its numbers, and a model may have
// half a million small ones: those that hold nothing but name, type, dimensions and raw bytes are kept as
// just that, and made into a message for whoever wants one. An immutable value, for any thread; copies share.
#pragma once

#include "core/tensor/DataType.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace google::protobuf {
class Arena;
}

namespace onnx {
class TensorProto;
}

namespace pleat {

class TensorMessage final {
public:
    TensorMessage() = default; // of nothing; only to be assigned to
    TensorMessage(std::shared_ptr<const onnx::TensorProto> message) : m_content(std::move(message)) {}

    // Keeps the tensor of these bytes, which protobuf can parse, in the arena. Nothing when it has more to it
    // than name, type, dimensions and raw bytes, or a field twice.
    static std::optional<TensorMessage> packed(std::string_view bytes,
                                               const std::shared_ptr<google::protobuf::Arena>& arena);

    std::string_view name() const;
    DataType type() const;
    std::span<const std::int64_t> dims() const;
    // Those that are stored in the message itself; empty when it has none or has its numbers otherwise.
    std::span<const std::byte> rawData() const;

    // The very same object, not only an equal one.
    bool isSame(const TensorMessage& other) const { return m_content == other.m_content; }

    // The message where it is kept as one, else null: then all there is to the tensor are the four above.
    const onnx::TensorProto* kept() const;
    // The same message for everybody, made from the four where it is not kept.
    std::shared_ptr<const onnx::TensorProto> message() const;

private:
    struct Packed;
    using Message = std::shared_ptr<const onnx::TensorProto>;
    explicit TensorMessage(std::shared_ptr<const Packed> packed) : m_content(std::move(packed)) {}

    std::variant<Message, std::shared_ptr<const Packed>> m_content;
};

} // namespace pleat
