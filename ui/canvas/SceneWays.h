// SPDX-License-Identifier: GPL-3.0-or-later
// Which nodes of a scene lie on the way: to some nodes, or between two. Pure; O(nodes + edges).
#pragma once

#include "ui/canvas/GraphScene.h"

#include <cstdint>
#include <vector>

namespace pleat::ui {

// These and all that they are computed from, ascending.
std::vector<std::uint32_t> nodesUpTo(const GraphScene& scene, const std::vector<std::uint32_t>& nodes);

// Those on all ways from one to the other, whichever comes first, with the two; empty where there is no way.
// Ascending.
std::vector<std::uint32_t> nodesBetween(const GraphScene& scene, std::uint32_t one, std::uint32_t other);

} // namespace pleat::ui
