// SPDX-License-Identifier: GPL-3.0-or-later
// Elements of 8 bits and less that are no plain integers: float8, float4, scales, and integers of which
// several share a byte. For reading only.
#pragma once

#include "core/tensor/DataType.h"

#include <cstddef>
#include <span>

namespace pleat {

// Int4, UInt4, Int2, UInt2, Float4E2M1, the four float8 types and Float8E8M0.
bool isSmallNumber(DataType type);

// Exact. The block holds the elements from the `offset`-th of its first byte on; of those that share a byte,
// the first has the lowest bits (ONNX, "onnx.proto", TensorProto.raw_data; float4: OCP Microscaling Formats
// 1.0, 5.3.3; E8M0: 5.4.1).
// REQUIRES: isSmallNumber(type); the block is large enough.
void unpack(DataType type, std::span<const std::byte> block, std::size_t offset, std::span<double> into);

} // namespace pleat
