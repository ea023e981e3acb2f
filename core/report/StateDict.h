// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of a folded model under the names that the PyTorch network has for them, which it was exported
// from: a state dict for that network with its folded batch norms replaced by Identity. Exporters keep the
// names of parameters ("layer1.0.conv1.weight"); where one gave a name of its own ("onnx::Conv_193", for what
// it had computed or that several layers share), the layer's bias or path tells: node
// "/layer1/layer1.0/conv1/Conv" stands for module layer1.0.conv1. Values, free to cross threads.
#pragma once

#include "core/fold/Fold.h"
#include "core/report/TensorBytes.h"

#include <string_view>

namespace pleat {

struct MappedName {
    std::string from; // the initializer in the opened model
    std::string to;
    std::string how; // "the path of its layer /layer1/layer1.0/conv1/Conv"
};

struct StateDict {
    // Weights and biases of all layers, and what else has the name of a parameter; without those of batch
    // norms that were folded. A matrix that the exporter had turned is turned back (NamedTensor::transposed).
    std::vector<NamedTensor> tensors;
    std::vector<MappedName> mapped;   // whose name is not that of the initializer
    std::vector<std::string> leftOut; // constants that have no name of a parameter
    std::vector<std::string> notices; // sentences: what the network needs beside it
};

// Of the outcome of a fold of `before`. Reads no weights. Errors: Usage where two tensors would get one name,
// as of a module that the network calls twice and that is folded in two ways.
Result<StateDict> stateDict(const std::shared_ptr<const GraphView>& before, const FoldOutcome& outcome);

// Whether a parameter of a module can have the name: "conv1.weight"; not "onnx::Conv_193", "193".
bool isParameterName(std::string_view name);

// The module that an exporter's name for a node stands for: "features.0.0" of
// "/features/features.0/features.0.0/Conv"; empty where it says none.
std::string modulePath(std::string_view nodeName);

} // namespace pleat
