// SPDX-License-Identifier: GPL-3.0-or-later
// Short names for long ones: what a person calls the layer. Pure functions.
#pragma once

#include "core/fold/FoldCandidate.h"
#include "core/graph/GraphView.h"

#include <QString>

namespace pleat::ui {

// The module a node came from, as its framework wrote it into the name:
// "/features/features.1/conv/conv.0/conv.0.0/Conv" → "features.1.conv.0.0". A name without such a path stays.
QString moduleName(const QString& nodeName, const QString& op);

// What a page of the model is called: "first · then_branch" for a body, "Block" for a function; empty for the
// main graph.
QString pageName(const GraphView& view, ScopeIndex page);

// The name of a candidate for lists and menus: its layer's module, or its batch norm's where it has no layer.
QString foldName(const FoldCandidate& candidate);

// "Conv → BN", "BN → Flatten → Gemm": the chain in the order of the data.
QString foldChain(const FoldCandidate& candidate);

// " · depthwise", " · 4 groups" or nothing, for the layer of a candidate in `view`.
QString groupNote(const GraphView& view, const FoldCandidate& candidate);

// The candidate's sentence with short names for long ones: "Add_14", not "/features/features.2/Add_14", and
// "it" for its own batch norm, beside whose name the sentence stands.
QString foldMessage(const FoldCandidate& candidate);

} // namespace pleat::ui
