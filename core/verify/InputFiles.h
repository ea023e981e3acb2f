// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody's own samples as inputs of a model: arrays of numpy (.npz by the names of the inputs; .npy for a
// model with one), tables of numbers (.csv, a row a sample), images (PNG and JPEG, or folders of them). The
// first axis of an array may hold many samples: they are cut into batches of the size that the model has,
// that `sizes` gives to its symbol, or of 1. What does not fill a batch is left out, and said.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/Inputs.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

struct OwnInputs {
    std::vector<std::filesystem::path> files{}; // one .npz, .npy or .csv; or images and folders of them
    // Numbers of tables and pixels become (x / scale − mean) / deviation; mean and deviation are one number,
    // or one a channel. Nothing: 255 for images, 1 for tables.
    std::optional<double> scale{};
    std::vector<double> mean{0}, deviation{1};
    std::optional<bool> channelsLast{}; // N×H×W×C; nothing: by which axis has 1 or 3 channels
    std::string labelColumn{};          // of a table: its name, its number from 1 on, or "last"; empty: none
    std::filesystem::path labels{};     // a class a line, in order, or "file,class" for images; empty: none
    bool operator==(const OwnInputs&) const = default;
};

// Errors: Unreadable, Unsupported and Usage with the sentence what does not fit: what the model takes, and
// what was given; Cancelled.
Result<Inputs> ownInputs(const GraphView& view, const OwnInputs& own,
                         const std::map<std::string, std::int64_t>& sizes, Progress& progress,
                         const std::stop_token& stop);

} // namespace pleat
