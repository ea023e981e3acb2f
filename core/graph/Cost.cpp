// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Cost.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Shape = std::vector<std::uint64_t>;

// The batch axis counts as 1 where it is not a number, and `batchIsOne` is set then.
std::optional<Shape> shapeOf(const GraphView& view, ValueIndex value, const ValueTypes& types,
                             std::size_t batch, bool& batchIsOne)
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
        if (extent < 0 && d != batch)
            return std::nullopt;
        batchIsOne = batchIsOne || extent < 0;
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

std::optional<std::uint64_t> plus(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b)
{
    std::uint64_t result = 0;
    if (!a || !b || __builtin_add_overflow(*a, *b, &result))
        return std::nullopt;
    return result;
}

// The multiply-accumulates of one node, by what its operator does.
class Counter final {
public:
    Counter(const GraphView& view, NodeIndex node, const ValueTypes& types)
        : m_view(view),
          m_node(node),
          m_types(types)
    {
    }

    using Count = std::optional<std::uint64_t>;

    Count count()
    {
        const std::string_view op = m_view.op(m_node);
        if (op == "Conv" || op == "ConvInteger" || op == "DeformConv" || op == "FusedConv")
            return convolution(output(), 1);
        if (op == "QLinearConv")
            return convolution(output(), 3);
        if (op == "ConvTranspose")
            return convolution(input(0), 1);
        if (op == "Gemm")
            return gemm();
        if (op == "MatMul" || op == "MatMulInteger" || op == "QLinearMatMul" ||
            op == "DynamicQuantizeMatMul" || op == "MatMulIntegerToFloat")
            return matMul();
        if (op == "LSTM" || op == "GRU" || op == "RNN")
            return recurrent();
        if (op == "Einsum")
            return einsum();
        if (op == "Attention" && m_view.domain(m_node).empty())
            return attention();
        // They multiply, but how much is not told by their shapes alone.
        if (op == "Attention" || op == "MultiHeadAttention" || op == "GroupQueryAttention" || op == "QGemm" ||
            op == "MatMulNBits" || op == "FusedMatMul" || op == "QAttention")
            return std::nullopt;
        return 0;
    }

    bool batchIsOne() const { return m_batchIsOne; }

private:
    std::optional<Shape> input(std::size_t slot, std::size_t batch = 0)
    {
        return shapeOf(m_view, m_view.input(m_node, slot), m_types, batch, m_batchIsOne);
    }

    std::optional<Shape> output()
    {
        return shapeOf(m_view, m_view.output(m_node, 0), m_types, 0, m_batchIsOne);
    }

    // Every output element of a Conv, and every input element of a ConvTranspose, meets W[1 …] weights.
    Count convolution(const std::optional<Shape>& places, std::size_t weightSlot)
    {
        const auto weight = input(weightSlot);
        return places && weight ? times(product(*places), product(*weight, 1)) : std::nullopt;
    }

    Count gemm()
    {
        const auto made = output(), weight = input(1);
        if (!made || made->size() != 2 || !weight || weight->size() != 2 || made->back() == 0)
            return std::nullopt;
        return times((*made)[0], product(*weight));
    }

    Count matMul()
    {
        const auto made = output(), data = input(0);
        return made && data && !data->empty() ? times(product(*made), data->back()) : std::nullopt;
    }

    // Each step of each sequence meets all of W and R once.
    Count recurrent()
    {
        const bool batchFirst = intAttribute(m_view.proto(m_node), "layout", 0) != 0;
        const auto data = input(0, batchFirst ? 0 : 1), weight = input(1), recurrence = input(2);
        if (!data || data->size() != 3 || !weight || !recurrence)
            return std::nullopt;
        return times(times((*data)[0], (*data)[1]), plus(product(*weight), product(*recurrence)));
    }

    // Two operands: each combination of the positions of all letters is one multiplication.
    Count einsum()
    {
        const std::size_t operands = m_view.inputs(m_node).size();
        if (operands < 2)
            return 0;
        std::string equation = stringAttribute(m_view.proto(m_node), "equation", "");
        std::erase(equation, ' ');
        if (operands > 2 || equation.find('.') != std::string::npos)
            return std::nullopt;
        const std::string_view terms = std::string_view(equation).substr(0, equation.find("->"));
        const std::size_t comma = terms.find(',');
        if (comma == std::string_view::npos)
            return std::nullopt;
        std::map<char, std::uint64_t> sizes;
        const std::string_view letters[] = {terms.substr(0, comma), terms.substr(comma + 1)};
        for (std::size_t slot = 0; slot < 2; ++slot) {
            const auto shape = input(slot);
            if (!shape || shape->size() != letters[slot].size())
                return std::nullopt;
            for (std::size_t d = 0; d < shape->size(); ++d) {
                std::uint64_t& size = sizes[letters[slot][d]];
                size = std::max(size, (*shape)[d]);
            }
        }
        Count all = 1;
        for (const auto& [letter, size] : sizes)
            all = times(all, size);
        return all;
    }

    // Queries meet keys, and what comes of it the values: B·H·L·S·(E + Ev).
    Count attention()
    {
        const auto query = input(0), key = input(1), value = input(2);
        if (!query || !key || !value || m_view.input(m_node, 4) != ValueIndex::None ||
            query->size() != key->size() || query->size() != value->size())
            return std::nullopt; // with a past, its length counts too
        const onnx::NodeProto& proto = m_view.proto(m_node);
        if (query->size() == 4)
            return times(times(product({(*query)[0], (*query)[1], (*query)[2]}), (*key)[2]),
                         plus(query->back(), value->back()));
        const std::int64_t heads = intAttribute(proto, "q_num_heads", 0),
                           valueHeads = intAttribute(proto, "kv_num_heads", 0);
        if (query->size() != 3 || heads <= 0 || valueHeads <= 0)
            return std::nullopt;
        const Count valueSize =
            times(value->back() / static_cast<std::uint64_t>(valueHeads), static_cast<std::uint64_t>(heads));
        return times(times(product({(*query)[0], (*query)[1]}), (*key)[1]), plus(query->back(), valueSize));
    }

    const GraphView& m_view;
    NodeIndex m_node;
    const ValueTypes& m_types;
    bool m_batchIsOne = false;
};

} // namespace

const ValueType* typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const auto scope = types.find(view.scopes()[index(view.scope(value))].path);
    if (scope == types.end())
        return nullptr;
    const auto type = scope->second.find(std::string(view.name(value)));
    return type != scope->second.end() ? &type->second : nullptr;
}

Work workOf(const GraphView& view, NodeIndex node, const ValueTypes& types)
{
    Counter counter(view, node, types);
    Work work;
    work.macs = counter.count();
    work.batchIsOne = work.macs.value_or(0) > 0 && counter.batchIsOne();
    return work;
}

std::map<DataType, std::uint64_t> countParameters(const GraphView& view)
{
    std::map<DataType, std::uint64_t> parameters;
    for (std::size_t v = 0; v < view.valueCount(); ++v) {
        const auto value = static_cast<ValueIndex>(v);
        const NodeIndex producer = view.producer(value);
        if (const Initializer* initializer = view.initializer(value)) {
            const TensorView tensor = tensorView(view.model(), initializer->tensor);
            parameters[tensor.type()] += tensor.elements();
        } else if (producer != NodeIndex::None && view.op(producer) == "Constant") {
            const auto constant = constantOf(view, value);
            if (constant && !constant->tensor.dims().empty())
                parameters[constant->tensor.type()] += constant->tensor.elements();
        }
    }
    return parameters;
}

} // namespace pleat
