// SPDX-License-Identifier: GPL-3.0-or-later
// A tensor to look at: type, shape and bytes that are read, and scaled if a fold asked for it, only when
// somebody wants them, in pieces of any size. An immutable value, for any thread.
#pragma once

#include "core/base/Result.h"
#include "core/tensor/Payload.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pleat {

class TensorView final {
public:
    TensorView() = default;
    TensorView(std::string name, DataType type, std::vector<std::int64_t> dims, Payload payload);

    const std::string& name() const { return m_name; }
    DataType type() const { return m_type; }
    const std::vector<std::int64_t>& dims() const { return m_dims; }
    std::uint64_t elements() const; // product of dims; 1 for a scalar
    const Payload& payload() const { return m_payload; }

    // Elements [first, first + count) as stored bytes. `into` holds exactly those. Only for types of whole
    // bytes.
    Result<void> read(std::uint64_t first, std::uint64_t count, std::span<std::byte> into) const;

    // All elements as stored where they lie in memory one behind the other as they are; else empty.
    std::span<const std::byte> inMemory() const;

    // The same as doubles, exactly; for every type of real numbers and bool (64-bit integers are rounded).
    static bool areNumbers(DataType type);
    Result<void> readDoubles(std::uint64_t first, std::span<double> into) const;

    // The whole tensor as doubles; for small ones. Error Unsupported above `mostAtOnce` elements: a sparse
    // file of a few bytes can hold more than any memory.
    Result<std::vector<double>> doubles() const;
    static constexpr std::uint64_t mostAtOnce = std::uint64_t{1} << 27; // a gigabyte of doubles

private:
    Result<void> readStored(std::uint64_t offset, std::span<std::byte> into) const; // without factors
    Result<void> readSmall(std::uint64_t first, std::span<double> into) const;

    std::string m_name;
    DataType m_type = DataType::Undefined;
    std::vector<std::int64_t> m_dims;
    Payload m_payload;
};

} // namespace pleat
