// SPDX-License-Identifier: GPL-3.0-or-later
// What is taken along beside a model: a part of it, a report of what was folded here, and its tensors for
// Python. Each appears whole or not at all. May run on any thread.
#pragma once

#include "core/edit/EditStep.h"
#include "core/report/TensorFile.h"
#include "core/worker/OnnxRuntimeLibrary.h"
#include "ui/document/Snapshot.h"

namespace pleat::ui {

// The page of `pleat-cli fold --report`: each pair that was folded, and what is left and why. Errors: those
// of reading the weights and of writing; Cancelled.
Result<void> saveFoldReport(const std::filesystem::path& file, const Snapshot& opened, const Snapshot& now,
                            Progress& progress, const std::stop_token& stop);

// All that the format can hold, and what it cannot. Errors: Usage for a name that ends in neither .npz nor
// .safetensors; those of saveTensors().
Result<std::vector<LeftOutTensor>> saveAllTensors(const std::filesystem::path& file, const GraphView& view,
                                                  const std::stop_token& stop);

// The part that a cut leaves, as a model; what there is to know about it. Errors: those of applyEdit() and
// saveModel().
Result<QString> savePart(const std::filesystem::path& file, const ViewPointer& view, const CutOut& cut,
                         const WorkerPlace& place, Progress& progress, const std::stop_token& stop);

} // namespace pleat::ui
