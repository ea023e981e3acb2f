// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Numbers.h"

#include "core/tensor/Float8.h"
#include "core/tensor/Kernels.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace pleat {

namespace {

// Calls `use` with a value of the C++ type of an integer type; false when it is none.
template<class Use>
bool withInteger(DataType type, Use use)
{
    switch (type) {
    case DataType::Bool:
    case DataType::UInt8:
        use(std::uint8_t{});
        return true;
    case DataType::Int8:
        use(std::int8_t{});
        return true;
    case DataType::UInt16:
        use(std::uint16_t{});
        return true;
    case DataType::Int16:
        use(std::int16_t{});
        return true;
    case DataType::UInt32:
        use(std::uint32_t{});
        return true;
    case DataType::Int32:
        use(std::int32_t{});
        return true;
    case DataType::UInt64:
        use(std::uint64_t{});
        return true;
    case DataType::Int64:
        use(std::int64_t{});
        return true;
    default:
        return false;
    }
}

// The position in the storage of each element, in the order of the reader.
std::vector<std::size_t> storedPositions(const Constant& constant)
{
    std::vector<StoredAxis> all;
    for (const auto& group : axes(constant))
        all.insert(all.end(), group.begin(), group.end());
    std::vector<std::size_t> result;
    const std::size_t total = elementCount(constant.dims);
    result.reserve(total);
    std::vector<std::uint64_t> at(all.size());
    for (std::size_t e = 0; e < total; ++e) {
        std::size_t offset = 0;
        for (std::size_t a = 0; a < all.size(); ++a)
            offset += at[a] * all[a].stride;
        result.push_back(offset);
        for (std::size_t a = all.size(); a-- > 0 && ++at[a] == all[a].extent;)
            at[a] = 0;
    }
    return result;
}

template<class Values>
Values inOrder(Values stored, const Constant& constant)
{
    if (!isReordered(constant))
        return stored;
    Values result;
    result.reserve(stored.size());
    for (const std::size_t position : storedPositions(constant))
        result.push_back(stored[position]);
    return result;
}

std::optional<std::vector<std::int64_t>> integersOf(const TensorView& tensor,
                                                    const std::vector<std::byte>& bytes)
{
    std::vector<std::int64_t> numbers;
    numbers.reserve(tensor.elements());
    bool fits = true;
    withInteger(tensor.type(), [&]<class Integer>(Integer) {
        for (std::size_t at = 0; at + sizeof(Integer) <= bytes.size(); at += sizeof(Integer)) {
            Integer number;
            std::memcpy(&number, bytes.data() + at, sizeof number);
            fits = fits && std::in_range<std::int64_t>(number);
            numbers.push_back(static_cast<std::int64_t>(number));
        }
    });
    if (tensor.type() == DataType::Bool)
        std::ranges::transform(numbers, numbers.begin(), [](std::int64_t number) { return number != 0; });
    return fits ? std::optional(std::move(numbers)) : std::nullopt;
}

// Elements from where they are stored, to one behind the other in the order of the axes. In tiles, where the
// axis that is stored densely is not the last: else each read would be from another line of the cache.
template<class Element>
void moveElements(const std::byte* from, std::byte* to, const std::vector<StoredAxis>& axes)
{
    constexpr std::size_t tile = 32, size = sizeof(Element);
    const std::size_t last = axes.size() - 1;
    std::size_t dense = last;
    std::vector<std::size_t> strides(axes.size(), 1); // of the result
    for (std::size_t a = axes.size(); a-- > 0;) {
        strides[a] = a == last ? 1 : strides[a + 1] * axes[a + 1].extent;
        dense = axes[a].stride == 1 && axes[a].extent > 1 ? a : dense;
    }
    std::vector<std::size_t> at(axes.size());
    const std::size_t rows = dense == last ? 1 : axes[dense].extent, columns = axes[last].extent;
    std::size_t blocks = 1; // of the other axes
    for (std::size_t a = 0; a < axes.size(); ++a)
        blocks *= a == dense || a == last ? 1 : axes[a].extent;
    for (std::size_t block = 0; block < blocks; ++block) {
        std::size_t source = 0, target = 0;
        for (std::size_t a = 0; a < axes.size(); ++a) {
            source += at[a] * axes[a].stride;
            target += at[a] * strides[a];
        }
        for (std::size_t top = 0; top < rows; top += tile) {
            for (std::size_t left = 0; left < columns; left += tile) {
                for (std::size_t row = top; row < std::min(top + tile, rows); ++row) {
                    for (std::size_t column = left; column < std::min(left + tile, columns); ++column)
                        std::memcpy(to + (target + row * strides[dense] + column) * size,
                                    from + (source + row + column * axes[last].stride) * size, size);
                }
            }
        }
        for (std::size_t a = axes.size(); a-- > 0;) {
            if (a == dense || a == last)
                continue;
            if (++at[a] < axes[a].extent)
                break;
            at[a] = 0;
        }
    }
}

} // namespace

