// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Cost.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Shape = std::vector<std::uint64_t>;

// Operators of ONNX Runtime's own domain that multiply by more than their shapes tell.
bool multipliesInItsOwnWay(std::string_view op)
{
    static constexpr std::string_view ops[] = {
        "DynamicQuantizeLSTM",  "GemmFastGelu", "GemmFloat8",     "MoE",
        "QLinearConvTranspose", "QMoE",         "QOrderedMatMul", "SparseToDenseMatMul"};
    return op.ends_with("Attention") || op.ends_with("Search") || op.starts_with("MatMul") ||
           std::ranges::find(ops, op) != std::end(ops);
}

// The multiply-accumulates of one node, by what its operator does.
class Counter final {
public:
    Counter(const GraphView& view, NodeIndex node, const ValueTypes& types, const Shapes& shapes)
        : m_view(view),
          m_node(node),
          m_types(types),
          m_shapes(shapes)
    {
    }

    using Count = std::optional<std::uint64_t>;

    Count count()
    {
        const std::string_view op = m_view.op(m_node), domain = m_view.domain(m_node);
        if (domain.empty())
            return ofOnnx(op);
        if (domain == "com.microsoft")
            return ofRuntime(op);
        if (domain == "ai.onnx.ml" && !op.starts_with("Linear") && !op.starts_with("SVM"))
            return 0;
        return notByShapes();
    }

    bool batchIsOne() const { return m_batchIsOne; }
    WorkGap gap() const { return m_gap; }

private:
    Count ofOnnx(std::string_view op)
    {
        if (op == "Conv" || op == "ConvInteger")
            return convolution(output(), 1);
        if (op == "DeformConv")
            return deformed();
        if (op == "QLinearConv")
            return convolution(output(), 3);
        if (op == "ConvTranspose")
            return convolution(input(0), 1);
        if (op == "Gemm")
            return gemm(1);
        if (op == "MatMul" || op == "MatMulInteger" || op == "QLinearMatMul")
            return matMul();
        if (op == "LSTM" || op == "GRU" || op == "RNN")
            return recurrent();
        if (op == "Einsum")
            return einsum();
        return op == "Attention" ? attention() : 0;
    }

    // ONNX Runtime's: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
    Count ofRuntime(std::string_view op)
    {
        if (op == "FusedConv" || op == "NhwcFusedConv")
            return convolution(output(), 1);
        if (op == "QLinearConv")
            return convolution(output(), 3);
        if (op == "FusedGemm")
            return gemm(1);
        if (op == "QGemm")
            return gemm(3);
        if (op == "DynamicQuantizeMatMul" || op == "MatMulIntegerToFloat")
            return matMul();
        return multipliesInItsOwnWay(op) || op == "FusedMatMul" || op == "TransposeMatMul" ? notByShapes()
                                                                                           : 0;
    }

    Count notByShapes()
    {
        m_gap = WorkGap::Operator;
        return std::nullopt;
    }

    // The batch axis counts as 1 where it is not a number.
    std::optional<Shape> shapeOf(ValueIndex value, std::size_t batch)
    {
        const auto sizes = knownSizes(m_view, value, m_types, m_shapes);
        if (!sizes)
            return std::nullopt;
        Shape shape;
        for (std::size_t d = 0; d < sizes->size(); ++d) {
            const std::int64_t extent = (*sizes)[d];
            if (extent < 0 && d != batch)
                return std::nullopt;
            m_batchIsOne = m_batchIsOne || extent < 0;
            shape.push_back(extent < 0 ? 1 : static_cast<std::uint64_t>(extent));
        }
        return shape;
    }

    std::optional<Shape> input(std::size_t slot, std::size_t batch = 0)
    {
        return shapeOf(m_view.input(m_node, slot), batch);
    }

    std::optional<Shape> output() { return shapeOf(m_view.output(m_node, 0), 0); }

    Count times(Count a, Count b)
    {
        std::uint64_t result = 0;
        if (!a || !b)
            return std::nullopt;
        if (!__builtin_mul_overflow(*a, *b, &result))
            return result;
        m_gap = WorkGap::TooLarge;
        return std::nullopt;
    }

    Count plus(Count a, Count b)
    {
        std::uint64_t result = 0;
        if (!a || !b)
            return std::nullopt;
        if (!__builtin_add_overflow(*a, *b, &result))
            return result;
        m_gap = WorkGap::TooLarge;
        return std::nullopt;
    }

    // The product of shape[first …].
    Count product(const Shape& shape, std::size_t first = 0)
    {
        if (std::ranges::find(shape, 0U) != shape.end())
            return 0;
        Count result = 1;
        for (std::size_t d = first; d < shape.size(); ++d)
            result = times(result, shape[d]);
        return result;
    }

    // Every output element of a Conv, and every input element of a ConvTranspose, meets W[1 …] weights.
    Count convolution(const std::optional<Shape>& places, std::size_t weightSlot)
    {
        const auto weight = input(weightSlot);
        return places && weight ? times(product(*places), product(*weight, 1)) : std::nullopt;
    }

    // The offsets have the places of the output, whose shape older libraries do not know: [N, …, oH, oW].
    Count deformed()
    {
        const auto weight = input(1), offsets = input(2);
        if (!weight || weight->empty() || !offsets || offsets->size() < 3)
            return convolution(output(), 1);
        const Count places = times(offsets->front(), product(*offsets, 2));
        return times(places, product(*weight));
    }

