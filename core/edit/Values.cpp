// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Values.h"

#include "core/edit/Declarations.h"
#include "core/edit/StoredTensor.h"
#include "core/model/Assemble.h"
#include "core/rewrite/Rewriter.h"
#include "core/tensor/ElementParsing.h"
#include "core/tensor/Elements.h"
#include "core/tensor/PatchedBytes.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <charconv>

namespace pleat {

namespace {

// Positions along an axis.
struct Stretch {
    std::uint64_t first = 0, count = 0, step = 1;
};

std::vector<std::string_view> split(std::string_view text, char at)
{
    std::vector<std::string_view> parts;
    for (std::size_t end = text.find(at); end != text.npos; end = text.find(at)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.push_back(text);
    return parts;
}

// Empty: `otherwise`. Nothing: it is no number.
std::optional<std::int64_t> position(std::string_view text, std::int64_t otherwise)
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
    if (text.empty())
        return otherwise;
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number)
                                                                           : std::nullopt;
}

// As numpy has it: negative ones count from the end, and slices are cut at the ends.
std::optional<Stretch> stretchOf(std::string_view text, std::int64_t size)
{
    const auto parts = split(text, ':');
    if (parts.size() == 1) {
        const auto at = text.empty() ? std::nullopt : position(text, 0);
        if (!at || *at >= size || *at < -size)
            return std::nullopt;
        return Stretch{static_cast<std::uint64_t>(*at < 0 ? *at + size : *at), 1, 1};
    }
    const auto first = position(parts[0], 0), end = position(parts[1], size);
    const auto step = parts.size() > 2 ? position(parts[2], 1) : std::optional<std::int64_t>(1);
    if (parts.size() > 3 || !first || !end || !step || *step < 1)
        return std::nullopt;
    const auto within = [&](std::int64_t at) {
        return std::clamp<std::int64_t>(at < 0 ? std::max(at, -size) + size : at, 0, size);
    };
    const std::int64_t from = within(*first), to = within(*end);
    const std::int64_t count = to > from ? (to - from - 1) / *step + 1 : 0;
    return Stretch{static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(count),
                   static_cast<std::uint64_t>(*step)};
}

// Nothing: it is no place in a tensor of this shape.
std::optional<std::vector<Stretch>> placesOf(std::string_view text, const std::vector<std::int64_t>& dims)
{
    const auto parts = text.empty() ? std::vector<std::string_view>() : split(text, ',');
    if (parts.size() > dims.size())
        return std::nullopt;
    std::vector<Stretch> places;
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        const auto stretch = stretchOf(axis < parts.size() ? parts[axis] : ":", dims[axis]);
        if (!stretch)
            return std::nullopt;
        places.push_back(*stretch);
    }
    return places;
}

std::uint64_t countOf(const std::vector<Stretch>& places)
{
    std::uint64_t count = 1;
    for (const Stretch& each : places)
        count *= each.count; // at most the elements of the tensor
    return count;
}

// visit(number of the element), in ascending order.
template<class Visit>
void forEach(const std::vector<Stretch>& places, const std::vector<std::int64_t>& dims, Visit visit)
{
    std::vector<std::uint64_t> at(places.size());
    const std::uint64_t count = countOf(places);
    for (std::uint64_t n = 0; n < count; ++n) {
        std::uint64_t element = 0;
        for (std::size_t axis = 0; axis < places.size(); ++axis)
            element = element * static_cast<std::uint64_t>(dims[axis]) + places[axis].first +
                      at[axis] * places[axis].step;
        visit(element);
        for (std::size_t axis = places.size(); axis-- > 0 && ++at[axis] == places[axis].count;)
            at[axis] = 0;
    }
}

// What lies there as it is; nothing where factors are yet to be multiplied.
std::optional<StoredBytes> asStored(const Payload& payload)
{
    if (const auto* const range = std::get_if<FileRange>(&payload.content))
        return *range;
    if (const auto* const bytes = std::get_if<Bytes>(&payload.content))
        return *bytes;
    const ScaledBytes& scaled = *std::get<Scaled>(payload.content);
    if (scaled.output || scaled.input || scaled.quantizers)
        return std::nullopt;
    return scaled.base;
}

