// SPDX-License-Identifier: GPL-3.0-or-later
// The written definition of a few operators (onnx.ai's operator pages) in long double, with nothing rounded
// in between: for opsets and element types that ONNX Runtime has no kernels for on a CPU, and for measuring
// how good folded weights are without an engine's own error. Slow and plain on purpose.
#pragma once

#include "tests/core/support/OrtRunner.h"

namespace pleat::test {

// Conv, ConvTranspose, Gemm, MatMul, BatchNormalization (inference), Add, Sub, Mul, Div (also with opset 6's
// broadcast and axis), Relu, Identity, Cast, Constant, Transpose, Reshape, Flatten. Anything else is an error
// that names it.
tl::expected<Arrays, std::string> runByDefinition(const onnx::ModelProto& model, const Arrays& inputs);

// The same with every input, constant and shift replaced by its magnitude: Σ|w||x| of each output, by which
// rounding errors of an engine are to be measured where terms cancel.
tl::expected<Arrays, std::string> magnitudes(const onnx::ModelProto& model, const Arrays& inputs);

} // namespace pleat::test