    Count gemm(std::size_t weightSlot)
    {
        const auto made = output(), weight = input(weightSlot);
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
        const std::string_view terms = std::string_view(equation).substr(0, equation.find("->"));
        const std::size_t comma = terms.find(',');
        if (operands > 2 || comma == std::string_view::npos)
            return notByShapes();
        std::map<std::int64_t, std::uint64_t> sizes; // by letter, or by the axis from the end of "..."
        const std::string_view letters[] = {terms.substr(0, comma), terms.substr(comma + 1)};
        for (std::size_t slot = 0; slot < 2; ++slot) {
            const auto shape = input(slot);
            const auto axes = shape ? axesOf(letters[slot], shape->size()) : std::nullopt;
            if (!axes)
                return std::nullopt;
            for (std::size_t d = 0; d < shape->size(); ++d) {
                std::uint64_t& size = sizes[(*axes)[d]];
                size = std::max(size, (*shape)[d]);
            }
        }
        Count all = 1;
        for (const auto& [letter, size] : sizes)
            all = times(all, size);
        return all;
    }

    // What stands for each axis of an operand in an equation: its letter, or, for those behind "...", the
    // axis counted from the end of them: −1, −2, …, since they are broadcast. Nothing where the rank does not
    // fit.
    static std::optional<std::vector<std::int64_t>> axesOf(std::string_view term, std::size_t rank)
    {
        constexpr std::string_view dots = "...";
        const std::size_t at = term.find(dots), letters = term.size() - (at == term.npos ? 0 : dots.size());
        if (letters > rank || (at == term.npos && letters != rank))
            return std::nullopt;
        std::vector<std::int64_t> axes;
        for (std::size_t t = 0; t < term.size(); ++t) {
            if (t != at) {
                axes.push_back(term[t]);
                continue;
            }
            for (std::size_t left = rank - letters; left > 0; --left)
                axes.push_back(-static_cast<std::int64_t>(left));
            t += dots.size() - 1;
        }
        return axes;
    }

    // Queries meet keys, and what comes of it the values: B·H·L·S·(E + Ev).
    Count attention()
    {
        const auto query = input(0), key = input(1), value = input(2);
        if (m_view.input(m_node, 4) != ValueIndex::None)
            return notByShapes(); // with a past, its length counts too
        if (!query || !key || !value || query->size() != key->size() || query->size() != value->size())
            return std::nullopt;
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
    const Shapes& m_shapes;
    bool m_batchIsOne = false;
    WorkGap m_gap = WorkGap::Shapes;
};

} // namespace

std::optional<KnownShape> knownSizes(const GraphView& view, ValueIndex value, const ValueTypes& types,
                                     const Shapes& shapes)
{
    if (value == ValueIndex::None)
        return std::nullopt;
    if (const auto constant = constantOf(view, value))
        return constant->dims;
    const KnownShape* derived = shapes.of(value);
    std::optional<KnownShape> sizes = derived ? std::optional(*derived) : std::nullopt;
    const ValueType* type = typeOf(view, value, types);
    if (!type || !type->hasShape || (sizes && sizes->size() != type->shape.size()))
        return sizes;
    if (!sizes)
        sizes.emplace(type->shape.size(), unknownSize);
    for (std::size_t d = 0; d < sizes->size(); ++d) {
        if ((*sizes)[d] < 0)
            (*sizes)[d] = type->shape[d].value;
    }
    return sizes;
}

const ValueType* typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const auto scope = types.find(view.scopes()[index(view.scope(value))].path);
    if (scope == types.end())
        return nullptr;
    const auto type = scope->second.find(std::string(view.name(value)));
    return type != scope->second.end() ? &type->second : nullptr;
}

Work workOf(const GraphView& view, NodeIndex node, const ValueTypes& types, const Shapes& shapes)
{
    Counter counter(view, node, types, shapes);
    Work work;
    work.macs = counter.count();
    work.gap = counter.gap();
    work.batchIsOne = work.macs.value_or(0) > 0 && counter.batchIsOne();
    return work;
}

std::map<DataType, std::uint64_t> countParameters(const GraphView& view)
{
    std::map<DataType, std::uint64_t> parameters;
    const auto add = [&](std::span<const Payload> payloads, const onnx::TensorProto& proto) {
        const TensorView tensor = tensorView(payloads, proto);
        parameters[tensor.type()] += tensor.elements();
    };
    for (const Scope& scope : view.scopes()) {
        for (const onnx::SparseTensorProto& sparse : scope.graph->header->sparse_initializer())
            add(scope.graph->payloads, sparse.values());
    }
    for (std::size_t v = 0; v < view.valueCount(); ++v) {
        const auto value = static_cast<ValueIndex>(v);
        const NodeIndex producer = view.producer(value);
        if (const Initializer* initializer = view.initializer(value)) {
            const TensorView tensor = tensorView(initializer->tensor);
            parameters[tensor.type()] += tensor.elements();
        } else if (producer != NodeIndex::None && view.op(producer) == "Constant") {
            if (const auto* sparse = attribute(view.proto(producer), "sparse_value"))
                add(view.payloads(producer), sparse->sparse_tensor().values());
            const auto constant = constantOf(view, value);
            if (constant && !constant->tensor.dims().empty())
                parameters[constant->tensor.type()] += constant->tensor.elements();
        }
    }
    return parameters;
}

} // namespace pleat
