// SPDX-License-Identifier: GPL-3.0-or-later
// A normalisation that an exporter wrote in single steps is put back together. With m = mean(x), d = x − m
// and v = mean(d²), means over the same axes,
//   γ·d/√(v + ε) + β
// is LayerNormalization-17 where the axes are the last ones and γ and β have a number for each position of
// these, and InstanceNormalization-6 where they are all but the first two and γ and β have one for each
// channel (their operator pages). d² is Pow(d, 2) or d·d; dividing by the root, or multiplying by its
// reciprocal, is the same, and d may be computed twice; γ or β may be absent. The variance of the operators
// is the same mean of squares. Engines add up in another order, in float also for float16, so that results
// differ in the last places. ε becomes an attribute, which is a float: another one stays. In float and
// float16, for which engines have both operators.
#include "core/graph/Attributes.h"
#include "core/graph/Opsets.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/ConstantOperand.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t mostNormalized = std::int64_t{1} << 20; // numbers of a γ that is made of ones

// The steps that were found, with what they compute with.
struct NormSteps {
    std::vector<NodeIndex> nodes; // the last one first
    ValueIndex x = ValueIndex::None;
    std::vector<std::size_t> axes;
    float epsilon = 0;
    std::optional<Numbers> gamma, beta;
};

class NormFinder final {
public:
    explicit NormFinder(const Round& round) : m_view(round.view()), m_shapes(round.shapes()) {}

    // The steps around a square root.
    std::optional<NormSteps> find(NodeIndex root)
    {
        m_steps = {};
        if (!findVariance(root) || !findQuotient(root))
            return std::nullopt;
        findScaleAndShift();
        m_steps.nodes.push_back(root);
        std::ranges::reverse(m_after);
        m_steps.nodes.insert(m_steps.nodes.begin(), m_after.begin(), m_after.end());
        std::ranges::sort(m_steps.nodes.begin() + std::ssize(m_after), m_steps.nodes.end());
        const auto repeated = std::unique(m_steps.nodes.begin(), m_steps.nodes.end());
        m_steps.nodes.erase(repeated, m_steps.nodes.end());
        return isClosed() ? std::optional(m_steps) : std::nullopt;
    }

private:
    bool is(NodeIndex node, std::string_view op) const
    {
        return node != NodeIndex::None && m_view.op(node) == op && m_view.domain(node).empty() &&
               opsetOf(m_view, node) >= 7 && !refersToCall(m_view.proto(node)) &&
               m_view.outputs(node).size() == 1;
    }
    NodeIndex makerOf(NodeIndex node, std::size_t slot) const
    {
        return m_view.producer(m_view.input(node, slot));
    }
    ValueIndex made(NodeIndex node) const { return m_view.output(node, 0); }

    std::optional<double> scalarIn(ValueIndex value) const
    {
        const auto constant = constantOf(m_view, value);
        if (!constant || !isFoldable(constant->type) || elementCount(constant->dims) != 1)
            return std::nullopt;
        const auto numbers = numbersOf(*constant);
        return numbers ? std::optional(numbers->reals().front()) : std::nullopt;
    }

    // mean over axes that stay as 1: its operand.
    ValueIndex meanOf(NodeIndex node, std::vector<std::size_t>& axes) const
    {
        if (!is(node, "ReduceMean") || intAttribute(m_view.proto(node), "keepdims", 1) == 0)
            return ValueIndex::None;
        const ValueIndex data = m_view.input(node, 0);
        const auto given = intsOrInput(m_view, node, "axes", 1);
        const auto rank = m_shapes.rank(data);
        if (!given || given->empty() || !rank)
            return ValueIndex::None;
        for (const std::int64_t axis : *given) {
            const std::int64_t front = axis < 0 ? axis + static_cast<std::int64_t>(*rank) : axis;
            if (front < 0 || front >= static_cast<std::int64_t>(*rank))
                return ValueIndex::None;
            axes.push_back(static_cast<std::size_t>(front));
        }
        std::ranges::sort(axes);
        return data;
    }

    // x − mean(x), over the axes that are known already.
    bool isDeviation(NodeIndex node)
    {
        if (!is(node, "Sub"))
            return false;
        std::vector<std::size_t> axes;
        const NodeIndex mean = makerOf(node, 1);
        const ValueIndex x = meanOf(mean, axes);
        if (x == ValueIndex::None || x != m_view.input(node, 0) || axes != m_steps.axes ||
            (m_steps.x != ValueIndex::None && m_steps.x != x))
            return false;
        m_steps.x = x;
        m_steps.nodes.push_back(node);
        m_steps.nodes.push_back(mean);
        return true;
    }

