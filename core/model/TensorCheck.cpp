// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/TensorCheck.h"

#include "core/base/Text.h"
#include "core/model/Limits.h"
#include "core/model/TensorWalk.h"

#include <algorithm>
#include <array>

namespace pleat {

namespace {

std::string shapeText(std::span<const std::int64_t> dims)
{
    std::string text = "[";
    for (const std::int64_t dim : dims)
        text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
    return text + "]";
}

// The product of dimensions, or what is wrong with them.
tl::expected<std::uint64_t, std::string> countOf(std::span<const std::int64_t> dims)
{
    if (dims.size() > highestRank)
        return tl::make_unexpected("has " + grouped(dims.size()) + " dimensions; at most " +
                                   std::to_string(highestRank) + " make sense.");
    std::uint64_t count = 1;
    bool tooLarge = false, empty = false;
    for (const std::int64_t dim : dims) {
        if (dim < 0)
            return tl::make_unexpected("has a negative dimension: " + shapeText(dims) + ".");
        empty |= dim == 0;
        tooLarge |= __builtin_mul_overflow(count, static_cast<std::uint64_t>(dim), &count);
    }
    if (empty)
        return 0;
    if (tooLarge || count > mostElements)
        return tl::make_unexpected("claims more elements than any file can hold: " + shapeText(dims) + ".");
    return count;
}

// How many elements a typed field must hold, nothing when the field does not go with the type.
struct TypedData {
    std::uint64_t present = 0; // elements, in all typed fields together
    int fields = 0;            // how many of them are in use
    std::optional<std::uint64_t> expected;
};

TypedData typedData(const onnx::TensorProto& tensor, DataType type, std::uint64_t count)
{
    TypedData data;
    const auto use = [&](int size, bool fits, std::uint64_t perElement) {
        if (size == 0)
            return;
        ++data.fields;
        data.present += static_cast<std::uint64_t>(size);
        if (fits)
            data.expected = count * perElement;
    };
    const int bits = elementBits(type);
    const bool unknown = bits == 0 && type != DataType::String;
    const bool inInt32 = bits > 0 && bits <= 16;
    use(tensor.float_data_size(), unknown || type == DataType::Float || type == DataType::Complex64,
        type == DataType::Complex64 ? 2 : 1);
    use(tensor.double_data_size(), unknown || type == DataType::Double || type == DataType::Complex128,
        type == DataType::Complex128 ? 2 : 1);
    use(tensor.int64_data_size(), unknown || type == DataType::Int64, 1);
    use(tensor.uint64_data_size(), unknown || type == DataType::UInt32 || type == DataType::UInt64, 1);
    use(tensor.string_data_size(), unknown || type == DataType::String, 1);
    use(tensor.int32_data_size(), unknown || inInt32 || type == DataType::Int32, 1);
    if (tensor.int32_data_size() > 0 && inInt32 && bits < 8)
        data.expected = storedBytes(type, count);
    return data;
}

// What is checked, of whatever the tensor is kept as.
struct Facts {
    std::string_view name;
    DataType type = DataType::Undefined;
    std::span<const std::int64_t> dims;
    std::uint64_t rawBytes = 0;
    const Payload* payload = nullptr;         // null when there is none
    const onnx::TensorProto* typed = nullptr; // null when there can be no typed data
};

std::optional<Error> check(const Facts& tensor)
{
    const auto wrong = [&](const std::string& what) {
        const std::string name(tensor.name);
        return Error{ErrorCode::Unreadable, "tensor \"" + name + "\" " + what, name};
    };
    const DataType type = tensor.type;
    const auto elements = countOf(tensor.dims);
    if (!elements)
        return wrong(elements.error());
    const std::uint64_t count = *elements;

    const int bits = elementBits(type);
    const bool unknown = bits == 0 && type != DataType::String && type != DataType::Undefined;
    if (tensor.typed && !tensor.payload && payloadIndex(*tensor.typed))
        return wrong("refers to data that is not there.");
    const Payload* payload = tensor.payload;
    const bool raw = payload || tensor.rawBytes > 0;
    const TypedData typed = tensor.typed ? typedData(*tensor.typed, type, count) : TypedData{};
    if (typed.fields + (raw ? 1 : 0) > 1)
        return wrong("has its data in more than one way.");
    if (type == DataType::Undefined && (count > 0 || raw))
        return wrong("has no element type.");
    if (payload && type == DataType::String)
        return wrong("holds strings as raw bytes, which ONNX does not allow.");
    if (payload && payload->isExternal())
        return std::nullopt; // whoever opened the other file has looked
    if (unknown || (type == DataType::Undefined && count == 0))
        return std::nullopt;

    if (raw && type == DataType::String)
        return wrong("holds strings as raw bytes, which ONNX does not allow.");
    if (raw || (typed.fields == 0 && bits > 0)) {
        const std::uint64_t present = payload ? payload->size() : tensor.rawBytes;
        const std::uint64_t needed = storedBytes(type, count);
        if (present != needed)
            return wrong("of type " + name(type) + " and shape " + shapeText(tensor.dims) + " needs " +
                         counted(needed, "byte") + ", but has " + grouped(present) + ".");
        return std::nullopt;
    }
    if (typed.fields > 0 && !typed.expected)
        return wrong("of type " + name(type) + " has its data in a field that is for another type.");
    const std::uint64_t expected = typed.expected.value_or(count);
    if (typed.present != expected)
        return wrong("of type " + name(type) + " and shape " + shapeText(tensor.dims) + " needs " +
                     counted(expected, "value") + ", but has " + grouped(typed.present) + ".");
    return std::nullopt;
}

} // namespace

std::optional<Error> checkTensor(const onnx::TensorProto& tensor, const Payload* payload)
{
    return check({.name = tensor.name(),
                  .type = static_cast<DataType>(tensor.data_type()),
                  .dims = {tensor.dims().data(), static_cast<std::size_t>(tensor.dims_size())},
                  .rawBytes = tensor.raw_data().size(),
                  .payload = payload,
                  .typed = &tensor});
}

std::optional<Error> checkTensor(const TensorMessage& tensor, const Payload* payload)
{
    if (const onnx::TensorProto* message = tensor.kept())
        return checkTensor(*message, payload);
    return check({.name = tensor.name(),
                  .type = tensor.type(),
                  .dims = tensor.dims(),
                  .rawBytes = tensor.rawData().size(),
                  .payload = payload,
                  .typed = nullptr});
}

std::optional<Error> checkSparse(const onnx::SparseTensorProto& tensor)
{
    const std::string& name = tensor.values().name();
    const auto wrong = [&](const std::string& what) {
        return Error{ErrorCode::Unreadable, "sparse tensor \"" + name + "\" " + what, name};
    };
    const auto dimsOf = [](const auto& part) {
        return std::span(part.dims().data(), static_cast<std::size_t>(part.dims_size()));
    };
    const auto values = dimsOf(tensor.values()), indices = dimsOf(tensor.indices());
    const auto elements = countOf(dimsOf(tensor));
    if (!elements)
        return wrong(elements.error());
    if (*elements > mostSparseElements)
        return wrong("has " + grouped(*elements) + " elements; at most " + grouped(mostSparseElements) +
                     " can be looked at.");
    if (values.size() != 1)
        return wrong("has values of shape " + shapeText(values) + " instead of a list of them.");
    if (static_cast<std::uint64_t>(values[0]) > *elements)
        return wrong("stores " + counted(static_cast<std::uint64_t>(values[0]), "value") + " for " +
                     counted(*elements, "element") + ".");
    const std::array<std::int64_t, 2> coordinates{values[0], tensor.dims_size()};
    if (static_cast<DataType>(tensor.indices().data_type()) != DataType::Int64 ||
        !(std::ranges::equal(indices, values) || std::ranges::equal(indices, coordinates)))
        return wrong("of shape " + shapeText(dimsOf(tensor)) + " has " +
                     pleat::name(static_cast<DataType>(tensor.indices().data_type())) + " indices of shape " +
                     shapeText(indices) + "; ONNX wants int64 " + shapeText(values) + " or " +
                     shapeText(coordinates) + ".");
    return std::nullopt;
}

} // namespace pleat
