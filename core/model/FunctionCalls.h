// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls whom among the local functions of a model: a part of the validator.
#pragma once

#include "core/model/Model.h"

#include <optional>

namespace pleat {

// Error when two functions have the same identity, or one calls itself, directly or through others.
std::optional<Error> checkFunctionCalls(const Model& model);

} // namespace pleat
