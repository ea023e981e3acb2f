// SPDX-License-Identifier: GPL-3.0-or-later
// Types and shapes of values, by name, as a file declares them. Plain values.
#pragma once

#include "core/model/Model.h"

#include <map>

namespace pleat {

// One dimension: a number, a symbol, or unknown (empty symbol, value -1).
struct Dimension {
    std::int64_t value = -1;
    std::string symbol;
    bool operator==(const Dimension&) const = default;
};

struct ValueType {
    DataType type = DataType::Undefined;
    bool hasShape = false;
    std::vector<Dimension> shape; // meaningful when hasShape
    std::string text() const;     // "1×32×112×112", "batch×3×?×?"; empty when the shape is unknown
    bool operator==(const ValueType&) const = default;
};

// By name of the value, for the main graph ("") and each body (its scope path as in GraphView.h).
using ValueTypes = std::map<std::string, std::map<std::string, ValueType>>;

// What the file itself declares (inputs, outputs, value_info, initializers), without inference.
ValueTypes declaredTypes(const Model& model);

} // namespace pleat
