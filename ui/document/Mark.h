// SPDX-License-Identifier: GPL-3.0-or-later
// What a panel says about nodes of the graph: the canvas draws a frame with a badge round them, and asks the
// panel when somebody acts on it. A plain value.
#pragma once

#include "ui/document/Snapshot.h"
#include "ui/widgets/MarkLook.h"

#include <QString>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace pleat::ui {

struct Mark {
    std::vector<NodeId> nodes; // a node has one mark, that of the first who gives one
    MarkLook look;
    QString badge;  // a few words
    QString kind;   // what all of its kind are, to be counted: "can fold"; empty: they are not
    QString tip;    // the whole sentence; may be empty
    QString action; // what a double click asks the panel for ("Fold features.0.0"); empty: nothing
    std::string id; // the panel's own name for it
};

// Two models of which a panel marks one: what is shown, where `current` says what has been done by now.
struct Shown {
    const Snapshot& shown;
    const Snapshot& current;
};

// The marks that are others than before.
struct MarkChange {
    std::vector<Mark> gone, came;
};

// Where marks come from. Called in a job: it may hold only immutable values, and stops early when asked to.
struct MarkSource {
    using All = std::function<std::vector<Mark>(const Snapshot& shown, const Snapshot& current,
                                                const std::stop_token& stop)>;
    // Nothing where it would be as much work as all.
    using Change = std::function<std::optional<MarkChange>(const Shown& before, const Shown& now)>;

    MarkSource() = default;
    MarkSource(All allMarks, Change changedMarks = {}) // NOLINT(google-explicit-constructor)
        : all(std::move(allMarks)),
          change(std::move(changedMarks))
    {
    }
    explicit operator bool() const { return static_cast<bool>(all); }

    All all;
    Change change; // may be empty: all marks are asked for after each edit
};

} // namespace pleat::ui
