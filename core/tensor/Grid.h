// SPDX-License-Identifier: GPL-3.0-or-later
// A tensor laid out in rows and columns of cells, one an element, as it can be drawn. A value; pure
// functions.
//   Matrix   a row an output channel; the columns are all else, flattened in the order in which it is stored
//   Tiles    a row of tiles an output channel, a column an input channel; a tile is a kernel
// What would be taller than wide is turned: then the output channels go from left to right.
#pragma once

#include "core/tensor/WeightLayout.h"

#include <functional>
#include <span>

namespace pleat {

enum class GridForm { Matrix, Tiles };

struct Grid {
    WeightLayout cells; // what it calls output channels are the rows, and the input channels are the columns
    std::uint64_t tileRows = 1, tileColumns = 1; // of a kernel; 1 and 1: there are no tiles
    bool turned = false;

    std::uint64_t rows() const { return cells.outputs; }
    std::uint64_t columns() const { return cells.inputs; }
    // REQUIRES: row < rows(), column < columns().
    std::uint64_t element(std::uint64_t row, std::uint64_t column) const;
    struct Cell {
        std::uint64_t row = 0, column = 0;
    };
    Cell cell(std::uint64_t element) const; // the other way round
    bool operator==(const Grid&) const = default;
};

// The layout of a tensor of which nobody knows better: [outputs, inputs, kernel…].
WeightLayout layoutByShape(std::span<const std::int64_t> dims);

// Whether a tensor has kernels of more than one element.
bool hasKernels(const WeightLayout& layout, std::span<const std::int64_t> dims);

// A tensor without kernels has one form only. Of an empty one: no rows, no columns, or neither.
// REQUIRES: the layout has as many elements as the dims say.
Grid gridOf(const WeightLayout& layout, std::span<const std::int64_t> dims, GridForm form);

// A part of a grid.
struct CellRegion {
    std::uint64_t firstRow = 0, rows = 0;
    std::uint64_t firstColumn = 0, columns = 0;
    bool contains(const CellRegion& other) const;
    bool operator==(const CellRegion&) const = default;
};

// Visits pieces of the tensor, in order and apart, that hold all cells of a region: elements [first, first +
// count). What lies between them is in a piece, too, where it is less work to read it than to leave it out.
// Stops where `visit` returns false.
void forEachPiece(const Grid& grid, const CellRegion& region,
                  const std::function<bool(std::uint64_t first, std::uint64_t count)>& visit);

} // namespace pleat
