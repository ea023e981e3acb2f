// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Terminal.h"
#include "core/base/Visible.h"
#include "core/fold/Fold.h"
#include "core/report/Json.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

struct PairsArguments {
    std::string model;
    bool all = false;
    bool freezeInputs = false;
    bool json = false;
};

// The batch norm whose entry it is, else the first of its chain.
std::string nameOf(const FoldCandidate& candidate)
{
    const auto batchNorm = std::ranges::find(candidate.affine, "BatchNormalization", &NodeRef::op);
    if (batchNorm != candidate.affine.end())
        return batchNorm->name;
    return candidate.affine.empty() ? std::string() : candidate.affine.front().name;
}

void print(const std::vector<FoldCandidate>& candidates)
{
    std::size_t batchNorms = 0, foldable = 0, others = 0;
    for (const FoldCandidate& candidate : candidates) {
        batchNorms += candidate.batchNorm;
        foldable += candidate.batchNorm && candidate.foldable;
        others += !candidate.batchNorm && candidate.foldable;
        const std::string what = nameOf(candidate);
        fmt::print("{:<8}  {}\n          {}\n", candidate.foldable ? "can fold" : "blocked",
                   visible(candidate.id),
                   candidate.foldable
                       ? visible(what + " " + candidate.message.text())
                       : fmt::format("[{}] {}", code(*candidate.reason), visible(candidate.message.text())));
        for (const FoldWarning& warning : candidate.warnings)
            fmt::print("          warning [{}] {}\n", warning.code, visible(warning.message.text()));
    }
    if (batchNorms == 0)
        fmt::print("There is no batch norm in this model.\n");
    else
        fmt::print("{} of {} batch norms can be folded.\n", foldable, batchNorms);
    if (others > 0)
        fmt::print("{} other scales or shifts can be folded too (--affine).\n", others);
}

int runPairs(const PairsArguments& options, const std::stop_token& stop)
{
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    const FoldOptions rules{.freezeInputs = options.freezeInputs, .blockedToo = options.all};
    ProgressBar bar("Looking");
    const auto& candidates = untilExit(findFolds(*view, rules, bar, stop));
    if (!candidates)
        return fail(candidates.error(), CannotRead);
    if (!options.json) {
        print(*candidates);
        return Done;
    }
    if (const auto printed = pairsJson(options.model, *candidates, printText); !printed)
        return fail(printed.error(), CannotWrite);
    return Done;
}

} // namespace

Run addPairs(CLI::App& parser)
{
    const auto options = std::make_shared<PairsArguments>();
    CLI::App& command =
        *parser.add_subcommand("pairs", "Every batch norm: can it be folded, into what, or why not");
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    command.add_flag("--all", options->all, "List scales and shifts that cannot be folded, too");
    command.add_flag("--freeze-inputs", options->freezeInputs,
                     "Take inputs that have an initializer for constants: nobody replaces them");
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options](const std::stop_token& stop) { return runPairs(*options, stop); };
}

} // namespace pleat::cli
