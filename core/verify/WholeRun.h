// SPDX-License-Identifier: GPL-3.0-or-later
// A model on all of its inputs, as if they were one batch.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/Inputs.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <span>

namespace pleat {

// The outputs of these names, those of all batches one behind the other along their first axis; a single
// number becomes one a batch. Errors: as of runOnBatches(); Unsupported for more than 1 GiB of an output, and
// where batches differ in other axes.
Result<std::vector<onnx::TensorProto>> runOnAll(const Model& model, const Inputs& inputs,
                                                std::span<const std::string> outputs,
                                                const WorkerPlace& place, Progress& progress,
                                                const std::stop_token& stop);

} // namespace pleat
