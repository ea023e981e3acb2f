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

Result<Dimension> writtenDimension(const std::string& text)
{
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos)
        return failure(ErrorCode::Usage, "A size is missing: a number, a name, or ? for any.");
    const std::string size = text.substr(first, text.find_last_not_of(' ') + 1 - first);
    std::int64_t number = 0;
    const auto read = std::from_chars(size.data(), size.data() + size.size(), number);
    if (read.ptr != size.data() + size.size() || read.ec == std::errc::invalid_argument)
        return Dimension{-1, size == "?" ? "" : size};
    if (read.ec != std::errc() || number < 0)
        return failure(ErrorCode::Usage, fmt::format("{} is no size: a number, a name, or ? for any.", size));
    return Dimension{number, {}};
}

Result<std::vector<Dimension>> writtenShape(const std::string& text)
{
    const auto has = [&text](const char* sign) { return text.find(sign) != std::string::npos; };
    const std::string_view between = has("×") ? "×" : has(",") ? "," : "x";
    std::vector<Dimension> shape;
    if (text.find_first_not_of(' ') == std::string::npos)
        return shape;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(between, at), text.size());
        auto size = writtenDimension(text.substr(at, end - at));
        if (!size)
            return tl::make_unexpected(std::move(size.error()));
        shape.push_back(std::move(*size));
        at = end + between.size();
    }
    return shape;
}

} // namespace pleat
