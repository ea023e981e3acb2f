// SPDX-License-Identifier: GPL-3.0-or-later
// Saving streams: the lengths are computed first, then skeleton bytes and payloads are written in order,
// tensors that a fold scaled are computed block by block just before. Unchanged messages keep their original
// bytes and are copied by the kernel. The target is the old file or the new one, whatever happens
// (OutputFile).
#pragma once

#include "core/base/Progress.h"
#include "core/model/Model.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

struct Saved {
    std::vector<std::string> notices; // weights that a fold made infinite, by tensor
};

// Writes `model` to `target`, which may be the file that the model was opened from. An unedited model is
// copied. Errors: Unwritable, Changed (the source changed since opening), Unsupported (external data, or more
// than 2 GiB: not yet), Cancelled. On any error the target is untouched and no temporary file is left.
Result<Saved> saveModel(const Model& model, const std::filesystem::path& target, Progress& progress,
                        std::stop_token stop);

} // namespace pleat
