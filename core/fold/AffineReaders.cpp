// SPDX-License-Identifier: GPL-3.0-or-later
// How each affine operator is read (resources/guide/folding.md, "One idea"). A new one is a reader here and a
// line in the table below.
#include "core/fold/Affine.h"

#include "core/base/Text.h"
#include "core/graph/Attributes.h"
#include "core/graph/ConstantAxis.h"
#include "core/graph/ShapeRules.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pleat {

namespace {

constexpr std::array<const char*, 4> parameterNames{"scale", "B", "mean", "variance"};

bool isUsed(const GraphView& view, ValueIndex value)
{
    return value != ValueIndex::None && (view.isGraphOutput(value) || !view.uses(value).empty());
}

// BatchNormalization changed how it says that it is not training: is_test until opset 6, the number of
// outputs from 7 to 13, training_mode from 14 on.
Verdict<void> requireInference(const GraphView& view, NodeIndex node, std::int64_t opset)
{
    const onnx::NodeProto& proto = view.proto(node);
    const auto training = [&](Sentence why) {
        return refuse(Reason::TrainingMode,
                      sentence("{} normalises with the statistics of its batch ({})", named(view, node), why),
                      blame(view, node));
    };
    if (opset >= 14 && intAttribute(proto, "training_mode", 0) != 0)
        return training("training_mode=1");
    if (opset < 7 && intAttribute(proto, "is_test", 0) == 0)
        return training("is_test=0");
    for (std::size_t slot = 1; slot < view.outputs(node).size(); ++slot) {
        const ValueIndex output = view.output(node, slot);
        if (output == ValueIndex::None)
            continue;
        if (isUsed(view, output))
            return refuse(Reason::ExtraOutputs, sentence("output {} of {} is used", slot, named(view, node)),
                          blame(view, output));
        if (opset >= 7 && opset < 14)
            return training(sentence("it names output {}, {}", slot, named(view, output)));
    }
    return {};
}

// On a matrix [N, C] there is nothing that spatial=0 could keep apart.
bool isMatrix(const FoldContext& context, NodeIndex node)
{
    return context.shapes.rank(context.view.input(node, 0)) == 2u;
}

// Old exporters wrote spatial=0 with parameters of the ordinary form.
bool onePerChannel(const FoldContext& context, NodeIndex node, std::size_t values)
{
    const ValueIndex data = context.view.input(node, 0);
    return context.shapes.rank(data) > 2 && context.shapes.size(data, 1) == static_cast<std::int64_t>(values);
}

struct Parameter {
    std::vector<double> numbers;
    ValueIndex storedAt = ValueIndex::None;
};

Verdict<Parameter> readParameter(const GraphView& view, NodeIndex node, std::size_t slot, const char* role)
{
    const ValueIndex value = view.input(node, slot);
    if (auto floats = plainFloats(view, value); floats && std::ssize(*floats) <= mostChannels)
        return Parameter{std::move(*floats), value};
    auto constant = requireConstant(view, node, slot, role);
    if (!constant)
        return tl::make_unexpected(constant.error());
    auto numbers = requireNumbers(view, *constant, role, node);
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    return Parameter{std::move(*numbers), constant->storedAt};
}

// BatchNormalization in inference: s = γ/√(σ²+ε), t = β − μ·s (ONNX, BatchNormalization-15).
Verdict<AffineStep> readBatchNorm(const FoldContext& context, NodeIndex node)
{
    const GraphView& view = context.view;
    const onnx::NodeProto& proto = view.proto(node);
    const std::int64_t opset = opsetOf(view, node);
    if (auto inference = requireInference(view, node, opset); !inference)
        return tl::make_unexpected(inference.error());

    std::array<std::vector<double>, 4> values;
    for (std::size_t p = 0; p < values.size(); ++p) {
        auto parameter = readParameter(view, node, p + 1, parameterNames[p]);
        if (!parameter)
            return tl::make_unexpected(parameter.error());
        values[p] = std::move(parameter->numbers);
        if (opset < 9 && intAttribute(proto, "spatial", 1) == 0 && !isMatrix(context, node))
            return refuse(
                Reason::Spatial,
                onePerChannel(context, node, values[0].size())
                    ? sentence("{} has spatial=0 with {} values in its scale, one for each channel as with "
                               "spatial=1: if that is what the exporter meant, remove the attribute",
                               named(view, node), values[0].size())
                    : sentence("{} has spatial=0 with {} values in its scale", named(view, node),
                               values[0].size()),
                blame(view, node));
        if (values[p].size() != values[0].size())
            return refuse(Reason::ChannelMismatch,
                          sentence("{} of {} has {} values, its scale has {}", parameterNames[p],
                                   named(view, node), values[p].size(), values[0].size()),
                          blame(view, parameter->storedAt));
        for (std::size_t c = 0; c < values[p].size(); ++c) {
            if (!std::isfinite(values[p][c]))
                return refuse(
                    Reason::NonFinite,
                    sentence("{}[{}] of {} is {}", parameterNames[p], c, named(view, node), values[p][c]),
                    blame(view, parameter->storedAt));
        }
    }
    if (values[0].empty())
        return refuse(Reason::ChannelMismatch, sentence("{} has no channels", named(view, node)),
                      blame(view, node));
    auto& [gamma, beta, mean, variance] = values;
    // ε is a float attribute, and so is its default.
    const auto epsilon = static_cast<double>(floatAttribute(proto, "epsilon", 1e-5f));
    AffineStep step;
    step.affine.axis = 1;
    step.affine.s.reserve(gamma.size());
    step.affine.t.reserve(gamma.size());
    for (std::size_t c = 0; c < gamma.size(); ++c) {
        const double spread = variance[c] + epsilon;
        if (!(spread > 0) || !std::isfinite(spread))
            return refuse(
                Reason::Variance,
                sentence("variance + epsilon is {} in channel {} of {}", spread, c, named(view, node)),
                blame(view, node));
        step.affine.s.push_back(gamma[c] / std::sqrt(spread));
        step.affine.t.push_back(beta[c] - mean[c] * step.affine.s[c]);
        if (!std::isfinite(step.affine.s[c]) || !std::isfinite(step.affine.t[c]))
            return refuse(Reason::NonFinite,
                          sentence("the scale or shift of channel {} of {} overflows", c, named(view, node)),
                          blame(view, node));
    }
    step.parameters = FoldedPair::Parameters{std::move(gamma), std::move(beta), std::move(mean),
                                             std::move(variance), epsilon};
    return step;
}

// A constant operand as one number for each position along one axis of the data.
struct Operand {
    std::optional<int> axis; // nothing: one number for all
    std::vector<double> numbers;
};

// Before opset 7 an operand is lined up by an attribute: broadcast=1 puts it at `axis`, or at the end. How
// many axes of the data come before its own.
std::size_t axesBefore(const GraphView& view, NodeIndex node, const std::vector<std::int64_t>& dims,
                       std::size_t rank)
{
    const onnx::AttributeProto* axis = attribute(view.proto(node), "axis");
    const auto all = static_cast<std::int64_t>(rank), given = std::ssize(dims);
    std::int64_t before = all - given;
    if (opsetOf(view, node) < 7 && axis && axis->i() >= -all && axis->i() <= all - given)
        before = axis->i() < 0 ? axis->i() + all : axis->i();
    return static_cast<std::size_t>(before);
}

// Whether an operand of these dims (lined up) widens the data. Along `axis`, its own, the data's size may be
// unknown: it is checked against the layer's channels; along others it must be the data's.
bool widens(const KnownShape& data, const std::vector<std::int64_t>& dims, std::optional<std::size_t> axis)
{
    for (std::size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] != 1 && data[d] != dims[d] && !(d == axis && data[d] == unknownSize))
            return true;
    }
    return false;
}