    // √(mean(d²) + ε)
    bool findVariance(NodeIndex root)
    {
        m_after.clear();
        const NodeIndex add = makerOf(root, 0);
        if (!is(root, "Sqrt") || !is(add, "Add"))
            return false;
        for (const std::size_t slot : {std::size_t{0}, std::size_t{1}}) {
            const NodeIndex mean = makerOf(add, slot);
            const ValueIndex squares = meanOf(mean, m_steps.axes);
            const auto epsilon =
                squares == ValueIndex::None ? std::nullopt : scalarIn(m_view.input(add, 1 - slot));
            if (!epsilon) {
                m_steps.axes.clear();
                continue;
            }
            m_steps.epsilon = static_cast<float>(*epsilon);
            const NodeIndex square = m_view.producer(squares);
            const bool isSquare = (is(square, "Pow") && scalarIn(m_view.input(square, 1)) == 2.0) ||
                                  (is(square, "Mul") && m_view.input(square, 0) == m_view.input(square, 1));
            if (!isSquare || static_cast<double>(m_steps.epsilon) != *epsilon || !(*epsilon >= 0) ||
                !isDeviation(makerOf(square, 0)))
                return false;
            m_steps.nodes.insert(m_steps.nodes.end(), {add, mean, square});
            return true;
        }
        return false;
    }

    NodeIndex onlyReader(NodeIndex node) const
    {
        const auto uses = m_view.uses(made(node));
        return uses.size() == 1 && isReadOnlyBy(m_view, made(node), uses.front().node) ? uses.front().node
                                                                                       : NodeIndex::None;
    }

    // d/√… or d·(1/√…)
    bool findQuotient(NodeIndex root)
    {
        NodeIndex reader = onlyReader(root);
        if (is(reader, "Div") && makerOf(reader, 1) == root && isDeviation(makerOf(reader, 0))) {
            m_after.push_back(reader);
            return true;
        }
        const bool inverts = is(reader, "Reciprocal") || (is(reader, "Div") && makerOf(reader, 1) == root &&
                                                          scalarIn(m_view.input(reader, 0)) == 1.0);
        const NodeIndex product = inverts ? onlyReader(reader) : NodeIndex::None;
        if (!is(product, "Mul"))
            return false;
        const std::size_t other = makerOf(product, 0) == reader ? 1 : 0;
        if (!isDeviation(makerOf(product, other)))
            return false;
        m_steps.nodes.push_back(reader);
        m_after.push_back(product);
        return true;
    }

    void findScaleAndShift()
    {
        const auto take = [&](const char* op, std::optional<Numbers>& into) {
            const NodeIndex reader = onlyReader(m_after.back());
            const auto operand = is(reader, op) ? constantOperand(m_view, reader) : std::nullopt;
            if (!operand || elementCount(operand->constant.dims) > static_cast<std::size_t>(mostNormalized))
                return;
            into = numbersOf(operand->constant);
            if (into)
                m_after.push_back(reader);
        };
        take("Mul", m_steps.gamma);
        take("Add", m_steps.beta);
    }

    // Nobody else reads what goes.
    bool isClosed() const
    {
        const auto last = m_steps.nodes.front();
        return std::ranges::all_of(m_steps.nodes, [&](NodeIndex node) {
            if (m_view.scope(node) != m_view.scope(last))
                return false;
            return node == last ||
                   (!m_view.isGraphOutput(made(node)) &&
                    std::ranges::all_of(m_view.uses(made(node)), [&](const Use& use) {
                        return std::ranges::find(m_steps.nodes, use.node) != m_steps.nodes.end();
                    }));
        });
    }

    const GraphView& m_view;
    const Shapes& m_shapes;
    NormSteps m_steps;
    std::vector<NodeIndex> m_after; // from the quotient on
};

// One operator in place of the steps: its operands beside x.
struct Norm {
    const char* op;
    std::optional<std::int64_t> axis;
    std::optional<TensorView> scale, shift;
};

// `numbers`, or so often `otherwise`, for data of that rank, with whose last axes `lined` is lined up: in
// `dims`. Nothing where they are not one for each.
std::optional<TensorView> operandOf(const std::optional<Numbers>& numbers, double otherwise, DataType type,
                                    std::size_t rank, const Ints& lined, const Ints& dims)
{
    if (!numbers)
        return finiteTensorOf(Numbers{type, dims, std::vector<double>(elementCount(dims), otherwise)});
    Numbers result = *numbers;
    while (result.dims.size() > lined.size() && result.dims.size() <= rank && result.dims.front() == 1)
        result.dims.erase(result.dims.begin());
    const auto all = result.type == type ? together(result.dims, lined) : std::nullopt;
    if (!all || *all != lined)
        return std::nullopt;
    result = spread(result, lined);
    result.dims = dims;
    return finiteTensorOf(result);
}

