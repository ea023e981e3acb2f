// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Fold.h"

#include "core/fold/Apply.h"
#include "core/fold/Rounds.h"
#include "core/rewrite/FixedPoint.h"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

Error notFolded(const FoldId& id, const FoldCandidate* candidate)
{
    return {ErrorCode::Usage,
            candidate ? fmt::format("\"{}\" cannot be folded: {}.", id, candidate->message.text())
                      : fmt::format("Nothing that can be folded is called \"{}\".", id),
            id};
}

namespace {

// Folds again and again, since one fold may clear the way for the next: all that come after a layer, then all
// that come before one, until nothing changes or no affine operator is left.
class Rounds final {
public:
    Rounds(std::shared_ptr<const GraphView> view, const FoldOptions& options, Sums sums, std::stop_token stop)
        : m_view(options.freezeInputs ? withFrozenInputs(view) : std::move(view)),
          m_model(m_view->model()),
          m_options(options),
          m_sums(sums),
          m_stop(std::move(stop))
    {
    }

    // Folds every candidate of which `wanted` says so.
    template<class Wanted>
    Result<void> run(Wanted wanted, Progress& progress)
    {
        const auto unwanted = [](const FoldCandidate&) { return false; };
        const auto step = [&](int number) {
            m_round = number;
            return number < mostRounds ? round(wanted, progress) : round(unwanted, progress);
        };
        return toFixedPoint(step, m_stop);
    }

    const Model& model() const { return m_model; }

    // All candidates in the order in which they were found: the folded ones as they were, the others with the
    // verdict that they have now. The last call.
    std::vector<FoldedPair> pairs()
    {
        std::vector<FoldedPair> pairs;
        pairs.reserve(m_entries.size());
        for (Entry& entry : m_entries) {
            if (entry.pair.folded || entry.round == m_round)
                pairs.push_back(std::move(entry.pair));
        }
        m_entries.clear();
        return pairs;
    }

private:
    struct Entry {
        FoldedPair pair;
        int round = 0;      // when it was seen last
        bool alone = false; // it can be folded before anything else is
    };

    // True when something was folded, so that there is another model to look at. Every plan is carried out or
    // dropped as it comes; only those that come before a layer wait until it is known that none after one is
    // left.
    template<class Wanted>
    Result<bool> round(Wanted wanted, Progress& progress)
    {
        Folding folding(m_view, m_sums, m_stop);
        Busy busy(*m_view);
        bool someLeft = false;
        std::vector<FoldPlan> waiting;
        const auto carryOut = [&](FoldPlan plan) -> Result<void> {
            if (!busy.reserve(plan)) {
                someLeft = true;
                leave(std::move(plan));
                return {};
            }
            auto pair = folding.fold(std::move(plan));
            if (!pair)
                return tl::make_unexpected(pair.error());
            keep(std::move(*pair));
            return {};
        };
        const auto take = [&](FoldPlan plan) -> Result<void> {
            enter(plan.candidate);
            if (!plan.candidate.foldable || !wanted(plan.candidate)) {
                someLeft = true;
                leave(std::move(plan));
            } else if (plan.candidate.direction == FoldDirection::After) {
                return carryOut(std::move(plan));
            } else if (busy.empty()) {
                waiting.push_back(std::move(plan));
            } else {
                someLeft = true;
            }
            return {};
        };
        const auto all = planFolds(*m_view, m_options, take, progress, m_stop);
        if (!all)
            return tl::make_unexpected(all.error());
        someLeft |= all->any || (!busy.empty() && !waiting.empty());
        if (busy.empty()) {
            for (FoldPlan& plan : waiting) {
                if (auto done = carryOut(std::move(plan)); !done)
                    return tl::make_unexpected(done.error());
            }
        }
        if (busy.empty())
            return false;
        m_model = folding.apply();
        if (someLeft)
            m_view = GraphView::of(m_model);
        return someLeft;
    }

    void enter(const FoldCandidate& candidate)
    {
        const auto [known, fresh] = m_positions.try_emplace(candidate.id, m_entries.size());
        if (fresh)
            m_entries.emplace_back().round = -1;
        if (m_round == 0)
            m_entries[known->second].alone |= candidate.foldable;
    }

    Entry& entryOf(const FoldCandidate& candidate) { return m_entries[m_positions.at(candidate.id)]; }

    void keep(FoldedPair pair)
    {
        Entry& entry = entryOf(pair.candidate);
        if (!entry.alone)
            pair.candidate.warnings.push_back(
                {"needs-others", "only possible when the batch norms on its way are folded too"});
        if (!entry.pair.folded)
            entry.pair = std::move(pair);
    }

    void leave(FoldPlan plan)
    {
        Entry& entry = entryOf(plan.candidate);
        if (entry.pair.folded || entry.round == m_round)
            return;
        entry.round = m_round;
        entry.pair.parameters = std::move(plan.parameters);
        entry.pair.s = std::move(plan.affine.s);
        entry.pair.t = std::move(plan.affine.t);
        entry.pair.candidate = std::move(plan.candidate);
    }

