// SPDX-License-Identifier: GPL-3.0-or-later
// ONNX's element types. The numbers are those of TensorProto.DataType; a number that this list does not know
// (a newer ONNX) is carried along and has elementBits 0.
#pragma once

#include <cstdint>
#include <string>

namespace pleat {

enum class DataType : std::int32_t {
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
    Float8E4M3FN = 17,
    Float8E4M3FNUZ = 18,
    Float8E5M2 = 19,
    Float8E5M2FNUZ = 20,
    UInt4 = 21,
    Int4 = 22,
    Float4E2M1 = 23,
    Float8E8M0 = 24,
    UInt2 = 25,
    Int2 = 26
};

// Bits of one element as stored in raw_data; 0 for strings and types unknown here.
int elementBits(DataType type);

// Bytes of `count` elements as stored in raw_data (sub-byte types are packed); 0 when elementBits is 0.
std::uint64_t storedBytes(DataType type, std::uint64_t count);

// "float", "float16", "bfloat16", …: ONNX's names in lower case; "type 99" for an unknown number.
std::string name(DataType type);

// float, double, float16, bfloat16: what a fold can scale.
bool isFoldable(DataType type);

// Any floating type, also float8 and float4: what counts as a parameter.
bool isFloating(DataType type);

} // namespace pleat
