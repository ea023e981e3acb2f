// SPDX-License-Identifier: GPL-3.0-or-later
// Strong ids. A NodeId or TensorId is given when a model is opened, kept by every survivor of an edit and
// never used again for something else in the same document, so it can be remembered across undo and redo.
#pragma once

#include <atomic>
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

// Gives each id once. One of them is shared by all models that stem from one opening, so that two edits of
// the same model, one after the undo of the other, never give one id to two things. Any thread may ask.
class IdSource final {
public:
    NodeId node() { return static_cast<NodeId>(m_nodes++); }
    TensorId tensor() { return static_cast<TensorId>(m_tensors++); }
    std::uint32_t nodes() const { return m_nodes; } // given so far
    std::uint32_t tensors() const { return m_tensors; }

private:
    std::atomic<std::uint32_t> m_nodes{0};
    std::atomic<std::uint32_t> m_tensors{0};
};

} // namespace pleat
