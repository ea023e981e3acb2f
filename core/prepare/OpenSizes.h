// SPDX-License-Identifier: GPL-3.0-or-later
// Which of the sizes that are not known before the run are the same: a batch keeps its size from layer to
// layer. Each gets a number, which stands wherever that size surely does, and for nothing else. Part of
// KnownNumbers, with which it goes along the nodes.
#pragma once

#include "core/graph/Numbers.h"
#include "core/graph/Shapes.h"

namespace pleat {

class KnownNumbers;
using SizeNumbers = std::vector<std::uint32_t>; // by axis; 0: the size is known

// What -1 of a Reshape stands for: a size, or an open one; neither where that is not known.
struct RestOfReshape {
    std::int64_t size = unknownSize;
    std::uint32_t number = 0;
};

class OpenSizes final {
public:
    explicit OpenSizes(const GraphView& view) : m_view(view) {}

    // Of what the node makes. REQUIRES: what it reads was derived, and the shapes of its outputs.
    void derive(NodeIndex node, KnownNumbers& known);
    // The open sizes of a value of this shape.
    const SizeNumbers& of(ValueIndex value, const KnownShape& shape);
    // `target`: the shape that is made, with `rest` for -1. REQUIRES: the node is a Reshape.
    RestOfReshape restOf(NodeIndex node, const KnownShape& target, std::size_t rest, KnownNumbers& known);

private:
    friend class OpenSizeRules;
    const GraphView& m_view;
    std::unordered_map<ValueIndex, SizeNumbers> m_numbers;
    std::uint32_t m_last = 0;
};

} // namespace pleat
