// SPDX-License-Identifier: GPL-3.0-or-later
// What the file says about shapes (value_info, inputs, outputs), and which sizes of it are true of every run.
// Exporters write down the sizes of their example, and nobody checks them while the model runs: a fold that
// believed them would be right for the example only. The number of axes is believed always.
#pragma once

#include "core/graph/Shapes.h"

namespace pleat {

// What the inputs of a scope are said to be. The caller of a model is held to it; the state of a Loop may
// have another size in each turn, so that only its number of axes is told.
Declarations declaredInputs(const GraphView& view, ScopeIndex scope);

// What is said of the outputs of a scope, and in a function of all that its nodes make.
Declarations declaredOutputs(const GraphView& view, ScopeIndex scope);

// What a value_info says; nothing where it says nothing about a shape.
MaybeShape describedShape(const Description& description);

// Which declared sizes are true of every run. Lives while the shapes are derived, on their thread; it asks
// for shapes that are known already.
class TrueSizes final {
public:
    TrueSizes(const GraphView& view, const Shapes& known) : m_view(view), m_known(known) {}

    // Whether an operator computes with shapes, so that what reads its result hangs on what it reads.
    static bool isShapeArithmetic(const GraphView& view, NodeIndex node);

    // Whether the sizes of what `node` makes follow from the shapes of what it reads, all of which are known,
    // and from numbers that are the same in every run.
    bool follow(NodeIndex node);

private:
    bool isWhollyKnown(ValueIndex value) const;
    bool areFixed(ValueIndex numbers, int depth);

    const GraphView& m_view;
    const Shapes& m_known;
    std::unordered_map<ValueIndex, bool> m_fixed; // what areFixed() found
};

KnownShape withoutSizes(const KnownShape& shape);

// A sentence for each of the first few declared shapes that contradict what follows from the model.
std::vector<std::string> noticesOf(const GraphView& view, const Shapes& shapes);

} // namespace pleat
