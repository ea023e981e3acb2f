// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON of the command line (DESIGN.md, "The command line") from result values. Always valid JSON: bytes
// that are not UTF-8 are replaced, non-finite numbers become the strings "nan", "inf", "-inf".
#pragma once

#include "core/fold/Fold.h"
#include "core/graph/Describe.h"

#include <string>

namespace pleat {

std::string infoJson(const ModelInfo& info);
std::string pairsJson(const std::string& model, std::span<const FoldCandidate> candidates);

enum class Arrays { Include, LeaveOut }; // included in --report, left out of --json
std::string foldJson(const std::string& model, const std::string& output, std::span<const FoldedPair> pairs,
                     Arrays arrays);

} // namespace pleat
