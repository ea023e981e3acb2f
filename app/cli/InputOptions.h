// SPDX-License-Identifier: GPL-3.0-or-later
// The options that say what models are run on: somebody's own samples, or random ones.
#pragma once

#include "core/verify/InputFiles.h"

namespace CLI {
class App;
}

namespace pleat::cli {

struct InputArguments {
    std::string inputs; // a file of arrays or a table
    std::vector<std::string> images;
    std::string labels, labelColumn, layout;
    std::vector<double> mean{0}, deviation{1};
    std::optional<double> scale;
    bool isOwn() const { return !inputs.empty() || !images.empty(); }
    bool operator==(const InputArguments&) const = default;
};

void addInputOptions(CLI::App& command, InputArguments& arguments);

// With a progress bar. REQUIRES: isOwn(). Errors: those of ownInputs().
Result<Inputs> readInputs(const GraphView& view, const InputArguments& arguments,
                          const std::map<std::string, std::int64_t>& sizes, const std::stop_token& stop);

// The options again, as a shell takes them.
std::vector<std::string> wordsOf(const InputArguments& arguments);

// In quotes where a shell would take it apart.
std::string shellWord(const std::string& word);

} // namespace pleat::cli
