// SPDX-License-Identifier: GPL-3.0-or-later
// The candidates of a model with what each verdict rests on, so that after an edit only those are looked at
// again that it touched. An immutable value behind a shared pointer; one that after() made shares the rest
// with the one before. For whoever keeps a model and edits it; findFolds() and fold() are for those who ask
// once, and answer the same.
#pragma once

#include "core/fold/Fold.h"
#include "core/graph/Shapes.h"

#include <map>
#include <set>

namespace pleat {

class FoldTable;
using FoldTablePointer = std::shared_ptr<const FoldTable>;
using CandidatePointer = std::shared_ptr<const FoldCandidate>;

class FoldTable final {
public:
    FoldTable() = default; // of nothing; only to be filled
    // Plans all folds. Errors: those of reading what must be read; Cancelled.
    static Result<FoldTablePointer> of(std::shared_ptr<const GraphView> view, const FoldOptions& options,
                                       Progress& progress, std::stop_token stop);
    // Of a model that an edit made of that of `before`. Errors: as of().
    static Result<FoldTablePointer> after(const FoldTablePointer& before, Model model, Progress& progress,
                                          std::stop_token stop);

    const std::shared_ptr<const GraphView>& view() const { return m_view; }
    const Shapes& shapes() const { return *m_shapes; }
    const FoldOptions& options() const { return m_options; }

    // What findFolds() answers; O(nodes).
    std::vector<CandidatePointer> candidates() const;
    // Null when there is none with this id. Of several, the first.
    CandidatePointer candidate(const FoldId& id) const;

    // Which candidates are others than those of `before`; in no order. At the cost of what differs where one
    // was made of the other.
    struct Change {
        std::vector<CandidatePointer> gone, came;
    };
    Change since(const FoldTable& before) const;

    struct Folded;
    // Folds the chosen candidates; when `chosen` is nothing, all foldable ones with a batch norm. Errors: as
    // fold().
    static Result<Folded> fold(const FoldTablePointer& before,
                               const std::optional<std::vector<FoldId>>& chosen, Progress& progress,
                               std::stop_token stop);

    // What this one has of its own beside another, in bytes, its view included.
    std::size_t bytesBeside(const FoldTable& other) const;

private:
    friend class FoldTableBuilder;
    friend class FoldRounds;

    // A chain of affine operators with its verdict.
    struct Entry {
        CandidatePointer candidate; // null: not listed
        std::vector<NodeIndex> chain;
        std::vector<NodeIndex> rests, layers; // Footprint
        std::vector<NodeIndex> changes;       // what folding it changes, when foldable
        std::vector<NodeIndex> takes;         // of these, layers and Pads: for one fold at a time
        bool everything = false;              // it rests on all nodes
        bool byDefault = false;               // it is folded when nothing is chosen
        bool keepsShapes = false;
    };
    using EntryPointer = std::shared_ptr<const Entry>;

    struct Update {
        std::shared_ptr<FoldTable> table;
        std::optional<std::vector<NodeIndex>> planned; // first nodes of what was; nothing: everything
    };
    // Without what settle() finds.
    static Result<std::shared_ptr<FoldTable>> planned(std::shared_ptr<const GraphView> view,
                                                      const FoldOptions& options, Progress& progress,
                                                      const std::stop_token& stop);
    static Result<Update> updated(const FoldTable& before, Model model, Progress& progress,
                                  const std::stop_token& stop);

    const Entry* entryOf(NodeIndex node) const;        // the chain that starts there; null: none does
    CandidatePointer verdictOn(NodeIndex first) const; // as candidates() lists it; null: it does not
    NodeIndex firstOf(const FoldId& id) const;         // the node where it starts; None: there is none
    std::vector<NodeIndex> firsts() const;             // in the order of the graph
    Result<void> settle(const FoldTablePointer& self, Progress& progress, const std::stop_token& stop);

    std::shared_ptr<const GraphView> m_view;
    std::shared_ptr<const Shapes> m_shapes;
    FoldOptions m_options;
    SharedVector<EntryPointer> m_entries;             // by the first node of the chain
    SharedVector<NodeIndex> m_chainOf;                // the first node of a node's chain
    SharedVector<std::vector<NodeIndex>> m_restingOn; // first nodes of the chains that may rest on a node
    SharedVector<std::uint16_t> m_changers;           // how many of those that fold by default change a node
    std::size_t m_defaults = 0;                       // chains that fold by default
    std::set<NodeIndex> m_everywhere;                 // chains that rest on everything
    std::set<NodeIndex> m_shapers;                    // chains that fold by default and change shapes
    // Chains whose verdict is another one once others are folded, with that verdict (null: gone), and those
    // that come into being then.
    std::set<NodeIndex> m_unsettled;
    std::map<NodeIndex, CandidatePointer> m_settled;
    std::vector<CandidatePointer> m_late;
};

struct FoldTable::Folded {
    FoldTablePointer after;
    std::vector<FoldedPair> pairs; // in the order in which they were folded
};

} // namespace pleat
