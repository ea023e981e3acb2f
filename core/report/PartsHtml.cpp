// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/PartsHtml.h"

#include "core/base/Text.h"
#include "core/report/HtmlText.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat {

namespace {

// From 0 to what is allowed.
std::string allowanceBar(double part)
{
    constexpr double wide = 90;
    return fmt::format("<svg viewBox=\"0 0 {0:g} 7\" width=\"{0:g}\" height=\"7\" aria-hidden=\"true\">"
                       "<rect class=\"{1}\" x=\"0\" y=\"1\" width=\"{2:.1f}\" height=\"5\"/></svg> ",
                       wide, part > 1 ? "before" : "after", std::clamp(part, 0.01, 1.0) * wide);
}

std::string namesOf(const std::vector<NodeRef>& nodes)
{
    std::string text;
    for (const NodeRef& node : nodes)
        text += (text.empty() ? "" : ", ") + html(node.name) + " (" + html(node.op) + ")";
    return text;
}

std::string verdictCell(const PartCheck& part)
{
    return part.isWithin    ? "<td>same</td>"
           : part.differs() ? "<td><span class=\"code\">different</span></td>"
                            : "<td>unknown</td>";
}

std::string partRow(const PartCheck& part)
{
    const double taken = part.isByUnits ? part.worst : part.largest;
    const bool isKnown = part.problem.empty();
    std::string text = "<tbody><tr><td class=\"name\">" +
                       (part.before.empty() ? html(part.output) : html(part.before.front().name)) + "</td>";
    text += verdictCell(part);
    const auto cell = [&](bool isThere, double value) {
        return numberCell(isThere ? std::optional(value) : std::nullopt,
                          isThere ? shortNumber(value, 3) : "–");
    };
    const bool hasBar = isKnown && part.allowed > 0;
    text += "<td class=\"n\">" + (hasBar ? allowanceBar(taken / part.allowed) : std::string()) + "</td>";
    text += cell(isKnown && part.hasBound, part.worst);
    text += cell(isKnown && part.isByUnits, part.allowed);
    text += cell(isKnown, part.largest);
    text += cell(isKnown && part.errors.size() > 1, static_cast<double>(part.worstChannel));
    std::string about = namesOf(part.before);
    if (isKnown)
        about += " · " + html(shapeText(part.dims, name(part.type)));
    else
        about += " · " + html(part.problem);
    if (part.asFloat)
        about += " · run in float";
    return text + "</tr>\n<tr class=\"more\"><td colspan=\"7\">" + about + "</td></tr></tbody>\n";
}

std::string times(const Quartiles& quartiles)
{
    const auto inMs = [](std::chrono::nanoseconds time) {
        return shortNumber(static_cast<double>(time.count()) * 1e-6, 3);
    };
    return inMs(quartiles.median) + " ms <span class=\"hint\">(" + inMs(quartiles.lower) + " … " +
           inMs(quartiles.upper) + ")</span>";
}

std::string speedRow(const std::string& what, const std::string& before, const std::string& after)
{
    return "<tr><td>" + what + "</td><td class=\"n\">" + before + "</td><td class=\"n\">" + after +
           "</td></tr>\n";
}

} // namespace

std::string partsSection(const Verification& found)
{
    if (found.parts.empty())
        return {};
    std::string text =
        "<h2>Where they differ</h2>\n<p class=\"hint\">Each part was run by itself. A unit is what "
        "rounding once is: the type's unit roundoff times Σ|w||x|.</p>\n"
        "<div class=\"card\"><table class=\"sortable\"><thead><tr>";
    text += columnHead("part", "part", "By the first operator of it", false);
    text +=
        columnHead("part_verdict", "verdict", "Whether it differs by no more than rounding explains", false);
    text += "<th></th>";
    text += columnHead("units", "units", "The largest error in units of rounding");
    text += columnHead("allowed", "allowed", "So many units are no difference");
    text += columnHead("error", "by at most", "The largest |after − before|");
    text += columnHead("channel", "channel", "The one with the largest error");
    text += "</tr></thead>\n";
    for (const PartCheck& part : found.parts)
        text += partRow(part);
    return text + "</table></div>\n";
}

std::string traceSection(const Verification& found)
{
    if (!found.divergence || found.divergence->values.empty())
        return {};
    std::string text = "<h2>Where it begins</h2>\n";
    if (const auto first = found.divergence->first) {
        const TracedValue& value = found.divergence->values[*first];
        text += "<p>At <b>" + html(value.node.name) + "</b> (" + html(value.node.op) + "), which makes " +
                html(value.difference.name) + ".</p>\n";
    } else {
        text += "<p>No value between inputs and outputs differs by more than is tolerated.</p>\n";
    }
    text += "<div class=\"card\"><table class=\"sortable\"><thead><tr>";
    text += columnHead("value", "value", "In the order of the graph", false);
    text += columnHead("by", "made by", "The operator, before", false);
    text += columnHead("value_scaled", "scaled", "The largest |after − before| over the largest |before|");
    text += columnHead("value_snr", "SNR, dB", "Signal over difference");
    text += "</tr></thead>\n";
    for (const TracedValue& value : found.divergence->values) {
        const OutputDifference& difference = value.difference;
        text += "<tbody><tr><td class=\"name\">" + html(difference.name) + "</td><td>" + html(value.node.op) +
                (difference.isWithin ? "" : " <span class=\"code\">different</span>") + "</td>";
        text += numberCell(difference.scaled, shortNumber(difference.scaled, 3));
        text += numberCell(difference.numbers.sqnr, ratioText(difference.numbers.sqnr)) + "</tr></tbody>\n";
    }
    return text + "</table></div>\n";
}

std::string speedSection(const Verification& found)
{
    if (!found.speed)
        return {};
    const auto& [before, after] = *found.speed;
    return "<h2>How long both take</h2>\n<p class=\"hint\">Medians (quartiles) of " +
           counted(before.plain.runs, "run") +
           " in turns, on one thread.</p>\n<div class=\"card\"><table><thead><tr><th></th><th "
           "class=\"n\">before</th><th class=\"n\">after</th></tr></thead>\n" +
           speedRow("as the operators say", times(before.plain), times(after.plain)) +
           speedRow("optimised by ONNX Runtime", times(before.optimised), times(after.optimised)) +
           speedRow("nodes", grouped(before.nodes), grouped(after.nodes)) +
           speedRow("parameters", grouped(before.parameters), grouped(after.parameters)) + "</table></div>\n";
}

} // namespace pleat
