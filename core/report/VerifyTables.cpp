// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/VerifyTables.h"

#include "core/base/Text.h"
#include "core/report/HtmlPage.h"
#include "core/report/HtmlText.h"

#include <fmt/format.h>

namespace pleat {

namespace {

constexpr std::size_t mostTraced = 5000; // values that have a row

std::string outputRow(const OutputDifference& output)
{
    std::string text = "<tbody><tr><td class=\"name\">" + html(output.name) + "</td><td>" +
                       (output.isWithin ? "same" : "<span class=\"code\">different</span>") + "</td>";
    const Difference& numbers = output.numbers;
    text += numberCell(static_cast<double>(numbers.differing),
                       grouped(numbers.differing) + " of " + grouped(numbers.count));
    text += numberCell(numbers.largest, shortNumber(numbers.largest, 3));
    text += numberCell(output.scaled, shortNumber(output.scaled, 3));
    text += numberCell(output.tolerated, shortNumber(output.tolerated, 3));
    text += numberCell(numbers.sqnr, ratioText(numbers.sqnr));
    text += numberCell(output.cosine, fmt::format("{:.9f}", output.cosine));
    std::string about = html(shapeText(output.dims, name(output.type)));
    if (output.classes)
        about += fmt::format(" · as class scores: {} of {} rows agree on the first, {} on the first five",
                             grouped(output.classes->first), grouped(output.classes->rows),
                             grouped(output.classes->firstFive));
    if (!output.problem.empty())
        about += " · " + html(output.problem);
    return text + "</tr>\n<tr class=\"more\"><td colspan=\"8\">" + about + "</td></tr></tbody>\n";
}

std::string verdictCell(bool isWithin)
{
    return isWithin ? "<td>same</td>" : "<td><span class=\"code\">different</span></td>";
}

std::string nodesText(const std::vector<NodeRef>& nodes)
{
    std::string text;
    for (const NodeRef& node : nodes)
        text += (text.empty() ? "" : ", ") + html(node.name) + " (" + html(node.op) + ")";
    return text.empty() ? "–" : text;
}

std::string partRow(const PartCheck& part)
{
    std::string text =
        "<tbody><tr><td class=\"name\">" + html(part.output) + "</td>" + verdictCell(part.isWithin);
    const bool isKnown = part.problem.empty();
    const auto cell = [&](bool isThere, double value, const std::string& shown) {
        return isThere ? numberCell(value, shown) : numberCell(std::nullopt, "–");
    };
    text += cell(isKnown, part.largest, shortNumber(part.largest, 3));
    text += cell(isKnown && part.hasBound, part.worst, shortNumber(part.worst, 3));
    text += cell(isKnown && part.isByUnits, part.allowed, shortNumber(part.allowed, 3));
    text += cell(isKnown, static_cast<double>(part.worstChannel), grouped(part.worstChannel));
    return text + "</tr>\n<tr class=\"more\"><td colspan=\"6\">" + nodesText(part.before) + " → " +
           nodesText(part.after) +
           (isKnown ? "" : " · <span class=\"note\">" + html(part.problem) + "</span>") +
           "</td></tr></tbody>\n";
}

std::string traceRow(const TracedValue& value)
{
    const OutputDifference& difference = value.difference;
    return "<tbody><tr><td class=\"name\">" + html(difference.name) + "</td><td>" + html(value.node.name) +
           " (" + html(value.node.op) + ")</td>" + verdictCell(difference.isWithin) +
           numberCell(difference.scaled, shortNumber(difference.scaled, 3)) +
           numberCell(difference.numbers.sqnr, ratioText(difference.numbers.sqnr)) + "</tr></tbody>\n";
}

std::string timeText(const Quartiles& times)
{
    const auto milliseconds = [](std::chrono::nanoseconds time) {
        return shortNumber(static_cast<double>(time.count()) / 1e6, 3);
    };
    return milliseconds(times.median) + " ms <span class=\"q\">(" + milliseconds(times.lower) + " … " +
           milliseconds(times.upper) + ")</span>";
}

} // namespace

std::string outputTable(const Verification& found)
{
    if (found.outputs.empty())
        return {};
    std::string text = "<h2>Outputs</h2>\n<div class=\"card\"><table class=\"sortable\"><thead><tr>";
    text += columnHead("name", "output", "By its name", false);
    text += columnHead("verdict", "verdict", "Whether it differs by no more than is tolerated", false);
    text += columnHead("differing", "differ", "Numbers that are not the same");
    text += columnHead("largest", "by at most", "The largest |after − before|");
    text += columnHead("scaled", "scaled", "The same over the largest |before|");
    text += columnHead("tolerated", "tolerated", "What a number may differ by");
    text += columnHead("snr", "SNR, dB", "Signal over difference");
    text += columnHead("cosine", "cosine", "Of the angle between the two as vectors");
    text += "</tr></thead>\n";
    for (const OutputDifference& output : found.outputs)
        text += outputRow(output);
    return text + "</table></div>\n";
}

std::string partTable(const Verification& found)
{
    if (found.parts.empty())
        return {};
    std::string text = "<h2>Part by part</h2>\n<p class=\"hint\">Each place in which the models differ, run "
                       "by itself. Units: "
                       "of the rounding of the type, u · Σ|w||x|.</p>\n<div class=\"card\"><table "
                       "class=\"sortable\"><thead><tr>";
    text += columnHead("part", "part", "By what it makes", false);
    text +=
        columnHead("part-verdict", "verdict", "Whether it is off by no more than rounding explains", false);
    text += columnHead("error", "off by", "The largest |after − before|");
    text += columnHead("units", "in units", "The same in units of rounding");
    text += columnHead("allowed", "allowed", "As many units");
    text += columnHead("channel", "channel", "The worst one");
    text += "</tr></thead>\n";
    for (const PartCheck& part : found.parts)
        text += partRow(part);
    return text + "</table></div>\n";
}

std::string traceTable(const Verification& found)
{
    if (!found.divergence)
        return {};
    const Divergence& trace = *found.divergence;
    std::string text =
        "<h2>Where it begins</h2>\n<p>" +
        (trace.first
             ? "The first value that differs by more than is tolerated is " +
                   html(trace.values[*trace.first].difference.name) + "."
             : std::string("No value between inputs and outputs differs by more than is tolerated.")) +
        "</p>\n<div class=\"card\"><table class=\"sortable single\"><thead><tr>";
    text += columnHead("value", "value", "In the order of the model before", false);
    text += columnHead("node", "made by", "The node before", false);
    text += columnHead("value-verdict", "verdict", "Whether it differs by no more than is tolerated", false);
    text += columnHead("value-scaled", "scaled", "The largest difference over the largest |before|");
    text += columnHead("value-snr", "SNR, dB", "Signal over difference");
    text += "</tr></thead>\n";
    for (std::size_t n = 0; n < std::min(trace.values.size(), mostTraced); ++n)
        text += traceRow(trace.values[n]);
    return text + "</table></div>\n";
}

std::string speedTable(const Verification& found)
{
    if (!found.speed)
        return {};
    const SpeedOfSide &before = found.speed->before, &after = found.speed->after;
    const auto both = [](const std::string& was, const std::string& is) { return was + " → " + is; };
    return "<h2>Speed</h2>\n" +
           facts({{"Median, optimisations off", both(timeText(before.plain), timeText(after.plain))},
                  {"Median, optimisations on", both(timeText(before.optimised), timeText(after.optimised))},
                  {"Nodes", both(grouped(before.nodes), grouped(after.nodes))},
                  {"Parameters", both(grouped(before.parameters), grouped(after.parameters))}});
}

} // namespace pleat
