// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/Report.h"
#include "app/cli/Terminal.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"
#include "core/report/CompareHtml.h"
#include "core/report/CompareJson.h"
#include "core/verify/Structure.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pleat::cli {

namespace {

struct CompareArguments {
    std::string before, after, page;
    bool json = false;
};

std::string nameOf(const TensorSide& side)
{
    return visible(side.scope.empty() ? side.name : side.scope + "/" + side.name);
}

std::string formOf(const TensorSide& side)
{
    return fmt::format("{} {}", fmt::join(side.dims, "×"), name(side.type));
}

std::string rangeOf(const Range& range)
{
    return fmt::format("{:.4g} … {:.4g}", range.min, range.max);
}

// "conv.weight (4×3×3×3 float)", and the other name and form where they are others.
std::string titleOf(const ComparedTensor& row)
{
    std::string title = nameOf(*row.before);
    if (nameOf(*row.after) != title)
        title += " → " + nameOf(*row.after);
    title += " (" + formOf(*row.before);
    if (formOf(*row.after) != formOf(*row.before))
        title += " → " + formOf(*row.after);
    return title + ")";
}

void printDifferent(const ComparedTensor& row)
{
    if (!row.difference) {
        fmt::print("{:>9} {:>10} {:>10}  {}\n          {}\n", "", "", "", titleOf(row), visible(row.problem));
        return;
    }
    const Difference& d = *row.difference;
    const std::string ratio = std::isnan(d.sqnr)   ? ""
                              : std::isinf(d.sqnr) ? (d.sqnr > 0 ? "exact" : "none")
                                                   : fmt::format("{:.1f}", d.sqnr);
    fmt::print("{:>9} {:>10.3g} {:>10.3g}  {}\n", ratio, d.largest, d.largestRelative, titleOf(row));
    fmt::print("{:>32} {} of {} differ, range {} → {}\n", "", grouped(d.differing), grouped(d.count),
               rangeOf(d.before), rangeOf(d.after));
    if (d.apart > 0)
        fmt::print("{:>32} {} are NaN or infinite on one side only, or in another way\n", "",
                   grouped(d.apart));
}

void print(std::span<const ComparedTensor> rows, const CompareCounts& counts)
{
    if (counts.different > 0)
        fmt::print("{:>9} {:>10} {:>10}  {}\n", "SQNR dB", "largest", "relative",
                   "tensor (how far after is from before)");
    for (const ComparedTensor& row : rows) {
        if (row.before && row.after)
            printDifferent(row);
    }
    for (const ComparedTensor& row : rows) {
        if (!row.after)
            fmt::print("only before  {} ({})\n", nameOf(*row.before), formOf(*row.before));
        else if (!row.before)
            fmt::print("only after   {} ({})\n", nameOf(*row.after), formOf(*row.after));
    }
    fmt::print("{} the same, {} differ, {} only before, {} only after.\n",
               counted(counts.same, "tensor") + (counts.same == 1 ? " is" : " are"), counts.different,
               counts.onlyBefore, counts.onlyAfter);
}

std::string nameOf(const NodeSide& side)
{
    return visible((side.scope.empty() ? side.name : side.scope + "/" + side.name) + " (" + side.op + ")");
}

void print(const ComparedGraphs& graphs)
{
    for (const std::string& difference : graphs.interface)
        fmt::print("{}\n", visible(difference));
    for (const ComparedNode& node : graphs.nodes) {
        if (node.isSame())
            continue;
        if (node.by == NodesMatchedBy::Nobody) {
            fmt::print("{}  {}\n", node.before ? "only before" : "only after ",
                       nameOf(node.before ? *node.before : *node.after));
            continue;
        }
        fmt::print("changed      {}\n", nameOf(*node.after));
        for (const NodeDifference& change : node.changes)
            fmt::print("             {}\n", visible(textOf(change)));
    }
    const CompareCounts counts = countsOf(graphs.nodes);
    fmt::print("{} the same, {} changed, {} only before, {} only after.\n\n",
               counted(counts.same, "node") + (counts.same == 1 ? " is" : " are"), counts.different,
               counts.onlyBefore, counts.onlyAfter);
}

Result<void> writePage(const CompareArguments& options, const Model& before, const Model& after,
                       const ComparedGraphs& graphs, const CompareCounts& counts,
                       std::span<const ComparedTensor> rows, const std::stop_token& stop)
{
    ProgressBar bar("Reporting");
    auto old = recipeSource(*before.source, bar, stop);
    if (!old)
        return tl::make_unexpected(std::move(old.error()));
    auto now = recipeSource(*after.source, bar, stop);
    if (!now)
        return tl::make_unexpected(std::move(now.error()));
    const ComparePage page{std::move(*old), std::move(*now), counts, &graphs, today()};
    return saveText(
        options.page, [&](const TextSink& write) { return compareHtml(page, rows, write, bar, stop); }, stop);
}

int runCompare(const CompareArguments& options, const std::stop_token& stop)
{
    if (wouldOverwrite(options.page, options.before, options.after))
        return Usage;
    const auto& views = untilExit(openViews(options.before, options.after, stop));
    if (!views)
        return fail(views.error(), CannotRead);
    const auto& [before, after] = *views;
    ProgressBar bar("Comparing");
    const std::vector<NodeMatch> nodes = matchNodes(*before, *after);
    auto compared = compareNodes(*before, *after, nodes, stop);
    if (!compared)
        return fail(compared.error(), CannotRead);
    const ComparedGraphs graphs{interfaceDifferences(*before, *after), std::move(*compared)};
    CompareJson json(printText);
    if (options.json) {
        if (const auto begun = json.begin(options.before, options.after, graphs); !begun)
            return fail(begun.error(), CannotWrite);
    }
    CompareCounts counts;
    std::vector<ComparedTensor> rows;
    const auto take = [&](ComparedTensor row) -> Result<void> {
        counts.add(row);
        auto told = options.json ? json.add(row) : Result<void>();
        if (!row.isSame() && (!options.json || !options.page.empty()))
            rows.push_back(std::move(row));
        return told;
    };
    if (const auto measured = compareTensors(*before, *after, nodes, take, bar, stop); !measured)
        return fail(measured.error(), CannotRead);
    sortWorstFirst(rows);
    if (!options.page.empty()) {
        if (const auto written =
                writePage(options, before->model(), after->model(), graphs, counts, rows, stop);
            !written)
            return fail(written.error(), CannotWrite);
    }
    if (!options.json) {
        print(graphs);
        print(rows, counts);
        return Done;
    }
    const auto ended = json.end(counts);
    return ended ? Done : fail(ended.error(), CannotWrite);
}

} // namespace

Run addCompare(CLI::App& parser)
{
    const auto options = std::make_shared<CompareArguments>();
    CLI::App& command = *parser.add_subcommand(
        "compare",
        "How the graphs and the constants of two models differ; the exit code is 0 whether or not they do");
    command.add_option("BEFORE", options->before, "An ONNX file")->required();
    command.add_option("AFTER", options->after, "Another one")->required();
    command.add_flag("--json", options->json, "One JSON object on standard output");
    command.add_option("--html", options->page, "Write what differs to this file, as a page to read");
    return [options](const std::stop_token& stop) { return runCompare(*options, stop); };
}

} // namespace pleat::cli
