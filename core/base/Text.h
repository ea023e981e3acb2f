// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, names and lists as they appear in messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pleat {

// 147456 → "147,456".
inline std::string grouped(std::uint64_t number)
{
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

// "1 byte", "147,456 bytes".
inline std::string counted(std::uint64_t number, std::string_view unit)
{
    return grouped(number) + " " + std::string(unit) + (number == 1 ? "" : "s");
}

// The first few of many notices, and how many there are more: `rest` goes on after their number.
inline std::vector<std::string> shortened(std::vector<std::string> notices, std::string_view rest)
{
    constexpr std::size_t shown = 8;
    if (notices.size() > shown + 1) {
        const std::size_t more = notices.size() - shown;
        notices.resize(shown);
        notices.push_back(grouped(more) + " more " + std::string(rest) + ".");
    }
    return notices;
}

} // namespace pleat
