// SPDX-License-Identifier: GPL-3.0-or-later
// The commands of pleat-cli. Each adds itself and its options to the parser; what it returns runs when the
// command was given and answers with the exit code.
#pragma once

#include <functional>
#include <stop_token>

namespace CLI {
class App;
}

namespace pleat::cli {

using Run = std::function<int(std::stop_token)>;

Run addInfo(CLI::App& parser);
Run addPairs(CLI::App& parser);
Run addFold(CLI::App& parser);
Run addApply(CLI::App& parser);
Run addPrepare(CLI::App& parser);
Run addEdit(CLI::App& parser);
Run addMerge(CLI::App& parser);
Run addStats(CLI::App& parser);
Run addCompare(CLI::App& parser);
Run addVerify(CLI::App& parser);
Run addTensors(CLI::App& parser);

} // namespace pleat::cli