    std::shared_ptr<const GraphView> m_view; // of what the round at hand folds
    Model m_model;
    const FoldOptions& m_options;
    Sums m_sums;
    std::stop_token m_stop;
    int m_round = 0;
    std::deque<Entry> m_entries; // in the order in which they were found
    std::unordered_map<FoldId, std::size_t> m_positions;
};

// Every chosen id must have been folded; the error names the one that was not, and why.
Result<void> requireFolded(const std::vector<FoldId>& ids, const std::vector<FoldedPair>& pairs)
{
    std::unordered_map<std::string, const FoldedPair*> byId;
    for (const FoldedPair& pair : pairs)
        byId.emplace(pair.candidate.id, &pair);
    for (const FoldId& id : ids) {
        const auto found = byId.find(id);
        if (found == byId.end() || !found->second->folded)
            return tl::make_unexpected(
                notFolded(id, found == byId.end() ? nullptr : &found->second->candidate));
    }
    return {};
}

} // namespace

namespace {

// Whether folding it only records factors: what must read a weight may fail, and is tried.
bool onlyRecords(const FoldTarget& target)
{
    const Layer& layer = target.layer;
    return !layer.quantizedWeight && !layer.weight.isCast() && !isReordered(layer.weight) &&
           !layer.weight.tensor.payload().isScaled();
}

std::size_t batchNorms(const GraphView& view)
{
    std::size_t count = 0;
    for (std::uint32_t n = 0; n < view.nodeCount(); ++n)
        count += isBatchNorm(view, static_cast<NodeIndex>(n));
    return count;
}

} // namespace

// All that can be folded is folded at once: on the same side of the layers, no two into the same one. What is
// left keeps its verdict if none of the nodes that it was found at changes, and no shape does: then the next
// round would say the same, and nothing must be folded to know it.
Result<std::optional<std::vector<FoldCandidate>>>
foldsOfOneRound(const GraphView& view, const FoldOptions& options, Progress& progress, std::stop_token stop)
{
    std::vector<FoldCandidate> found;
    found.reserve(batchNorms(view)); // growing would hold them twice
    Busy busy(view);
    std::vector<bool> changed(view.nodeCount());
    Footprint left;
    std::optional<FoldDirection> direction;
    bool oneRound = true, anyLeft = false, keepShapes = view.model().functions.empty();
    const auto take = [&](FoldPlan plan) -> Result<void> {
        const FoldCandidate& candidate = plan.candidate;
        if (candidate.foldable && isTakenByDefault(candidate, options)) {
            oneRound = (!direction || direction == candidate.direction) &&
                       std::ranges::all_of(plan.targets, onlyRecords) && busy.reserve(plan);
            direction = candidate.direction;
            keepShapes &= plan.keepsShapes;
            for (const NodeIndex node : changedBy(plan))
                changed[index(node)] = true;
        } else {
            anyLeft = true;
            left.add(*plan.footprint);
        }
        if (!oneRound || (anyLeft && !keepShapes && direction))
            return cancelled(); // no more plans are wanted
        found.push_back(std::move(plan.candidate));
        return {};
    };
    auto unlisted = planFolds(view, options, take, progress, stop);
    if (!unlisted && (stop.stop_requested() || unlisted.error().code != ErrorCode::Cancelled))
        return tl::make_unexpected(unlisted.error());
    if (!unlisted)
        return std::nullopt;
    left.add(unlisted->footprint);
    anyLeft |= unlisted->any;
    if (direction && anyLeft && (!keepShapes || left.isOn(changed)))
        return std::nullopt;
    return found;
}

Result<std::vector<FoldCandidate>> foldsOfAllRounds(const std::shared_ptr<const GraphView>& view,
                                                    const FoldOptions& options, Progress& progress,
                                                    std::stop_token stop)
{
    Rounds rounds(view, options, Sums::LeaveOut, std::move(stop));
    if (auto ran = rounds.run(
            [&](const FoldCandidate& candidate) { return isTakenByDefault(candidate, options); }, progress);
        !ran)
        return tl::make_unexpected(ran.error());
    std::vector<FoldedPair> pairs = rounds.pairs();
    std::vector<FoldCandidate> candidates;
    candidates.reserve(pairs.size());
    for (FoldedPair& pair : pairs)
        candidates.push_back(std::move(pair.candidate));
    return candidates;
}

Result<std::vector<FoldCandidate>> findFolds(const std::shared_ptr<const GraphView>& view,
                                             const FoldOptions& options, Progress& progress,
                                             std::stop_token stop)
{
    auto atOnce =
        foldsOfOneRound(options.freezeInputs ? *withFrozenInputs(view) : *view, options, progress, stop);
    if (!atOnce)
        return tl::make_unexpected(atOnce.error());
    if (*atOnce)
        return std::move(**atOnce);
    return foldsOfAllRounds(view, options, progress, std::move(stop));
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
        return chosen ? ids.contains(candidate.id) : isTakenByDefault(candidate, options);
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
