// SPDX-License-Identifier: GPL-3.0-or-later
// Ranks and sizes that folding needs, derived here and not by the ONNX library, which crashes on malformed
// models. Starts from constants and declared graph inputs and goes through the operators it knows; where it
// has no rule, what the file declares (DeclaredShapes.h) counts, and on a contradiction the rule. What
// neither tells is unknown, never guessed. Built once for a view, then read-only.
#pragma once

#include "core/graph/GraphView.h"

#include <optional>
#include <vector>

namespace pleat {

constexpr std::int64_t unknownSize = -1;
using KnownShape = std::vector<std::int64_t>; // unknownSize where a size is not known

// The file declares a shape that does not follow from the model.
struct ShapeContradiction {
    ValueIndex value = ValueIndex::None;
    KnownShape derived, declared;
};

class Shapes final {
public:
    Shapes() = default; // nothing is known
    explicit Shapes(const GraphView& view);

    // Null when not even the rank is known.
    const KnownShape* of(ValueIndex value) const;
    std::optional<std::size_t> rank(ValueIndex value) const;
    std::int64_t size(ValueIndex value, std::size_t axis) const; // unknownSize when it is not known

    // In the order of the graph.
    const std::vector<ShapeContradiction>& contradictions() const { return m_contradictions; }

private:
    std::vector<std::optional<KnownShape>> m_shapes;
    std::vector<ShapeContradiction> m_contradictions;
};

} // namespace pleat
