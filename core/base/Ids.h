// SPDX-License-Identifier: GPL-3.0-or-later
// Strong ids. A NodeId or TensorId is given when a model is opened, kept by every survivor of an edit and
// never used again for something else in the same document, so it can be remembered across undo and redo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace pleat {

enum class NodeId : std::uint32_t { None = 0xffffffff };
enum class TensorId : std::uint32_t { None = 0xffffffff }; // an initializer

template<class Id>
constexpr std::size_t index(Id id)
{
    return static_cast<std::size_t>(id);
}

} // namespace pleat
