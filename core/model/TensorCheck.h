// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a tensor's type, dimensions and bytes fit together: a part of the validator.
#pragma once

#include "core/model/Model.h"

#include <optional>

namespace pleat {

// What is wrong with it; nothing when all is well. Bytes that should be in another file are not looked at.
// Types that are unknown here pass with any length.
std::optional<Error> checkTensor(const Model& model, const onnx::TensorProto& tensor);
std::optional<Error> checkTensor(const Model& model, const TensorMessage& tensor);

} // namespace pleat
