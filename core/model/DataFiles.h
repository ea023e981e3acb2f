// SPDX-License-Identifier: GPL-3.0-or-later
// The data files that Pleat puts beside a model, `<model>.<n>.data`. Each save makes a fresh one, so that the
// model that stands there stays whole until the new one takes its place; old ones are left alone.
#pragma once

#include "core/model/Placement.h"

#include <string>
#include <vector>

namespace pleat {

// The n-th of these names for `model`, without its folder; from 1.
std::string dataFileName(const std::filesystem::path& model, int n);

// The first of them that nothing has now.
std::string freshDataFileName(const std::filesystem::path& model);

// One sentence for each data file beside `saved`, the model that was just saved there, that it does not refer
// to although the one before it may have done so. `used` is its fresh data file, if it has one.
std::vector<std::string> unusedDataFiles(const Model& model, const Placement& placement,
                                         const std::filesystem::path& saved,
                                         const std::filesystem::path& used);

} // namespace pleat