// The only axis that can be the operand's own, by its dims: the one of several that the data does not tell.
std::optional<std::size_t> axisByDims(const KnownShape& data, const std::vector<std::int64_t>& dims)
{
    std::optional<std::size_t> found;
    for (std::size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] != 1 && data[d] != dims[d])
            found = d;
    }
    if (!found && std::ranges::count_if(dims, [](std::int64_t n) { return n != 1; }) == 1)
        found = static_cast<std::size_t>(std::ranges::find_if(dims, [](std::int64_t n) { return n != 1; }) -
                                         dims.begin());
    return found;
}

// What the dims alone refuse is refused before a number is read: a constant may be larger than the memory.
Verdict<Operand> readOperand(const FoldContext& context, NodeIndex node, const Constant& constant,
                             ValueIndex data)
{
    const GraphView& view = context.view;
    if (auto readable = requireReadable(view, constant, "constant", node); !readable)
        return tl::make_unexpected(readable.error());
    const Argument label = named(view, node);
    const auto broadens = [&] {
        return refuse(Reason::Broadens, sentence("the constant of {} would widen the result's shape", label),
                      blame(view, node));
    };
    const KnownShape* shape = context.shapes.of(data);
    const std::uint64_t elements = constant.tensor.elements();
    if (elements == 1 && (constant.dims.empty() || shape)) {
        if (shape && constant.dims.size() > shape->size())
            return broadens();
        auto number = requireNumbers(view, constant, "constant", node);
        if (!number)
            return tl::make_unexpected(number.error());
        return Operand{std::nullopt, std::move(*number)};
    }
    if (!shape)
        return refuse(Reason::ChannelsUnknown,
                      sentence("the rank of {}, which {} reads, cannot be derived", named(view, data), label),
                      blame(view, data));
    if (constant.dims.size() > shape->size() || elements == 0)
        return broadens();
    const std::size_t before = axesBefore(view, node, constant.dims, shape->size());
    std::vector<std::int64_t> dims(shape->size(), 1);
    std::ranges::copy(constant.dims, dims.begin() + static_cast<std::ptrdiff_t>(before));
    if (widens(*shape, dims, axisByDims(*shape, dims)))
        return broadens();
    if (elements > TensorView::mostAtOnce ||
        std::ranges::any_of(dims, [](std::int64_t n) { return n > mostChannels; }))
        return refuse(Reason::NotPerChannel,
                      sentence("the constant of {} has {}, too many for one a channel", label,
                               counted(elements, "value")),
                      blame(view, node));
    auto varying = alongOneAxis(constant);
    if (!varying)
        return refuse(Reason::MissingData, sentence("{}", varying.error().message),
                      blame(view, constant.storedAt));
    if (!*varying && widens(*shape, dims, std::nullopt))
        return broadens();
    if (!*varying)
        return refuse(Reason::NotPerChannel,
                      sentence("the constant of {} varies along more than one axis", label),
                      blame(view, node));
    Operand operand{std::nullopt, std::move((*varying)->numbers)};
    if ((*varying)->axis >= 0)
        operand.axis = (*varying)->axis + static_cast<int>(before);
    // One value for each position of a single axis, all equal: still an axis of its own.
    else if (const auto axis = axisByDims(*shape, dims);
             axis && std::ranges::count_if(dims, [](std::int64_t n) { return n != 1; }) == 1) {
        operand.axis = static_cast<int>(*axis);
        operand.numbers.resize(static_cast<std::size_t>(dims[*axis]), operand.numbers.front());
    }
    if (widens(*shape, dims,
               operand.axis ? std::optional(static_cast<std::size_t>(*operand.axis)) : std::nullopt))
        return broadens();
    return operand;
}

