// SPDX-License-Identifier: GPL-3.0-or-later
// How a scope is called, in GraphView's paths, in fold ids and in the tables of inferred types: "" for the
// main graph, "If_3.then_branch" for a body in it, "If_3.then_branch/loop.body" one deeper,
// "function domain::name" for a function, "function domain::name:overload" where overloads share the name.
// Everybody who makes such a path makes it here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pleat {

// `index` is the position of the owner among the nodes of its graph; `position` that of the body in an
// attribute that holds several graphs, -1 where it holds one.
inline std::string bodyPath(std::string_view parent, std::string_view ownerName, std::string_view ownerOp,
                            std::size_t index, std::string_view attribute, int position)
{
    std::string path(parent);
    if (!path.empty())
        path += '/';
    if (ownerName.empty()) {
        path += ownerOp;
        path += '_';
        path += std::to_string(index);
    } else {
        path += ownerName;
    }
    path += '.';
    path += attribute;
    if (position >= 0) {
        path += '[';
        path += std::to_string(position);
        path += ']';
    }
    return path;
}

inline std::string functionPath(std::string_view domain, std::string_view name,
                                std::string_view overload = {})
{
    std::string path = "function " + std::string(domain) + "::" + std::string(name);
    return overload.empty() ? path : path + ':' + std::string(overload);
}

} // namespace pleat