void put(std::span<std::byte> into, std::size_t bits, std::uint64_t element, std::span<const std::byte> value)
{
    if (bits >= 8) {
        std::ranges::copy(value, into.begin() + static_cast<std::ptrdiff_t>(element * value.size()));
        return;
    }
    std::byte& byte = into[static_cast<std::size_t>(element * bits / 8)];
    const auto shift = static_cast<unsigned>(element * bits % 8);
    const auto mask = static_cast<std::byte>((1U << bits) - 1);
    byte = (byte & ~(mask << shift)) | ((value.front() & mask) << shift);
}

// A few values of a large tensor are kept beside it; else it is copied.
Result<Payload> patched(const TensorView& tensor, const std::vector<Stretch>& places,
                        const std::vector<std::byte>& value)
{
    constexpr std::uint64_t small = std::uint64_t{1} << 16, few = std::uint64_t{1} << 20;
    const auto bits = static_cast<std::size_t>(elementBits(tensor.type()));
    const std::uint64_t bytes = storedBytes(tensor.type(), tensor.elements());
    const auto base =
        bits >= 8 && bytes > small && countOf(places) <= few ? asStored(tensor.payload()) : std::nullopt;
    if (base) {
        if (!tensor.payload().problem().empty())
            return failure(ErrorCode::MissingData, std::string(tensor.payload().problem()), tensor.name());
        PatchedBytes::Patches patches;
        forEach(places, tensor.dims(), [&](std::uint64_t element) {
            patches.at.push_back(element);
            patches.values.insert(patches.values.end(), value.begin(), value.end());
        });
        return composed(tensor.type(),
                        std::make_shared<const PatchedBytes>(*base, value.size(), std::move(patches)));
    }
    auto all = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(bytes));
    if (auto read = readWhole(tensor, *all); !read)
        return tl::make_unexpected(std::move(read.error()));
    forEach(places, tensor.dims(), [&](std::uint64_t element) { put(*all, bits, element, value); });
    return Payload{Bytes(std::move(all))};
}

// Nothing where it cannot be read.
std::optional<std::string> oldValue(const TensorView& tensor, const std::vector<Stretch>& places)
{
    Element old;
    std::uint64_t at = 0;
    forEach(places, tensor.dims(), [&](std::uint64_t element) { at = element; });
    return Elements(tensor).read(at, {&old, 1}) ? std::optional(text(tensor.type(), old)) : std::nullopt;
}

} // namespace

Sentence describe(const SetValues& step)
{
    return sentence("Set {}[{}] to {}", step.tensor, step.at.empty() ? ":" : step.at, step.value);
}

Result<PlannedEdit> plan(const SetValues& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto found = findStored(view, step.tensor);
    if (!found)
        return tl::make_unexpected(found.error());
    const TensorView& tensor = found->tensor;
    const auto value = parsedElement(tensor.type(), step.value);
    if (!value)
        return refused(sentence("{} is of {}, and \"{}\" is no value of it.", named(view, found->value),
                                name(tensor.type()), step.value),
                       step.tensor);
    const auto places = placesOf(step.at, tensor.dims());
    const std::uint64_t count = places ? countOf(*places) : 0;
    if (count == 0)
        return refused(sentence("{} is {}, and has no element [{}].", named(view, found->value),
                                shapeText(tensor.dims()), step.at),
                       step.tensor);
    PlannedEdit planned;
    planned.scope = view.scope(found->value);
    const std::string at = step.at.empty() ? ":" : step.at;
    const auto old = count == 1 ? oldValue(tensor, *places) : std::nullopt;
    planned.what =
        old ? sentence("set {}[{}] from {} to {}", named(view, found->value), at, *old, step.value)
            : sentence("set {} values, {}[{}], to {}", count, named(view, found->value), at, step.value);
    auto payload = patched(tensor, *places, *value);
    if (!payload)
        return tl::make_unexpected(std::move(payload.error()));
    payload->external = tensor.payload().external;
    Rewriter pen(of);
    pen.replaceData(found->value, tensor.type(), tensor.dims(), std::move(*payload));
    planned.edit = pen.edit();
    return planned;
}

} // namespace pleat
