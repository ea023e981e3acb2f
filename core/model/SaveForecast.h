// SPDX-License-Identifier: GPL-3.0-or-later
// What saving would write, for somebody who is about to choose where the weights go. Writes nothing.
#pragma once

#include "core/model/Placement.h"

#include <vector>

namespace pleat {

struct SaveForecast {
    std::uint64_t modelBytes = 0;
    std::uint64_t dataBytes = 0;             // of the fresh data file
    std::filesystem::path dataFile;          // empty: none is made
    std::vector<std::filesystem::path> kept; // data files that the saved model finds where they lie
    bool movedOut = false; // more than `largestModel`, so weights go to the data file unasked
    bool tooLarge = false; // more than `largestModel`, and saving so is refused
};

// For saveModel() with these arguments. Errors: those of planSave().
Result<SaveForecast> forecastSave(const Model& model, const std::filesystem::path& target,
                                  DataPlacement data);

} // namespace pleat
