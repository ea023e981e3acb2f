// SPDX-License-Identifier: GPL-3.0-or-later
// The options that ask for a rehearsal of quantization, and carrying it out.
#pragma once

#include "core/verify/Rehearsal.h"

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace pleat::cli {

struct RehearsalArguments {
    int bits = 0; // 0: none is asked for
    bool perChannel = false, asymmetric = false, activations = false, sensitivity = false;
    std::size_t samples = 8; // random ones
    bool isWanted() const { return bits > 0; }
};

// The one that asks for it.
CLI::Option* addRehearsalOptions(CLI::App& command, RehearsalArguments& arguments);

// The options again, as a shell takes them; none where none is asked for.
std::vector<std::string> wordsOf(const RehearsalArguments& arguments);

// With a progress bar. Errors: those of rehearse().
Result<Rehearsal> rehearsed(const std::shared_ptr<const GraphView>& before,
                            const std::shared_ptr<const GraphView>& after, const Inputs& inputs,
                            const RehearsalArguments& arguments, const WorkerPlace& place,
                            const std::stop_token& stop);

} // namespace pleat::cli
