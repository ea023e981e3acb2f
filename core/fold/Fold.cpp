// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Fold.h"

#include "core/fold/Apply.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

namespace {

constexpr int mostRounds = 1000; // each folds something, so this is a bound on a bug and not on models

constexpr const char* needsOthers = "only possible when the batch norms on its way are folded too";

// Folds again and again, since one fold may clear the way for the next: all that come after a layer, then all
// that come before one, until nothing changes.
class Rounds final {
public:
    Rounds(std::shared_ptr<const GraphView> view, const FoldOptions& options, Sums sums, std::stop_token stop)
        : m_view(std::move(view)),
          m_options(options),
          m_sums(sums),
          m_stop(std::move(stop))
    {
    }

    // Folds every candidate of which `wanted` says so.
    template<class Wanted>
    Result<void> run(Wanted wanted, Progress& progress)
    {
        if (auto planned = plan(progress); !planned)
            return planned;
        for (const FoldPlan& plan : m_plans) {
            m_order.push_back(plan.candidate.id);
            if (plan.candidate.foldable)
                m_alone.insert(plan.candidate.id);
        }
        for (int round = 0; round < mostRounds; ++round) {
            std::vector<const FoldPlan*> chosen = pick(wanted, FoldDirection::After);
            if (chosen.empty())
                chosen = pick(wanted, FoldDirection::Before);
            if (chosen.empty())
                break;
            auto applied = applyPlans(m_view, chosen, m_sums, m_stop);
            if (!applied)
                return tl::make_unexpected(applied.error());
            for (FoldedPair& pair : applied->pairs) {
                if (!m_alone.contains(pair.candidate.id))
                    pair.candidate.warnings.push_back({"needs-others", needsOthers});
                m_folded.emplace(pair.candidate.id, std::move(pair));
            }
            m_view = GraphView::of(std::move(applied->model));
            if (auto planned = plan(progress); !planned)
                return planned;
        }
        return {};
    }

    const std::vector<FoldPlan>& plans() const { return m_plans; }
    const Model& model() const { return m_view->model(); }

    // All candidates in the order in which they were found: the folded ones as they were, the others with the
    // verdict that they have now.
    std::vector<FoldedPair> pairs()
    {
        std::unordered_map<std::string, FoldedPair> all = std::move(m_folded);
        for (FoldPlan& plan : m_plans) {
            if (all.contains(plan.candidate.id))
                continue;
            m_order.push_back(plan.candidate.id); // one that only the folds made possible comes last
            FoldedPair pair;
            pair.parameters = std::move(plan.parameters);
            pair.s = std::move(plan.affine.s);
            pair.t = std::move(plan.affine.t);
            pair.candidate = std::move(plan.candidate);
            all.emplace(pair.candidate.id, std::move(pair));
        }
        std::vector<FoldedPair> ordered;
        for (const FoldId& id : m_order) {
            if (auto node = all.extract(id))
                ordered.push_back(std::move(node.mapped()));
        }
        return ordered;
    }

private:
    Result<void> plan(Progress& progress)
    {
        auto plans = planFolds(*m_view, m_options, progress, m_stop);
        if (!plans)
            return tl::make_unexpected(plans.error());
        m_plans = std::move(*plans);
        return {};
    }

    template<class Wanted>
    std::vector<const FoldPlan*> pick(Wanted wanted, FoldDirection direction) const
    {
        // All plans of a round are made from the same model, so each layer and each Pad changes only once in
        // it.
        std::vector<const FoldPlan*> chosen;
        std::set<NodeIndex> busy;
        for (const FoldPlan& plan : m_plans) {
            if (!plan.candidate.foldable || plan.candidate.direction != direction || !wanted(plan.candidate))
                continue;
            std::vector<NodeIndex> nodes;
            nodes.reserve(plan.targets.size() + plan.pads.size());
            for (const FoldTarget& target : plan.targets)
                nodes.push_back(target.layer.node);
            for (const PadChange& pad : plan.pads)
                nodes.push_back(pad.pad);
            if (std::ranges::any_of(nodes, [&](NodeIndex node) { return busy.contains(node); }))
                continue;
            busy.insert(nodes.begin(), nodes.end());
            chosen.push_back(&plan);
        }
        return chosen;
    }

    std::shared_ptr<const GraphView> m_view;
    const FoldOptions& m_options;
    Sums m_sums;
    std::stop_token m_stop;
    std::vector<FoldPlan> m_plans;
    std::vector<FoldId> m_order;
    std::unordered_set<FoldId> m_alone; // what can be folded before anything else is
    std::unordered_map<std::string, FoldedPair> m_folded;
};

bool takenByDefault(const FoldCandidate& candidate, const FoldOptions& options)
{
    return candidate.batchNorm || options.constantsToo;
}

// Every chosen id must have been folded; the error names the one that was not, and why.
Result<void> requireFolded(const std::vector<FoldId>& ids, const std::vector<FoldedPair>& pairs)
{
    std::unordered_map<std::string, const FoldedPair*> byId;
    for (const FoldedPair& pair : pairs)
        byId.emplace(pair.candidate.id, &pair);
    for (const FoldId& id : ids) {
        const auto found = byId.find(id);
        if (found == byId.end())
            return failure(ErrorCode::Usage, fmt::format("Nothing that can be folded is called \"{}\".", id),
                           id);
        if (!found->second->folded)
            return failure(ErrorCode::Usage,
                           fmt::format("\"{}\" cannot be folded: {}.", id, found->second->candidate.message),
                           id);
    }
    return {};
}

} // namespace

Result<std::vector<FoldCandidate>> findFolds(const std::shared_ptr<const GraphView>& view,
                                             const FoldOptions& options, Progress& progress,
                                             std::stop_token stop)
{
    Rounds rounds(view, options, Sums::LeaveOut, std::move(stop));
    if (auto ran = rounds.run(
            [&](const FoldCandidate& candidate) { return takenByDefault(candidate, options); }, progress);
        !ran)
        return tl::make_unexpected(ran.error());
    std::vector<FoldCandidate> candidates;
    for (FoldedPair& pair : rounds.pairs())
        candidates.push_back(std::move(pair.candidate));
    return candidates;
}

Result<FoldOutcome> fold(const std::shared_ptr<const GraphView>& view,
                         const std::optional<std::vector<FoldId>>& chosen, const FoldOptions& options,
                         Progress& progress, std::stop_token stop)
{
    const std::unordered_set<std::string> ids(chosen ? chosen->begin()
                                                     : std::vector<FoldId>::const_iterator(),
                                              chosen ? chosen->end() : std::vector<FoldId>::const_iterator());
    Rounds rounds(view, options, Sums::Compute, std::move(stop));
    const auto wanted = [&](const FoldCandidate& candidate) {
        return chosen ? ids.contains(candidate.id) : takenByDefault(candidate, options);
    };
    if (auto ran = rounds.run(wanted, progress); !ran)
        return tl::make_unexpected(ran.error());
    FoldOutcome outcome{rounds.model(), rounds.pairs()};
    if (chosen) {
        if (auto folded = requireFolded(*chosen, outcome.pairs); !folded)
            return tl::make_unexpected(folded.error());
    }
    return outcome;
}

} // namespace pleat
