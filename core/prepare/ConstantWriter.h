// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that make way for initializers of what they make, whoever computed that: fold-constants' way to write
// what it knows. A node stays where its result would make the model larger than what it is computed from, or
// is beyond the limit of the options. One look at a model; it lives no longer than its round.
#pragma once

#include "core/prepare/Pass.h"

#include <functional>

namespace pleat {

inline constexpr std::uint64_t smallResult = 4096; // bytes: this much larger a model may become

struct KnownTensor {
    TensorMessage tensor; // called as the value
    std::uint64_t bytes = 0;
};

class ConstantWriter final {
public:
    // What a value is in every run; nothing where that is not known.
    using Source = std::function<std::optional<KnownTensor>(ValueIndex)>;

    ConstantWriter(Round& round, Source source)
        : m_round(round),
          m_view(round.view()),
          m_source(std::move(source))
    {
    }

    // The nodes in the order of the data. Errors: Cancelled.
    Result<void> write(std::span<const NodeIndex> nodes, const std::stop_token& stop);

private:
    void look(NodeIndex node);
    void remove(NodeIndex node);
    bool isNeeded(ValueIndex value) const;
    bool isSmallEnough(NodeIndex node, ValueIndex value, std::uint64_t bytes);
    std::uint64_t bytesOfSources(NodeIndex node) const;

    Round& m_round;
    const GraphView& m_view;
    Source m_source;
    std::unordered_set<NodeIndex> m_gone;
};

// The node stays: its result, of so many bytes, is beyond the limit of the options.
void leaveLargeResult(Round& round, NodeIndex node, std::uint64_t bytes);

} // namespace pleat
