// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Fold.h"

#include "core/fold/Apply.h"

#include <fmt/format.h>
#include <unordered_map>

namespace pleat {

namespace {

bool takenByDefault(const FoldCandidate& candidate)
{
    return candidate.foldable && candidate.batchNorm;
}

// Marks the chosen plans; the error names the id that cannot be folded, and why.
Result<std::vector<bool>> choose(const std::vector<FoldPlan>& plans,
                                 const std::optional<std::vector<FoldId>>& ids)
{
    std::vector<bool> chosen(plans.size());
    std::unordered_map<std::string, std::size_t> byId;
    for (std::size_t p = 0; p < plans.size(); ++p) {
        byId.emplace(plans[p].candidate.id, p);
        chosen[p] = !ids && takenByDefault(plans[p].candidate);
    }
    for (const FoldId& id : ids.value_or(std::vector<FoldId>())) {
        const auto found = byId.find(id);
        if (found == byId.end())
            return failure(ErrorCode::Usage, fmt::format("Nothing that can be folded is called \"{}\".", id),
                           id);
        const FoldCandidate& candidate = plans[found->second].candidate;
        if (!candidate.foldable)
            return failure(ErrorCode::Usage,
                           fmt::format("\"{}\" cannot be folded: {}.", id, candidate.message), id);
        chosen[found->second] = true;
    }
    return chosen;
}

} // namespace

Result<std::vector<FoldCandidate>> findFolds(const std::shared_ptr<const GraphView>& view,
                                             const FoldOptions& options, Progress& progress,
                                             std::stop_token stop)
{
    auto plans = planFolds(*view, options, progress, std::move(stop));
    if (!plans)
        return tl::make_unexpected(plans.error());
    std::vector<FoldCandidate> candidates;
    candidates.reserve(plans->size());
    for (FoldPlan& plan : *plans)
        candidates.push_back(std::move(plan.candidate));
    return candidates;
}

Result<FoldOutcome> fold(const std::shared_ptr<const GraphView>& view,
                         const std::optional<std::vector<FoldId>>& chosen, const FoldOptions& options,
                         Progress& progress, std::stop_token stop)
{
    auto plans = planFolds(*view, options, progress, stop);
    if (!plans)
        return tl::make_unexpected(plans.error());
    const auto marked = choose(*plans, chosen);
    if (!marked)
        return tl::make_unexpected(marked.error());
    return applyPlans(view, std::move(*plans), *marked);
}

} // namespace pleat
