// SPDX-License-Identifier: GPL-3.0-or-later
// One state of a document: a model with its index, its candidates and what has been folded to get there. An
// immutable value behind a shared pointer, which shares with the one before what the step between the two did
// not touch; undo keeps the old one, jobs may read any of them.
#pragma once

#include "core/recipe/Step.h"
#include "ui/document/FoldCounts.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pleat::ui {

// A fold that was done in this document.
struct FoldRecord {
    FoldCandidate candidate;
    std::vector<double> s, t; // per channel of the batch norm
};

struct Snapshot {
    FoldTablePointer table;
    std::shared_ptr<const GraphView> view; // the table's
    Sequence<std::shared_ptr<const FoldRecord>> folded;
    FoldCounts counts;         // of table and folded
    bool inputsFrozen = false; // inputs with an initializer were taken away (FoldOptions::freezeInputs)
    bool typesDiffer = false;  // values may be of other types or shapes than in the opened model

    // Of this very model, as long as it is there; O(nodes).
    std::vector<const FoldCandidate*> candidates() const;
    const FoldCandidate* candidate(const FoldId& id) const;
    const FoldRecord* record(const FoldId& id) const; // O(records)
    // For whoever asks for many; of several with the same id, the first.
    std::unordered_map<std::string_view, const FoldRecord*> recordsById() const;
};
using SnapshotPointer = std::shared_ptr<const Snapshot>;

// What differs between two snapshots of a document, at the cost of that where one was made of the other.
struct SnapshotChange {
    std::vector<CandidatePointer> gone, came; // candidates
    std::vector<std::shared_ptr<const FoldRecord>> unfolded, folded;
};
SnapshotChange changeBetween(const Snapshot& before, const Snapshot& after);

FoldCounts countFolds(const Snapshot& snapshot); // anew; O(nodes)

// Indexes a model and finds its candidates.
Result<SnapshotPointer> makeSnapshot(Model model, Progress& progress, std::stop_token stop);

// What a step made of a snapshot. The records of what was folded before come along.
struct SteppedSnapshot {
    SnapshotPointer snapshot; // the old one where the step had nothing to change
    Sentence what;            // what was done
    std::size_t changed = 0;
    std::vector<Finding> findings;
};
// `engine` and errors: those of apply(Step).
Result<SteppedSnapshot> stepSnapshot(const SnapshotPointer& before, const Step& step, Progress& progress,
                                     std::stop_token stop, Engine* engine = nullptr);

} // namespace pleat::ui
