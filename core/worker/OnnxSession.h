// SPDX-License-Identifier: GPL-3.0-or-later
// A model in ONNX Runtime, on the processor, one thread, with all its optimisations off: what it computes is
// what the operators say. Only tasks of the worker use this; what a build without ONNX Runtime's headers
// makes of it is an error. One thread.
#pragma once

#include "core/worker/OnnxRuntimeLibrary.h"

#include <memory>
#include <onnx/onnx_pb.h>
#include <span>

namespace pleat {

class OnnxSession final {
public:
    // `model`: the bytes of a ModelProto. Errors: Unsupported, with ONNX Runtime's words.
    static Result<OnnxSession> open(const LoadedOnnxRuntime& runtime, std::string_view model);
    OnnxSession(OnnxSession&&) noexcept;
    OnnxSession& operator=(OnnxSession&&) noexcept;
    ~OnnxSession();

    // The outputs of these names for inputs that are called as the tensors are. A result of more than
    // `largest` bytes has its type and dimensions, and no data. Errors: Unsupported, with ONNX Runtime's
    // words, and for an output that is no dense tensor.
    Result<std::vector<onnx::TensorProto>> run(std::span<const onnx::TensorProto> inputs,
                                               std::span<const std::string> outputs,
                                               std::uint64_t largest) const;

private:
    struct State;
    explicit OnnxSession(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace pleat
