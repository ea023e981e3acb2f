// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Sizes.h"

#include <charconv>
#include <fmt/format.h>

namespace pleat::cli {

Result<std::map<std::string, std::int64_t>> sizesOf(const std::vector<std::string>& dims)
{
    std::map<std::string, std::int64_t> sizes;
    for (const std::string& dim : dims) {
        const std::size_t split = dim.rfind('=');
        std::int64_t size = 0;
        const char* const end = dim.data() + dim.size();
        const bool isNumber = split != std::string::npos && split > 0 &&
                              std::from_chars(dim.data() + split + 1, end, size).ptr == end && size > 0;
        if (!isNumber)
            return failure(ErrorCode::Usage, fmt::format("--dim needs NAME=N, and is \"{}\".", dim));
        sizes[dim.substr(0, split)] = size;
    }
    return sizes;
}

} // namespace pleat::cli
