// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/Hazards.h"

#include "core/report/HtmlText.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace pleat {

namespace {

struct Kind {
    std::string_view code; // of a FoldWarning
    std::string_view title;
    std::string_view remedy;
};

constexpr std::array kinds{
    Kind{"overflow", "Numbers beyond the range of their type",
         "Outputs become infinite. Keep these batch norms (fold the others with --only), or convert the "
         "model to float first."},
    Kind{"underflow", "Numbers too small for their type",
         "They become 0 or lose digits. Convert the model to float before folding where the last digits "
         "count."},
    Kind{"zero-scale", "Channels that are switched off",
         "Their weights are all 0 after folding. Nothing is lost; pruning them would make the network "
         "smaller."},
    Kind{"wide-scale", "Factors of very different sizes",
         "Quantize these weights per channel, or equalize neighbouring layers (cross-layer equalization) "
         "first."},
    Kind{"annotation", "Scales for quantization that are no longer true",
         "Calibrate anew: the scales that the model carried for these tensors were for other numbers."},
};

struct Weighed {
    double weight = 0; // the worst first
    Hazard::Place place;
};

void add(std::vector<Hazard>& all, std::string_view title, std::string_view remedy,
         std::vector<Weighed> found)
{
    if (found.empty())
        return;
    std::ranges::stable_sort(found, std::greater{}, &Weighed::weight);
    Hazard hazard{std::string(title), std::string(remedy), {}};
    hazard.places.reserve(found.size());
    for (Weighed& one : found)
        hazard.places.push_back(std::move(one.place));
    all.push_back(std::move(hazard));
}

std::string lossText(const ComparedLayer& layer)
{
    return fmt::format("{} → {} dB at 8 bits per tensor; {} dB per channel", ratioText(layer.before->sqnr[0]),
                       ratioText(layer.after->sqnr[0]), ratioText(layer.after->sqnr[1]));
}

std::string outlierText(const Outlier& outlier)
{
    return fmt::format("channel {} is {:.1f} times as wide as the median channel", outlier.channel,
                       outlier.ratio);
}

} // namespace

std::optional<double> lossAt8Bits(const ComparedLayer& layer)
{
    if (!layer.before || !layer.after || layer.before->sqnr.empty() || layer.after->sqnr.empty())
        return std::nullopt;
    const double loss = layer.before->sqnr[0] - layer.after->sqnr[0];
    return std::isfinite(loss) ? std::optional(loss) : std::nullopt;
}

std::vector<Hazard> hazards(std::span<const FoldedLayerState> layers)
{
    std::vector<Weighed> losses, outliers;
    for (const FoldedLayerState& layer : layers) {
        if (!layer.measure)
            continue;
        const auto loss = lossAt8Bits(*layer.measure);
        if (loss && *loss >= noticeableLoss)
            losses.push_back({*loss, {layer.name, lossText(*layer.measure)}});
        const auto& after = layer.measure->after;
        if (after && after->outlier)
            outliers.push_back({after->outlier->ratio, {layer.name, outlierText(*after->outlier)}});
    }
    std::vector<Hazard> all;
    add(all, "Harder to quantize per tensor than before",
        "Quantize these weights per channel where the runtime can, or equalize neighbouring layers "
        "(cross-layer equalization) first.",
        std::move(losses));
    add(all, "One channel decides for all",
        "Per tensor, the widest channel sets the step for all others. Quantize these weights per channel, or "
        "clip them.",
        std::move(outliers));
    std::vector<std::vector<Weighed>> warned(kinds.size());
    for (const FoldedLayerState& layer : layers) {
        for (const FoldWarning& warning : layer.warnings) {
            const auto kind = std::ranges::find(kinds, std::string_view(warning.code), &Kind::code);
            if (kind != kinds.end()) // the others say what was done, they are no hazard
                warned[static_cast<std::size_t>(kind - kinds.begin())].push_back(
                    {0, {layer.name, warning.message.text()}});
        }
    }
    for (std::size_t k = 0; k < kinds.size(); ++k)
        add(all, kinds[k].title, kinds[k].remedy, std::move(warned[k]));
    return all;
}

} // namespace pleat
