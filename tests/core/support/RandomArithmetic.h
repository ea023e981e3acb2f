// SPDX-License-Identifier: GPL-3.0-or-later
// What exporters write around layers, put behind random ones of a random graph: scales and shifts by
// constants that are stored, computed, or sizes of the data; a Reshape to the data's own sizes; a Pad that a
// convolution could do itself. Pure functions.
#pragma once

#include "core/tensor/DataType.h"

#include <cstdint>
#include <onnx/onnx_pb.h>

namespace pleat::test {

// The same graph with such nodes; numbers of it are others. `type` is that of the data.
onnx::ModelProto withArithmetic(onnx::ModelProto model, DataType type, std::uint32_t seed);

} // namespace pleat::test
