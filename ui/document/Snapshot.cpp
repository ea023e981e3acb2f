// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Snapshot.h"

#include <algorithm>

namespace pleat::ui {

std::vector<const FoldCandidate*> Snapshot::candidates() const
{
    const std::vector<CandidatePointer> all = table->candidates();
    std::vector<const FoldCandidate*> candidates;
    candidates.reserve(all.size());
    for (const CandidatePointer& candidate : all)
        candidates.push_back(candidate.get());
    return candidates;
}

const FoldCandidate* Snapshot::candidate(const FoldId& id) const
{
    return table->candidate(id).get();
}

const FoldRecord* Snapshot::record(const FoldId& id) const
{
    const auto found =
        std::ranges::find_if(folded, [&](const auto& record) { return record->candidate.id == id; });
    return found == folded.end() ? nullptr : found->get();
}

std::unordered_map<std::string_view, const FoldRecord*> Snapshot::recordsById() const
{
    std::unordered_map<std::string_view, const FoldRecord*> records;
    records.reserve(folded.size());
    for (const auto& record : folded)
        records.try_emplace(record->candidate.id, record.get());
    return records;
}

Result<SnapshotPointer> makeSnapshot(Model model, Progress& progress, std::stop_token stop)
{
    auto table = FoldTable::of(GraphView::of(std::move(model)), {}, progress, std::move(stop));
    if (!table)
        return tl::make_unexpected(std::move(table.error()));
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->view = (*table)->view();
    snapshot->table = std::move(*table);
    return snapshot;
}

Result<SteppedSnapshot> stepSnapshot(const SnapshotPointer& before, const Step& step, Progress& progress,
                                     std::stop_token stop)
{
    auto outcome = apply(step, before->table, progress, stop);
    if (!outcome)
        return tl::make_unexpected(std::move(outcome.error()));
    SteppedSnapshot stepped{before, std::move(outcome->what), outcome->changed, std::move(outcome->findings)};
    if (stepped.changed == 0)
        return stepped;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->folded = before->folded;
    snapshot->inputsFrozen = before->inputsFrozen || freezesInputs(step);
    for (FoldedPair& pair : outcome->pairs) {
        if (pair.folded)
            snapshot->folded.push_back(std::make_shared<const FoldRecord>(
                FoldRecord{std::move(pair.candidate), std::move(pair.s), std::move(pair.t)}));
    }
    snapshot->table = std::move(outcome->table);
    snapshot->view = snapshot->table->view();
    stepped.snapshot = std::move(snapshot);
    return stepped;
}

} // namespace pleat::ui
