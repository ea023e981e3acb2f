// SPDX-License-Identifier: GPL-3.0-or-later
// What convolutions, pools and matrix products make of the shapes of their inputs (ONNX's operator pages);
// rules of the table in ShapeRules.cpp, private to Shapes.
#pragma once

#include "core/graph/ShapeRules.h"

namespace pleat {

MaybeShape convolutionShape(const GraphView& view, NodeIndex node, const InputShapes& inputs);
MaybeShape poolShape(const GraphView& view, NodeIndex node, const InputShapes& inputs);
MaybeShape globalPoolShape(const GraphView& view, NodeIndex node, const InputShapes& inputs);
MaybeShape gemmShape(const GraphView& view, NodeIndex node, const InputShapes& inputs);
MaybeShape matMulShape(const GraphView& view, NodeIndex node, const InputShapes& inputs);

} // namespace pleat
