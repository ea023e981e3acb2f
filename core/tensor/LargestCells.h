// SPDX-License-Identifier: GPL-3.0-or-later
// A part of a grid with fewer cells: each block of cells as the one of the largest magnitude in it, so that
// nothing that is large is lost and no number comes up that is not there. NaN counts as larger than all.
// Streamed from the tensor in blocks; memory is that of the result.
#pragma once

#include "core/base/Progress.h"
#include "core/tensor/Grid.h"
#include "core/tensor/TensorView.h"

#include <optional>
#include <stop_token>

namespace pleat {

// The values of a tensor, or what became of those of another one.
struct CellValues {
    TensorView tensor;
    // tensor − before, element by element. The same shape.
    std::optional<TensorView> before;
    // |tensor − before| / max(|before|, floor).
    std::optional<double> floor;

    // Errors: those of TensorView::readDoubles().
    Result<void> read(std::uint64_t first, std::span<double> into) const;
};

struct LargestCells {
    CellRegion region;
    std::uint64_t blockRows = 1, blockColumns = 1; // of a block; those at the end may have fewer
    std::uint64_t rows = 0, columns = 0;           // of blocks
    struct Cell {
        double value = 0;
        std::uint64_t element = 0; // where it is in the tensor
    };
    std::vector<Cell> cells; // row by row
    double reach = 0;        // the largest finite magnitude
    bool hasOthers = false;  // NaN or infinite ones

    const Cell& at(std::uint64_t row, std::uint64_t column) const { return cells[row * columns + column]; }
};

// Whether a has the larger magnitude.
bool isLarger(double a, double b);

// How large the blocks of a grid are, so that there are at most about a million.
struct BlockSize {
    std::uint64_t rows = 1, columns = 1;
    bool operator==(const BlockSize&) const = default;
};
BlockSize overviewBlocks(const Grid& grid);

// Errors: those of CellValues::read(); Cancelled.
// REQUIRES: the region lies within the grid, and that is one of the tensor.
Result<LargestCells> largestCells(const CellValues& values, const Grid& grid, const CellRegion& region,
                                  BlockSize block, Progress& progress, const std::stop_token& stop);

} // namespace pleat
