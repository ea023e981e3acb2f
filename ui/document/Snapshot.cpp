// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Snapshot.h"

#include <algorithm>

namespace pleat::ui {

const FoldCandidate* Snapshot::candidate(const FoldId& id) const
{
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&id](const FoldCandidate& each) { return each.id == id; });
    return found == candidates.end() ? nullptr : &*found;
}

const FoldRecord* Snapshot::record(const FoldId& id) const
{
    const auto found = std::find_if(folded.begin(), folded.end(),
                                    [&id](const auto& each) { return each->candidate.id == id; });
    return found == folded.end() ? nullptr : found->get();
}

Result<SnapshotPointer> makeSnapshot(Model model, std::vector<std::shared_ptr<const FoldRecord>> folded,
                                     Progress& progress, std::stop_token stop)
{
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->view = GraphView::of(std::move(model));
    snapshot->folded = std::move(folded);
    auto candidates = findFolds(snapshot->view, {}, progress, std::move(stop));
    if (!candidates)
        return tl::make_unexpected(candidates.error());
    snapshot->candidates = std::move(*candidates);
    return snapshot;
}

Result<SnapshotPointer> foldSnapshot(const SnapshotPointer& before, const std::vector<FoldId>& chosen,
                                     Progress& progress, std::stop_token stop)
{
    auto outcome = fold(before->view, chosen, {}, progress, stop);
    if (!outcome)
        return tl::make_unexpected(outcome.error());
    auto folded = before->folded;
    for (FoldedPair& pair : outcome->pairs)
        if (pair.folded)
            folded.push_back(std::make_shared<const FoldRecord>(
                FoldRecord{std::move(pair.candidate), std::move(pair.s), std::move(pair.t)}));
    return makeSnapshot(std::move(outcome->after), std::move(folded), progress, std::move(stop));
}

} // namespace pleat::ui
