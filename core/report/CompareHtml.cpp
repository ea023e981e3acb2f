// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/CompareHtml.h"

#include "core/base/Text.h"
#include "core/report/HtmlPlots.h"
#include "core/report/HtmlText.h"
#include "core/report/WeightPlots.h"

#include <fmt/format.h>

namespace pleat {

namespace {

std::string nameOf(const TensorSide& side)
{
    return side.scope.empty() ? side.name : side.scope + "/" + side.name;
}

std::string formOf(const TensorSide& side)
{
    return shapeText(side.dims, name(side.type));
}

// The name, and the other one where it has got another.
std::string titleOf(const ComparedTensor& tensor)
{
    const std::string before = nameOf(*tensor.before), after = nameOf(*tensor.after);
    return before == after ? before : before + " → " + after;
}

std::string aboutOf(const ComparedTensor& tensor)
{
    const std::string before = formOf(*tensor.before), after = formOf(*tensor.after);
    std::string about = before == after ? before : before + " → " + after;
    if (tensor.by != MatchedBy::Name)
        about += " · belong together by the nodes that read them";
    if (tensor.difference && tensor.difference->apart > 0)
        about += " · " + grouped(tensor.difference->apart) + " NaN or infinite on one side only";
    return tensor.problem.empty() ? about : about + " · " + tensor.problem;
}

// The second line, with the plots behind it where `isDrawn`.
Result<std::string> belowOf(const ComparedTensor& tensor, bool isDrawn, const std::stop_token& stop)
{
    std::string about = html(aboutOf(tensor));
    if (!isDrawn || !tensor.difference)
        return about;
    auto plots = weightPlots(alongFirstAxis(*tensor.before->tensor), alongFirstAxis(*tensor.after->tensor),
                             "position along the first axis", stop);
    if (!plots && plots.error().code == ErrorCode::Cancelled)
        return plots;
    return unfolding(about, plots);
}

std::string differentRow(const ComparedTensor& tensor)
{
    std::string text = "<tbody><tr><td class=\"name\">" + html(titleOf(tensor)) + "</td>";
    if (const auto& d = tensor.difference) {
        text += numberCell(static_cast<double>(d->differing),
                           grouped(d->differing) + " <span class=\"q\">of " + grouped(d->count) + "</span>");
        text += numberCell(d->after.max - d->after.min, rangeBars(d->before, d->after));
        text += numberCell(d->largest, shortNumber(d->largest));
        text += numberCell(d->largestRelative, shortNumber(d->largestRelative));
        text += numberCell(d->sqnr, ratioText(d->sqnr));
    } else {
        for (int column = 0; column < 5; ++column)
            text += numberCell(std::nullopt, "–");
    }
    return text + "</tr>\n";
}

Result<void> writeDifferent(std::span<const ComparedTensor> tensors, const TextSink& write,
                            Progress& progress, const std::stop_token& stop)
{
    std::string text = "<h2>Tensors that differ</h2>\n<p class=\"hint key\">A click on a heading sorts."
                       "<i style=\"background:var(--before)\"></i>before<i "
                       "style=\"background:var(--after)\"></i>after, each tensor on "
                       "a scale of its own. SQNR: of <em>after</em>, 10·log₁₀(Σ before² / Σ (after − "
                       "before)²) dB; 6 dB are a bit.</p>\n"
                       "<div class=\"card\"><table class=\"sortable\"><thead><tr>";
    text += columnHead("tensor", "tensor", "By its name", false);
    text += columnHead("differing", "differ", "How many elements are not the same");
    text += columnHead("range", "range", "Sorted by the width after");
    text += columnHead("largest", "largest change", "The largest |after − before|");
    text += columnHead("relative", "relative", "The largest |after − before| / |before|");
    text += columnHead("sqnr", "SQNR, dB", "How far after is from before");
    text += "</tr></thead>\n";
    std::size_t rows = 0;
    for (const ComparedTensor& tensor : tensors) {
        if (!tensor.before || !tensor.after)
            continue;
        auto below = belowOf(tensor, rows++ < mostPlots, stop);
        if (!below)
            return tl::make_unexpected(std::move(below.error()));
        text +=
            differentRow(tensor) + "<tr class=\"more\"><td colspan=\"6\">" + *below + "</td></tr></tbody>\n";
        progress.advance(rows, tensors.size());
        if (auto written = write(text); !written)
            return written;
        text.clear();
    }
    return write("</table></div>\n");
}

Result<void> writeAlone(std::string_view title, std::span<const ComparedTensor> tensors,
                        std::optional<TensorSide> ComparedTensor::*here,
                        std::optional<TensorSide> ComparedTensor::*there, const TextSink& write)
{
    std::string text =
        fmt::format("<h2>{}</h2>\n<div class=\"card\"><table class=\"sortable single\"><thead><tr>"
                    "{}{}</tr></thead>\n",
                    title, columnHead("tensor", "tensor", "By its name", false),
                    columnHead("form", "shape and type", "By its shape", false));
    for (const ComparedTensor& tensor : tensors) {
        if (tensor.*there)
            continue;
        text += fmt::format("<tbody><tr><td class=\"name\">{}</td><td>{}</td></tr></tbody>\n",
                            html(nameOf(*(tensor.*here))), html(formOf(*(tensor.*here))));
        if (auto written = write(text); !written)
            return written;
        text.clear();
    }
    return write("</table></div>\n");
}

std::string nameOf(const NodeSide& side)
{
    return side.scope.empty() ? side.name : side.scope + "/" + side.name;
}

std::string nodeRow(const ComparedNode& node)
{
    const NodeSide& side = node.after ? *node.after : *node.before;
    std::string what = node.by != NodesMatchedBy::Nobody ? "" : node.before ? "only before" : "only after";
    for (const NodeDifference& change : node.changes)
        what += (what.empty() ? "" : "<br>") + html(textOf(change));
    return fmt::format("<tbody><tr><td class=\"name\">{}</td><td>{}</td><td>{}</td></tr></tbody>\n",
                       html(nameOf(side)), html(side.op), what);
}

Result<void> writeGraphs(const ComparedGraphs& graphs, const CompareCounts& counts, const TextSink& write)
{
    std::string text =
        "<h2>The graph</h2>\n<p class=\"hint\">" +
        html(fmt::format("{} of the nodes are the same, {} changed, {} only before, {} only after.",
                         grouped(counts.same), grouped(counts.different), grouped(counts.onlyBefore),
                         grouped(counts.onlyAfter))) +
        "</p>\n";
    for (const std::string& difference : graphs.interface)
        text += "<p>" + html(difference) + "</p>\n";
    if (counts.different + counts.onlyBefore + counts.onlyAfter == 0)
        return write(text);
    text +=
        fmt::format("<div class=\"card\"><table class=\"sortable single\"><thead><tr>{}{}{}</tr></thead>\n",
                    columnHead("node", "node", "By its name", false),
                    columnHead("op", "operator", "By its operator", false),
                    columnHead("change", "what became of it", "By what changed", false));
    for (const ComparedNode& node : graphs.nodes) {
        if (node.isSame())
            continue;
        text += nodeRow(node);
        if (auto written = write(text); !written)
            return written;
        text.clear();
    }
    return write(text + "</table></div>\n");
}

} // namespace

Result<void> compareHtml(const ComparePage& page, std::span<const ComparedTensor> tensors,
                         const TextSink& write, Progress& progress, const std::stop_token& stop)
{
    const CompareCounts& counts = page.counts;
    const std::string head =
        pageBegin(page.before.file + " and " + page.after.file,
                  "What became of the nodes and tensors of one model in the other.") +
        figures({{grouped(counts.different), counts.different == 1 ? "tensor differs" : "tensors differ",
                  counts.different > 0},
                 {grouped(counts.same), counts.same == 1 ? "is the same" : "are the same"},
                 {grouped(counts.onlyBefore), "only before"},
                 {grouped(counts.onlyAfter), "only after"}}) +
        facts({{"Before", fileText(page.before)}, {"After", fileText(page.after)}});
    if (auto written = write(head); !written)
        return written;
    if (page.graphs) {
        if (auto written = writeGraphs(*page.graphs, countsOf(page.graphs->nodes), write); !written)
            return written;
    }
    if (counts.different > 0) {
        if (auto written = writeDifferent(tensors, write, progress, stop); !written)
            return written;
    }
    if (counts.onlyBefore > 0) {
        if (auto written = writeAlone("Tensors only before", tensors, &ComparedTensor::before,
                                      &ComparedTensor::after, write);
            !written)
            return written;
    }
    if (counts.onlyAfter > 0) {
        if (auto written = writeAlone("Tensors only after", tensors, &ComparedTensor::after,
                                      &ComparedTensor::before, write);
            !written)
            return written;
    }
    return write(pageEnd(page.date));
}

} // namespace pleat
