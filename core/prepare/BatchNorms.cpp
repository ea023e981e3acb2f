// SPDX-License-Identifier: GPL-3.0-or-later
// A batch norm of inference that an exporter wrote in single steps is put back together. With constants μ,
// σ², γ, β of one number for each channel, which is axis 1 of the data,
//   (x − μ)/√(σ² + ε)·γ + β
// is BatchNormalization (its operator page). Two ways to write it are known: these steps, where dividing by
// the root or multiplying by its reciprocal is the same and γ and β may be absent; and, as TensorFlow's
// batch_normalization and torchvision's FrozenBatchNorm2d do,
//   x·k + (β − μ·k) with k = γ/√(σ² + ε),
// where nodes compute k and the shift from constants. Constant folding would leave nothing of these but
// numbers, so this pass comes before it. The parameters are taken as they are stored. Engines compute s·x + t
// with s = k and t = β − μ·k, as in the second way; so results differ in the last places of μ·s. ε becomes an
// attribute, which is a float; one that is none, or is not there, is part of σ². What a root of σ² + ε or the
// type cannot hold stays. In float, float16 and double, for which engines have the operator.
#include "core/graph/Attributes.h"
#include "core/graph/Opsets.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/ConstantOperand.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <cmath>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Reals = std::vector<double>;

constexpr std::size_t mostChannels = std::size_t{1} << 20;
constexpr int mostLinks = 64; // nodes that only reshape a constant

// γ/√(σ² + ε) as nodes compute it. No γ: 1.
struct Scale {
    ValueIndex radicand = ValueIndex::None;
    ValueIndex gamma = ValueIndex::None;
};

// The steps that were found, and where their constants are. No β: 0.
struct Steps {
    std::vector<NodeIndex> nodes; // on the way of the data, the last one first
    ValueIndex x = ValueIndex::None;
    Scale scale;
    ValueIndex mean = ValueIndex::None, beta = ValueIndex::None;
    std::vector<ValueIndex> operands; // the constants that meet the data
};

class StepsFinder final {
public:
    explicit StepsFinder(const GraphView& view) : m_view(view) {}

    // The steps around the one that divides by the root, or multiplies.
    std::optional<Steps> find(NodeIndex node) const
    {
        if (is(node, "Div")) {
            const ValueIndex radicand = radicandOfRoot(m_view.input(node, 1));
            return around(node, 0, {radicand, ValueIndex::None});
        }
        if (!is(node, "Mul"))
            return std::nullopt;
        for (const std::size_t slot : {std::size_t{0}, std::size_t{1}}) {
            if (auto steps = around(node, slot, scaleIn(m_view.input(node, 1 - slot))))
                return steps;
        }
        return std::nullopt;
    }

    bool is(NodeIndex node, std::string_view op) const
    {
        return node != NodeIndex::None && m_view.op(node) == op && m_view.domain(node).empty() &&
               opsetOf(m_view, node) >= 7 && !refersToCall(m_view.proto(node)) &&
               m_view.outputs(node).size() == 1;
    }

    // What makes the constant, apart from its shape.
    NodeIndex makerOf(ValueIndex constant) const { return m_view.producer(behindLinks(constant)); }

    std::optional<double> scalarIn(ValueIndex value) const
    {
        const auto constant = constantOf(m_view, value);
        if (!constant || !isFoldable(constant->type) || elementCount(constant->dims) != 1)
            return std::nullopt;
        const auto numbers = numbersOf(*constant);
        return numbers ? std::optional(numbers->reals().front()) : std::nullopt;
    }

private:
    ValueIndex made(NodeIndex node) const { return m_view.output(node, 0); }

