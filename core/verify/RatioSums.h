// SPDX-License-Identifier: GPL-3.0-or-later
// What a ratio of signal and noise is summed up from, tensor by tensor, and classes by their scores. Plain
// values.
#pragma once

#include "core/base/Result.h"

#include <cstdint>
#include <onnx/onnx_pb.h>
#include <stop_token>
#include <vector>

namespace pleat {

class RatioSums final {
public:
    // REQUIRES: both have the same type and dimensions, of numbers. What is not finite in `was` is left out;
    // where only `is` is not finite, the noise is infinite. Errors: those of reading; Cancelled.
    Result<void> add(const onnx::TensorProto& was, const onnx::TensorProto& is, const std::stop_token& stop);

    // dB; infinite where nothing is lost, NaN where there was nothing.
    double ratio() const;

private:
    double m_signal = 0, m_noise = 0;
    bool m_any = false;
};

// Whether it looks like class scores: floats of rank 2 with 2 columns or more.
bool areScores(const onnx::TensorProto& tensor);

// The class with the highest score of each row; of equals, the first. REQUIRES: areScores().
Result<std::vector<std::int64_t>> firstClasses(const onnx::TensorProto& scores);

} // namespace pleat
