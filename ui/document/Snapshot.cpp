// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Snapshot.h"

#include "core/graph/Rewriter.h"

#include <algorithm>
#include <numeric>

namespace pleat::ui {

namespace {

const FoldId& idOf(const FoldCandidate& candidate)
{
    return candidate.id;
}

const FoldId& idOf(const std::shared_ptr<const FoldRecord>& record)
{
    return record->candidate.id;
}

// Of several with the same id, the first stays the first.
template<class Item>
std::vector<std::uint32_t> sortedById(const std::vector<Item>& items)
{
    std::vector<std::uint32_t> positions(items.size());
    std::iota(positions.begin(), positions.end(), 0U);
    std::ranges::stable_sort(positions, {},
                             [&items](std::uint32_t at) -> const FoldId& { return idOf(items[at]); });
    return positions;
}

template<class Item>
const Item* find(const std::vector<Item>& items, const std::vector<std::uint32_t>& byId, const FoldId& id)
{
    const auto found = std::ranges::lower_bound(
        byId, id, {}, [&items](std::uint32_t at) -> const FoldId& { return idOf(items[at]); });
    return found == byId.end() || idOf(items[*found]) != id ? nullptr : &items[*found];
}

} // namespace

void Snapshot::sort()
{
    m_candidatesById = sortedById(candidates);
    m_foldedById = sortedById(folded);
}

const FoldCandidate* Snapshot::candidate(const FoldId& id) const
{
    return find(candidates, m_candidatesById, id);
}

const FoldRecord* Snapshot::record(const FoldId& id) const
{
    const auto* found = find(folded, m_foldedById, id);
    return found ? found->get() : nullptr;
}

namespace {

// Finds the candidates of a snapshot that has all else.
Result<SnapshotPointer> completed(const std::shared_ptr<Snapshot>& snapshot, Progress& progress,
                                  std::stop_token stop)
{
    auto candidates = findFolds(snapshot->view, {}, progress, std::move(stop));
    if (!candidates)
        return tl::make_unexpected(candidates.error());
    snapshot->candidates = std::move(*candidates);
    snapshot->sort();
    return snapshot;
}

} // namespace

Result<SnapshotPointer> makeSnapshot(Model model, Progress& progress, std::stop_token stop)
{
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->view = GraphView::of(std::move(model));
    return completed(snapshot, progress, std::move(stop));
}

Result<SnapshotPointer> freezeSnapshot(const SnapshotPointer& before, Progress& progress,
                                       std::stop_token stop)
{
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->view = withFrozenInputs(before->view);
    snapshot->folded = before->folded;
    snapshot->inputsFrozen = true;
    return completed(snapshot, progress, std::move(stop));
}

Result<SnapshotPointer> foldSnapshot(const SnapshotPointer& before, const std::vector<FoldId>& chosen,
                                     Progress& progress, std::stop_token stop)
{
    auto outcome = fold(before->view, chosen, {}, progress, stop);
    if (!outcome)
        return tl::make_unexpected(outcome.error());
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->folded = before->folded;
    snapshot->inputsFrozen = before->inputsFrozen;
    for (FoldedPair& pair : outcome->pairs)
        if (pair.folded)
            snapshot->folded.push_back(std::make_shared<const FoldRecord>(
                FoldRecord{std::move(pair.candidate), std::move(pair.s), std::move(pair.t)}));
    snapshot->view = GraphView::of(std::move(outcome->after));
    return completed(snapshot, progress, std::move(stop));
}

} // namespace pleat::ui