    // What it is before nodes that only give it another shape.
    ValueIndex behindLinks(ValueIndex value) const
    {
        static constexpr std::string_view ops[] = {"Identity", "Reshape", "Unsqueeze", "Squeeze", "Flatten"};
        for (int links = 0; links < mostLinks; ++links) {
            const NodeIndex node = m_view.producer(value);
            if (node == NodeIndex::None || !m_view.domain(node).empty() ||
                std::ranges::find(ops, m_view.op(node)) == std::end(ops))
                break;
            value = m_view.input(node, 0);
        }
        return value;
    }

    ValueIndex radicandOfRoot(ValueIndex value) const
    {
        const NodeIndex node = makerOf(value);
        const bool isRoot = is(node, "Sqrt") || (is(node, "Pow") && scalarIn(m_view.input(node, 1)) == 0.5);
        return isRoot ? m_view.input(node, 0) : ValueIndex::None;
    }

    ValueIndex radicandOfInverse(ValueIndex value) const
    {
        const NodeIndex node = makerOf(value);
        if (is(node, "Reciprocal"))
            return radicandOfRoot(m_view.input(node, 0));
        if (is(node, "Div") && scalarIn(m_view.input(node, 0)) == 1.0)
            return radicandOfRoot(m_view.input(node, 1));
        return is(node, "Pow") && scalarIn(m_view.input(node, 1)) == -0.5 ? m_view.input(node, 0)
                                                                          : ValueIndex::None;
    }

    // Without a radicand where it is something else.
    Scale scaleIn(ValueIndex value) const
    {
        if (const ValueIndex radicand = radicandOfInverse(value); radicand != ValueIndex::None)
            return {radicand, ValueIndex::None};
        const NodeIndex node = makerOf(value);
        if (is(node, "Div"))
            return {radicandOfRoot(m_view.input(node, 1)), m_view.input(node, 0)};
        for (const std::size_t slot : {std::size_t{0}, std::size_t{1}}) {
            const ValueIndex radicand =
                is(node, "Mul") ? radicandOfInverse(m_view.input(node, slot)) : ValueIndex::None;
            if (radicand != ValueIndex::None)
                return {radicand, m_view.input(node, 1 - slot)};
        }
        return {};
    }

    std::optional<Steps> around(NodeIndex node, std::size_t dataSlot, const Scale& scale) const
    {
        const ValueIndex data = m_view.input(node, dataSlot), operand = m_view.input(node, 1 - dataSlot);
        if (scale.radicand == ValueIndex::None || !isFixed(m_view, operand) || isFixed(m_view, data))
            return std::nullopt;
        Steps steps{.nodes = {node}, .x = data, .scale = scale, .operands = {operand}};
        const bool found = findMeanBefore(steps) || findShiftBehind(steps);
        return found ? std::optional(std::move(steps)) : std::nullopt;
    }

    // x − μ before it, γ and β behind it.
    bool findMeanBefore(Steps& steps) const
    {
        const NodeIndex node = m_view.producer(steps.x);
        if (!is(node, "Sub") || !isReadOnlyBy(m_view, steps.x, steps.nodes.front()) ||
            !isFixed(m_view, m_view.input(node, 1)) || isFixed(m_view, m_view.input(node, 0)))
            return false;
        steps.x = m_view.input(node, 0);
        steps.mean = m_view.input(node, 1);
        steps.nodes.push_back(node);
        steps.operands.push_back(steps.mean);
        if (steps.scale.gamma == ValueIndex::None)
            takeBehind(steps, "Mul", steps.scale.gamma);
        takeBehind(steps, "Add", steps.beta);
        return true;
    }

    // + (β − μ·k) behind it.
    bool findShiftBehind(Steps& steps) const
    {
        Steps longer = steps;
        ValueIndex shift = ValueIndex::None;
        takeBehind(longer, "Add", shift);
        const NodeIndex difference = makerOf(shift);
        if (!is(difference, "Sub"))
            return false;
        const NodeIndex product = makerOf(m_view.input(difference, 1));
        const ValueIndex k = behindLinks(steps.operands.front());
        for (const std::size_t slot : {std::size_t{0}, std::size_t{1}}) {
            if (!is(product, "Mul") || behindLinks(m_view.input(product, slot)) != k)
                continue;
            longer.mean = m_view.input(product, 1 - slot);
            longer.beta = m_view.input(difference, 0);
            steps = std::move(longer);
            return true;
        }
        return false;
    }

