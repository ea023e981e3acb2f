// SPDX-License-Identifier: GPL-3.0-or-later
// The data files beside a model: those that it is read from, and those that Pleat makes, `<model>.<n>.data`.
// Each save makes a fresh one, so that the model that stands there stays whole until the new one takes its
// place; old ones are left alone.
#pragma once

#include "core/model/Placement.h"

#include <string>
#include <vector>

namespace pleat {

// Of all left-out tensors.
std::vector<const Payload*> payloadsOf(const Model& model);

// The files that these are read from, once each; without the model file itself and
// those that parts of other models come from.
std::vector<FilePointer> dataFilesOf(const Model& model);

// The n-th name for a fresh one beside `model`, without the folder; from 1. Never one that the saved model
// goes on giving for data that is missing: that data would seem to be there again.
std::string dataFileName(const std::filesystem::path& model, const Placement& placement, int n);

// The first of them that nothing has now.
std::string freshDataFileName(const std::filesystem::path& model, const Placement& placement);

// One sentence for each data file beside `saved`, the model that was just saved there, that it does not refer
// to although the one before it may have done so. `used` is its fresh data file, if it has one.
std::vector<std::string> unusedDataFiles(const Model& model, const Placement& placement,
                                         const std::filesystem::path& saved,
                                         const std::filesystem::path& used);

// Training information is saved as it stands, with the names of the data files of its initializers.
bool hasTrainingData(const Model& model);

} // namespace pleat
