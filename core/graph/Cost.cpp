// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Cost.h"

#include "core/graph/Constants.h"

#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Shape = std::vector<std::uint64_t>;

std::optional<Shape> shapeOf(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    if (value == ValueIndex::None)
        return std::nullopt;
    Shape shape;
    if (const auto constant = constantOf(view, value)) {
        shape.assign(constant->dims.begin(), constant->dims.end());
        return shape;
    }
    const ValueType* type = typeOf(view, value, types);
    if (!type || !type->hasShape)
        return std::nullopt;
    for (std::size_t d = 0; d < type->shape.size(); ++d) {
        const std::int64_t extent = type->shape[d].value;
        if (extent < 0 && d > 0)
            return std::nullopt;
        shape.push_back(extent < 0 ? 1 : static_cast<std::uint64_t>(extent));
    }
    return shape;
}

// The product of shape[first …]; nothing when it does not fit into 64 bits.
std::optional<std::uint64_t> product(const Shape& shape, std::size_t first = 0)
{
    std::uint64_t result = 1;
    for (std::size_t d = first; d < shape.size(); ++d) {
        if (__builtin_mul_overflow(result, shape[d], &result))
            return std::nullopt;
    }
    return result;
}

std::optional<std::uint64_t> times(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b)
{
    std::uint64_t result = 0;
    if (!a || !b || __builtin_mul_overflow(*a, *b, &result))
        return std::nullopt;
    return result;
}

} // namespace

const ValueType* typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const auto scope = types.find(view.scopes()[index(view.scope(value))].path);
    if (scope == types.end())
        return nullptr;
    const auto type = scope->second.find(std::string(view.name(value)));
    return type != scope->second.end() ? &type->second : nullptr;
}

std::optional<std::uint64_t> multiplyAccumulates(const GraphView& view, NodeIndex node,
                                                 const ValueTypes& types)
{
    const std::string_view op = view.op(node);
    const bool convolution = op == "Conv" || op == "ConvTranspose";
    if (!convolution && op != "Gemm" && op != "MatMul")
        return 0;
    const auto data = shapeOf(view, view.input(node, 0), types);
    const auto weight = shapeOf(view, view.input(node, 1), types);
    const auto output = shapeOf(view, view.output(node, 0), types);
    if (convolution) {
        // Every output element of a Conv, and every input element of a ConvTranspose, meets W[1 …] weights.
        const auto& places = op == "Conv" ? output : data;
        return places && weight ? times(product(*places), product(*weight, 1)) : std::nullopt;
    }
    if (op == "Gemm" && output && output->size() == 2 && weight && weight->size() == 2 && output->back() > 0)
        return times((*output)[0], product(*weight));
    if (op == "MatMul" && output && data && !data->empty())
        return times(product(*output), data->back());
    return std::nullopt;
}

std::uint64_t countParameters(const GraphView& view)
{
    std::uint64_t parameters = 0;
    for (std::size_t v = 0; v < view.valueCount(); ++v) {
        const auto value = static_cast<ValueIndex>(v);
        const NodeIndex producer = view.producer(value);
        const bool stored =
            view.initializer(value) || (producer != NodeIndex::None && view.op(producer) == "Constant");
        if (!stored)
            continue;
        if (const Initializer* initializer = view.initializer(value)) {
            const TensorView tensor = tensorView(view.model(), *initializer->proto);
            parameters += isFloating(tensor.type()) ? tensor.elements() : 0;
        } else if (const auto constant = constantOf(view, value);
                   constant && !constant->tensor.dims().empty()) {
            parameters += isFloating(constant->tensor.type()) ? constant->tensor.elements() : 0;
        }
    }
    return parameters;
}

} // namespace pleat
