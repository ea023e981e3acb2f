// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/Messages.h"

#include "tests/core/support/Numbers.h"

#include <stdexcept>

namespace pleat::test {

namespace {

template<class Integer>
void appendInteger(std::string& bytes, double value)
{
    const auto stored = static_cast<Integer>(value);
    bytes.append(reinterpret_cast<const char*>(&stored), sizeof stored);
}

void appendStored(std::string& bytes, DataType type, double value)
{
    switch (type) {
    case DataType::Int64:
        return appendInteger<std::int64_t>(bytes, value);
    case DataType::Int32:
        return appendInteger<std::int32_t>(bytes, value);
    case DataType::Int8:
        return appendInteger<std::int8_t>(bytes, value);
    case DataType::Int16:
        return appendInteger<std::int16_t>(bytes, value);
    case DataType::UInt16:
        return appendInteger<std::uint16_t>(bytes, value);
    case DataType::UInt32:
        return appendInteger<std::uint32_t>(bytes, value);
    case DataType::UInt64:
        return appendInteger<std::uint64_t>(bytes, value);
    case DataType::UInt8:
    case DataType::Bool:
        return appendInteger<std::uint8_t>(bytes, value);
    default: {
        const std::uint64_t bits = encode(formatOf(type), value);
        bytes.append(reinterpret_cast<const char*>(&bits), static_cast<std::size_t>(formatOf(type).bytes));
    }
    }
}

} // namespace

std::int64_t elementCount(const Dims& dims)
{
    std::int64_t count = 1;
    for (const std::int64_t dim : dims)
        count *= dim;
    return count;
}

void setAttribute(onnx::NodeProto& node, const std::string& name, const AttributeValue& value)
{
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    if (const int* i = std::get_if<int>(&value)) {
        attribute.set_type(onnx::AttributeProto::INT);
        attribute.set_i(*i);
    } else if (const double* f = std::get_if<double>(&value)) {
        attribute.set_type(onnx::AttributeProto::FLOAT);
        attribute.set_f(static_cast<float>(*f));
    } else if (const std::string* s = std::get_if<std::string>(&value)) {
        attribute.set_type(onnx::AttributeProto::STRING);
        attribute.set_s(*s);
    } else if (const Dims* ints = std::get_if<Dims>(&value)) {
        attribute.set_type(onnx::AttributeProto::INTS);
        for (const std::int64_t each : *ints)
            attribute.add_ints(each);
    } else if (const auto* floats = std::get_if<std::vector<double>>(&value)) {
        attribute.set_type(onnx::AttributeProto::FLOATS);
        for (const double each : *floats)
            attribute.add_floats(static_cast<float>(each));
    } else if (const auto* graph = std::get_if<onnx::GraphProto>(&value)) {
        attribute.set_type(onnx::AttributeProto::GRAPH);
        *attribute.mutable_g() = *graph;
    } else {
        attribute.set_type(onnx::AttributeProto::TENSOR);
        *attribute.mutable_t() = std::get<onnx::TensorProto>(value);
    }
}

void setType(onnx::ValueInfoProto& value, const std::string& name, DataType type)
{
    value.set_name(name);
    value.mutable_type()->mutable_tensor_type()->set_elem_type(static_cast<std::int32_t>(type));
}

onnx::TensorProto tensorProto(const std::string& name, const Dims& dims, const std::vector<double>& values,
                              DataType type, bool typedData)
{
    onnx::TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(static_cast<std::int32_t>(type));
    for (const std::int64_t dim : dims)
        tensor.add_dims(dim);
    if (static_cast<std::int64_t>(values.size()) != elementCount(dims))
        throw std::logic_error("test: " + name + " has not as many values as its shape says");
    if (!typedData) {
        std::string bytes;
        for (const double value : values)
            appendStored(bytes, type, value);
        tensor.set_raw_data(bytes);
        return tensor;
    }
    for (const double value : values) {
        if (type == DataType::Float)
            tensor.add_float_data(static_cast<float>(value));
        else if (type == DataType::Double)
            tensor.add_double_data(value);
        else if (type == DataType::Int64)
            tensor.add_int64_data(static_cast<std::int64_t>(value));
        else if (type == DataType::Float16 || type == DataType::BFloat16)
            tensor.add_int32_data(static_cast<std::int32_t>(encode(formatOf(type), value)));
        else
            tensor.add_int32_data(static_cast<std::int32_t>(value));
    }
    return tensor;
}

} // namespace pleat::test
