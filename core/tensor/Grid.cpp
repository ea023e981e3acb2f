// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Grid.h"

#include "core/tensor/Runs.h"

#include <numeric>

namespace pleat {

namespace {

using Axis = WeightLayout::Axis;

std::uint64_t product(std::span<const std::int64_t> dims)
{
    return std::accumulate(
        dims.begin(), dims.end(), std::uint64_t{1},
        [](std::uint64_t all, std::int64_t dim) { return all * static_cast<std::uint64_t>(dim); });
}

// Counts along the axes in this order, the last one fastest, and answers how many there are.
std::uint64_t number(std::vector<Axis>& axes, const std::vector<std::size_t>& order,
                     std::uint64_t Axis::*step)
{
    std::uint64_t count = 1;
    for (std::size_t i = order.size(); i-- > 0;) {
        axes[order[i]].*step = count;
        count *= axes[order[i]].extent;
    }
    return count;
}

// How many of the last axes are a kernel of more than one element, cut as they may be; 0: there is none.
std::size_t kernelAxes(const WeightLayout& layout, std::span<const std::int64_t> dims)
{
    const std::uint64_t wanted = dims.size() < 3 ? 1 : product(dims.subspan(2));
    std::uint64_t elements = 1;
    std::size_t count = 0;
    for (auto axis = layout.axes.rbegin(); axis != layout.axes.rend() && elements < wanted; ++axis, ++count) {
        if (axis->extent > 1 && (axis->outputStep > 0 || axis->inputStep > 0))
            return 0;
        elements *= axis->extent;
    }
    return elements == wanted ? count : 0;
}

// The axes of output channels, by channel.
std::vector<std::size_t> outputAxes(const std::vector<Axis>& axes)
{
    std::vector<std::size_t> order;
    order.reserve(axes.size());
    for (std::size_t a = 0; a < axes.size(); ++a)
        if (axes[a].outputStep > 0)
            order.push_back(a);
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t a) { return axes[a].outputStep; });
    return order;
}

// Pieces of the storage under a region, found axis by axis.
class PieceWalk final {
public:
    using Visit = std::function<bool(std::uint64_t first, std::uint64_t count)>;
    PieceWalk(const Grid& grid, const CellRegion& region, const Visit& visit)
        : m_axes(mergedAxes(grid.cells, Follow::Both)),
          m_inner(m_axes.size() + 1),
          m_region(region),
          m_visit(visit)
    {
        for (std::size_t a = m_axes.size(); a-- > 0;) {
            const Axis& axis = m_axes[a];
            const Inner& below = m_inner[a + 1];
            m_inner[a] = {below.elements * axis.extent, below.rows + (axis.extent - 1) * axis.outputStep,
                          below.columns + (axis.extent - 1) * axis.inputStep};
        }
    }

    void walk()
    {
        walk(0, 0, 0, 0);
        if (m_goesOn && m_count > 0)
            m_visit(m_first, m_count);
    }

private:
    // What lies below an axis: so many elements, over so many rows and columns.
    struct Inner {
        std::uint64_t elements = 1, rows = 1, columns = 1;
    };
    static constexpr std::uint64_t notWorthLeavingOut = 1024; // elements

    void walk(std::size_t a, std::uint64_t first, std::uint64_t row, std::uint64_t column)
    {
        const Inner& all = m_inner[a];
        if (m_region.contains({row, all.rows, column, all.columns})) {
            take(first, all.elements);
            return;
        }
        const Axis& axis = m_axes[a];
        const Inner& below = m_inner[a + 1];
        std::uint64_t from = 0, to = axis.extent;
        clip(from, to, row, axis.outputStep, below.rows, m_region.firstRow, m_region.rows);
        clip(from, to, column, axis.inputStep, below.columns, m_region.firstColumn, m_region.columns);
        if (a + 1 == m_axes.size()) {
            if (from < to)
                take(first + from, to - from);
            return;
        }
        for (std::uint64_t i = from; i < to && m_goesOn; ++i)
            walk(a + 1, first + i * below.elements, row + i * axis.outputStep, column + i * axis.inputStep);
    }

    // Which steps [from, to) along an axis meet [first, first + count), each as wide as `span`.
    static void clip(std::uint64_t& from, std::uint64_t& to, std::uint64_t start, std::uint64_t step,
                     std::uint64_t span, std::uint64_t first, std::uint64_t count)
    {
        const std::uint64_t end = first + count;
        if (step == 0) {
            if (start >= end || start + span <= first)
                to = from;
            return;
        }
        if (start + span <= first)
            from = std::max(from, (first - start - span) / step + 1);
        to = start >= end ? from : std::min(to, (end - start + step - 1) / step);
    }

