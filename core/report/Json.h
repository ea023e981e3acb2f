// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON of the command line (resources/guide/design.md, "The command line") from result values. Always
// valid JSON: bytes that are not UTF-8 are replaced, non-finite numbers become the strings "nan", "inf",
// "-inf".
#pragma once

#include "core/fold/Fold.h"
#include "core/graph/Describe.h"

#include <string>

namespace pleat {

std::string infoJson(const ModelInfo& info);
std::string pairsJson(const std::string& model, std::span<const FoldCandidate> candidates);

enum class Arrays { Include, LeaveOut }; // included in --report, left out of --json
// The files of a fold, as the user names them. Without an output nothing was written; without a data file all
// of it is in the output.
struct FoldFiles {
    std::string model, output, data;
};
std::string foldJson(const FoldFiles& files, std::span<const FoldedPair> pairs, Arrays arrays);

} // namespace pleat
