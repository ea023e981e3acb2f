// SPDX-License-Identifier: GPL-3.0-or-later
// Ranks and sizes that folding needs, derived here and not by the ONNX library, which crashes on malformed
// models. Starts from constants and declared graph inputs and goes through the operators it knows; where it
// has no rule, what the file declares (DeclaredShapes.h) counts, and on a contradiction the rule. What
// neither tells is unknown, never guessed. Built once for a view, then read-only.
#pragma once

#include "core/graph/GraphView.h"

#include <optional>
#include <set>
#include <vector>

namespace pleat {

constexpr std::int64_t unknownSize = -1;
using KnownShape = std::vector<std::int64_t>; // unknownSize where a size is not known
using MaybeShape = std::optional<KnownShape>;

// The file declares a shape that does not follow from the model.
struct ShapeContradiction {
    ValueIndex value = ValueIndex::None;
    KnownShape derived, declared;
};

class Shapes final {
public:
    Shapes() = default; // nothing is known
    explicit Shapes(const GraphView& view);
    Shapes(const Shapes&) = delete; // m_shapes points into m_kept
    Shapes& operator=(const Shapes&) = delete;

    // Null when not even the rank is known.
    const KnownShape* of(ValueIndex value) const;
    std::optional<std::size_t> rank(ValueIndex value) const;
    std::int64_t size(ValueIndex value, std::size_t axis) const; // unknownSize when it is not known
    // False where the file declares more than the operator's rule tells.
    bool followsFromRule(ValueIndex value) const;

    // In the order of the graph.
    const std::vector<ShapeContradiction>& contradictions() const { return m_contradictions; }

private:
    void set(ValueIndex value, MaybeShape shape);

    std::vector<ShapeContradiction> m_contradictions;
    std::vector<bool> m_declaredMore;
    std::vector<const KnownShape*> m_shapes; // null where not even the rank is known
    std::set<KnownShape> m_kept;             // each once: a model has few different ones
};

} // namespace pleat
