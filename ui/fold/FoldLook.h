// SPDX-License-Identifier: GPL-3.0-or-later
// What can be said about a pair, how that looks, and the marks that say it on the canvas.
#pragma once

#include "ui/document/Mark.h"

namespace pleat::ui {

enum class FoldState { CanFold, Blocked, Folded };

// Solid ⤓, dashed !, dotted ✓.
MarkLook lookOf(FoldState state);

// A mark round each pair of `shown`; its id is the pair's. Any thread.
std::vector<Mark> foldMarks(const Snapshot& shown, const Snapshot& current, const std::stop_token& stop);

// Which of them are others than before.
std::optional<MarkChange> foldMarkChange(const Shown& before, const Shown& now);

} // namespace pleat::ui
