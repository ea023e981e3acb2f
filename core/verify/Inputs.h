// SPDX-License-Identifier: GPL-3.0-or-later
// What a model is run on: samples, cut into batches as the model takes them, each made only when it is
// wanted. Random ones, or somebody's own (InputFiles.h).
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ValueTypes.h"

#include <functional>
#include <map>

namespace onnx {
class TensorProto;
}

namespace pleat {

// What a caller has to give to a model.
struct InputPort {
    std::string name;
    ValueType type;
};
std::vector<InputPort> inputPorts(const GraphView& view); // inputs without an initializer

// A file that samples came from, or many of them as one.
struct InputFile {
    std::string name; // as the user calls it
    std::uint64_t bytes = 0;
    std::string sha256{}; // of several files: of their digests, one behind the other
};

struct Inputs {
    using Batch = std::vector<onnx::TensorProto>; // one tensor an input, called as the input is

    std::size_t batches = 0;
    std::uint64_t samples = 0; // in all batches
    // Any thread may call it. Errors: those of reading and decoding what it is made of.
    std::function<Result<Batch>(std::size_t number)> batch;
    std::vector<std::int64_t> labels; // the class of each sample; empty where nobody knows
    std::vector<std::string> notes;   // what was taken, or left out: a sentence each
    std::string origin;               // "8 random samples"
    std::vector<InputFile> files;
};

// Of the first one, as a measure of all. Errors: those of the inputs.
Result<std::uint64_t> bytesOfABatch(const Inputs& inputs);

// Batch n is what randomInputs() makes of the seed + n. Errors: as of that.
Result<Inputs> randomBatches(std::shared_ptr<const GraphView> view, std::uint64_t seed,
                             std::map<std::string, std::int64_t> sizes, std::size_t batches);

} // namespace pleat
