// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/LargestCells.h"

#include "core/tensor/Runs.h"

#include <cmath>
#include <limits>

namespace pleat {

namespace {

constexpr std::uint64_t readAtOnce = 1 << 16; // elements
constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

std::uint64_t parts(std::uint64_t whole, std::uint64_t part)
{
    return (whole + part - 1) / part;
}

// Steps [from, to) of so many from `start` on, `step` apart, that lie in [first, first + count).
struct Steps {
    std::uint64_t from = 0, to = 0;
    void clip(std::uint64_t start, std::uint64_t step, std::uint64_t first, std::uint64_t count)
    {
        const std::uint64_t end = first + count;
        if (step == 0) {
            if (start < first || start >= end)
                to = from;
            return;
        }
        if (start < first)
            from = std::max(from, parts(first - start, step));
        to = start >= end ? from : std::min(to, parts(end - start, step));
    }
};

// Takes the elements of a run into the blocks that they lie in.
void takeRun(LargestCells& into, Run run, std::uint64_t first, std::span<const double> values)
{
    const CellRegion& region = into.region;
    Steps steps{0, run.length};
    steps.clip(run.output, run.outputStep, region.firstRow, region.rows);
    steps.clip(run.input, run.inputStep, region.firstColumn, region.columns);
    for (std::uint64_t i = steps.from; i < steps.to;) {
        const std::uint64_t row = run.output + i * run.outputStep - region.firstRow;
        const std::uint64_t column = run.input + i * run.inputStep - region.firstColumn;
        // So many of them lie in the same block.
        std::uint64_t end = steps.to;
        if (run.outputStep > 0)
            end = std::min(end, i + parts(into.blockRows - row % into.blockRows, run.outputStep));
        if (run.inputStep > 0)
            end = std::min(end, i + parts(into.blockColumns - column % into.blockColumns, run.inputStep));
        LargestCells::Cell& cell =
            into.cells[row / into.blockRows * into.columns + column / into.blockColumns];
        for (; i < end; ++i) {
            const double value = values[run.position + i];
            if (isLarger(value, cell.value) || cell.element == nowhere)
                cell = {value, first + run.position + i};
        }
    }
}

void summarize(LargestCells& cells)
{
    for (const auto& cell : cells.cells) {
        if (std::isfinite(cell.value))
            cells.reach = std::max(cells.reach, std::abs(cell.value));
        else
            cells.hasOthers = true;
    }
}

} // namespace

Result<void> CellValues::read(std::uint64_t first, std::span<double> into) const
{
    if (auto got = tensor.readDoubles(first, into); !got || !before)
        return got;
    std::vector<double> old(into.size());
    if (auto got = before->readDoubles(first, old); !got)
        return got;
    for (std::size_t i = 0; i < into.size(); ++i) {
        into[i] -= old[i];
        if (floor)
            into[i] = std::abs(into[i]) / std::max(std::abs(old[i]), *floor);
    }
    return {};
}

bool isLarger(double a, double b)
{
    return std::isnan(a) ? !std::isnan(b) : std::abs(a) > std::abs(b);
}

BlockSize overviewBlocks(const Grid& grid)
{
    constexpr std::uint64_t columns = 2048, rows = 512; // a wide screen has fewer pixels; a picture is wide
    BlockSize block;
    block.columns = std::max<std::uint64_t>(1, parts(grid.columns(), columns));
    const std::uint64_t across = std::max<std::uint64_t>(1, parts(grid.columns(), block.columns));
    block.rows = std::max<std::uint64_t>(1, parts(grid.rows(), std::max(rows, rows * columns / across)));
    return block;
}

Result<LargestCells> largestCells(const CellValues& values, const Grid& grid, const CellRegion& region,
                                  BlockSize block, Progress& progress, const std::stop_token& stop)
{
    LargestCells result{region,
                        block.rows,
                        block.columns,
                        parts(region.rows, block.rows),
                        parts(region.columns, block.columns),
                        {}};
    result.cells.assign(result.rows * result.columns, {0, nowhere});
    std::vector<double> buffer;
    const std::uint64_t total = values.tensor.elements();
    Result<void> done;
    forEachPiece(grid, region, [&](std::uint64_t first, std::uint64_t count) {
        for (const std::uint64_t end = first + count; first < end; first += buffer.size()) {
            if (stop.stop_requested()) {
                done = cancelled();
                return false;
            }
            buffer.resize(std::min(end - first, readAtOnce));
            if (done = values.read(first, buffer); !done)
                return false;
            forEachRun(grid.cells, Follow::Both, first, buffer.size(),
                       [&](const Run& run) { takeRun(result, run, first, buffer); });
            progress.advance(first + buffer.size(), total);
        }
        return true;
    });
    if (!done)
        return tl::make_unexpected(std::move(done.error()));
    summarize(result);
    return result;
}

} // namespace pleat
