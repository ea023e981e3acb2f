// SPDX-License-Identifier: GPL-3.0-or-later
// What a heat map is of: a tensor, or what became of one, and the words for one of its values. Values and
// pure functions.
#pragma once

#include "core/tensor/Elements.h"
#include "core/tensor/LargestCells.h"

#include <QString>

namespace pleat::ui {

enum class HeatSide { Before, After, Difference, Relative };

// What is looked at.
struct HeatSubject {
    struct Weights {
        TensorView tensor;
        WeightLayout layout;
    };
    std::optional<Weights> before;
    Weights after;    // or simply the weights, without a before
    double reach = 0; // the largest finite magnitude in both; 0: not known

    bool areComparable() const; // before and after, element by element
    const Weights& of(HeatSide side) const;
    CellValues values(HeatSide side) const;
};

// Which element of a tensor, as an index: "[12, 3, 0, 2]".
QString elementIndex(std::uint64_t element, std::span<const std::int64_t> dims);

// As the table has it: as many digits as the type needs to tell it from its neighbours.
QString exactNumber(const Element& value, DataType type);

} // namespace pleat::ui