std::optional<Norm> normOf(const Round& round, const NormSteps& steps)
{
    const GraphView& view = round.view();
    const KnownShape* const shape = round.shapes().of(steps.x);
    const DataType type = round.types().of(steps.x);
    if (!shape || (type != DataType::Float && type != DataType::Float16))
        return std::nullopt;
    const std::size_t rank = shape->size(), first = steps.axes.front();
    if (steps.axes.size() != rank - first || steps.axes.back() != rank - 1 ||
        std::ranges::adjacent_find(steps.axes) != steps.axes.end())
        return std::nullopt;
    const Ints last(shape->begin() + static_cast<std::ptrdiff_t>(first), shape->end());
    const bool known = std::ranges::all_of(last, [](std::int64_t size) { return size >= 1; }) &&
                       elementCount(last) <= static_cast<std::size_t>(mostNormalized);
    const std::int64_t opset = opsetOf(view, steps.nodes.front());
    if (opset >= 17 && known) {
        Norm norm{"LayerNormalization",
                  static_cast<std::int64_t>(first) - static_cast<std::int64_t>(rank),
                  operandOf(steps.gamma, 1, type, rank, last, last),
                  {}};
        if (steps.beta)
            norm.shift = operandOf(steps.beta, 0, type, rank, last, last);
        if (norm.scale && norm.shift.has_value() == steps.beta.has_value())
            return norm;
    }
    const std::int64_t channels = rank >= 3 && first == 2 ? (*shape)[1] : unknownSize;
    if (channels < 1 || channels > mostNormalized)
        return std::nullopt;
    Ints lined(rank - 1, 1);
    lined[0] = channels;
    Norm norm{"InstanceNormalization",
              {},
              operandOf(steps.gamma, 1, type, rank, lined, {channels}),
              operandOf(steps.beta, 0, type, rank, lined, {channels})};
    return norm.scale && norm.shift ? std::optional(std::move(norm)) : std::nullopt;
}

void write(Round& round, const NormSteps& steps, const Norm& norm)
{
    const GraphView& view = round.view();
    const NodeIndex last = steps.nodes.front();
    if (!round.claim(steps.nodes, sentence("{} and {} nodes before it become one {}", operation(view, last),
                                           steps.nodes.size() - 1, norm.op)))
        return;
    Rewriter& pen = round.pen();
    for (std::size_t n = 1; n < steps.nodes.size(); ++n)
        pen.remove(steps.nodes[n]);
    const auto constant = [&](const TensorView& tensor, const char* what) {
        return pen.add(view.scope(last), std::string(view.name(view.output(last, 0))) + what, tensor.type(),
                       tensor.dims(), tensor.payload());
    };
    onnx::NodeProto& message = pen.change(last);
    message.set_op_type(norm.op);
    message.clear_attribute();
    message.clear_input();
    message.add_input(std::string(view.name(steps.x)));
    message.add_input(constant(*norm.scale, "_scale"));
    if (norm.shift)
        message.add_input(constant(*norm.shift, "_bias"));
    onnx::AttributeProto& epsilon = *message.add_attribute();
    epsilon.set_name("epsilon");
    epsilon.set_type(onnx::AttributeProto::FLOAT);
    epsilon.set_f(steps.epsilon);
    if (norm.axis) {
        onnx::AttributeProto& axis = *message.add_attribute();
        axis.set_name("axis");
        axis.set_type(onnx::AttributeProto::INT);
        axis.set_i(*norm.axis);
    }
}

} // namespace

Result<void> lookForNorms(Round& round, Progress&, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    NormFinder finder(round);
    for (const NodeIndex node : round.nodes()) {
        if (stop.stop_requested())
            return cancelled();
        if (view.op(node) != "Sqrt" || !view.domain(node).empty())
            continue;
        const auto steps = finder.find(node);
        if (!steps)
            continue;
        if (const auto norm = normOf(round, *steps))
            write(round, *steps, *norm);
        else
            round.leave(steps->nodes.front(), "no-such-norm",
                        sentence("{} stays: with these axes, sizes, types and constants, opset {} has no "
                                 "operator for the normalisation that it ends",
                                 operation(view, steps->nodes.front()), opsetOf(view, node)));
    }
    return {};
}

} // namespace pleat
