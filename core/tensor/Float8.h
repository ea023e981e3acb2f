// SPDX-License-Identifier: GPL-3.0-or-later
// The four 8-bit floating types, as ONNX's page "Float stored in 8 bits" defines them: for reading only.
#pragma once

#include "core/tensor/DataType.h"

#include <cstddef>

namespace pleat {

bool isFloat8(DataType type); // E4M3FN, E4M3FNUZ, E5M2, E5M2FNUZ

// Exact. `type` is one of the four.
double float8ToDouble(DataType type, std::byte bits);

} // namespace pleat
