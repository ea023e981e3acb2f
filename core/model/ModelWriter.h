// SPDX-License-Identifier: GPL-3.0-or-later
// Saving streams: the lengths are computed first, then structure bytes and payloads are written in order,
// tensors that a fold scaled are computed block by block just before. Unchanged messages keep their original
// bytes and are copied by the kernel. The target is the old model or the new one with its data, whatever
// happens.
#pragma once

#include "core/base/Progress.h"
#include "core/io/Sink.h"
#include "core/model/Placement.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

struct Saved {
    std::vector<std::string>
        notices; // weights that became infinite, as was wanted; data files that are not used any more
    std::filesystem::path dataFile; // made beside the model; empty when there is none
};

// Writes `model` to `target`, which may be the file that the model was opened from. An unedited model whose
// tensors stay where they are is copied. Data outside of the model goes to a fresh file `<target>.<n>.data`;
// with Keep, that is what a fold changed of the data files, and everything of them when the target is in
// another folder; and a model of more than 2 GiB gets one, too. Errors: Unwritable (also: a fold makes
// weights infinite, and nobody asked for that), Changed (a source changed since opening), MissingData,
// Cancelled. On any error the target and every other file are untouched and no new one is left.
Result<Saved> saveModel(const Model& model, const std::filesystem::path& target, Progress& progress,
                        std::stop_token stop, DataPlacement data = DataPlacement::Keep);

// The same model as one message with all its data inside, for whoever reads it from a descriptor. Errors: as
// above; Unwritable above 2 GiB.
Result<void> streamModel(const Model& model, Sink& output, Progress& progress, const std::stop_token& stop);

} // namespace pleat
