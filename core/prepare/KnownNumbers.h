// SPDX-License-Identifier: GPL-3.0-or-later
// What values are in every run: constants, what Shape and Size make of sizes that are known for every run,
// and what arithmetic makes of these (Evaluate.h). A vector of sizes of which some are symbols is known in
// part. Shapes that hang on such numbers (a Reshape to computed sizes) are derived here, too, with those
// behind them. One thread; it lives no longer than its view and shapes.
#pragma once

#include "core/graph/Evaluate.h"
#include "core/graph/Shapes.h"
#include "core/prepare/OpenSizes.h"

namespace pleat {

class KnownNumbers final {
public:
    KnownNumbers(const GraphView& view, const Shapes& shapes);

    // Derives what the node makes; the nodes that it reads from come first. O(what it reads), and bounded
    // for all nodes together: what would go beyond stays unknown.
    void derive(NodeIndex node);

    // Null: not known, or a constant of many elements. Some numbers may be open.
    const Numbers* of(ValueIndex value);
    // Null when not even the rank is known. Only of what was derived is it more than Shapes tell.
    const KnownShape* shapeOf(ValueIndex value) const;
    // Which open size it is, wherever it stands; 0: it is known, or there is no such axis.
    std::uint32_t openSize(ValueIndex value, std::size_t axis);

private:
    const Numbers* keep(ValueIndex value, std::optional<Numbers> numbers);
    bool isMadeElsewhere(NodeIndex node) const;
    void deriveShapes(NodeIndex node);
    std::optional<Numbers> shapeNumbers(NodeIndex node, const KnownShape& shape);
    void deriveRest(NodeIndex node, KnownShape& shape);

    const GraphView& m_view;
    const Shapes& m_shapes;
    std::unordered_map<ValueIndex, std::optional<Numbers>> m_known;
    std::unordered_map<ValueIndex, KnownShape> m_ahead; // shapes that say more than m_shapes
    OpenSizes m_open;
    std::vector<bool> m_sizedElsewhere; // whose sizes hang on what the file says of another domain's operator
    std::size_t m_elements = 0;
};

} // namespace pleat
