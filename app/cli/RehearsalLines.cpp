// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/RehearsalLines.h"

#include "core/base/Text.h"
#include "core/base/Visible.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <ranges>

namespace pleat::cli {

namespace {

std::string ratio(double decibels)
{
    return std::isnan(decibels) ? "–" : std::isinf(decibels) ? "exact" : fmt::format("{:.1f}", decibels);
}

const LayerLoss* same(const RehearsedModel& model, const std::string& key)
{
    const auto found = std::ranges::find(model.layers, key, &LayerLoss::key);
    return found == model.layers.end() ? nullptr : &*found;
}

std::string cell(const LayerLoss* before, const LayerLoss& after, double LayerLoss::*which)
{
    return fmt::format("{:>7} {:>7}", before ? ratio(before->*which) : "–", ratio(after.*which));
}

void addLayers(const Rehearsal& rehearsal, std::size_t most, std::vector<std::string>& lines)
{
    const auto order = byLoss(rehearsal.after);
    if (order.empty())
        return;
    const bool alone = rehearsal.options.sensitivity;
    lines.push_back(fmt::format("{:^15}  {:^15}  {}layer (SQNR in dB, before and after)", "output", "weight",
                                alone ? fmt::format("{:^15}  ", "alone") : ""));
    for (const LayerLoss* layer : order | std::views::take(most)) {
        const LayerLoss* const before = same(rehearsal.before, layer->key);
        lines.push_back(fmt::format("{}  {}  {}{}", cell(before, *layer, &LayerLoss::ratio),
                                    cell(before, *layer, &LayerLoss::weightRatio),
                                    alone ? cell(before, *layer, &LayerLoss::alone) + "  " : "",
                                    visible(layer->layer.name)));
    }
    if (order.size() > most)
        lines.push_back(fmt::format("and {} that lose less", counted(order.size() - most, "layer")));
    for (const LayerLoss& layer : rehearsal.after.layers)
        if (!layer.problem.empty())
            lines.push_back("note      " + visible(layer.layer.name) + ": " + visible(layer.problem));
}

void addOutputs(const Rehearsal& rehearsal, std::vector<std::string>& lines)
{
    for (const OutputLoss& output : rehearsal.after.outputs) {
        const auto& others = rehearsal.before.outputs;
        const auto before = std::ranges::find(others, output.name, &OutputLoss::name);
        std::string line =
            fmt::format("{}: {} dB before, {} dB after", visible(output.name),
                        before == others.end() ? "–" : ratio(before->ratio), ratio(output.ratio));
        if (output.rows > 0)
            line += fmt::format("; the same class as in float: {} of {} before, {} after",
                                before == others.end() ? 0 : before->agree, output.rows, output.agree);
        lines.push_back(std::move(line));
    }
    const auto share = [](const std::optional<Accuracy>& accuracy) {
        return fmt::format("{} of {} ({:.1f} %)", accuracy->right, accuracy->samples,
                           100 * static_cast<double>(accuracy->right) /
                               static_cast<double>(accuracy->samples));
    };
    const RehearsedModel &before = rehearsal.before, &after = rehearsal.after;
    if (before.inFloat && before.rounded && after.rounded)
        lines.push_back(fmt::format("labels met: {} in float, {} rounded before folding, {} after",
                                    share(before.inFloat), share(before.rounded), share(after.rounded)));
}

} // namespace

std::vector<std::string> linesOf(const Rehearsal& rehearsal, std::size_t most)
{
    if (!rehearsal.problem.empty())
        return {"It cannot be rehearsed: " + visible(rehearsal.problem)};
    std::vector<std::string> lines;
    lines.reserve(rehearsal.after.layers.size() + rehearsal.after.outputs.size() + 4);
    for (const std::string& note : rehearsal.after.notes)
        lines.push_back("note      " + note);
    addLayers(rehearsal, most, lines);
    addOutputs(rehearsal, lines);
    lines.push_back(visible(rehearsalSentence(rehearsal)));
    return lines;
}

} // namespace pleat::cli
