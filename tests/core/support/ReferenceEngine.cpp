// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/ReferenceEngine.h"

#include "tests/core/support/Numbers.h"
#include "tests/core/support/ReferenceParts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace pleat::test {

using namespace reference;

namespace {

enum class Terms { Signed, Magnitudes };

Array decodeTensor(const onnx::TensorProto& tensor)
{
    Array array{static_cast<DataType>(tensor.data_type()), {tensor.dims().begin(), tensor.dims().end()}, {}};
    const std::string& raw = tensor.raw_data();
    const auto* bytes = reinterpret_cast<const std::byte*>(raw.data());
    if (!hasFormat(array.type)) {
        if (array.type != DataType::Int64)
            throw std::runtime_error("constant of an element type that the reference does not read");
        array.values.assign(tensor.int64_data().begin(), tensor.int64_data().end());
        for (std::size_t i = 0; i + 8 <= raw.size(); i += 8) {
            std::int64_t value = 0;
            std::memcpy(&value, bytes + i, 8);
            array.values.push_back(value);
        }
    } else if (!raw.empty()) {
        array.values = decodeAll(array.type, {bytes, raw.size()});
    } else if (array.type == DataType::Float) {
        array.values.assign(tensor.float_data().begin(), tensor.float_data().end());
    } else if (array.type == DataType::Double) {
        array.values.assign(tensor.double_data().begin(), tensor.double_data().end());
    } else {
        for (const std::int32_t bits : tensor.int32_data())
            array.values.push_back(decode(formatOf(array.type), static_cast<std::uint64_t>(bits)));
    }
    if (array.values.size() != count(array.dims))
        throw std::runtime_error("tensor " + tensor.name() + " has not as many elements as its shape says");
    return array;
}

// Element at `index` of an array that is broadcast from the right (ONNX's multidirectional broadcasting).
long double broadcastAt(const Array& array, const Dims& index)
{
    Dims own(index.end() - static_cast<std::ptrdiff_t>(array.dims.size()), index.end());
    for (std::size_t i = 0; i < own.size(); ++i)
        if (array.dims[i] == 1)
            own[i] = 0;
    return array.values[at(array.dims, own)];
}

Dims broadcastDims(const Dims& a, const Dims& b)
{
    Dims dims = a.size() >= b.size() ? a : b;
    const Dims& shorter = a.size() >= b.size() ? b : a;
    for (std::size_t i = 0; i < shorter.size(); ++i) {
        std::int64_t& dim = dims[dims.size() - shorter.size() + i];
        if (dim == 1)
            dim = shorter[i];
        else if (shorter[i] != 1 && shorter[i] != dim)
            throw std::runtime_error("shapes do not broadcast");
    }
    return dims;
}

// Add, Sub, Mul, Div. Before opset 7 only the second operand is broadcast, lined up at `axis`.
Array arithmetic(const std::string& op, const Attributes& attributes, const Array& a, Array b)
{
    if (attributes.integer("broadcast", 0) != 0) {
        const auto suffix = static_cast<std::int64_t>(a.dims.size() - b.dims.size());
        const std::int64_t axis = attributes.integer("axis", suffix);
        b.dims.resize(a.dims.size() - static_cast<std::size_t>(axis), 1);
    }
    Array y = filled(a, broadcastDims(a.dims, b.dims));
    each(y.dims, [&](const Dims& index) {
        const long double left = broadcastAt(a, index), right = broadcastAt(b, index);
        y.values[at(y.dims, index)] = op == "Add"   ? left + right
                                      : op == "Sub" ? left - right
                                      : op == "Mul" ? left * right
                                                    : left / right;
    });
    return y;
}

// https://onnx.ai/onnx/operators/onnx__Gemm.html
Array gemm(const Attributes& attributes, const Array& a, const Array& b, const Array* c, Terms terms)
{
    const bool transA = attributes.integer("transA", 0) != 0, transB = attributes.integer("transB", 0) != 0;
    const std::int64_t rows = a.dims[transA ? 1 : 0], inner = a.dims[transA ? 0 : 1],
                       columns = b.dims[transB ? 0 : 1];
    long double alpha = attributes.real("alpha", 1), beta = attributes.real("beta", 1);
    if (terms == Terms::Magnitudes) {
        alpha = std::fabs(alpha);
        beta = std::fabs(beta);
    }
    Array y = filled(a, {rows, columns});
    each(y.dims, [&](const Dims& to) {
        long double sum = 0;
        for (std::int64_t k = 0; k < inner; ++k)
            sum += a.values[at(a.dims, transA ? Dims{k, to[0]} : Dims{to[0], k})] *
                   b.values[at(b.dims, transB ? Dims{to[1], k} : Dims{k, to[1]})];
        // β = 0 means that C is not looked at (BLAS), not even where it is NaN.
        y.values[at(y.dims, to)] = alpha * sum + (c && beta != 0 ? beta * broadcastAt(*c, to) : 0);
    });
    return y;
}

Array matMul(const Array& a, const Array& b)
{
    if (a.dims.size() < 2 || b.dims.size() < 2)
        throw std::runtime_error("the reference multiplies no vectors");
    const std::int64_t rows = a.dims[a.dims.size() - 2], inner = a.dims.back(), columns = b.dims.back();
    Dims dims = broadcastDims({a.dims.begin(), a.dims.end() - 2}, {b.dims.begin(), b.dims.end() - 2});
    dims.insert(dims.end(), {rows, columns});
    Array y = filled(a, dims);
    each(dims, [&](const Dims& to) {
        Dims left = to, right = to;
        long double sum = 0;
        for (std::int64_t k = 0; k < inner; ++k) {
            left.back() = k;
            right[right.size() - 2] = k;
            sum += broadcastAt(a, left) * broadcastAt(b, right);
        }
        y.values[at(dims, to)] = sum;
    });
    return y;
}

// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html, with the statistics given.
Array batchNorm(const Attributes& attributes, const Array& x, const std::vector<const Array*>& in,
                long double meanSign)
{
    if (attributes.integer("training_mode", 0) != 0)
        throw std::runtime_error("the reference does not train");
    const long double epsilon = attributes.real("epsilon", 1e-5f);
    Array y = x;
    each(x.dims, [&](const Dims& index) {
        const auto c = static_cast<std::size_t>(index.size() > 1 ? index[1] : 0);
        const std::size_t position = at(x.dims, index);
        y.values[position] = (x.values[position] - meanSign * in[3]->values[c]) /
                                 std::sqrt(in[4]->values[c] + epsilon) * in[1]->values[c] +
                             in[2]->values[c];
    });
    return y;
}

Array transpose(const Array& x, Dims permutation)
{
    for (std::size_t i = x.dims.size(); permutation.size() < x.dims.size(); --i)
        permutation.push_back(static_cast<std::int64_t>(i) - 1);
    Dims dims;
    for (const std::int64_t axis : permutation)
        dims.push_back(x.dims[static_cast<std::size_t>(axis)]);
    Array y = filled(x, dims);
    each(dims, [&](const Dims& to) {
        Dims from(to.size());
        for (std::size_t i = 0; i < to.size(); ++i)
            from[static_cast<std::size_t>(permutation[i])] = to[i];
        y.values[at(dims, to)] = x.values[at(x.dims, from)];
    });
    return y;
}

Array reshape(Array x, const Array& shape)
{
    Dims dims;
    std::int64_t known = 1;
    for (std::size_t i = 0; i < shape.values.size(); ++i) {
        const auto dim = static_cast<std::int64_t>(shape.values[i]);
        dims.push_back(dim == 0 ? x.dims[i] : dim);
        known *= dims.back() == -1 ? 1 : dims.back();
    }
    for (std::int64_t& dim : dims)
        dim = dim == -1 ? static_cast<std::int64_t>(x.values.size()) / known : dim;
    x.dims = dims;
    return x;
}

Array flatten(Array x, std::int64_t axis)
{
    const Dims outer(x.dims.begin(), x.dims.begin() + axis);
    const auto rows = static_cast<std::int64_t>(count(outer));
    x.dims = {rows, static_cast<std::int64_t>(x.values.size()) / rows};
    return x;
}

Array constantOf(const Attributes& attributes)
{
    if (const auto* tensor = attributes.find("value"))
        return decodeTensor(tensor->t());
    if (const auto* floats = attributes.find("value_floats"))
        return {DataType::Float, {floats->floats_size()}, {floats->floats().begin(), floats->floats().end()}};
    if (const auto* single = attributes.find("value_float"))
        return {DataType::Float, {}, {single->f()}};
    throw std::runtime_error("the reference does not know this form of Constant");
}

// The operator whose result bounds the magnitudes of `node`'s terms: nothing is subtracted.
std::string operatorFor(const onnx::NodeProto& node, Terms terms)
{
    return terms == Terms::Magnitudes && node.op_type() == "Sub" ? "Add" : node.op_type();
}

void makePositive(Array& array)
{
    for (long double& value : array.values)
        value = std::fabs(value);
}

Array evaluate(const onnx::NodeProto& node, const std::vector<const Array*>& in, Terms terms)
{
    const Attributes attributes(node);
    const std::string op = operatorFor(node, terms);
    const Array* third = in.size() > 2 ? in[2] : nullptr;
    if (op == "Conv")
        return conv(attributes, *in[0], *in[1], third);
    if (op == "ConvTranspose")
        return convTranspose(attributes, *in[0], *in[1], third);
    if (op == "Gemm")
        return gemm(attributes, *in[0], *in[1], third, terms);
    if (op == "MatMul")
        return matMul(*in[0], *in[1]);
    if (op == "BatchNormalization")
        return batchNorm(attributes, *in[0], in, terms == Terms::Magnitudes ? -1 : 1);
    if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div")
        return arithmetic(op, attributes, *in[0], *in[1]);
    if (op == "Constant")
        return constantOf(attributes);
    if (op == "Transpose")
        return transpose(*in[0], attributes.integers("perm", {}));
    if (op == "Reshape")
        return reshape(*in[0], *in[1]);
    if (op == "Flatten")
        return flatten(*in[0], attributes.integer("axis", 1));
    Array y = *in[0];
    if (op == "Relu")
        std::transform(y.values.begin(), y.values.end(), y.values.begin(),
                       [](long double value) { return std::max(value, 0.0L); });
    else if (op == "Cast")
        y.type = static_cast<DataType>(attributes.integer("to", 1));
    else if (op != "Identity")
        throw std::runtime_error("the reference does not know " + op);
    return y;
}

tl::expected<Arrays, std::string> run(const onnx::ModelProto& model, const Arrays& inputs, Terms terms)
try {
    Arrays values = inputs;
    for (const auto& initializer : model.graph().initializer())
        values[initializer.name()] = decodeTensor(initializer);
    // Shapes are integers and stay what they are.
    const auto settle = [&](Array& array) {
        if (terms == Terms::Magnitudes && hasFormat(array.type))
            makePositive(array);
    };
    for (auto& [name, array] : values)
        settle(array);
    for (const auto& node : model.graph().node()) {
        std::vector<const Array*> in;
        for (const std::string& name : node.input())
            in.push_back(name.empty() ? nullptr : &values.at(name));
        Array result = evaluate(node, in, terms);
        settle(result);
        values[node.output(0)] = std::move(result);
    }
    Arrays outputs;
    for (const auto& output : model.graph().output())
        outputs[output.name()] = values.at(output.name());
    return outputs;
} catch (const std::exception& problem) {
    return tl::make_unexpected(std::string("by definition: ") + problem.what());
}

} // namespace

tl::expected<Arrays, std::string> runByDefinition(const onnx::ModelProto& model, const Arrays& inputs)
{
    return run(model, inputs, Terms::Signed);
}

tl::expected<Arrays, std::string> magnitudes(const onnx::ModelProto& model, const Arrays& inputs)
{
    return run(model, inputs, Terms::Magnitudes);
}

} // namespace pleat::test
