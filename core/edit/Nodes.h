// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes: taken out, bypassed, copied, connected otherwise. What nobody reads any more of constants goes with
// its last reader. Plain values and pure functions.
#pragma once

#include "core/edit/PlannedEdit.h"

namespace pleat {

// Refused where somebody else reads what it makes. An output of the model that it makes goes, too.
struct RemoveNode {
    std::string node;
    bool feeders = false; // with all that only feeds it
    bool operator==(const RemoveNode&) const = default;
};

// What reads its first output reads its first input that is not constant, where their types are the same.
struct BypassNode {
    std::string node;
    bool operator==(const BypassNode&) const = default;
};

// Beside it; nobody reads what the copy makes, yet.
struct DuplicateNode {
    std::string node;
    bool operator==(const DuplicateNode&) const = default;
};

// Input `input` of the node, counted from 0, becomes this tensor; "": it is left out.
struct ConnectInput {
    std::string node;
    std::int64_t input = 0;
    std::string tensor;
    bool operator==(const ConnectInput&) const = default;
};

Sentence describe(const RemoveNode& step);
Sentence describe(const BypassNode& step);
Sentence describe(const DuplicateNode& step);
Sentence describe(const ConnectInput& step);

Result<PlannedEdit> plan(const RemoveNode& step, const ViewPointer& of);
Result<PlannedEdit> plan(const BypassNode& step, const ViewPointer& of);
Result<PlannedEdit> plan(const DuplicateNode& step, const ViewPointer& of);
Result<PlannedEdit> plan(const ConnectInput& step, const ViewPointer& of);

} // namespace pleat
