// SPDX-License-Identifier: GPL-3.0-or-later
// Who is who among the local functions of a model, and who calls whom: a part of the validator.
#pragma once

#include "core/model/Model.h"

#include <optional>

namespace pleat {

// What tells functions of one domain and name apart, a field that older ONNX libraries do not know; mostly
// empty.
std::string overloadOf(const onnx::FunctionProto& function);

// Error when two functions have the same identity, or one calls itself, directly or through others.
std::optional<Error> checkFunctionCalls(const Model& model);

} // namespace pleat
