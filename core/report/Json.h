// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON of the command line (resources/guide/design.md, "The command line") from result values. Always
// valid JSON: bytes that are not UTF-8 are replaced, non-finite numbers become the strings "nan", "inf",
// "-inf". What grows with the model is handed over pair by pair, so that no report is ever in memory as a
// whole.
#pragma once

#include "core/fold/Fold.h"
#include "core/graph/Describe.h"
#include "core/recipe/Recipe.h"

#include <functional>
#include <string>
#include <string_view>

namespace pleat {

// Takes the next piece of the text. An Error ends the report and is its result.
using TextSink = std::function<Result<void>(std::string_view)>;

std::string infoJson(const ModelInfo& info);
Result<void> pairsJson(const std::string& model, std::span<const FoldCandidate> candidates,
                       const TextSink& write);

enum class Arrays { Include, LeaveOut }; // included in --report, left out of --json
// The files of a fold, as the user names them. Without an output nothing was written; without a data file all
// of it is in the output.
struct FoldFiles {
    std::string model, output, data;
};
Result<void> foldJson(const FoldFiles& files, std::span<const FoldedPair> pairs, Arrays arrays,
                      const TextSink& write);

// The files of a replay, as the user names them.
struct ReplayFiles {
    std::string recipe, model, output, data;
    std::optional<bool> sameSource; // the model is what the recipe was made with; nothing: it does not say
};
std::string replayJson(const ReplayFiles& files, const Recipe& recipe, const Replay& replayed);

} // namespace pleat
