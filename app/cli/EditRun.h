// SPDX-License-Identifier: GPL-3.0-or-later
// What `edit` and `merge` have in common: steps are made one by one, each on the model that the last one
// left, and what they make is written.
#pragma once

#include "core/edit/EditStep.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pleat::cli {

struct EditTarget {
    std::string model, output, recipe, data = "keep";
    bool dryRun = false, json = false;
};
// -o, --data, --dry-run, --recipe and --json.
void addTargetOptions(CLI::App& command, EditTarget& target);

// Errors: Usage.
using MakeStep = std::function<Result<EditStep>(const GraphView&)>;

// The exit code.
int runEdits(const EditTarget& target, const std::vector<MakeStep>& steps, const std::stop_token& stop);

} // namespace pleat::cli
