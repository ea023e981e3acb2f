// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Snapshot.h"

#include <algorithm>
#include <iterator>

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

FoldCounts countFolds(const Snapshot& snapshot)
{
    FoldCounts counts;
    for (const FoldCandidate* candidate : snapshot.candidates())
        counts.countCandidate(*candidate);
    for (const auto& record : snapshot.folded)
        counts.countFolded(record->candidate);
    return counts;
}

SnapshotChange changeBetween(const Snapshot& before, const Snapshot& after)
{
    SnapshotChange change;
    if (before.table != after.table) {
        FoldTable::Change candidates = after.table->since(*before.table);
        change.gone = std::move(candidates.gone);
        change.came = std::move(candidates.came);
    }
    // Records are only added at the end, so beside shared chunks they have a common beginning.
    const std::size_t chunks = std::max(before.folded.chunks(), after.folded.chunks());
    std::size_t c = 0;
    while (c < chunks && after.folded.sharesChunk(before.folded, c))
        ++c;
    const auto rest = [c](const auto& folded) {
        std::vector<std::shared_ptr<const FoldRecord>> records;
        for (std::size_t chunk = c; chunk < folded.chunks(); ++chunk)
            std::ranges::copy(folded.chunkAt(chunk), std::back_inserter(records));
        return records;
    };
    change.unfolded = rest(before.folded);
    change.folded = rest(after.folded);
    const auto differ = std::ranges::mismatch(change.unfolded, change.folded);
    change.folded.erase(change.folded.begin(), differ.in2);
    change.unfolded.erase(change.unfolded.begin(), differ.in1);
    return change;
}

Result<SnapshotPointer> makeSnapshot(Model model, Progress& progress, std::stop_token stop)
{
    auto table = FoldTable::of(GraphView::of(std::move(model)), {}, progress, std::move(stop));
    if (!table)
        return tl::make_unexpected(std::move(table.error()));
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->view = (*table)->view();
    snapshot->table = std::move(*table);
    snapshot->counts = countFolds(*snapshot);
    return snapshot;
}

Result<SteppedSnapshot> stepSnapshot(const SnapshotPointer& before, const Step& step, Progress& progress,
                                     std::stop_token stop, Engine* engine)
{
    auto outcome = apply(step, before->table, progress, stop, engine);
    if (!outcome)
        return tl::make_unexpected(std::move(outcome.error()));
    SteppedSnapshot stepped{before, std::move(outcome->what), outcome->changed, std::move(outcome->findings)};
    if (stepped.changed == 0)
        return stepped;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->folded = before->folded;
    snapshot->inputsFrozen = before->inputsFrozen || freezesInputs(step);
    snapshot->typesDiffer = before->typesDiffer || std::holds_alternative<EditStep>(step) ||
                            std::holds_alternative<PrepareStep>(step);
    for (FoldedPair& pair : outcome->pairs) {
        if (pair.folded)
            snapshot->folded.push_back(std::make_shared<const FoldRecord>(
                FoldRecord{std::move(pair.candidate), std::move(pair.s), std::move(pair.t)}));
    }
    snapshot->table = std::move(outcome->table);
    snapshot->view = snapshot->table->view();
    snapshot->counts = before->counts;
    const SnapshotChange change = changeBetween(*before, *snapshot);
    for (const auto& [candidates, by] : {std::pair(&change.gone, -1), std::pair(&change.came, 1)}) {
        for (const CandidatePointer& candidate : *candidates)
            snapshot->counts.countCandidate(*candidate, by);
    }
    for (const auto& record : change.folded)
        snapshot->counts.countFolded(record->candidate);
    stepped.snapshot = std::move(snapshot);
    return stepped;
}

} // namespace pleat::ui
