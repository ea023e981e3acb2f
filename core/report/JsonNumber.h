// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as JSON, which has no NaN and no infinity. Private to core/report.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace pleat {

using Json = nlohmann::ordered_json;

inline Json number(double value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

} // namespace pleat
