// SPDX-License-Identifier: GPL-3.0-or-later
// Neighbours that scale and shift by constants are one Mul, one Add, or a Mul and an Add: each of them is
// y = a·x + b (Mul, Div, Neg: b = 0; Add, Sub: a = ±1), and
//   a₂(a₁x + b₁) + b₂ = (a₁a₂)x + (a₂b₁ + b₂).
// The constants are computed in double and rounded once into their type, and the data is rounded less often
// than before, so results differ in the last places, and where only a number in between overflowed. Done
// where nodes become fewer and no constant larger than the largest there is; not where a factor would no
// longer be a normal number of the type. Add, Sub, Mul, Div broadcast as NumPy does from opset 7 on.
#include "core/graph/Attributes.h"
#include "core/prepare/ConstantOperand.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <functional>
#include <onnx/onnx_pb.h>
#include <unordered_set>

namespace pleat {

namespace {

constexpr std::size_t mostElements = std::size_t{1} << 16; // of a constant that is composed
constexpr std::size_t longestChain = 1000;                 // nodes

// y = scale·x + shift; what is absent is 1 or 0.
struct Affine {
    std::optional<Numbers> scale, shift;
    // shift − x, which a Sub computes.
    bool isDifference() const
    {
        return shift && scale && scale->dims.empty() && scale->reals().front() == -1;
    }
    std::size_t nodes() const { return scale && shift && !isDifference() ? 2 : 1; }
};

template<class Operation>
std::optional<Numbers> combined(const Numbers& a, const Numbers& b, Operation operation)
{
    const auto dims = together(a.dims, b.dims, mostElements);
    if (!dims)
        return std::nullopt;
    Numbers result = spread(a, *dims);
    const Numbers other = spread(b, *dims);
    std::ranges::transform(result.reals(), other.reals(), result.reals().begin(), operation);
    return result;
}

Numbers mapped(Numbers numbers, double (*map)(double))
{
    std::ranges::transform(numbers.reals(), numbers.reals().begin(), map);
    return numbers;
}

std::optional<Affine> composed(const Affine& inner, const Affine& outer)
{
    Affine result = outer;
    if (inner.scale) {
        result.scale = outer.scale ? combined(*inner.scale, *outer.scale, std::multiplies()) : inner.scale;
        if (!result.scale)
            return std::nullopt;
    }
    if (!inner.shift)
        return result;
    std::optional<Numbers> shift =
        outer.scale ? combined(*inner.shift, *outer.scale, std::multiplies()) : inner.shift;
    if (shift && outer.shift)
        shift = combined(*shift, *outer.shift, std::plus());
    if (!shift)
        return std::nullopt;
    result.shift = std::move(shift);
    return result;
}

// What the node computes of which value.
struct Step {
    NodeIndex node = NodeIndex::None;
    ValueIndex data = ValueIndex::None;
    Affine affine;
};

std::optional<Step> stepOf(const Round& round, NodeIndex node)
{
    static constexpr std::string_view ops[] = {"Add", "Sub", "Mul", "Div"};
    const GraphView& view = round.view();
    const std::string_view op = view.op(node);
    if (!view.domain(node).empty() || !round.isFree(node) || view.outputs(node).size() != 1)
        return std::nullopt;
    if (op == "Neg") {
        const DataType type = round.types().of(view.input(node, 0));
        if (!isFoldable(type) || view.inputs(node).size() != 1)
            return std::nullopt;
        return Step{node, view.input(node, 0), {Numbers{type, {}, std::vector<double>{-1}}, {}}};
    }
    if (std::ranges::find(ops, op) == std::end(ops))
        return std::nullopt;
    const auto operand = constantOperand(view, node);
    if (!operand || elementCount(operand->constant.dims) > mostElements ||
        (op == "Div" && operand->dataSlot != 0))
        return std::nullopt;
    auto numbers = numbersOf(operand->constant);
    if (!numbers || !numbers->isReal() || !areFinite(numbers->reals()))
        return std::nullopt;
    Step step{node, operand->data, {}};
    if (op == "Mul")
        step.affine.scale = std::move(numbers);
    else if (op == "Div")
        step.affine.scale = mapped(std::move(*numbers), [](double value) { return 1 / value; });
    else if (op == "Sub" && operand->dataSlot == 0)
        step.affine.shift = mapped(std::move(*numbers), [](double value) { return -value; });
    else
        step.affine.shift = std::move(numbers);
    if (op == "Sub" && operand->dataSlot == 1)
        step.affine.scale = Numbers{operand->constant.type, {}, std::vector<double>{-1}};
    return step;
}

std::size_t largest(const Affine& affine)
{
    return std::max(affine.scale ? affine.scale->size() : 0, affine.shift ? affine.shift->size() : 0);
}

class Composition final {
public:
    explicit Composition(Round& round) : m_round(round), m_view(round.view()) {}

