// SPDX-License-Identifier: GPL-3.0-or-later
// Opening: reads the structure of an ONNX file, that is every message but the bytes of large tensors, with
// positioned reads. Left out are raw_data and packed float_data and double_data from 4 KiB up, in every
// TensorProto (initializers, attributes, bodies, functions); integer tensors up to 64 KiB stay, since shapes
// are computed from them. External data becomes ranges of its files. Files are hostile until the validator
// has passed them.
#pragma once

#include "core/base/Progress.h"
#include "core/model/Model.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

struct OpenedModel {
    Model model;
    std::vector<std::string> notices; // what is odd about the file but accepted (nodes out of order, …)
};

// Errors: Unreadable (no such file, a directory, not a protobuf, no graph, truncated, invalid: see
// Validator.h), Cancelled. External data that is missing or too short is no error here: it is one when its
// bytes are wanted, and the tensor's payload is then empty.
Result<OpenedModel> openModel(const std::filesystem::path& path, Progress& progress, std::stop_token stop);

// The same from bytes in memory, for tests and fuzzers.
Result<OpenedModel> openModel(const Bytes& bytes, const std::filesystem::path& nameForMessages);

} // namespace pleat
