// SPDX-License-Identifier: GPL-3.0-or-later
// Values as JSON, which has no NaN and no infinity, and a null. Private to core/report.
#pragma once

#include "core/fold/FoldCandidate.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

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

inline Json numbers(const std::vector<double>& values)
{
    Json array = Json::array();
    for (const double value : values)
        array.push_back(number(value));
    return array;
}

inline Json nodeJson(const NodeRef& node)
{
    return {{"name", node.name}, {"op", node.op}};
}
inline Json nodesJson(const std::vector<NodeRef>& nodes)
{
    Json array = Json::array();
    for (const NodeRef& node : nodes)
        array.push_back(nodeJson(node));
    return array;
}

// What is not there is null; so is a name or a sentence that is empty.
template<class T>
Json orNull(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}
inline Json orNull(const std::string& text)
{
    return text.empty() ? Json(nullptr) : Json(text);
}

} // namespace pleat
