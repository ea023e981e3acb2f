// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Affine.h"

#include "core/graph/Attributes.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

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
    const std::string label = view.label(node);
    const auto training = [&](const std::string& why) {
        return refuse(Reason::TrainingMode,
                      fmt::format("{} normalises with the statistics of its batch ({})", label, why),
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
            return refuse(Reason::ExtraOutputs, fmt::format("output {} of {} is used", slot, label),
                          blame(view, output));
        if (opset >= 7 && opset < 14)
            return training(fmt::format("it names output {}, {}", slot, view.name(output)));
    }
    return {};
}

} // namespace

Affine compose(const Affine& first, const Affine& second)
{
    Affine both{first.s, first.t};
    for (std::size_t c = 0; c < both.channels(); ++c) {
        both.s[c] = first.s[c] * second.s[c];
        both.t[c] = first.t[c] * second.s[c] + second.t[c];
    }
    return both;
}

bool isBatchNorm(const GraphView& view, NodeIndex node)
{
    return view.op(node) == "BatchNormalization" && view.domain(node).empty();
}

Verdict<AffineStep> readBatchNorm(const GraphView& view, NodeIndex node)
{
    const onnx::NodeProto& proto = view.proto(node);
    const std::string label = view.label(node);
    const std::int64_t opset = opsetOf(view, node);
    if (auto inference = requireInference(view, node, opset); !inference)
        return tl::make_unexpected(inference.error());

    std::array<std::vector<double>, 4> values;
    for (std::size_t p = 0; p < values.size(); ++p) {
        auto constant = requireConstant(view, node, p + 1, parameterNames[p]);
        if (!constant)
            return tl::make_unexpected(constant.error());
        auto numbers = requireNumbers(view, *constant, parameterNames[p], node);
        if (!numbers)
            return tl::make_unexpected(numbers.error());
        values[p] = std::move(*numbers);
        if (opset < 9 && intAttribute(proto, "spatial", 1) == 0)
            return refuse(
                Reason::Spatial,
                fmt::format("{} has spatial=0 with {} values in its scale", label, values[0].size()),
                blame(view, node));
        if (values[p].size() != values[0].size())
            return refuse(Reason::ChannelMismatch,
                          fmt::format("{} of {} has {} values, its scale has {}", parameterNames[p], label,
                                      values[p].size(), values[0].size()),
                          blame(view, constant->storedAt));
        for (std::size_t c = 0; c < values[p].size(); ++c) {
            if (!std::isfinite(values[p][c]))
                return refuse(Reason::NonFinite,
                              fmt::format("{}[{}] of {} is {}", parameterNames[p], c, label, values[p][c]),
                              blame(view, constant->storedAt));
        }
    }
    auto& [gamma, beta, mean, variance] = values;
    // ε is a float attribute, and so is its default.
    const auto epsilon = static_cast<double>(floatAttribute(proto, "epsilon", 1e-5f));
    AffineStep step;
    for (std::size_t c = 0; c < gamma.size(); ++c) {
        const double spread = variance[c] + epsilon;
        if (!(spread > 0) || !std::isfinite(spread))
            return refuse(Reason::Variance,
                          fmt::format("variance + epsilon is {} in channel {} of {}", spread, c, label),
                          blame(view, node));
        step.affine.s.push_back(gamma[c] / std::sqrt(spread));
        step.affine.t.push_back(beta[c] - mean[c] * step.affine.s[c]);
    }
    step.parameters = FoldedPair::Parameters{std::move(gamma), std::move(beta), std::move(mean),
                                             std::move(variance), epsilon};
    return step;
}

} // namespace pleat
