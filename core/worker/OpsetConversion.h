// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes for another opset, by the version converter of the ONNX library in a worker: each node in a graph of
// its own, with the types and shapes of what it reads, so that the others stay as they are, weights are not
// sent, and what the converter has against one of them is said of it. What it makes is checked by the
// library's type inference.
#pragma once

#include "core/base/Progress.h"
#include "core/worker/OnnxRuntimeLibrary.h"

namespace pleat {

struct ConvertedNode {
    std::string
        graph; // the bytes of a GraphProto: nodes, and constants as initializers; empty: it stays as it is
    std::string problem; // a sentence, where it cannot be converted
};

// One for each node of the model, in their order. `model`: the bytes of a ModelProto of the opset to convert
// from, whose nodes need not be connected, and whose inputs say what is known of the values that they read.
// Errors: Unsupported for what is not about one node (a crash, too much time); Cancelled.
Result<std::vector<ConvertedNode>> convertByOnnx(const std::string& model, std::size_t nodes,
                                                 std::int64_t opset, const WorkerPlace& place,
                                                 Progress& progress, const std::stop_token& stop);

// What the worker does for it.
Result<void> convertNodes(TaskChannel& channel);
inline constexpr Task conversionTask{"convert", {.time = std::chrono::seconds(60)}, convertNodes};

} // namespace pleat
