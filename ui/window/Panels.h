// SPDX-License-Identifier: GPL-3.0-or-later
// The panels of the window.
#pragma once

#include <vector>

namespace pleat::ui {

class Panel;
class Workspace;

// One of each, in the order of the menu; of two on the same side the first is above.
std::vector<Panel*> makePanels(Workspace& workspace);

} // namespace pleat::ui
