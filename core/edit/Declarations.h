// SPDX-License-Identifier: GPL-3.0-or-later
// What a file says of types and shapes, after an edit that makes others of them: outputs and value_info of
// what is computed from the changed values say what follows now. What does not follow from the operators is
// not said any more.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/graph/Shapes.h"

namespace pleat {

// What a value is declared as: its type, and its shape where that is known; a size that is not is the symbol
// of `declared`, if that has one there.
ValueInfo declaration(std::string name, DataType type, const MaybeShape& shape,
                      const onnx::ValueInfoProto* declared = nullptr);

// "1×3×?×?", "a scalar".
std::string shapeText(const KnownShape& shape);

// How the value is declared: an input, output or value_info. Null: it is not.
ValueInfo declared(const GraphView& view, ValueIndex value);

// The change of declarations for values, as they are called in `scope`, of another type or shape. `findings`:
// gets the outputs of the model that are others now.
Edit following(const ViewPointer& view, ScopeIndex scope, const std::vector<std::string>& reshaped,
               std::vector<Finding>& findings);

} // namespace pleat