    // The chain that ends with the node, as far up as it can be composed.
    void run(NodeIndex last)
    {
        auto step = m_seen.contains(last) ? std::nullopt : stepOf(m_round, last);
        if (!step)
            return;
        std::vector<Step> chain{*step};
        Affine whole = step->affine;
        std::size_t most = largest(whole);
        while (chain.size() < longestChain) {
            const ValueIndex data = chain.back().data;
            const NodeIndex maker = m_view.producer(data);
            if (maker == NodeIndex::None || !isReadOnlyBy(m_view, data, chain.back().node))
                break;
            auto inner = stepOf(m_round, maker);
            auto next = inner ? composed(inner->affine, whole) : std::nullopt;
            const std::size_t limit = inner ? std::max(most, largest(inner->affine)) : 0;
            if (!next || largest(*next) > limit)
                break;
            most = limit;
            whole = std::move(*next);
            chain.push_back(std::move(*inner));
        }
        if (whole.nodes() >= chain.size())
            return; // a chain of two at most: it may do better with what is before it
        for (const Step& each : chain)
            m_seen.insert(each.node);
        write(chain, whole);
    }

private:
    void write(const std::vector<Step>& chain, const Affine& whole)
    {
        const NodeIndex last = chain.front().node;
        const bool normal = !whole.scale || areNormal(*whole.scale);
        const auto scale = whole.scale ? finiteTensorOf(*whole.scale) : std::optional<TensorView>();
        const auto shift = whole.shift ? finiteTensorOf(*whole.shift) : std::optional<TensorView>();
        if (!normal || scale.has_value() != whole.scale.has_value() ||
            shift.has_value() != whole.shift.has_value()) {
            m_round.leave(last, "overflow",
                          sentence("{} stays: its constants, composed with those of {}, are beyond {}",
                                   operation(m_view, last), named(m_view, chain.back().node),
                                   name((whole.scale ? whole.scale : whole.shift)->type)));
            return;
        }
        std::vector<NodeIndex> nodes;
        nodes.reserve(chain.size());
        for (const Step& step : chain)
            nodes.push_back(step.node);
        const bool both = whole.nodes() == 2;
        const char* const what = both                   ? "a Mul and an Add"
                                 : whole.isDifference() ? "one Sub"
                                 : shift                ? "one Add"
                                                        : "one Mul";
        if (!m_round.claim(nodes, sentence("{} and {} before it become {}", operation(m_view, last),
                                           nodes.size() - 1, what)))
            return;
        Rewriter& pen = m_round.pen();
        std::string data(m_view.name(chain.back().data));
        for (std::size_t n = both ? 2 : 1; n < nodes.size(); ++n)
            pen.remove(nodes[n]);
        if (both) {
            onnx::NodeProto& first = rewritten(nodes[1], "Mul", data, constant(last, *scale, "_scale"));
            data = pen.uniqueName(first.output(0)); // its shape may be another one
            first.set_output(0, data);
        }
        onnx::NodeProto& end =
            rewritten(last, shift ? "Add" : "Mul", data,
                      shift ? constant(last, *shift, "_shift") : constant(last, *scale, "_scale"));
        if (whole.isDifference()) {
            end.set_op_type("Sub");
            end.mutable_input()->SwapElements(0, 1);
        }
    }

    std::string constant(NodeIndex last, const TensorView& tensor, const char* what)
    {
        const std::string wanted = std::string(m_view.name(m_view.output(last, 0))) + what;
        return m_round.pen().add(m_view.scope(last), wanted, tensor.type(), tensor.dims(), tensor.payload());
    }

    onnx::NodeProto& rewritten(NodeIndex node, const char* op, const std::string& data,
                               const std::string& constant)
    {
        onnx::NodeProto& message = m_round.pen().change(node);
        message.set_op_type(op);
        message.clear_attribute();
        message.clear_input();
        message.add_input(data);
        message.add_input(constant);
        return message;
    }

    Round& m_round;
    const GraphView& m_view;
    std::unordered_set<NodeIndex> m_seen; // in a chain that was looked at
};

} // namespace

Result<void> lookForAffines(Round& round, Progress&, const std::stop_token& stop)
{
    const std::vector<NodeIndex> nodes = round.nodes();
    Composition composition(round);
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        if (stop.stop_requested())
            return cancelled();
        composition.run(*node);
    }
    return {};
}

} // namespace pleat