// s and t of `x op c`, or of `c op x` when the constant comes first.
Verdict<Affine> arithmetic(const FoldContext& context, NodeIndex node, Operand operand, bool constantFirst)
{
    const GraphView& view = context.view;
    const std::string_view op = view.op(node);
    const std::vector<double>& c = operand.numbers;
    Affine affine{operand.axis, std::vector<double>(c.size(), 1.0), std::vector<double>(c.size(), 0.0)};
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (op == "Mul")
            affine.s[i] = c[i];
        else if (op == "Div")
            affine.s[i] = 1 / c[i];
        else
            affine.t[i] = op == "Sub" && !constantFirst ? -c[i] : c[i];
        if (op == "Sub" && constantFirst)
            affine.s[i] = -1;
        if (!std::isfinite(affine.s[i]) || !std::isfinite(affine.t[i]))
            return refuse(Reason::NonFinite, sentence("constant[{}] of {} is {}", i, named(view, node), c[i]),
                          blame(view, node));
    }
    return affine;
}

Verdict<AffineStep> readArithmetic(const FoldContext& context, NodeIndex node)
{
    const GraphView& view = context.view;
    const bool second = isFixed(view, view.input(node, 1));
    AffineStep step;
    step.dataSlot = second ? 0 : 1;
    auto constant = requireConstant(view, node, second ? 1 : 0, "an operand");
    if (!constant)
        return tl::make_unexpected(constant.error());
    if (!second && view.op(node) == "Div")
        return refuse(Reason::Divides, sentence("{} divides a constant by the data", named(view, node)),
                      blame(view, node));
    auto operand = readOperand(context, node, *constant, view.input(node, step.dataSlot));
    if (!operand)
        return tl::make_unexpected(operand.error());
    auto affine = arithmetic(context, node, std::move(*operand), !second);
    if (!affine)
        return tl::make_unexpected(affine.error());
    step.affine = std::move(*affine);
    return step;
}

