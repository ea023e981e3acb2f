// SPDX-License-Identifier: GPL-3.0-or-later
// The options of `edit`, each a way to write one kind of step: what it is called, and what step a text is.
// Nodes may be called by their names; the step has the name that lasts.
#pragma once

#include "core/edit/EditStep.h"

#include <span>
#include <string>

namespace pleat::cli {

struct EditOption {
    const char* flag;  // "--rename"
    const char* about; // its help
    // The step that the text of the option asks for, on this model. Errors: Usage.
    Result<EditStep> (*step)(const GraphView& view, const std::string& text);
};

// All, in the order of the help; --cut and --cut-from, which are one step, are not among them.
std::span<const EditOption> editOptions();

} // namespace pleat::cli
