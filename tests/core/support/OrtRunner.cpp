// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/OrtRunner.h"

#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/Numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <onnxruntime_cxx_api.h>
#include <set>

namespace pleat::test {

namespace {

Ort::Env& environment()
{
    static Ort::Env env(ORT_LOGGING_LEVEL_FATAL, "pleat");
    return env;
}

// The array as stored bytes of its type.
std::string stored(const Array& array)
{
    return tensorProto({}, array.dims, {array.values.begin(), array.values.end()}, array.type).raw_data();
}

template<class Integer>
std::vector<long double> integers(const void* data, std::size_t count)
{
    const auto* values = static_cast<const Integer*>(data);
    return {values, values + count};
}

Array arrayOf(const Ort::Value& value)
{
    const auto info = value.GetTensorTypeAndShapeInfo();
    Array array{static_cast<DataType>(info.GetElementType()), info.GetShape(), {}};
    const std::size_t count = info.GetElementCount();
    const void* data = value.GetTensorRawData();
    switch (array.type) {
    case DataType::Int64:
        array.values = integers<std::int64_t>(data, count);
        break;
    case DataType::Int32:
        array.values = integers<std::int32_t>(data, count);
        break;
    case DataType::Int8:
        array.values = integers<std::int8_t>(data, count);
        break;
    case DataType::Int16:
        array.values = integers<std::int16_t>(data, count);
        break;
    case DataType::UInt16:
        array.values = integers<std::uint16_t>(data, count);
        break;
    case DataType::UInt32:
        array.values = integers<std::uint32_t>(data, count);
        break;
    case DataType::UInt64:
        array.values = integers<std::uint64_t>(data, count);
        break;
    case DataType::UInt8:
    case DataType::Bool:
        array.values = integers<std::uint8_t>(data, count);
        break;
    default:
        array.values = decodeAll(array.type, {static_cast<const std::byte*>(data),
                                              count * static_cast<std::size_t>(formatOf(array.type).bytes)});
    }
    return array;
}

std::int64_t sizeOf(const onnx::TensorShapeProto::Dimension& dim,
                    const std::map<std::string, std::int64_t>& symbols)
{
    if (dim.has_dim_value())
        return dim.dim_value();
    const auto found = symbols.find(dim.dim_param());
    return found != symbols.end() ? found->second : dim.dim_param() == "N" ? 2 : 7;
}

} // namespace

Arrays randomInputs(const onnx::ModelProto& model, std::uint32_t seed,
                    const std::map<std::string, std::int64_t>& symbols)
{
    std::set<std::string> constants;
    for (const auto& initializer : model.graph().initializer())
        constants.insert(initializer.name());
    ModelBuilder generator(seed + 1000);
    Arrays inputs;
    for (const auto& input : model.graph().input()) {
        if (constants.contains(input.name()))
            continue;
        const auto& type = input.type().tensor_type();
        Array array{static_cast<DataType>(type.elem_type()), {}, {}};
        std::size_t count = 1;
        for (const auto& dim : type.shape().dim()) {
            array.dims.push_back(sizeOf(dim, symbols));
            count *= static_cast<std::size_t>(array.dims.back());
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (!hasFormat(array.type)) {
                array.values.push_back(array.type == DataType::Bool ? seed % 2 : 1);
                continue;
            }
            const Format format = formatOf(array.type);
            array.values.push_back(decode(format, encode(format, generator.uniform(-2, 2))));
        }
        inputs[input.name()] = std::move(array);
    }
    return inputs;
}

tl::expected<Arrays, std::string> runInOnnxRuntime(const std::string& model, const Arrays& inputs)
try {
    Ort::SessionOptions options;
    options.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_DISABLE_ALL);
    options.SetIntraOpNumThreads(1);
    options.SetLogSeverityLevel(4);
    Ort::Session session(environment(), model.data(), model.size(), options);

    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::vector<std::string> bytes;
    std::vector<const char*> inputNames, outputNames;
    std::vector<Ort::Value> values;
    bytes.reserve(inputs.size());
    for (const auto& [name, array] : inputs) {
        bytes.push_back(stored(array));
        inputNames.push_back(name.c_str());
        values.push_back(Ort::Value::CreateTensor(memory, bytes.back().data(), bytes.back().size(),
                                                  array.dims.data(), array.dims.size(),
                                                  static_cast<ONNXTensorElementDataType>(array.type)));
    }
    Ort::AllocatorWithDefaultOptions allocator;
    std::vector<Ort::AllocatedStringPtr> names;
    for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
        names.push_back(session.GetOutputNameAllocated(i, allocator));
        outputNames.push_back(names.back().get());
    }
    const std::vector<Ort::Value> results =
        session.Run(Ort::RunOptions{}, inputNames.data(), values.data(), values.size(), outputNames.data(),
                    outputNames.size());
    Arrays outputs;
    for (std::size_t i = 0; i < results.size(); ++i)
        outputs[outputNames[i]] = arrayOf(results[i]);
    return outputs;
} catch (const std::exception& problem) {
    return tl::make_unexpected(std::string(problem.what()));
}

double largestRelativeDifference(const Arrays& before, const Arrays& after)
{
    return largestDifferenceBy(before, before, after);
}

double largestDifferenceBy(const Arrays& scale, const Arrays& before, const Arrays& after)
{
    constexpr double different = std::numeric_limits<double>::infinity();
    if (before.size() != after.size())
        return different;
    long double worst = 0;
    for (const auto& [name, expected] : before) {
        const auto found = after.find(name);
        if (found == after.end() || found->second.dims != expected.dims ||
            found->second.values.size() != expected.values.size())
            return different;
        long double largest = 0, difference = 0;
        for (std::size_t i = 0; i < expected.values.size(); ++i) {
            const long double a = expected.values[i], b = found->second.values[i];
            if (std::isnan(a) != std::isnan(b) || (std::isinf(a) != std::isinf(b)) ||
                (std::isinf(a) && a != b))
                return different;
            if (!std::isfinite(a))
                continue;
            difference = std::max(difference, std::fabs(a - b));
        }
        for (const long double value : scale.at(name).values)
            if (std::isfinite(value))
                largest = std::max(largest, std::fabs(value));
        worst = std::max(worst, largest > 0 ? difference / largest : difference);
    }
    return static_cast<double>(worst);
}

} // namespace pleat::test