std::size_t elementCount(const std::vector<std::int64_t>& dims)
{
    if (std::ranges::find(dims, 0) != dims.end())
        return 0;
    std::size_t product = 1;
    for (const std::int64_t dim : dims) {
        if (__builtin_mul_overflow(product, static_cast<std::size_t>(dim), &product))
            return std::numeric_limits<std::size_t>::max();
    }
    return product;
}

bool isInteger(DataType type)
{
    return withInteger(type, [](auto) {});
}

bool holds(DataType type, std::int64_t value)
{
    bool fits = false;
    withInteger(type, [&]<class Integer>(Integer) { fits = std::in_range<Integer>(value); });
    return fits && (type != DataType::Bool || value <= 1);
}

std::optional<Numbers> numbersOf(const Constant& constant)
{
    const TensorView& tensor = constant.tensor;
    if (elementCount(constant.dims) > mostComputed || tensor.elements() > mostComputed)
        return std::nullopt;
    Numbers numbers{constant.type, constant.dims, {}};
    if (isFoldable(tensor.type())) {
        auto read = tensor.doubles();
        if (!read)
            return std::nullopt;
        numbers.values = inOrder(std::move(*read), constant);
        return numbers;
    }
    if ((!isInteger(tensor.type()) && !isFloat8(tensor.type())) ||
        tensor.payload().size() < storedBytes(tensor.type(), tensor.elements()))
        return std::nullopt;
    std::vector<std::byte> bytes(storedBytes(tensor.type(), tensor.elements()));
    if (!tensor.read(0, tensor.elements(), bytes))
        return std::nullopt;
    if (isInteger(tensor.type())) {
        auto read = integersOf(tensor, bytes);
        if (!read)
            return std::nullopt;
        numbers.values = inOrder(std::move(*read), constant);
        return numbers;
    }
    std::vector<double> read;
    read.reserve(bytes.size());
    for (const std::byte byte : bytes)
        read.push_back(float8ToDouble(tensor.type(), byte));
    numbers.values = inOrder(std::move(read), constant);
    return numbers;
}

std::optional<TensorView> tensorOf(std::string name, const Numbers& numbers)
{
    if (std::ranges::find(numbers.open, 1) != numbers.open.end())
        return std::nullopt;
    if (numbers.isReal()) {
        if (!isFoldable(numbers.type))
            return std::nullopt;
        return TensorView(std::move(name), numbers.type, numbers.dims, stored(numbers.type, numbers.reals()));
    }
    const std::vector<std::int64_t>& integers = numbers.integers();
    if (!std::ranges::all_of(integers, [&](std::int64_t value) { return holds(numbers.type, value); }))
        return std::nullopt;
    auto bytes = std::make_shared<std::vector<std::byte>>(storedBytes(numbers.type, integers.size()));
    withInteger(numbers.type, [&]<class Integer>(Integer) {
        for (std::size_t e = 0; e < integers.size(); ++e) {
            const auto number = static_cast<Integer>(integers[e]);
            std::memcpy(bytes->data() + e * sizeof number, &number, sizeof number);
        }
    });
    return TensorView(std::move(name), numbers.type, numbers.dims, Payload{Bytes(std::move(bytes))});
}

