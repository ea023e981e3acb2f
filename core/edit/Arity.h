// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <limits>
#include <string>

namespace pleat {

// How many inputs or outputs an operator has, as a sentence says it: "2", "1 to 3", "1 or more".
inline std::string arity(int least, int most)
{
    const std::string start = std::to_string(least);
    if (most == std::numeric_limits<int>::max())
        return start + " or more";
    return least == most ? start : start + " to " + std::to_string(most);
}

} // namespace pleat
