// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/PlaneCsv.h"

#include "core/io/OutputFile.h"

#include <algorithm>

namespace pleat {

namespace {

// Only strings ever need it.
std::string quoted(std::string field)
{
    if (field.find_first_of(",\"\r\n") == std::string::npos)
        return field;
    for (std::size_t at = 0; (at = field.find('"', at)) != std::string::npos; at += 2)
        field.insert(at, 1, '"');
    return '"' + field + '"';
}

} // namespace

Result<void> writePlaneCsv(Sink& output, const Elements& elements, const TensorPlane& plane,
                           const PlaneArea& area, std::optional<int> digits, Progress& progress,
                           const std::stop_token& stop)
{
    constexpr std::uint64_t atOnce = 1 << 16; // cells
    if (area.cells() == 0)
        return {};
    const std::uint64_t across = std::min(area.columns, atOnce);
    const std::uint64_t down = across < area.columns ? 1 : std::max<std::uint64_t>(1, atOnce / across);
    std::string lines;
    for (std::uint64_t row = 0; row < area.rows; row += down) {
        for (std::uint64_t column = 0; column < area.columns; column += across) {
            const PlaneArea part{area.row + row, area.column + column, std::min(down, area.rows - row),
                                 std::min(across, area.columns - column)};
            const auto cells = readArea(elements, plane, part, stop);
            if (!cells)
                return tl::make_unexpected(cells.error());
            lines.clear();
            for (std::uint64_t c = 0; c < cells->size(); ++c) {
                lines += quoted(text(elements.type(), (*cells)[c], digits));
                const std::uint64_t inRow = column + c % part.columns;
                lines += inRow + 1 == area.columns ? '\n' : ',';
            }
            if (auto done = output.write(std::as_bytes(std::span(lines))); !done)
                return done;
            progress.advance(row * area.columns + column * part.rows + part.cells(), area.cells());
        }
    }
    return {};
}

Result<void> savePlaneCsv(const std::filesystem::path& target, const Elements& elements,
                          const TensorPlane& plane, const PlaneArea& area, std::optional<int> digits,
                          Progress& progress, const std::stop_token& stop)
{
    auto file = OutputFile::create(target);
    if (!file)
        return tl::make_unexpected(file.error());
    if (auto done = writePlaneCsv(*file, elements, plane, area, digits, progress, stop); !done)
        return done;
    return file->commit(stop);
}

} // namespace pleat
