// SPDX-License-Identifier: GPL-3.0-or-later
// The magnitude of what is added up: for an operator one that makes Σ|w||x| where it makes Σ w·x, of the
// magnitudes of what it reads. A computation of rounded numbers is off by a small multiple of that, times the
// unit roundoff of its type (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., ch. 3).
// Pure functions.
#pragma once

#include "core/base/Result.h"
#include "core/tensor/DataType.h"

#include <onnx/onnx_pb.h>
#include <optional>

namespace pleat {

// Half the distance between 1 and the next number: 2⁻²⁴ for float, 2⁻⁵³ for double, 2⁻¹¹ for float16, 2⁻⁸ for
// bfloat16 (IEEE 754-2019, table 3.5); 0 for other types.
double unitRoundoff(DataType type);

// What magnitudes are computed in: double for double, else float.
DataType magnitudeType(DataType type);

// The operator on magnitudes; nothing where there is none, since an error can become larger in it than what
// is added up tells. Attributes that are factors become positive.
std::optional<onnx::NodeProto> magnitudeOf(const onnx::NodeProto& node);

// A constant for the operator's input `slot`: |c| in the type of magnitudes, at least the smallest normal
// number of its own type, below which rounding is no longer relative; negative for the mean of a batch norm,
// which is subtracted. Integers stay as they are. `tensor` has its data in it.
Result<onnx::TensorProto> magnitudeOf(const onnx::TensorProto& tensor, const onnx::NodeProto& reader,
                                      std::size_t slot);

// Whether the operator rounds, as opposed to moving numbers around; whether it adds up many products.
bool rounds(const onnx::NodeProto& node);
bool addsUp(const onnx::NodeProto& node);

} // namespace pleat
