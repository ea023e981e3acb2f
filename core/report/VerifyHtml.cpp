// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/VerifyHtml.h"

#include "core/base/Text.h"
#include "core/report/HtmlPage.h"
#include "core/report/HtmlText.h"
#include "core/report/PartsHtml.h"
#include "core/report/RehearsalHtml.h"

#include <fmt/format.h>

namespace pleat {

namespace {

std::string verdictText(Equivalence verdict)
{
    return verdict == Equivalence::Same        ? "They compute the same"
           : verdict == Equivalence::Different ? "They do not compute the same"
                                               : "It cannot be verified";
}

std::string toleranceText(const VerifyOptions& options)
{
    if (!options.tolerance)
        return "usual for each type, see “tolerated”";
    return fmt::format("{} + {} · the largest of an output", shortNumber(options.tolerance->absolute),
                       shortNumber(options.tolerance->relative));
}

std::string head(const VerifyRecord& record, const VerifyOptions& options, const Verification& found)
{
    std::vector<Figure> top{
        {found.verdict == Equivalence::Same        ? "same"
         : found.verdict == Equivalence::Different ? "different"
                                                   : "unknown",
         found.library.version.empty() ? "as far as it was looked at" : "on " + found.inputs,
         found.verdict != Equivalence::Same}};
    if (record.rehearsal) {
        const std::vector<Figure> more = rehearsalFigures(*record.rehearsal);
        top.insert(top.end(), more.begin(), more.end());
    }
    std::vector<Fact> all{{"Before", fileText(record.before)}, {"After", fileText(record.after)}};
    all.reserve(16);
    all.push_back(
        {"ONNX Runtime", found.library.version.empty() ? "was not run" : html(found.library.version)});
    all.push_back({"Seed", grouped(options.seed)});
    all.push_back({"Tolerance", html(toleranceText(options))});
    if (record.inputs) {
        all.push_back({options.inputs ? "Inputs" : "Inputs of the rehearsal", html(record.inputs->origin)});
        for (const InputFile& file : record.inputs->files)
            all.push_back({"", fileText({file.name, file.bytes, file.sha256})});
    }
    std::string notes;
    for (const std::string& note : found.notes)
        notes += (notes.empty() ? "" : "<br>") + html(note);
    if (!notes.empty())
        all.push_back({"Notes", notes});
    all.push_back({"Again", "<code>" + html(record.command) + "</code>"});
    return pageBegin(verdictText(found.verdict), record.before.file + " and " + record.after.file) +
           figures(top) + facts(all);
}

std::string sentences(const Verification& found)
{
    std::string text;
    if (!found.problem.empty())
        text += "<div class=\"hazard\"><b>" + html(found.problem) + "</b></div>\n";
    for (const std::string& sentence : found.structure)
        text += "<div class=\"hazard\">" + html(sentence) + "</div>\n";
    return text;
}

// "1e-7: 12, 1e-6: 3": how many are as large, up to ten times that.
std::string decadesText(const std::vector<ErrorDecade>& decades)
{
    std::string text;
    for (const ErrorDecade& decade : decades)
        text += fmt::format("{}1e{}: {}", text.empty() ? "" : ", ", decade.exponent, grouped(decade.count));
    return text;
}

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
    if (output.besideSteps)
        about += " · " + html(sentenceOf(*output.besideSteps));
    if (!output.decades.empty())
        about += " · errors by decade: " + html(decadesText(output.decades));
    if (!output.problem.empty())
        about += " · " + html(output.problem);
    return text + "</tr>\n<tr class=\"more\"><td colspan=\"8\">" + about + "</td></tr></tbody>\n";
}

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

} // namespace

Result<void> verifyHtml(const VerifyRecord& record, const VerifyOptions& options, const Verification& found,
                        const TextSink& write)
{
    for (const std::string& section :
         {head(record, options, found), sentences(found), outputTable(found), partsSection(found),
          record.rehearsal ? rehearsalSection(*record.rehearsal) : std::string(), speedSection(found),
          traceSection(found), pageEnd(record.date)})
        if (auto written = write(section); !written)
            return written;
    return {};
}

} // namespace pleat
