// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/DataType.h"

#include <array>

namespace pleat {

namespace {

struct Description {
    const char* name;
    int bits;
    bool floating;
};

// Indexed by ONNX's number.
constexpr std::array<Description, 27> descriptions{{
    {"undefined", 0, false},     {"float", 32, true},     {"uint8", 8, false},
    {"int8", 8, false},          {"uint16", 16, false},   {"int16", 16, false},
    {"int32", 32, false},        {"int64", 64, false},    {"string", 0, false},
    {"bool", 8, false},          {"float16", 16, true},   {"double", 64, true},
    {"uint32", 32, false},       {"uint64", 64, false},   {"complex64", 64, false},
    {"complex128", 128, false},  {"bfloat16", 16, true},  {"float8e4m3fn", 8, true},
    {"float8e4m3fnuz", 8, true}, {"float8e5m2", 8, true}, {"float8e5m2fnuz", 8, true},
    {"uint4", 4, false},         {"int4", 4, false},      {"float4e2m1", 4, true},
    {"float8e8m0", 8, true},     {"uint2", 2, false},     {"int2", 2, false},
}};

const Description* describe(DataType type)
{
    const auto number = static_cast<std::size_t>(static_cast<std::int32_t>(type));
    return number < descriptions.size() ? &descriptions[number] : nullptr;
}

} // namespace

int elementBits(DataType type)
{
    const Description* description = describe(type);
    return description ? description->bits : 0;
}

std::uint64_t storedBytes(DataType type, std::uint64_t count)
{
    const auto bits = static_cast<std::uint64_t>(elementBits(type));
    if (bits >= 8)
        return count * (bits / 8);
    return count / 8 * bits + (count % 8 * bits + 7) / 8;
}

std::string name(DataType type)
{
    const Description* description = describe(type);
    return description ? description->name : "type " + std::to_string(static_cast<std::int32_t>(type));
}

bool isFoldable(DataType type)
{
    return type == DataType::Float || type == DataType::Double || type == DataType::Float16 ||
           type == DataType::BFloat16;
}

bool isFloating(DataType type)
{
    const Description* description = describe(type);
    return description && description->floating;
}

} // namespace pleat
