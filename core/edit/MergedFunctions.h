// SPDX-License-Identifier: GPL-3.0-or-later
// The local functions of a model that is put into another one. Those that both have are there once; one that
// means something else there gets another name, and so do its calls.
#pragma once

#include "core/graph/GraphView.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pleat {

using Operator = std::pair<std::string, std::string>;  // domain, name
std::set<Operator> operatorsOf(const GraphView& view); // of all nodes, those in functions too

struct MergedFunctions {
    std::vector<ScopeIndex> added;           // of the model that comes
    std::map<Operator, std::string> renamed; // those of `added` that are called otherwise
    std::vector<Operator> captured;          // operators of the model that comes, functions where it goes
};
MergedFunctions mergedFunctions(const GraphView& first, const GraphView& second);

} // namespace pleat
