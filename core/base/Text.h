// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers and names as they appear in messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

} // namespace pleat