    // The only reader of what was found, where it is this operator with a constant.
    void takeBehind(Steps& steps, std::string_view op, ValueIndex& into) const
    {
        const ValueIndex last = made(steps.nodes.front());
        const auto uses = m_view.uses(last);
        if (uses.size() != 1 || !isReadOnlyBy(m_view, last, uses.front().node) || !is(uses.front().node, op))
            return;
        const NodeIndex reader = uses.front().node;
        const ValueIndex other = m_view.input(reader, m_view.input(reader, 0) == last ? 1 : 0);
        if (!isFixed(m_view, other))
            return;
        into = other;
        steps.nodes.insert(steps.nodes.begin(), reader);
        steps.operands.push_back(other);
    }

    const GraphView& m_view;
};

// What BatchNormalization reads beside the data.
struct Parameters {
    Reals gamma, beta, mean, variance;
    float epsilon = 0;
};

class ParameterReader final {
public:
    ParameterReader(const Round& round, const StepsFinder& finder, const Steps& steps)
        : m_view(round.view()),
          m_finder(finder),
          m_steps(steps),
          m_type(round.types().of(steps.x))
    {
        const Shapes& shapes = round.shapes();
        const auto rank = shapes.rank(steps.x);
        const std::int64_t channels =
            rank >= 2u && shapes.followsFromRule(steps.x) ? shapes.size(steps.x, 1) : unknownSize;
        if (channels > 0 && static_cast<std::size_t>(channels) <= mostChannels) {
            m_rank = *rank;
            m_channels = static_cast<std::size_t>(channels);
        }
    }

    // Nothing where they are not one for each channel, or not numbers that the operator can work with.
    std::optional<Parameters> read() const
    {
        const bool hasType =
            m_type == DataType::Float || m_type == DataType::Float16 || m_type == DataType::Double;
        if (!hasType || m_channels == 0 || !std::ranges::all_of(m_steps.operands, [this](ValueIndex value) {
                return isAlongChannels(value);
            }))
            return std::nullopt;
        Parameters found;
        const bool complete = take(m_steps.scale.gamma, 1, found.gamma) &&
                              take(m_steps.beta, 0, found.beta) && take(m_steps.mean, 0, found.mean) &&
                              takeVariance(found);
        return complete && isInRange(found) ? std::optional(std::move(found)) : std::nullopt;
    }

    DataType type() const { return m_type; }

private:
    // Lined up with the data, only its axis 1 has more than one position.
    bool isAlongChannels(ValueIndex value) const
    {
        const auto constant = constantOf(m_view, value);
        if (!constant || constant->type != m_type || constant->dims.size() > m_rank)
            return false;
        for (std::size_t d = 0; d < constant->dims.size(); ++d) {
            const bool isChannels = m_rank - constant->dims.size() + d == 1 &&
                                    constant->dims[d] == static_cast<std::int64_t>(m_channels);
            if (constant->dims[d] != 1 && !isChannels)
                return false;
        }
        return true;
    }

    // The number of each channel. What a constant of so many numbers is computed from, has as many in the
    // same order, or one.
    bool take(ValueIndex value, double otherwise, Reals& into) const
    {
        into.assign(m_channels, otherwise);
        if (value == ValueIndex::None)
            return true;
        const auto constant = constantOf(m_view, value);
        const std::size_t count = constant ? elementCount(constant->dims) : 0;
        if (!constant || constant->type != m_type || (count != m_channels && count != 1))
            return false;
        const auto numbers = numbersOf(*constant);
        if (!numbers || !areFinite(numbers->reals()))
            return false;
        if (count == 1)
            into.assign(m_channels, numbers->reals().front());
        else
            into = numbers->reals();
        return true;
    }