    void take(std::uint64_t first, std::uint64_t count)
    {
        if (m_count > 0 && first - (m_first + m_count) > notWorthLeavingOut) {
            m_goesOn = m_goesOn && m_visit(m_first, m_count);
            m_count = 0;
        }
        if (m_count == 0)
            m_first = first;
        m_count = first + count - m_first;
    }

    std::vector<Axis> m_axes;
    std::vector<Inner> m_inner; // by axis; the last one: an element
    const CellRegion& m_region;
    const Visit& m_visit;
    std::uint64_t m_first = 0, m_count = 0; // what is still to be visited
    bool m_goesOn = true;
};

} // namespace

std::uint64_t Grid::element(std::uint64_t row, std::uint64_t column) const
{
    std::uint64_t element = 0;
    for (const Axis& axis : cells.axes) {
        const std::uint64_t along = axis.outputStep > 0 ? row / axis.outputStep : column / axis.inputStep;
        element = element * axis.extent + along % axis.extent;
    }
    return element;
}

Grid::Cell Grid::cell(std::uint64_t element) const
{
    Cell cell;
    for (auto axis = cells.axes.rbegin(); axis != cells.axes.rend(); ++axis) {
        const std::uint64_t along = element % axis->extent;
        element /= axis->extent;
        cell.row += along * axis->outputStep;
        cell.column += along * axis->inputStep;
    }
    return cell;
}

WeightLayout layoutByShape(std::span<const std::int64_t> dims)
{
    if (dims.size() < 2)
        return WeightLayout::matrix(1, product(dims), false);
    return WeightLayout::convolution(static_cast<std::uint64_t>(dims[0]), static_cast<std::uint64_t>(dims[1]),
                                     product(dims.subspan(2)), 1);
}

bool hasKernels(const WeightLayout& layout, std::span<const std::int64_t> dims)
{
    return kernelAxes(layout, dims) > 0;
}

Grid gridOf(const WeightLayout& layout, std::span<const std::int64_t> dims, GridForm form)
{
    std::vector<Axis> axes = layout.axes;
    const std::size_t ofKernel = form == GridForm::Tiles ? kernelAxes(layout, dims) : 0;
    const bool tiles = ofKernel > 0;
    Grid grid;
    if (tiles) {
        grid.tileColumns = static_cast<std::uint64_t>(dims.back());
        grid.tileRows = product(dims.subspan(2)) / grid.tileColumns;
        axes.resize(axes.size() - ofKernel);
        axes.push_back({grid.tileRows, 0, 0});
        axes.push_back({grid.tileColumns, 0, 0});
    }
    std::vector<std::size_t> rows = outputAxes(axes);
    std::vector<std::size_t> columns;
    columns.reserve(axes.size());
    const std::size_t channelAxes = axes.size() - (tiles ? 2 : 0);
    for (std::size_t a = 0; a < channelAxes; ++a)
        if (axes[a].outputStep == 0)
            columns.push_back(a);
    const auto place = [&](std::vector<std::size_t> down, std::vector<std::size_t> across) {
        if (tiles) {
            down.push_back(channelAxes);
            across.push_back(channelAxes + 1);
        }
        grid.cells.axes = axes;
        for (Axis& axis : grid.cells.axes)
            axis.outputStep = axis.inputStep = 0;
        grid.cells.outputs = number(grid.cells.axes, down, &Axis::outputStep);
        grid.cells.inputs = number(grid.cells.axes, across, &Axis::inputStep);
    };
    place(rows, columns);
    grid.turned = grid.rows() > grid.columns();
    if (grid.turned)
        place(columns, rows);
    return grid;
}

bool CellRegion::contains(const CellRegion& other) const
{
    return other.firstRow >= firstRow && other.firstRow + other.rows <= firstRow + rows &&
           other.firstColumn >= firstColumn && other.firstColumn + other.columns <= firstColumn + columns;
}

void forEachPiece(const Grid& grid, const CellRegion& region,
                  const std::function<bool(std::uint64_t first, std::uint64_t count)>& visit)
{
    if (region.rows > 0 && region.columns > 0)
        PieceWalk(grid, region, visit).walk();
}

} // namespace pleat
