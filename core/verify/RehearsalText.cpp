// SPDX-License-Identifier: GPL-3.0-or-later
// A rehearsal in words and in order (Rehearsal.h).
#include "core/verify/Rehearsal.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace pleat {

namespace {

double loss(const LayerLoss& layer)
{
    return std::isnan(layer.alone) ? layer.ratio : layer.alone;
}

std::string decibels(double ratio)
{
    return std::isnan(ratio)   ? "nothing to measure"
           : std::isinf(ratio) ? (ratio > 0 ? "nothing lost" : "nothing left")
                               : fmt::format("{:.1f} dB", ratio);
}

} // namespace

std::vector<const LayerLoss*> byLoss(const RehearsedModel& model)
{
    std::vector<const LayerLoss*> order;
    order.reserve(model.layers.size());
    for (const LayerLoss& layer : model.layers)
        if (!std::isnan(loss(layer)))
            order.push_back(&layer);
    std::ranges::stable_sort(order, {}, [](const LayerLoss* layer) { return loss(*layer); });
    return order;
}

std::string schemeText(const RehearsalOptions& options)
{
    const QuantizationScheme& scheme = options.scheme;
    return fmt::format("{} bits, {}{}{}", scheme.bits, scheme.perChannel ? "per channel" : "per tensor",
                       scheme.symmetric ? "" : ", asymmetric",
                       options.activations ? ", with activations of 8 bits" : "");
}

std::string rehearsalSentence(const Rehearsal& rehearsal)
{
    const auto worst = byLoss(rehearsal.after);
    return fmt::format("{}: {} before folding, {} after{}.", schemeText(rehearsal.options),
                       decibels(rehearsal.before.ratio), decibels(rehearsal.after.ratio),
                       worst.empty() ? "" : "; worst layer " + worst.front()->layer.name);
}

} // namespace pleat
