// SPDX-License-Identifier: GPL-3.0-or-later
// A plane of a tensor: two of its axes run as rows and columns, the others stand still. Rows and columns are
// counted in 64 bits, and reading a rectangle reads only what lies in it, so that a tensor of any size can be
// looked at. A plain value, and functions for any thread.
#pragma once

#include "core/base/Progress.h"
#include "core/tensor/Elements.h"

#include <stop_token>
#include <string_view>

namespace pleat {

struct TensorPlane {
    static constexpr std::size_t noAxis = static_cast<std::size_t>(-1);

    std::vector<std::uint64_t> dims;
    std::size_t rowAxis = noAxis, columnAxis = noAxis; // noAxis: a single row or column
    std::vector<std::uint64_t> at; // position along each axis; those of rows and columns do not count

    // The first axis down, the longest of the others across.
    static TensorPlane of(const std::vector<std::int64_t>& dims);

    std::uint64_t rows() const { return extent(rowAxis); }
    std::uint64_t columns() const { return extent(columnAxis); }
    std::uint64_t extent(std::size_t axis) const { return axis == noAxis ? 1 : dims[axis]; }
    std::uint64_t stride(std::size_t axis) const; // elements from one position to the next
    bool isEmpty() const;                         // no value anywhere in the tensor

    // The positions along all axes of a cell, and of an element; the number of the element at such positions.
    std::vector<std::uint64_t> positions(std::uint64_t row, std::uint64_t column) const;
    std::vector<std::uint64_t> positions(std::uint64_t element) const;
    std::uint64_t element(const std::vector<std::uint64_t>& positions) const;

    bool operator==(const TensorPlane&) const = default;
};

struct PlaneArea {
    std::uint64_t row = 0, column = 0, rows = 0, columns = 0;
    std::uint64_t cells() const { return rows * columns; }
    bool contains(std::uint64_t r, std::uint64_t c) const
    {
        return r >= row && r - row < rows && c >= column && c - column < columns;
    }
    bool operator==(const PlaneArea&) const = default;
};

// What an area of the plane is of the tensor, a stretch an axis: {first, count}. Nothing where the plane is
// that of a tensor without axes.
std::vector<std::pair<std::uint64_t, std::uint64_t>> stretches(const TensorPlane& plane,
                                                               const PlaneArea& area);

// The values of an area of the plane, row after row. Errors: those of Elements::read(); Cancelled.
// REQUIRES: the plane is one of this tensor, the area within it.
Result<std::vector<Element>> readArea(const Elements& elements, const TensorPlane& plane,
                                      const PlaneArea& area, const std::stop_token& stop);

// Positions along all axes from "3, 0, -1, 2", where -1 is the last one. Error Usage with a sentence.
Result<std::vector<std::uint64_t>> positionsFrom(std::string_view text, const TensorPlane& plane);

// What to look for: |x| above a limit, or, without one, NaN and infinities.
struct Sought {
    std::optional<double> above;
};

// The first such element from `from` on, in the order in which they are stored, and beyond the end from the
// beginning on; nothing where there is none. Errors: those of Elements::readMagnitudes(); Cancelled.
Result<std::optional<std::uint64_t>> findElement(const Elements& elements, const Sought& sought,
                                                 std::uint64_t from, Progress& progress,
                                                 const std::stop_token& stop);

} // namespace pleat
