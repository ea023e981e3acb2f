// SPDX-License-Identifier: GPL-3.0-or-later
// Shows a scene from which an edit has taken nodes, without laying it out anew: what is left stays where it
// was, and a line passes where a node was. So folding a pair moves nothing, and undoing it (laid out anew,
// which gives the same drawing every time) puts the pair back into its gap. Pure; any thread.
#pragma once

#include "ui/canvas/GraphScene.h"

namespace pleat::ui {

// Places `next` after `previous`, matching nodes by key. False if that cannot be done (new nodes, new
// connections, a node that would not fit, another direction): `next` is then to be laid out with layOut().
bool keepPlaces(GraphScene& next, const GraphScene& previous);

} // namespace pleat::ui
