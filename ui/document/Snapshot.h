// SPDX-License-Identifier: GPL-3.0-or-later
// One state of a document: a model with its index, its candidates and what has been folded to get there. An
// immutable value behind a shared pointer; undo keeps the old one, jobs may read any of them.
#pragma once

#include "core/fold/Fold.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace pleat::ui {

// A fold that was done in this document.
struct FoldRecord {
    FoldCandidate candidate;
    std::vector<double> s, t; // per channel of the batch norm
};

struct Snapshot {
    std::shared_ptr<const GraphView> view;
    std::vector<FoldCandidate> candidates; // of this very model
    std::vector<std::shared_ptr<const FoldRecord>> folded;
    bool inputsFrozen = false; // inputs with an initializer were taken away (FoldOptions::freezeInputs)

    // By binary search. REQUIRES: sort() was called.
    const FoldCandidate* candidate(const FoldId& id) const;
    const FoldRecord* record(const FoldId& id) const;

    void sort(); // once both lists are complete

private:
    std::vector<std::uint32_t> m_candidatesById, m_foldedById; // positions in the two lists, sorted by id
};
using SnapshotPointer = std::shared_ptr<const Snapshot>;

// Indexes a model and finds its candidates.
Result<SnapshotPointer> makeSnapshot(Model model, Progress& progress, std::stop_token stop);

// The same model without the inputs that have an initializer: nobody can replace them, so they are constants.
Result<SnapshotPointer> freezeSnapshot(const SnapshotPointer& before, Progress& progress,
                                       std::stop_token stop);

// The snapshot after folding the chosen candidates; the records of what was folded before come along.
Result<SnapshotPointer> foldSnapshot(const SnapshotPointer& before, const std::vector<FoldId>& chosen,
                                     Progress& progress, std::stop_token stop);

} // namespace pleat::ui
