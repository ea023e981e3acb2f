// SPDX-License-Identifier: GPL-3.0-or-later
// The other way round than text() in Elements.h: what a person writes as an element of a tensor.
#pragma once

#include "core/tensor/DataType.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace pleat {

// The element as it is stored, in whole bytes; of those that share a byte its bits, the lowest ones of one.
// "3", "-0.5", "1e-3", "nan", "-inf", "true", "1-2j"; the nearest value of the type, ties to even. Nothing:
// it is no value of the type, as 300 is none of int8, 70000 (which would be infinite) none of float16, and
// 0.5 none of an integer.
std::optional<std::vector<std::byte>> parsedElement(DataType type, std::string_view text);

} // namespace pleat
