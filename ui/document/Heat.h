// SPDX-License-Identifier: GPL-3.0-or-later
// A number for each of some nodes of the graph, which the canvas shows as their colour. An immutable value
// behind a shared pointer; whoever measures gives it to the Workspace.
#pragma once

#include "core/base/Ids.h"

#include <QString>
#include <memory>
#include <unordered_map>

namespace pleat::ui {

struct Heat {
    struct Node {
        double share = 0; // of the scale: −1 … 1, 0 is nothing worth a colour
        QString words;    // the number: "2.4 ×"
    };
    std::unordered_map<NodeId, Node> nodes;
    QString title;     // what it is a number of: "range growth"
    QString low, high; // what the ends of the scale stand for
    double from = -1;  // the share of the low end: −1, or 0
};
using HeatPointer = std::shared_ptr<const Heat>;

} // namespace pleat::ui
