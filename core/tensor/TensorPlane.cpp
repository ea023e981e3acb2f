// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/TensorPlane.h"

#include "core/base/Text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pleat {

namespace {

// `count` elements, `stride` apart. Where they lie within a page or so of each other, what is between them is
// read as well: it comes from the disk anyhow.
Result<void> readLine(const Elements& elements, std::uint64_t first, std::uint64_t stride,
                      std::span<Element> into)
{
    constexpr std::uint64_t near = 512, atOnce = 1 << 16; // elements
    if (into.empty() || stride == 1)
        return elements.read(first, into);
    const std::uint64_t together = stride <= near ? std::max<std::uint64_t>(1, atOnce / stride) : 1;
    std::vector<Element> block;
    for (std::uint64_t done = 0; done < into.size(); done += together) {
        const std::uint64_t count = std::min<std::uint64_t>(together, into.size() - done);
        block.resize((count - 1) * stride + 1);
        if (auto got = elements.read(first + done * stride, block); !got)
            return got;
        for (std::uint64_t e = 0; e < count; ++e)
            into[done + e] = std::move(block[e * stride]);
    }
    return {};
}

// Nothing where there is something else between the numbers than blanks, commas and brackets.
std::optional<std::vector<std::int64_t>> numbersIn(std::string_view text)
{
    constexpr std::string_view between = " ,;[]()\t";
    std::vector<std::int64_t> numbers;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(between), text.size()));
        if (text.empty())
            return numbers;
        const std::string_view word = text.substr(0, text.find_first_of(between));
        std::int64_t& number = numbers.emplace_back();
        const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (problem != std::errc() || end != word.data() + word.size())
            return std::nullopt;
        text.remove_prefix(word.size());
    }
}

} // namespace

TensorPlane TensorPlane::of(const std::vector<std::int64_t>& dims)
{
    TensorPlane plane;
    plane.dims.assign(dims.begin(), dims.end());
    plane.at.assign(dims.size(), 0);
    if (!dims.empty())
        plane.rowAxis = 0;
    if (dims.size() > 1)
        plane.columnAxis =
            static_cast<std::size_t>(std::max_element(dims.begin() + 1, dims.end()) - dims.begin());
    return plane;
}

std::uint64_t TensorPlane::stride(std::size_t axis) const
{
    std::uint64_t stride = 1;
    for (std::size_t inner = dims.size(); axis != noAxis && inner-- > axis + 1;)
        stride *= dims[inner];
    return stride;
}

bool TensorPlane::isEmpty() const
{
    return std::ranges::find(dims, std::uint64_t{0}) != dims.end();
}

std::vector<std::uint64_t> TensorPlane::positions(std::uint64_t row, std::uint64_t column) const
{
    std::vector<std::uint64_t> result = at;
    if (rowAxis != noAxis)
        result[rowAxis] = row;
    if (columnAxis != noAxis)
        result[columnAxis] = column;
    return result;
}

std::vector<std::uint64_t> TensorPlane::positions(std::uint64_t element) const
{
    std::vector<std::uint64_t> result(dims.size());
    for (std::size_t axis = dims.size(); axis-- > 0; element /= dims[axis])
        result[axis] = element % dims[axis];
    return result;
}

std::uint64_t TensorPlane::element(const std::vector<std::uint64_t>& positions) const
{
    std::uint64_t element = 0;
    for (std::size_t axis = 0; axis < dims.size(); ++axis)
        element = element * dims[axis] + positions[axis];
    return element;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> stretches(const TensorPlane& plane,
                                                               const PlaneArea& area)
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    all.reserve(plane.dims.size());
    for (std::size_t axis = 0; axis < plane.dims.size(); ++axis) {
        if (axis == plane.rowAxis)
            all.emplace_back(area.row, area.rows);
        else if (axis == plane.columnAxis)
            all.emplace_back(area.column, area.columns);
        else
            all.emplace_back(plane.at[axis], 1);
    }
    return all;
}

Result<std::vector<Element>> readArea(const Elements& elements, const TensorPlane& plane,
                                      const PlaneArea& area, const std::stop_token& stop)
{
    std::vector<Element> cells(area.cells());
    if (cells.empty())
        return cells;
    const std::uint64_t first = plane.element(plane.positions(area.row, area.column));
    const std::uint64_t down = plane.stride(plane.rowAxis), across = plane.stride(plane.columnAxis);
    // Along the axis whose elements are the nearer to each other.
    const bool byRow = area.rows == 1 || (area.columns > 1 && across <= down);
    std::vector<Element> line(byRow ? area.columns : area.rows);
    for (std::uint64_t l = 0; l < (byRow ? area.rows : area.columns); ++l) {
        if (stop.stop_requested())
            return cancelled();
        if (auto got = readLine(elements, first + l * (byRow ? down : across), byRow ? across : down, line);
            !got)
            return tl::make_unexpected(got.error());
        for (std::uint64_t e = 0; e < line.size(); ++e)
            cells[byRow ? l * area.columns + e : e * area.columns + l] = std::move(line[e]);
    }
    return cells;
}

Result<std::vector<std::uint64_t>> positionsFrom(std::string_view text, const TensorPlane& plane)
{
    const auto numbers = numbersIn(text);
    if (!numbers)
        return failure(ErrorCode::Usage, "An index is numbers with commas between them.");
    const std::size_t rank = plane.dims.size();
    if (numbers->size() != rank)
        return failure(ErrorCode::Usage, "This tensor has " +
                                             (rank == 1 ? "1 axis" : std::to_string(rank) + " axes") +
                                             ": an index is as many numbers.");
    std::vector<std::uint64_t> positions;
    positions.reserve(rank);
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const std::int64_t number = (*numbers)[axis];
        const auto extent = static_cast<std::int64_t>(plane.dims[axis]);
        const std::int64_t counted = number < 0 ? number + extent : number;
        if (counted < 0 || counted >= extent)
            return failure(ErrorCode::Usage, "Axis " + std::to_string(axis) + " has no position " +
                                                 std::to_string(number) + ": its size is " +
                                                 grouped(plane.dims[axis]) + ".");
        positions.push_back(static_cast<std::uint64_t>(counted));
    }
    return positions;
}

Result<std::optional<std::uint64_t>> findElement(const Elements& elements, const Sought& sought,
                                                 std::uint64_t from, Progress& progress,
                                                 const std::stop_token& stop)
{
    constexpr std::uint64_t atOnce = 1 << 16;
    const std::uint64_t count = elements.count();
    const auto isSought = [&](double magnitude) {
        return sought.above ? magnitude > *sought.above : !std::isfinite(magnitude);
    };
    std::vector<double> block;
    std::uint64_t start = count > 0 ? from % count : 0;
    for (std::uint64_t done = 0; done < count; done += block.size(), start = (start + block.size()) % count) {
        if (stop.stop_requested())
            return cancelled();
        block.resize(std::min({atOnce, count - done, count - start}));
        if (auto got = elements.readMagnitudes(start, block); !got)
            return tl::make_unexpected(got.error());
        if (const auto found = std::ranges::find_if(block, isSought); found != block.end())
            return start + static_cast<std::uint64_t>(found - block.begin());
        progress.advance(done + block.size(), count);
    }
    return std::nullopt;
}

} // namespace pleat