Verdict<AffineStep> readNegation(const FoldContext&, NodeIndex)
{
    return AffineStep{.affine = {std::nullopt, {-1.0}, {0.0}}, .dataSlot = 0, .parameters = {}};
}

struct AffineReader {
    std::string_view op;
    Verdict<AffineStep> (*read)(const FoldContext&, NodeIndex);
};

constexpr std::array readers{
    AffineReader{"BatchNormalization", readBatchNorm},
    AffineReader{"Mul", readArithmetic},
    AffineReader{"Div", readArithmetic},
    AffineReader{"Add", readArithmetic},
    AffineReader{"Sub", readArithmetic},
    AffineReader{"Sum", readArithmetic},
    AffineReader{"Neg", readNegation},
};

const AffineReader* readerOf(const GraphView& view, NodeIndex node)
{
    const auto found = std::ranges::find(readers, view.op(node), &AffineReader::op);
    return found != readers.end() && view.domain(node).empty() ? &*found : nullptr;
}

} // namespace

bool isBatchNorm(const GraphView& view, NodeIndex node)
{
    return view.op(node) == "BatchNormalization" && view.domain(node).empty();
}

bool mayBeAffine(const GraphView& view, NodeIndex node)
{
    if (!readerOf(view, node))
        return false;
    if (isBatchNorm(view, node))
        return true;
    if (view.op(node) == "Neg")
        return view.inputs(node).size() == 1 && !isFixed(view, view.input(node, 0));
    // One operand is a constant, the other is not: a product of constants is a constant itself.
    return view.inputs(node).size() == 2 && view.outputs(node).size() == 1 &&
           isFixed(view, view.input(node, 0)) != isFixed(view, view.input(node, 1));
}

Verdict<AffineStep> readAffine(const FoldContext& context, NodeIndex node)
{
    if (auto own = requireOwnAttributes(context.view, node); !own)
        return tl::make_unexpected(own.error());
    return readerOf(context.view, node)->read(context, node);
}

} // namespace pleat
