// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a tensor of which the file stores only some elements, and where they stand (ONNX's
// SparseTensorProto): those of all its elements, 0 where nothing is stored. Nothing is written out; who reads
// a stretch gets it put together from what is stored there. Indices are int64: for each stored element its
// place in the row-major tensor ([NNZ]) or its coordinates ([NNZ, rank]), in ascending order, without
// repetition (onnx.proto). They are checked as a whole when the first of them is wanted. For any thread.
#pragma once

#include "core/tensor/Payload.h"

#include <mutex>

namespace pleat {

class SparseBytes final : public ByteSource {
public:
    struct Parts {
        DataType type = DataType::Undefined;
        std::vector<std::int64_t> dims;
        StoredBytes values, indices; // `stored` elements, and `stored` or `stored` × rank numbers
        std::uint64_t stored = 0;
        bool areCoordinates = false;
    };
    // REQUIRES: what checkSparse() checks.
    explicit SparseBytes(Parts parts);

    std::uint64_t stored() const { return m_parts.stored; } // elements
    std::uint64_t bytesInFile() const { return pleat::size(m_parts.values) + pleat::size(m_parts.indices); }

    std::uint64_t size() const override { return storedBytes(m_parts.type, m_elements); } // of all elements
    // Errors: Unreadable for indices that are not as above; Unsupported where elements share a byte; those of
    // reading what is stored. Memory: a few thousand indices, and 8 bytes for every 4,096th.
    Result<void> read(std::uint64_t offset, std::span<std::byte> into) const override;

private:
    Result<void> readPlaces(std::uint64_t first, std::span<std::uint64_t> into) const;
    Result<std::vector<std::uint64_t>> findMarks() const;

    Parts m_parts;
    std::uint64_t m_elements = 1;
    mutable std::once_flag m_once;
    mutable Result<std::vector<std::uint64_t>> m_marks; // see findMarks()
};

// What is behind a payload, where it is one of these; else null.
const SparseBytes* sparseBytes(const Payload& payload);

} // namespace pleat