    bool takeVariance(Parameters& into) const
    {
        const NodeIndex sum = m_finder.makerOf(m_steps.scale.radicand);
        for (const std::size_t slot : {std::size_t{1}, std::size_t{0}}) {
            const auto epsilon =
                m_finder.is(sum, "Add") ? m_finder.scalarIn(m_view.input(sum, slot)) : std::nullopt;
            if (!epsilon || !(*epsilon >= 0) || static_cast<double>(static_cast<float>(*epsilon)) != *epsilon)
                continue;
            into.epsilon = static_cast<float>(*epsilon);
            return take(m_view.input(sum, 1 - slot), 0, into.variance);
        }
        return take(m_steps.scale.radicand, 0, into.variance);
    }

    // There is a root, and s and t are numbers of the type.
    bool isInRange(const Parameters& parameters) const
    {
        Numbers s{m_type, {std::ssize(parameters.gamma)}, parameters.gamma}, t = s;
        for (std::size_t c = 0; c < m_channels; ++c) {
            const double radicand = parameters.variance[c] + static_cast<double>(parameters.epsilon);
            if (!(radicand > 0))
                return false;
            s.reals()[c] /= std::sqrt(radicand);
            t.reals()[c] = parameters.beta[c] - parameters.mean[c] * s.reals()[c];
        }
        return areNormal(s) && finiteTensorOf(s) && finiteTensorOf(t);
    }

    const GraphView& m_view;
    const StepsFinder& m_finder;
    const Steps& m_steps;
    DataType m_type;
    std::size_t m_rank = 0, m_channels = 0; // of channels 0: not known
};

void write(Round& round, const Steps& steps, const Parameters& parameters, DataType type)
{
    const GraphView& view = round.view();
    const NodeIndex last = steps.nodes.front();
    if (!round.claim(steps.nodes, sentence("{} and {} before it become one BatchNormalization",
                                           operation(view, last), steps.nodes.size() - 1)))
        return;
    Rewriter& pen = round.pen();
    for (std::size_t n = 1; n < steps.nodes.size(); ++n)
        pen.remove(steps.nodes[n]);
    onnx::NodeProto& message = pen.change(last);
    message.set_op_type("BatchNormalization");
    message.clear_attribute();
    message.clear_input();
    message.add_input(std::string(view.name(steps.x)));
    const auto add = [&](const Reals& reals, const char* what) {
        const auto tensor = tensorOf({}, Numbers{type, {std::ssize(reals)}, reals});
        message.add_input(pen.add(view.scope(last), std::string(view.name(view.output(last, 0))) + what,
                                  tensor->type(), tensor->dims(), tensor->payload()));
    };
    add(parameters.gamma, "_scale");
    add(parameters.beta, "_bias");
    add(parameters.mean, "_mean");
    add(parameters.variance, "_variance");
    onnx::AttributeProto& epsilon = *message.add_attribute();
    epsilon.set_name("epsilon");
    epsilon.set_type(onnx::AttributeProto::FLOAT);
    epsilon.set_f(parameters.epsilon);
}

} // namespace

Result<void> lookForBatchNorms(Round& round, Progress&, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    const StepsFinder finder(view);
    for (const NodeIndex node : round.nodes()) {
        if (stop.stop_requested())
            return cancelled();
        const auto steps = finder.find(node);
        if (!steps)
            continue;
        const ParameterReader reader(round, finder, *steps);
        if (const auto parameters = reader.read())
            write(round, *steps, *parameters, reader.type());
        else
            round.leave(
                steps->nodes.front(), "no-such-norm",
                sentence("{} stays: BatchNormalization cannot do what it ends, with these sizes, types "
                         "and constants",
                         operation(view, steps->nodes.front())));
    }
    return {};
}

} // namespace pleat
