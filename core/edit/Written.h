// SPDX-License-Identifier: GPL-3.0-or-later
// Types and shapes as a person writes them: "float16", "1x3x224x224", "N×3×?×?". Pure functions.
#pragma once

#include "core/base/Result.h"
#include "core/model/ValueTypes.h"

#include <string>
#include <vector>

namespace pleat {

std::vector<std::string> typeNames(); // of elements, as ONNX numbers them

// Errors: Usage.
Result<DataType> writtenType(const std::string& text);

// A number, "?", or else a symbol. Errors: Usage for no text, and for a negative number.
Result<Dimension> writtenDimension(const std::string& text);

// Sizes between "×", else between ",", else between "x"; an empty text is a scalar's. Errors: those of its
// sizes.
Result<std::vector<Dimension>> writtenShape(const std::string& text);

} // namespace pleat
