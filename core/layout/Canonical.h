// SPDX-License-Identifier: GPL-3.0-or-later
// Splits the input into connected parts without cycles and numbers each part's nodes in a canonical order, so
// that everything after it is independent of how the file lists them. Pure; any thread.
#pragma once

#include "core/layout/LayeredGraph.h"

namespace pleat::layout {

// The parts, the largest first. Edges that close a cycle come out reversed; edges from a node to itself and
// edges with an end outside the nodes are left out.
std::vector<Part> canonicalParts(const LayoutInput& input);

} // namespace pleat::layout
