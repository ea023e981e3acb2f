// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/TensorBytes.h"

#include "core/base/Blocks.h"
#include "core/base/Text.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <numeric>

namespace pleat {

namespace {

// Of a matrix that is turned: the larger it is, the longer are the pieces of rows that are read at once.
constexpr std::uint64_t tileBytes = std::uint64_t{1} << 23;

// Reads runs of a tensor and appends them to the output.
class ElementWriter final {
public:
    ElementWriter(Sink& output, const TensorView& tensor, const std::stop_token& stop)
        : m_output(output),
          m_tensor(tensor),
          m_stop(stop),
          m_width(storedBytes(tensor.type(), 1))
    {
    }

    std::uint64_t width() const { return m_width; }

    // Elements one behind the other.
    Result<void> run(std::uint64_t first, std::uint64_t count)
    {
        const std::uint64_t step = blockBytes / m_width;
        for (; count > 0; first += std::min(step, count), count -= std::min(step, count)) {
            m_block.resize(std::min(step, count) * m_width);
            if (auto got = read(first, m_block); !got)
                return got;
            if (auto done = m_output.write(m_block); !done)
                return done;
        }
        return {};
    }

    // The elements [first, …) that fill `into`.
    Result<void> read(std::uint64_t first, std::span<std::byte> into) const
    {
        if (m_stop.stop_requested())
            return cancelled();
        if (auto got = m_tensor.read(first, into.size() / m_width, into); !got)
            return got;
        if (mayOverflow() || overflows(m_tensor, first, into) == 0)
            return {};
        return failure(ErrorCode::Unwritable,
                       m_output.target().string() +
                           ": nothing was written, since folding makes weights of \"" + m_tensor.name() +
                           "\" infinite in " + name(m_tensor.type()) +
                           ". Do not fold the batch norm of this layer, or allow it: pleat-cli fold "
                           "--allow-overflow.",
                       m_tensor.name());
    }

private:
    bool mayOverflow() const
    {
        const auto* scaled = std::get_if<Scaled>(&m_tensor.payload().content);
        return !scaled || (*scaled)->overflow == Overflow::IsWanted;
    }

    Sink& m_output;
    const TensorView& m_tensor;
    const std::stop_token& m_stop;
    std::uint64_t m_width;
    std::vector<std::byte> m_block;
};

// How many of the last axes are chosen whole.
std::size_t wholeAxes(const TensorView& tensor, std::span<const Slice> selection)
{
    std::size_t whole = 0;
    while (whole < selection.size() &&
           selection[selection.size() - 1 - whole].count ==
               static_cast<std::uint64_t>(tensor.dims()[selection.size() - 1 - whole]))
        ++whole;
    return whole;
}

} // namespace

std::vector<std::int64_t> NamedTensor::dims() const
{
    std::vector<std::int64_t> dims = tensor.dims();
    if (transposed)
        std::ranges::reverse(dims);
    return dims;
}

Result<void> checkElements(const TensorView& tensor)
{
    const int bits = elementBits(tensor.type());
    if (bits == 0)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + tensor.name() + "\" holds " + name(tensor.type()) +
                           ", whose elements have no fixed size.",
                       tensor.name());
    if (bits < 8)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + tensor.name() + "\" holds " + name(tensor.type()) +
                           ", of which several share a byte; this format has no such type.",
                       tensor.name());
    if (!tensor.payload().problem().empty())
        return failure(ErrorCode::MissingData, std::string(tensor.payload().problem()), tensor.name());
    const std::uint64_t needed = storedBytes(tensor.type(), tensor.elements());
    if (tensor.payload().size() < needed)
        return failure(ErrorCode::MissingData,
                       "Tensor \"" + tensor.name() + "\" has only " +
                           counted(tensor.payload().size(), "byte") + " of " + grouped(needed) + ".",
                       tensor.name());
    return {};
}

Result<void> writeElements(Sink& output, const TensorView& tensor, const std::stop_token& stop)
{
    if (const auto* range = std::get_if<FileRange>(&tensor.payload().content)) {
        FileRange elements = *range;
        elements.length = storedBytes(tensor.type(), tensor.elements());
        return output.copy(elements, stop);
    }
    return ElementWriter(output, tensor, stop).run(0, tensor.elements());
}

Result<void> writeElements(Sink& output, const TensorView& tensor, std::span<const Slice> selection,
                           const std::stop_token& stop)
{
    const std::size_t whole = wholeAxes(tensor, selection);
    if (whole == selection.size())
        return writeElements(output, tensor, stop);
    if (std::ranges::any_of(selection, [](const Slice& slice) { return slice.count == 0; }))
        return {};
    const std::size_t cut = selection.size() - whole - 1; // the innermost axis that is chosen in part
    std::vector<std::uint64_t> strides(selection.size(), 1);
    for (std::size_t axis = selection.size() - 1; axis > 0; --axis)
        strides[axis - 1] = strides[axis] * static_cast<std::uint64_t>(tensor.dims()[axis]);
    ElementWriter writer(output, tensor, stop);
    std::vector<std::uint64_t> at(cut, 0); // positions along the axes outside of a run
    for (;;) {
        std::uint64_t first = selection[cut].first * strides[cut];
        for (std::size_t axis = 0; axis < cut; ++axis)
            first += (selection[axis].first + at[axis]) * strides[axis];
        if (auto done = writer.run(first, selection[cut].count * strides[cut]); !done)
            return done;
        std::size_t axis = cut;
        while (axis > 0 && ++at[axis - 1] == selection[axis - 1].count)
            at[--axis] = 0;
        if (axis == 0)
            return {};
    }
}

Result<void> writeTransposed(Sink& output, const TensorView& tensor, const std::stop_token& stop)
{
    const auto rows = static_cast<std::uint64_t>(tensor.dims()[0]);
    const auto columns = static_cast<std::uint64_t>(tensor.dims()[1]);
    if (rows == 0 || columns == 0)
        return {};
    const ElementWriter writer(output, tensor, stop);
    const std::uint64_t width = writer.width(), inTile = tileBytes / width;
    // A tile is as high as the matrix, or one column wide: either way it is written in one piece.
    const std::uint64_t height = std::min(rows, inTile);
    const std::uint64_t breadth = std::clamp<std::uint64_t>(inTile / rows, 1, columns);
    std::vector<std::byte> tile(height * breadth * width), turned(tile.size());
    for (std::uint64_t left = 0; left < columns; left += breadth) {
        const std::uint64_t across = std::min(breadth, columns - left);
        for (std::uint64_t top = 0; top < rows; top += height) {
            const std::uint64_t down = std::min(height, rows - top);
            for (std::uint64_t r = 0; r < down; ++r) {
                const auto row = std::span(tile).subspan(r * across * width, across * width);
                if (auto got = writer.read((top + r) * columns + left, row); !got)
                    return got;
                for (std::uint64_t c = 0; c < across; ++c)
                    std::ranges::copy(row.subspan(c * width, width),
                                      turned.begin() + static_cast<std::ptrdiff_t>((c * down + r) * width));
            }
            if (auto done = output.write(std::span(turned).first(down * across * width)); !done)
                return done;
        }
    }
    return {};
}

} // namespace pleat
