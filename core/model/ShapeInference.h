// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes and types of every value, inferred by the ONNX library. The library crashes on some malformed
// models, so it runs in a worker process: the same program in a private mode, the structure on its standard
// input. Its death means "shapes unknown" and nothing else.
#pragma once

#include "core/base/Result.h"
#include "core/model/Model.h"

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>

namespace pleat {

// One dimension: a number, a symbol, or unknown (empty symbol, value -1).
struct Dimension {
    std::int64_t value = -1;
    std::string symbol;
    bool operator==(const Dimension&) const = default;
};

struct ValueType {
    DataType type = DataType::Undefined;
    bool hasShape = false;
    std::vector<Dimension> shape; // meaningful when hasShape
    std::string text() const;     // "1×32×112×112", "batch×3×?×?"; empty when the shape is unknown
    bool operator==(const ValueType&) const = default;
};

// By name of the value, for the main graph ("") and each body (its scope path as in GraphView.h).
using ValueTypes = std::map<std::string, std::map<std::string, ValueType>>;

// What the file itself declares (inputs, outputs, value_info, initializers), without inference.
ValueTypes declaredTypes(const Model& model);

struct InferredTypes {
    ValueTypes types;    // declared ones, and inferred ones where inference worked
    std::string problem; // why inference gave nothing; empty when it worked
};

// `worker` is the program to start with workerArgument() (normally this program itself). Takes at most
// `seconds`.
InferredTypes inferTypes(const Model& model, const std::filesystem::path& worker, int seconds,
                         std::stop_token stop);

// The private mode: `main` calls this first; when the first argument is the worker's it does the work and
// returns the exit code, otherwise nothing.
std::optional<int> runAsWorker(int argc, char** argv);

} // namespace pleat
