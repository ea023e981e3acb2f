// SPDX-License-Identifier: GPL-3.0-or-later
// What preparation would do to a snapshot, before it is done: the passes were applied to a copy that is not
// kept. An immutable value, made in a job.
#pragma once

#include "ui/document/Mark.h"
#include "ui/document/Workspace.h"

#include <set>

namespace pleat::ui {

struct PassPreview {
    const Pass* pass = nullptr;
    bool chosen = false;
    bool looked = false; // false: it is slow, or has not been told what it wants, and is not chosen
    // With the chosen passes before it, where it is chosen itself, else alone.
    std::vector<PreparedPlace> done;
    std::vector<LeftPlace> left;
    std::string problem; // why it could not look at all; mostly empty
};

struct Preview {
    SnapshotPointer of;
    std::vector<PassPreview> passes;               // all there are, in order
    std::vector<Step> steps;                       // what the chosen ones come to, in order
    std::size_t places = 0;                        // of the chosen ones
    std::map<std::string, std::int64_t> operators; // operatorChanges() of all of them
    int moreFolds = 0;                             // batch norms that can be folded after it and not before
};
using PreviewPointer = std::shared_ptr<const Preview>;

// `engine` as for prepare(). Errors: Cancelled; what keeps all passes from looking. What keeps one of them is
// its problem.
Result<PreviewPointer> previewOf(SnapshotPointer snapshot, std::set<std::string, std::less<>> chosen,
                                 PrepareOptions options, Progress& progress, const std::stop_token& stop,
                                 Engine* engine = nullptr);

// What the passes that are on by default come to. `engine` and errors: those of prepareAll().
Result<Workspace::Preparation> preparationOf(SnapshotPointer snapshot, Progress& progress,
                                             const std::stop_token& stop, Engine* engine);

// A mark on each node that the chosen passes change or take away; its id is the pass. Any thread.
std::vector<Mark> marksOf(const Preview& preview, const Snapshot& shown, const std::stop_token& stop);

} // namespace pleat::ui
