// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Written.h"

#include <charconv>
#include <fmt/format.h>

namespace pleat {

std::vector<std::string> typeNames()
{
    std::vector<std::string> names;
    for (std::int32_t type = 1; type <= static_cast<std::int32_t>(DataType::Int2); ++type)
        names.push_back(name(static_cast<DataType>(type)));
    return names;
}

Result<DataType> writtenType(const std::string& text)
{
    for (std::int32_t type = 1; type <= static_cast<std::int32_t>(DataType::Int2); ++type) {
        if (name(static_cast<DataType>(type)) == text)
            return static_cast<DataType>(type);
    }
    return failure(ErrorCode::Usage, fmt::format("\"{}\" is no type of elements: float, float16, …", text));
}

Dimension writtenDimension(const std::string& text)
{
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size() && number >= 0)
        return {number, {}};
    return {-1, text == "?" ? "" : text};
}

std::vector<Dimension> writtenShape(const std::string& text)
{
    const auto has = [&text](const char* sign) { return text.find(sign) != std::string::npos; };
    const std::string_view between = has("×") ? "×" : has(",") ? "," : "x";
    std::vector<Dimension> shape;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(between, at), text.size());
        shape.push_back(writtenDimension(text.substr(at, end - at)));
        at = end + between.size();
    }
    return shape;
}

} // namespace pleat
