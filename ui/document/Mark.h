// SPDX-License-Identifier: GPL-3.0-or-later
// What a panel says about nodes of the graph: the canvas draws a frame with a badge round them, and asks the
// panel when somebody acts on it. A plain value.
#pragma once

#include "ui/document/Snapshot.h"
#include "ui/widgets/MarkLook.h"

#include <QString>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace pleat::ui {

struct Mark {
    std::vector<NodeId> nodes; // a node has one mark, that of the first who gives one
    MarkLook look;
    QString badge;  // a few words
    QString tip;    // the whole sentence; may be empty
    QString action; // what a double click asks the panel for ("Fold features.0.0"); empty: nothing
    std::string id; // the panel's own name for it
};

// The marks for `shown`, where `current` says what has been done by now. Called in a job: it may hold only
// immutable values, and stops early when asked to.
using MarkSource = std::function<std::vector<Mark>(const Snapshot& shown, const Snapshot& current,
                                                   const std::stop_token& stop)>;

} // namespace pleat::ui
