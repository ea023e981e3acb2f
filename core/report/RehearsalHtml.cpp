// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/RehearsalHtml.h"

#include "core/base/Text.h"
#include "core/report/HtmlText.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <unordered_map>

namespace pleat {

namespace {

using BeforeByKey = std::unordered_map<std::string, const LayerLoss*>;

// Two bars, before above after, from 0 dB to the largest of the column.
std::string bars(std::optional<double> before, double after, double most)
{
    constexpr double wide = 90;
    const auto bar = [&](const char* kind, double value, int y) {
        const double length = most > 0 ? std::clamp(value / most, 0.0, 1.0) * wide : 0;
        return std::isnan(value)
                   ? std::string()
                   : fmt::format("<rect class=\"{}\" x=\"0\" y=\"{}\" width=\"{:.1f}\" height=\"5\"/>", kind,
                                 y, std::max(length, 1.0));
    };
    return fmt::format(
        "<svg viewBox=\"0 0 {0:g} 14\" width=\"{0:g}\" height=\"14\" aria-hidden=\"true\">{1}{2}</svg> ",
        wide, bar("before", before.value_or(std::nan("")), 1), bar("after", after, 8));
}

double largest(const RehearsedModel& model)
{
    double most = 0;
    for (const LayerLoss& layer : model.layers)
        if (std::isfinite(layer.ratio))
            most = std::max(most, layer.ratio);
    return most;
}

std::string row(const LayerLoss& layer, const LayerLoss* before, double most, bool sensitivity)
{
    const auto old = [&](double LayerLoss::*which) {
        return before ? std::optional(before->*which) : std::nullopt;
    };
    std::string text = "<tbody><tr><td class=\"name\">" + html(layer.layer.name) + "</td>";
    text += "<td class=\"n\">" + bars(old(&LayerLoss::ratio), layer.ratio, most) + "</td>";
    text += changeCell(old(&LayerLoss::ratio), layer.ratio);
    text += changeCell(old(&LayerLoss::weightRatio), layer.weightRatio);
    if (sensitivity)
        text += changeCell(old(&LayerLoss::alone), layer.alone);
    text += fmt::format(
        "</tr>\n<tr class=\"more\"><td colspan=\"{}\">{} · {}{}</td></tr></tbody>\n", sensitivity ? 5 : 4,
        html(layer.layer.op),
        layer.output.empty() ? "its output cannot be looked at" : "measured at " + html(layer.output),
        layer.problem.empty() ? "" : " · <span class=\"note\">" + html(layer.problem) + "</span>");
    return text;
}

std::string outputLine(const Rehearsal& rehearsal, const OutputLoss& output)
{
    const auto& others = rehearsal.before.outputs;
    const auto before = std::ranges::find(others, output.name, &OutputLoss::name);
    std::string line = html(output.name) + ": " + (before == others.end() ? "–" : ratioText(before->ratio)) +
                       " dB before, " + ratioText(output.ratio) + " dB after";
    if (output.rows > 0 && before != others.end())
        line += fmt::format("; the same class as in float for {} of {} before, {} after",
                            grouped(before->agree), grouped(output.rows), grouped(output.agree));
    return line;
}

std::string accuracyLine(const Rehearsal& rehearsal)
{
    const auto share = [](const std::optional<Accuracy>& accuracy) {
        return fmt::format("{} of {}", grouped(accuracy->right), grouped(accuracy->samples));
    };
    const RehearsedModel &before = rehearsal.before, &after = rehearsal.after;
    if (!before.inFloat || !before.rounded || !after.rounded)
        return {};
    return "<p>Labels met: " + share(before.inFloat) + " in float, " + share(before.rounded) +
           " rounded before folding, " + share(after.rounded) + " after.</p>\n";
}

std::string table(const Rehearsal& rehearsal)
{
    const bool alone = rehearsal.options.sensitivity;
    std::string text =
        "<p class=\"hint key\">A click on a heading sorts.<i style=\"background:var(--before)\"></i>"
        "before<i style=\"background:var(--after)\"></i>after folding. dB: SQNR, of what the rounded model "
        "computes against what the same model computes in float; 6 dB are a bit. Both are measured at "
        "the same place: behind the batch norm that was folded.</p>\n<div class=\"card\"><table "
        "class=\"sortable\"><thead><tr>";
    text += columnHead("layer", "layer", "By its name", false);
    text += columnHead("bars", "", "The ratios of the next column, from 0 dB");
    text += columnHead("output", "output, dB",
                       "SQNR at the layer's output, with the weights of all layers rounded");
    text += columnHead("weight", "weight, dB", "SQNR of the weight itself");
    if (alone)
        text += columnHead("alone", "alone, dB", "SQNR at the model's outputs with only this layer rounded");
    text += "</tr></thead>\n";
    BeforeByKey before;
    for (const LayerLoss& layer : rehearsal.before.layers)
        before.emplace(layer.key, &layer);
    const double most = std::max(largest(rehearsal.before), largest(rehearsal.after));
    std::vector<const LayerLoss*> order = byLoss(rehearsal.after);
    for (const LayerLoss& layer : rehearsal.after.layers)
        if (std::ranges::count(order, &layer) == 0)
            order.push_back(&layer);
    for (const LayerLoss* layer : order) {
        const auto same = before.find(layer->key);
        text += row(*layer, same == before.end() ? nullptr : same->second, most, alone);
    }
    return text + "</table></div>\n";
}

} // namespace

std::vector<Figure> rehearsalFigures(const Rehearsal& rehearsal)
{
    if (!rehearsal.problem.empty())
        return {};
    return {{ratioText(rehearsal.before.ratio) + " dB", schemeText(rehearsal.options) + ", before folding"},
            {ratioText(rehearsal.after.ratio) + " dB", schemeText(rehearsal.options) + ", after folding"}};
}

std::string rehearsalSection(const Rehearsal& rehearsal)
{
    std::string text = "<h2>Rehearsal of quantization</h2>\n";
    if (!rehearsal.problem.empty())
        return text + "<p class=\"note\">" + html(rehearsal.problem) + "</p>\n";
    text += "<p>" + html(rehearsalSentence(rehearsal)) + "</p>\n";
    for (const std::string& note : rehearsal.after.notes)
        text += "<p class=\"note\">" + html(note) + "</p>\n";
    for (const OutputLoss& output : rehearsal.after.outputs)
        text += "<p>" + outputLine(rehearsal, output) + ".</p>\n";
    return text + accuracyLine(rehearsal) + table(rehearsal);
}

} // namespace pleat
