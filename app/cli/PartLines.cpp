// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/PartLines.h"

#include "core/base/Text.h"
#include "core/base/Visible.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

constexpr std::size_t mostNodesNamed = 4, mostPartsNamed = 20, mostUnknownNamed = 3;

std::string line(std::string_view word, const std::string& text)
{
    return fmt::format("{:<10}{}", word, text);
}

// "c1 (Conv), bn1 (BatchNormalization)".
std::string named(const std::vector<NodeRef>& nodes)
{
    std::string text;
    for (std::size_t n = 0; n < std::min(nodes.size(), mostNodesNamed); ++n)
        text += fmt::format("{}{} ({})", n == 0 ? "" : ", ", visible(nodes[n].name), visible(nodes[n].op));
    if (nodes.size() > mostNodesNamed)
        text += fmt::format(" and {} more", nodes.size() - mostNodesNamed);
    return text;
}

std::string title(const PartCheck& part)
{
    return (part.before.empty() ? visible(part.output) : named(part.before)) +
           (part.scope.empty() ? std::string() : " in " + visible(part.scope));
}

std::string difference(const PartCheck& part)
{
    const std::string channel =
        part.errors.size() > 1 ? fmt::format(" in channel {}", part.worstChannel) : std::string();
    if (!part.isByUnits)
        return fmt::format("off by {:.2g}{} ({:.2g} is tolerated)", part.largest, channel, part.allowed);
    return fmt::format("off by {:.2g}{}, {:.3g} units of rounding ({:.0f} are allowed)",
                       part.errors[part.worstChannel], channel, part.worst, part.allowed);
}

void addPart(const PartCheck& part, std::vector<std::string>& lines)
{
    lines.push_back(line(part.differs() ? "DIFFERENT" : "unknown", title(part)));
    lines.push_back(line("", part.problem.empty() ? difference(part) : visible(part.problem)));
}

std::string milliseconds(const Quartiles& times)
{
    const auto inMs = [](std::chrono::nanoseconds time) { return static_cast<double>(time.count()) * 1e-6; };
    return fmt::format("{:.3g} ms ({:.3g} to {:.3g})", inMs(times.median), inMs(times.lower),
                       inMs(times.upper));
}

} // namespace

void addParts(const Verification& found, std::vector<std::string>& lines)
{
    const PartCheck* worst = nullptr;
    std::size_t within = 0, different = 0, unknown = 0;
    for (const PartCheck& part : found.parts) {
        if (part.isWithin) {
            ++within;
            if (part.isByUnits && (!worst || part.worst / part.allowed > worst->worst / worst->allowed))
                worst = &part;
        } else if (part.differs() ? different++ < mostPartsNamed : unknown++ < mostUnknownNamed) {
            addPart(part, lines);
        }
    }
    if (different > mostPartsNamed)
        lines.push_back(
            line("", fmt::format("and {} that differ", counted(different - mostPartsNamed, "more part"))));
    if (unknown > mostUnknownNamed)
        lines.push_back(line("", fmt::format("and {} that cannot be run alone",
                                             counted(unknown - mostUnknownNamed, "more part"))));
    if (within > 0)
        lines.push_back(line("same", fmt::format("{} of {} in which the models differ, each run by itself",
                                                 grouped(within), counted(found.parts.size(), "part"))));
    if (worst && worst->worst > 0)
        lines.push_back(line("", "most of all " + title(*worst)));
    if (worst && worst->worst > 0)
        lines.push_back(line("", difference(*worst)));
    if (!found.partsProblem.empty() && found.partsProblem != found.problem)
        lines.push_back(line("unknown", "parts: " + visible(found.partsProblem)));
    if (!found.problem.empty() && found.verdict != Equivalence::Unknown)
        lines.push_back(line("note", visible(found.problem)));
}

void addTrace(const Verification& found, std::vector<std::string>& lines)
{
    if (!found.divergenceProblem.empty())
        lines.push_back(line("trace", visible(found.divergenceProblem)));
    if (!found.divergence)
        return;
    const Divergence& trace = *found.divergence;
    const auto beyond = static_cast<std::size_t>(std::ranges::count_if(
        trace.values, [](const TracedValue& value) { return !value.difference.isWithin; }));
    if (!trace.first) {
        lines.push_back(
            line("trace", fmt::format("{} between inputs and outputs compared, none differs by more "
                                      "than is tolerated",
                                      counted(trace.values.size(), "value"))));
        return;
    }
    const TracedValue& first = trace.values[*trace.first];
    lines.push_back(
        line("begins",
             fmt::format("at {} ({}), which makes {}: it differs by {:.2g} of the largest, SNR {:.1f} dB",
                         visible(first.node.name), visible(first.node.op), visible(first.difference.name),
                         first.difference.scaled, first.difference.numbers.sqnr)));
    lines.push_back(line("", fmt::format("{} of {} between inputs and outputs differ", grouped(beyond),
                                         counted(trace.values.size(), "value"))));
}

void addSpeed(const Verification& found, std::vector<std::string>& lines)
{
    if (!found.speedProblem.empty())
        lines.push_back(line("speed", visible(found.speedProblem)));
    if (!found.speed)
        return;
    const auto& [before, after] = *found.speed;
    lines.push_back(
        line("speed", fmt::format("{} before, {} after: medians of {} runs in turns (quartiles), on "
                                  "one thread",
                                  milliseconds(before.plain), milliseconds(after.plain), after.plain.runs)));
    lines.push_back(line("", fmt::format("{} before, {} after with ONNX Runtime's optimisations",
                                         milliseconds(before.optimised), milliseconds(after.optimised))));
    lines.push_back(line("", fmt::format("{} nodes before, {} after; {} parameters before, {} after",
                                         grouped(before.nodes), grouped(after.nodes),
                                         grouped(before.parameters), grouped(after.parameters))));
}

std::string sentenceOfSame(const Verification& found)
{
    const std::string runtime = ", in ONNX Runtime " + found.library.version + " on ";
    if (found.problem.empty())
        return "Both compute the same" + runtime + found.inputs + ".";
    if (found.parts.empty())
        return "Both compute the same: nothing in them differs. They were not run.";
    return "Both compute the same: all parts in which they differ do" + runtime +
           "random inputs. The whole models were not run.";
}

} // namespace pleat::cli
