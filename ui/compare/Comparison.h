// SPDX-License-Identifier: GPL-3.0-or-later
// What became of a model in another one, as a list of changes to go through: nodes that are in one of the two
// only, and what of the others differs, their weights included. An immutable value behind a shared
// pointer; made in a job.
#pragma once

#include "core/report/CompareJson.h"
#include "ui/document/Snapshot.h"
#include "ui/widgets/MarkLook.h"

#include <QString>
#include <QStringList>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pleat::ui {

enum class ChangeKind { Removed, Added, Changed };
inline constexpr int changeKindCount = 3;

MarkLook lookOf(ChangeKind kind);
QString wordFor(ChangeKind kind); // "removed"

struct Change {
    ChangeKind kind = ChangeKind::Changed;
    // The node that it is about; both None: what the model takes or gives, or a tensor that nobody reads.
    NodeIndex before = NodeIndex::None, after = NodeIndex::None;
    QString name, op;    // as they are now; a sentence where there is no node
    QStringList details; // a line each: what differs
    QString brief;       // the same in a few words: "weights, input 2"
};

struct Comparison {
    SnapshotPointer before, after;
    std::vector<Change> changes;  // in the order of the nodes, then those of no node
    CompareCounts nodes, tensors; // as `pleat-cli compare` counts them
    // Of nodes that belong together, and of the graphs that they are in.
    std::unordered_map<NodeIndex, NodeIndex> afterOf, beforeOf;
    std::unordered_map<ScopeIndex, ScopeIndex> pageAfter, pageBefore;
    std::unordered_map<NodeIndex, std::size_t> changeBefore, changeAfter; // of these nodes
};
using ComparisonPointer = std::shared_ptr<const Comparison>;

// Reads each weight that both have once. Errors: those of compareNodes() and compareTensors().
Result<ComparisonPointer> compareModels(SnapshotPointer before, SnapshotPointer after, Progress& progress,
                                        const std::stop_token& stop);

} // namespace pleat::ui
