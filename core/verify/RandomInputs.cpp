// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/RandomInputs.h"

#include "core/model/ValueTypes.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <random>
#include <set>

namespace pleat {

namespace {

constexpr std::uint64_t largestInput = std::uint64_t{1} << 30; // bytes

// The distributions of the standard library give other numbers with other libraries; its generators do not.
class Numbers final {
public:
    explicit Numbers(std::uint64_t seed) : m_generator(seed) {}

    double uniform() { return static_cast<double>(m_generator() >> 11) * 0x1p-53; } // [0, 1)
    // G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", 1958.
    double normal()
    {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }
    std::int64_t digit() { return static_cast<std::int64_t>(uniform() * 10); }

private:
    std::mt19937_64 m_generator;
};

template<class Integer>
std::string digits(Numbers& numbers, std::uint64_t count)
{
    std::string bytes(count * sizeof(Integer), '\0');
    for (std::uint64_t e = 0; e < count; ++e) {
        const auto value = static_cast<Integer>(numbers.digit());
        std::memcpy(bytes.data() + e * sizeof value, &value, sizeof value);
    }
    return bytes;
}

std::string floats(DataType type, Numbers& numbers, std::uint64_t count)
{
    std::vector<double> values(count);
    std::ranges::generate(values, [&] { return numbers.normal(); });
    std::string bytes(storedBytes(type, count), '\0');
    narrow(type, values, std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

std::optional<std::string> elements(DataType type, Numbers& numbers, std::uint64_t count)
{
    switch (type) {
    case DataType::Float:
    case DataType::Double:
    case DataType::Float16:
    case DataType::BFloat16:
        return floats(type, numbers, count);
    case DataType::UInt8:
    case DataType::Int8:
        return digits<std::int8_t>(numbers, count);
    case DataType::UInt16:
    case DataType::Int16:
        return digits<std::int16_t>(numbers, count);
    case DataType::UInt32:
    case DataType::Int32:
        return digits<std::int32_t>(numbers, count);
    case DataType::UInt64:
    case DataType::Int64:
        return digits<std::int64_t>(numbers, count);
    case DataType::Bool: {
        std::string bytes(count, '\0');
        std::ranges::generate(bytes, [&] { return static_cast<char>(numbers.uniform() < 0.5); });
        return bytes;
    }
    default:
        return std::nullopt;
    }
}

std::int64_t usualSize(std::size_t axis, std::size_t rank)
{
    return axis == 0 ? 1 : rank == 4 && axis >= 2 ? 224 : 8;
}

} // namespace

Result<RandomInputs> randomInputs(const GraphView& view, std::uint64_t seed,
                                  const std::map<std::string, std::int64_t>& sizes)
{
    const ValueTypes declared = declaredTypes(view.model());
    const auto main = declared.find("");
    RandomInputs inputs;
    Numbers numbers(seed);
    std::map<std::string, std::int64_t> taken = sizes;
    std::set<std::string> symbols;
    for (const ValueIndex value : view.scopes()[index(ScopeIndex::Main)].inputs) {
        if (view.initializer(value))
            continue;
        const std::string name(view.name(value));
        const auto type = main == declared.end()        ? ValueType()
                          : main->second.contains(name) ? main->second.at(name)
                                                        : ValueType();
        if (!type.hasShape)
            return failure(ErrorCode::Unsupported,
                           fmt::format("The model does not say what shape its input {} has.", name));
        onnx::TensorProto tensor;
        tensor.set_name(name);
        tensor.set_data_type(static_cast<std::int32_t>(type.type));
        std::uint64_t count = 1;
        for (std::size_t axis = 0; axis < type.shape.size(); ++axis) {
            const Dimension& dimension = type.shape[axis];
            std::int64_t size = dimension.value;
            if (size < 0) {
                size = usualSize(axis, type.shape.size());
                symbols.insert(dimension.symbol);
                const bool isNamed = !dimension.symbol.empty();
                const bool isKnown = isNamed && taken.contains(dimension.symbol);
                if (isKnown)
                    size = taken.at(dimension.symbol);
                else if (isNamed)
                    taken.emplace(dimension.symbol, size);
                if (!isKnown)
                    inputs.notes.push_back(
                        isNamed ? fmt::format("{} was taken as {}, since the model leaves it open.",
                                              dimension.symbol, size)
                                : fmt::format("Axis {} of {} has any size, and was taken as {}.", axis, name,
                                              size));
            }
            tensor.add_dims(size);
            count *= static_cast<std::uint64_t>(size);
            if (count > largestInput)
                return failure(ErrorCode::Unsupported,
                               fmt::format("The input {} would be larger than 1 GiB.", name));
        }
        auto bytes = elements(type.type, numbers, count);
        if (!bytes)
            return failure(
                ErrorCode::Unsupported,
                fmt::format("The input {} is of the type {}, of which there are no random numbers.", name,
                            pleat::name(type.type)));
        tensor.set_raw_data(std::move(*bytes));
        inputs.tensors.push_back(std::move(tensor));
    }
    for (const auto& [symbol, size] : sizes)
        if (!symbols.contains(symbol))
            return failure(ErrorCode::Usage,
                           fmt::format("No input of the model has a size that is called {}.", symbol));
    return inputs;
}

Result<onnx::TensorProto> randomTensor(const std::string& name, DataType type,
                                       std::span<const std::int64_t> dims, std::uint64_t seed)
{
    onnx::TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(static_cast<std::int32_t>(type));
    std::uint64_t count = 1;
    for (const std::int64_t size : dims) {
        tensor.add_dims(size);
        count *= static_cast<std::uint64_t>(size);
        if (count > largestInput)
            return failure(ErrorCode::Unsupported,
                           fmt::format("The input {} would be larger than 1 GiB.", name));
    }
    Numbers numbers(seed);
    auto bytes = elements(type, numbers, count);
    if (!bytes)
        return failure(ErrorCode::Unsupported,
                       fmt::format("There are no random numbers of the type {}.", pleat::name(type)));
    tensor.set_raw_data(std::move(*bytes));
    return tensor;
}

} // namespace pleat
