// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a tensor's type, dimensions and bytes fit together: a part of the validator.
#pragma once

#include "core/model/Model.h"

#include <optional>

namespace pleat {

// What is wrong with it, whose bytes are in `payload` unless that is null; nothing when all is well. Bytes
// that should be in another file are not looked at. Types that are unknown here pass with any length.
std::optional<Error> checkTensor(const onnx::TensorProto& tensor, const Payload* payload);
std::optional<Error> checkTensor(const TensorMessage& tensor, const Payload* payload);

// Whether the parts of a sparse tensor, which are tensors that pass, fit together. The indices themselves are
// looked at by whoever reads them.
std::optional<Error> checkSparse(const onnx::SparseTensorProto& tensor);

} // namespace pleat
