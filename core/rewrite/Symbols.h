// SPDX-License-Identifier: GPL-3.0-or-later
// The symbols that stand for sizes (dim_param, onnx.proto's TensorShapeProto), wherever a model declares
// shapes: inputs, outputs, value_info, those of bodies, too. Pure functions.
#pragma once

#include "core/rewrite/Edit.h"

#include <map>
#include <set>
#include <string>
#include <variant>

namespace pleat {

// What becomes of symbols: a number, or another name.
using SymbolChanges = std::map<std::string, std::variant<std::int64_t, std::string>>;

// The declarations that are others then, in `inputs`, `outputs` and `described` of each graph that has any.
std::vector<std::pair<ScopeIndex, GraphChange>> redeclared(const GraphView& view,
                                                           const SymbolChanges& changes);

// All that are declared anywhere.
std::set<std::string> declaredSymbols(const GraphView& view);

} // namespace pleat
