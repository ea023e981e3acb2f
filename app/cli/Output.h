// SPDX-License-Identifier: GPL-3.0-or-later
// Writing the model that a command has made: the same option, progress and words for each of them.
#pragma once

#include "core/model/ModelWriter.h"

#include <stop_token>
#include <string>

namespace CLI {
class App;
}

namespace pleat::cli {

// --data keep, inline or external.
void addDataOption(CLI::App& command, std::string& word);

// With a progress bar; notices go to standard error. `data` is a word of --data.
Result<Saved> writeModel(const Model& model, const std::string& output, const std::string& data,
                         const std::stop_token& stop);

// "Written to OUT and DATA", on standard output.
void sayWritten(const std::string& output, const std::string& dataFile);

} // namespace pleat::cli
