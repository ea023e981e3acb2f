// SPDX-License-Identifier: GPL-3.0-or-later
// Batch norms that cannot be folded, written so that a runtime has less to do with them (Fold.h).
#include "core/fold/NewConstants.h"

#include "core/graph/Attributes.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <cmath>

namespace pleat {

namespace {

// The element types of all values, derived once, each from the operator that makes the value: that of its
// first input, mostly. An operator whose result has another type than its first input (Shape, Where, a
// comparison) leads to no floating type.
class ElementTypes final {
public:
    explicit ElementTypes(const GraphView& view) : m_types(view.valueCount(), DataType::Undefined)
    {
        for (std::size_t s = 0; s < view.scopes().size(); ++s) {
            const auto scope = static_cast<ScopeIndex>(s);
            for (const onnx::ValueInfoProto& input : view.scopes()[s].graph->header->input())
                set(view.find(scope, input.name()),
                    static_cast<DataType>(input.type().tensor_type().elem_type()));
            for (const Initializer& initializer : view.scopes()[s].graph->initializers) {
                const ValueIndex value = view.find(scope, initializer.tensor.name());
                if (const auto constant = constantOf(view, value))
                    set(value, constant->type);
            }
            for (const NodeIndex node : view.topological(scope)) {
                for (const ValueIndex output : view.outputs(node))
                    set(output, made(view, node, output));
            }
        }
    }

    DataType of(ValueIndex value) const
    {
        return value == ValueIndex::None ? DataType::Undefined : m_types[index(value)];
    }

private:
    DataType made(const GraphView& view, NodeIndex node, ValueIndex output) const
    {
        if (const auto constant = constantOf(view, output))
            return constant->type;
        if (!view.domain(node).empty())
            return DataType::Undefined;
        if (view.op(node) == "Cast")
            return static_cast<DataType>(intAttribute(view.proto(node), "to", 0));
        return of(view.input(node, view.op(node) == "CastLike" ? 1 : 0));
    }

    void set(ValueIndex value, DataType type)
    {
        if (value != ValueIndex::None)
            m_types[index(value)] = type;
    }

    std::vector<DataType> m_types;
};

class Canonicalizer final {
public:
    explicit Canonicalizer(const std::shared_ptr<const GraphView>& view)
        : m_view(*view),
          m_shapes(m_view),
          m_types(m_view),
          m_rewriter(view),
          m_constants(m_view, m_rewriter)
    {
    }

    // False when the batch norm cannot be read, or its numbers would become infinite: then it stays as it is.
    bool canonicalize(NodeIndex node, Rest rest)
    {
        const auto step = readAffine({m_view, m_shapes, false, false, node}, node);
        if (!step || !isFiniteInType(node, 1, step->affine.s) || !isFiniteInType(node, 2, step->affine.t))
            return false;
        const auto rank = m_shapes.rank(m_view.input(node, 0));
        if (rest == Rest::MulAdd && rank && *rank >= 2 && opsetOf(m_view, node) >= 7 && hasTypeOfData(node))
            becomeMulAdd(node, step->affine, *rank);
        else
            normalise(node, step->affine);
        return true;
    }

    Model apply() const { return m_rewriter.apply(); }

private:
    // Mul and Add take operands of one type; from opset 15 on a batch norm's parameters may have another than
    // its data.
    bool hasTypeOfData(NodeIndex node) const
    {
        const auto scale = constantOf(m_view, m_view.input(node, 1)),
                   shift = constantOf(m_view, m_view.input(node, 2));
        return scale && shift && scale->type == shift->type &&
               (opsetOf(m_view, node) < 15 || scale->type == m_types.of(m_view.input(node, 0)));
    }

    // Whether the numbers can be written in the type of the parameter in `slot`.
    bool isFiniteInType(NodeIndex node, std::size_t slot, const std::vector<double>& numbers) const
    {
        const auto parameter = constantOf(m_view, m_view.input(node, slot));
        return parameter && std::ranges::all_of(numbers, [&](double number) {
                   return std::isfinite(rounded(parameter->type, number));
               });
    }

    void normalise(NodeIndex node, const Affine& affine)
    {
        const std::size_t channels = affine.channels();
        const std::vector<std::int64_t> dims{static_cast<std::int64_t>(channels)};
        m_constants.replace(node, 1, affine.s, dims);
        m_constants.replace(node, 2, affine.t, dims);
        m_constants.replace(node, 3, std::vector<double>(channels, 0.0), dims);
        m_constants.replace(node, 4, std::vector<double>(channels, 1.0), dims);
        onnx::NodeProto& batchNorm = m_rewriter.change(node);
        auto& attributes = *batchNorm.mutable_attribute();
        const auto found = std::ranges::find(attributes, "epsilon", &onnx::AttributeProto::name);
        onnx::AttributeProto& epsilon = found != attributes.end() ? *found : *batchNorm.add_attribute();
        epsilon.set_name("epsilon");
        epsilon.set_type(onnx::AttributeProto::FLOAT);
        epsilon.set_f(0);
    }

    // The batch norm's node becomes the Mul and keeps its name; the Add makes its output.
    void becomeMulAdd(NodeIndex node, const Affine& affine, std::size_t rank)
    {
        std::vector<std::int64_t> dims(rank - 1, 1); // [C, 1, …], lined up with axis 1
        dims.front() = static_cast<std::int64_t>(affine.channels());
        const std::string scale = m_constants.replace(node, 1, affine.s, dims);
        const std::string shift = m_constants.replace(node, 2, affine.t, dims);
        onnx::NodeProto& mul = m_rewriter.change(node);
        onnx::NodeProto add;
        add.set_op_type("Add");
        if (!mul.name().empty())
            add.set_name(m_rewriter.uniqueName(mul.name() + "_shift"));
        add.add_output(mul.output(0));
        const std::string data = mul.input(0), scaled = m_rewriter.uniqueName(mul.output(0) + "_scaled");
        mul.set_op_type("Mul");
        mul.clear_attribute();
        mul.clear_input();
        mul.add_input(data);
        mul.add_input(scale);
        mul.clear_output();
        mul.add_output(scaled);
        add.add_input(scaled);
        add.add_input(shift);
        m_rewriter.insertAfter(node, std::move(add));
    }

    const GraphView& m_view;
    Shapes m_shapes;
    ElementTypes m_types;
    Rewriter m_rewriter;
    NewConstants m_constants;
};

} // namespace

Result<void> canonicalizeRest(FoldOutcome& outcome, Rest rest)
{
    const auto view = GraphView::of(outcome.after);
    Canonicalizer canonicalizer(view);
    bool changed = false;
    for (FoldedPair& pair : outcome.pairs) {
        for (const NodeRef& member : pair.candidate.affine) {
            const NodeIndex node = view->find(member.id);
            if (pair.folded || node == NodeIndex::None || !isBatchNorm(*view, node))
                continue;
            pair.canonicalized = canonicalizer.canonicalize(node, rest) || pair.canonicalized;
            changed = changed || pair.canonicalized;
        }
    }
    if (changed)
        outcome.after = canonicalizer.apply();
    return {};
}

} // namespace pleat
