// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Verdict.h"

#include "app/cli/PartLines.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pleat::cli {

namespace {

std::string title(const OutputDifference& output)
{
    return fmt::format("{} ({} {})", visible(output.name), fmt::join(output.dims, "×"), name(output.type));
}

void add(const OutputDifference& output, std::vector<std::string>& lines)
{
    lines.push_back(fmt::format("{:<10}{}", output.isWithin ? "same" : "DIFFERENT", title(output)));
    const auto more = [&](const std::string& text) { lines.push_back(std::string(10, ' ') + text); };
    const Difference& numbers = output.numbers;
    if (!output.problem.empty()) {
        more(visible(output.problem));
        return;
    }
    if (numbers.differing == 0) {
        more("every number is the same");
        return;
    }
    more(fmt::format("{} of {} differ, by {:.2g} at most ({:.2g} of the largest; {:.2g} is tolerated), SNR "
                     "{:.1f} dB",
                     grouped(numbers.differing), grouped(numbers.count), numbers.largest, output.scaled,
                     output.tolerated, numbers.sqnr));
    if (numbers.apart > 0)
        more(fmt::format("{} are NaN or infinite on one side only, or in another way",
                         grouped(numbers.apart)));
    if (output.besideSteps)
        more(sentenceOf(*output.besideSteps));
    if (output.classes)
        more(fmt::format("as class scores: {} of {} rows agree on the first, {} on the first five",
                         output.classes->first, output.classes->rows, output.classes->firstFive));
}

} // namespace

Result<Verification> verified(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                              const WorkerPlace& place, const std::stop_token& stop)
{
    ProgressBar bar("Verifying");
    return verify(before, after, options, place, bar, stop);
}

std::vector<std::string> linesOf(const Verification& found)
{
    std::vector<std::string> lines;
    lines.reserve(found.structure.size() + found.notes.size() + 4 * found.outputs.size() + 1);
    for (const std::string& sentence : found.structure)
        lines.push_back("structure " + visible(sentence));
    for (const std::string& note : found.notes)
        lines.push_back("note      " + visible(note));
    addParts(found, lines);
    for (const OutputDifference& output : found.outputs)
        add(output, lines);
    addTrace(found, lines);
    addSpeed(found, lines);
    switch (found.verdict) {
    case Equivalence::Same:
        lines.push_back(sentenceOfSame(found));
        break;
    case Equivalence::Different:
        lines.emplace_back("They do not compute the same.");
        break;
    case Equivalence::Unknown:
        lines.push_back("It cannot be verified: " +
                        visible(found.problem.empty() ? found.partsProblem : found.problem));
        break;
    }
    return lines;
}

Exit exitOf(const Verification& found)
{
    switch (found.verdict) {
    case Equivalence::Same:
        return Done;
    case Equivalence::Different:
        return NotEquivalent;
    default:
        return CannotVerify;
    }
}

Exit verifiedBeforeWriting(const GraphView& before, const GraphView& after, const std::stop_token& stop)
{
    const auto found = verified(before, after, {}, {.program = thisProgram()}, stop);
    if (!found)
        return static_cast<Exit>(fail(found.error(), CannotVerify));
    for (const std::string& line : linesOf(*found))
        say("pleat-cli: " + line);
    if (exitOf(*found) != Done)
        say("pleat-cli: nothing was written");
    return exitOf(*found);
}

} // namespace pleat::cli