std::optional<TensorView> reordered(const Constant& constant)
{
    const auto bits = static_cast<std::uint64_t>(elementBits(constant.tensor.type()));
    const std::uint64_t size = constant.tensor.elements();
    std::vector<StoredAxis> all;
    for (const auto& group : axes(constant))
        all.insert(all.end(), group.begin(), group.end());
    if (constant.isCast() || bits % 8 != 0 || bits == 0 || all.empty() || size > mostComputed ||
        size != elementCount(constant.dims))
        return std::nullopt;
    std::vector<std::byte> stored(storedBytes(constant.tensor.type(), size));
    if (!constant.tensor.read(0, size, stored))
        return std::nullopt;
    auto bytes = std::make_shared<std::vector<std::byte>>(stored.size());
    switch (bits) {
    case 8:
        moveElements<std::uint8_t>(stored.data(), bytes->data(), all);
        break;
    case 16:
        moveElements<std::uint16_t>(stored.data(), bytes->data(), all);
        break;
    case 32:
        moveElements<std::uint32_t>(stored.data(), bytes->data(), all);
        break;
    case 64:
        moveElements<std::uint64_t>(stored.data(), bytes->data(), all);
        break;
    default:
        return std::nullopt;
    }
    return TensorView({}, constant.type, constant.dims, Payload{Bytes(std::move(bytes))});
}

Numbers rounded(Numbers numbers)
{
    if (!numbers.isReal() || numbers.type == DataType::Double || !isFoldable(numbers.type))
        return numbers;
    std::vector<std::byte> bytes(storedBytes(numbers.type, numbers.size()));
    narrow(numbers.type, numbers.reals(), bytes);
    widen(numbers.type, bytes, numbers.reals());
    return numbers;
}

Numbers taken(const Numbers& from, std::vector<std::int64_t> dims, const std::vector<std::size_t>& positions)
{
    Numbers result{from.type, std::move(dims), {}};
    std::visit(
        [&]<class Values>(const Values& values) {
            Values some;
            some.reserve(positions.size());
            for (const std::size_t position : positions)
                some.push_back(values[position]);
            result.values = std::move(some);
        },
        from.values);
    if (!from.open.empty()) {
        for (const std::size_t position : positions)
            result.open.push_back(from.open[position]);
    }
    if (!from.sizes.empty()) {
        for (const std::size_t position : positions)
            result.sizes.push_back(from.sizes[position]);
    }
    return result;
}

std::optional<std::vector<std::int64_t>> together(const std::vector<std::int64_t>& a,
                                                  const std::vector<std::int64_t>& b, std::size_t most)
{
    std::vector<std::int64_t> dims = a.size() >= b.size() ? a : b;
    const std::vector<std::int64_t>& shorter = a.size() >= b.size() ? b : a;
    for (std::size_t back = 1; back <= shorter.size(); ++back) {
        std::int64_t& dim = dims[dims.size() - back];
        const std::int64_t other = shorter[shorter.size() - back];
        if (dim != other && dim != 1 && other != 1)
            return std::nullopt;
        dim = dim == 1 ? other : dim;
    }
    if (elementCount(dims) > most)
        return std::nullopt;
    return dims;
}

Numbers spread(const Numbers& from, const std::vector<std::int64_t>& dims)
{
    if (from.dims == dims)
        return from;
    // Elements from one position of an axis to the next; 0 where it is taken again and again.
    std::vector<std::size_t> strides(dims.size());
    std::size_t stride = 1;
    for (std::size_t back = 1; back <= from.dims.size(); ++back) {
        const auto extent = static_cast<std::size_t>(from.dims[from.dims.size() - back]);
        strides[dims.size() - back] = extent == 1 ? 0 : stride;
        stride *= extent;
    }
    std::vector<std::size_t> positions, at(dims.size());
    const std::size_t total = elementCount(dims);
    positions.reserve(total);
    std::size_t offset = 0;
    for (std::size_t e = 0; e < total; ++e) {
        positions.push_back(offset);
        for (std::size_t a = dims.size(); a-- > 0;) {
            offset += strides[a];
            if (++at[a] != static_cast<std::size_t>(dims[a]))
                break;
            offset -= strides[a] * at[a];
            at[a] = 0;
        }
    }
    return taken(from, dims, positions);
}

} // namespace pleat
