// SPDX-License-Identifier: GPL-3.0-or-later
// One ModelProto out of a Model, for calls into the ONNX library. Only core includes this.
#pragma once

#include "core/model/Model.h"

#include <onnx/onnx_pb.h>

namespace pleat {

enum class LeftOut {
    Keep,    // left-out tensors stay EXTERNAL ones, of which nobody is told where they are
    OneByte, // one raw byte for each left-out tensor: enough for the checker, which does not look inside
    Whole    // every byte is read in: for tests and small models; Error MissingData, Unsupported above 2 GiB
};

// All stored bytes of a tensor of any type, also of those that TensorView cannot read singly; `into` holds
// exactly payload().size() of them.
Result<void> readWhole(const TensorView& tensor, std::span<std::byte> into);

// Reads the bytes that were left out of a message into it. Null: they are in it. Errors: those of reading.
Result<void> readIn(onnx::TensorProto& tensor, const Payload* payload);
Result<void> readIn(onnx::NodeProto& node, std::span<const Payload> payloads);

Result<onnx::ModelProto> assemble(const Model& model, LeftOut leftOut);

} // namespace pleat
