// SPDX-License-Identifier: GPL-3.0-or-later
// Edits by hand in a recipe's JSON. Private to core/recipe.
#pragma once

#include "core/edit/EditStep.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace pleat {

// {"rename_tensor": {"tensor": "a", "to": "b"}}; what is as it is without being said is left out.
nlohmann::ordered_json editJson(const EditStep& step);

// The other way round. Nothing: no edit is called so. Errors are clauses: what is not known, or of another
// type.
std::optional<tl::expected<EditStep, std::string>> readEdit(const std::string& kind,
                                                            const nlohmann::ordered_json& parameters);

} // namespace pleat
