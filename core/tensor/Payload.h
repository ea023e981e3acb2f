// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a tensor, wherever they are: a range of an open file, bytes in memory, or, after a fold, one
// of these two times per-channel factors that nobody has multiplied yet. A Payload is an immutable value;
// copies share. Bytes are little-endian, as ONNX's raw_data.
#pragma once

#include "core/io/File.h"
#include "core/tensor/DataType.h"
#include "core/tensor/UniformQuantizer.h"
#include "core/tensor/WeightLayout.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pleat {

using Bytes = std::shared_ptr<const std::vector<std::byte>>;
using Factors = std::shared_ptr<const std::vector<double>>; // one a channel; null means all 1

// One element again and again, `size` bytes of it: a constant that nobody has written out.
struct Repeated {
    Bytes element; // of one element, never empty
    std::uint64_t size = 0;
};

// Bytes that are put together of others whenever somebody reads them. An immutable value, for any thread.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual std::uint64_t size() const = 0;
    // REQUIRES: the stretch lies within.
    virtual Result<void> read(std::uint64_t offset, std::span<std::byte> into) const = 0;
};
using ByteSourcePointer = std::shared_ptr<const ByteSource>; // never null

// Bytes that exist, as opposed to elements that factors are yet to make others of.
using StoredBytes = std::variant<Bytes, FileRange, Repeated, ByteSourcePointer>;

std::uint64_t size(const StoredBytes& stored);

// Fills `into` with the bytes from `offset` on. Errors: MissingData past the end; the file's own.
Result<void> read(const StoredBytes& stored, std::uint64_t offset, std::span<std::byte> into);

// What is to be done where factors make a finite element infinite in its type.
enum class Overflow {
    IsAnError, // whoever computes the elements to keep them refuses
    IsWanted   // somebody asked for it
};

// base · output[o] · input[i] for each element; rounded once, into its own type, when it is read. Without
// factors, of any type, it is base. With quantizers, what came of that is rounded to their grid, and back.
struct ScaledBytes {
    StoredBytes base;
    DataType type = DataType::Float;
    WeightLayout layout;
    Factors output;
    Factors input;
    Overflow overflow = Overflow::IsAnError;
    std::shared_ptr<const Quantizers> quantizers{}; // null: none
};

using Scaled = std::shared_ptr<const ScaledBytes>; // never null

using ExternalEntries = std::vector<std::pair<std::string, std::string>>;

// What the opened file says of a tensor whose bytes lie outside of the model file.
struct ExternalPlace {
    ExternalEntries entries;     // location, offset, …, for writing them back
    FileId model = FileId::None; // in whose folder the location is
    // Why the bytes are not there (missing or too short): the whole sentence for whoever wants them. Empty
    // when they are.
    std::string problem;
};

struct Payload {
    std::variant<Bytes, FileRange, Scaled> content;
    // Null for data inside the model file. A fold keeps it: what lay outside is saved outside.
    std::shared_ptr<const ExternalPlace> external{};

    std::uint64_t size() const; // bytes
    bool isExternal() const { return external != nullptr; }
    bool isScaled() const { return std::holds_alternative<Scaled>(content); }
    // Why the bytes cannot be had; empty when they can.
    std::string_view problem() const { return external ? std::string_view(external->problem) : ""; }
    // The very same bytes: of the same place of a file, or the same object in memory.
    bool operator==(const Payload&) const = default;
};

} // namespace pleat
