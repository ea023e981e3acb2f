// SPDX-License-Identifier: GPL-3.0-or-later
// Folding on a FoldTable, round by round, since one fold may clear the way for the next: those that come
// after a layer first. After each round only what it touched is planned again.
// fold() in Fold.cpp has rounds of its own: it drops each plan once it is carried out or told, and builds no
// table of what rests on what, which who asks once would pay for in memory and never look at again.
#pragma once

#include "core/fold/Apply.h"
#include "core/fold/FoldTable.h"

namespace pleat {

class FoldRounds final {
public:
    FoldRounds(FoldTablePointer start, Sums sums, std::stop_token stop)
        : m_start(start),
          m_table(std::move(start)),
          m_sums(sums),
          m_stop(std::move(stop))
    {
    }

    // Folds what is chosen (nothing: all that fold by default), until no more of it can be.
    Result<void> fold(const std::optional<std::vector<FoldId>>& chosen, Progress& progress);
    // Folds what the verdicts on these chains of the start hang on, and on those that are touched by it.
    Result<void> settle(const std::set<NodeIndex>& questions, Progress& progress);
    // After settle(): the candidates of the start whose verdict may be another one now.
    const std::set<FoldId>& asked() const { return m_asked; }

    // What there is to say of a candidate now: of one that settle() folded, what was said then. Null where
    // there is none any more.
    CandidatePointer verdict(const FoldId& id) const;
    // Verdicts on those that were not there at the start, after settle().
    std::vector<CandidatePointer> late() const;

    const FoldTablePointer& table() const { return m_table; } // not settled
    std::vector<FoldedPair>& pairs() { return m_pairs; }

private:
    using Entry = FoldTable::Entry;

    // Folds those of the wanted chains that come first; false when that was none.
    Result<bool> round(std::vector<NodeIndex> wanted, Progress& progress);
    std::vector<NodeIndex> neededFor(const std::vector<NodeIndex>& questions) const;
    void ask(NodeIndex first); // of m_table
    void putInOrder(std::vector<NodeIndex>& firsts) const;

    FoldTablePointer m_start, m_table;
    Sums m_sums;
    std::stop_token m_stop;
    std::vector<FoldedPair> m_pairs;
    std::map<FoldId, CandidatePointer> m_folded; // by settle()
    std::set<FoldId> m_asked;
    std::vector<FoldId> m_late;
    std::set<NodeId> m_unlisted; // chains that may be listed later, by their first node
};

} // namespace pleat
