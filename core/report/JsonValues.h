// SPDX-License-Identifier: GPL-3.0-or-later
// Values as JSON, which has no NaN and no infinity, and a null. Private to core/report.
#pragma once

#include "core/base/Visible.h"
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

// Bytes that are not UTF-8 become U+FFFD; what steers a terminal or turns the writing is escaped.
inline std::string jsonText(const Json& json)
{
    return visibleJson(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

// Without the line break at its end, and each line but the first moved to the right. No string holds a line
// break of its own.
inline std::string indented(const Json& json, std::size_t columns)
{
    std::string lines = jsonText(json);
    lines.pop_back();
    std::string result;
    result.reserve(lines.size() + lines.size() / 2);
    std::size_t from = 0;
    for (std::size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n', from)) {
        result.append(lines, from, end + 1 - from).append(columns, ' ');
        from = end + 1;
    }
    return result.append(lines, from, lines.npos);
}

} // namespace pleat
