// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/StepLines.h"

#include "app/cli/Terminal.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"
#include "core/edit/Problems.h"

#include <fmt/format.h>

namespace pleat::cli {

void warnOfProblems(const GraphView& before, const GraphView& after)
{
    std::vector<std::string> warnings;
    for (const Finding& problem : newProblems(before, after))
        warnings.push_back(fmt::format("{} [{}]", problem.message.text(), problem.code));
    for (const std::string& warning : shortened(std::move(warnings), "things do not fit together"))
        say("pleat-cli: warning: " + warning);
}

void printSteps(const Recipe& recipe, const Replay& replayed)
{
    for (std::size_t s = 0; s < replayed.steps.size(); ++s) {
        const ReplayedStep& step = replayed.steps[s];
        const std::string asked = visible(describe(recipe.steps[s]).text());
        switch (step.status) {
        case ReplayedStep::Status::Applied:
            fmt::print("step {}   {}: {}\n", s + 1, asked, visible(step.what.text()));
            break;
        case ReplayedStep::Status::Refused:
            fmt::print("step {}   {}: does not apply\n          {}\n", s + 1, asked,
                       visible(step.error.message));
            break;
        case ReplayedStep::Status::NotReached:
            fmt::print("step {}   {}: not reached\n", s + 1, asked);
        }
        for (const Finding& finding : step.findings)
            fmt::print("          {} [{}] {}\n", visible(finding.id), finding.code,
                       visible(finding.message.text()));
    }
}

} // namespace pleat::cli
