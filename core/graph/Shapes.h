// SPDX-License-Identifier: GPL-3.0-or-later
// Ranks and sizes that folding needs, derived here and not by the ONNX library, which crashes on malformed
// models. Starts from constants and declared graph inputs and goes through the operators it knows; where it
// has no rule, what the file declares (DeclaredShapes.h) counts, and on a contradiction the rule. What
// neither tells is unknown, never guessed. An immutable value of a view; after an edit, what it touched is
// derived again, and the rest is shared.
#pragma once

#include "core/graph/GraphView.h"

#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace pleat {

constexpr std::int64_t unknownSize = -1;
using KnownShape = std::vector<std::int64_t>;       // unknownSize where a size is not known
using InputShapes = std::vector<const KnownShape*>; // of a node; null where nothing is known
using MaybeShape = std::optional<KnownShape>;
using Declarations = std::unordered_map<ValueIndex, KnownShape>;

// The file declares a shape that does not follow from the model.
struct ShapeContradiction {
    ValueIndex value = ValueIndex::None;
    KnownShape derived, declared;
};

class Shapes final {
public:
    Shapes() = default; // nothing is known
    explicit Shapes(const GraphView& view);
    // Of a view that after() made of the one that `before` is of. `others`: gets the values whose shape is
    // another one.
    Shapes(const Shapes& before, const GraphView& view, const ViewChange& change,
           std::vector<ValueIndex>& others);

    // Null when not even the rank is known.
    const KnownShape* of(ValueIndex value) const;
    std::optional<std::size_t> rank(ValueIndex value) const;
    std::int64_t size(ValueIndex value, std::size_t axis) const; // unknownSize when it is not known
    // False where the file declares more than the operator's rule tells.
    bool followsFromRule(ValueIndex value) const;

    // In the order of the graph.
    const std::vector<ShapeContradiction>& contradictions() const { return m_contradictions; }

    // What this one has of its own beside another, in bytes.
    std::size_t bytesBeside(const Shapes& other) const
    {
        return m_declaredMore.bytesBeside(other.m_declaredMore) + m_shapes.bytesBeside(other.m_shapes) +
               m_described.bytesBeside(other.m_described);
    }

private:
    friend class ShapesUpdate;
    using Kept = std::set<KnownShape>;
    struct Declared {
        std::shared_ptr<const onnx::GraphProto> by;
        Sequence<Description> descriptions; // that m_described is of
        Declarations outputs;
    };

    const KnownShape* declared(ScopeIndex scope, ValueIndex output) const; // null: nothing
    const KnownShape* keep(MaybeShape shape);                              // the one of m_kept
    void set(ValueIndex value, MaybeShape shape);
    void setStored(const GraphView& view, ValueIndex value);
    void setOutputs(const GraphView& view, NodeIndex node, class TrueSizes& sizes);

    std::vector<ShapeContradiction> m_contradictions;
    SharedVector<std::uint8_t> m_declaredMore;
    SharedVector<const KnownShape*> m_shapes; // null where not even the rank is known
    // What it points to, each shape once, as a model has few different ones; this one adds to the last.
    std::vector<std::shared_ptr<Kept>> m_kept;
    std::vector<std::shared_ptr<const Declared>> m_declared; // by scope
    SharedVector<const KnownShape*> m_described; // by value_info; of no values where no graph has any
};

} // namespace pleat
