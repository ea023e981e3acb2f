// SPDX-License-Identifier: GPL-3.0-or-later
// A model in ONNX Runtime, on the processor, one thread; with all its optimisations off, unless they are
// asked for: what it computes is what the operators say. Only tasks of the worker use this; what a build
// without ONNX Runtime's headers makes of it is an error. One thread.
#pragma once

#include "core/worker/OnnxRuntimeLibrary.h"

#include <chrono>
#include <memory>
#include <onnx/onnx_pb.h>
#include <span>

namespace pleat {

struct SessionRules {
    bool optimised = false; // all that ONNX Runtime knows, in place of none
    bool arena = false;     // memory is kept from run to run, as is usual: for measuring
};

// Takes a tensor as it comes; its errors end the run.
using TensorSink = std::function<Result<void>(onnx::TensorProto tensor)>;

class OnnxSession final {
public:
    // `model`: the bytes of a ModelProto. Errors: Unsupported, with ONNX Runtime's words.
    static Result<OnnxSession> open(const LoadedOnnxRuntime& runtime, std::string_view model,
                                    SessionRules rules = {});
    // The same from a file, beside which its data files are.
    static Result<OnnxSession> open(const LoadedOnnxRuntime& runtime, const std::filesystem::path& model,
                                    SessionRules rules);
    OnnxSession(OnnxSession&&) noexcept;
    OnnxSession& operator=(OnnxSession&&) noexcept;
    ~OnnxSession();

    // The outputs of these names for inputs that are called as the tensors are. A result of more than
    // `largest` bytes has its type and dimensions, and no data. Errors: Unsupported, with ONNX Runtime's
    // words, and for an output that is no dense tensor.
    Result<std::vector<onnx::TensorProto>> run(std::span<const onnx::TensorProto> inputs,
                                               std::span<const std::string> outputs,
                                               std::uint64_t largest) const;
    // The same, tensor by tensor: no two of them are there at once beside ONNX Runtime's own.
    Result<void> run(std::span<const onnx::TensorProto> inputs, std::span<const std::string> outputs,
                     std::uint64_t largest, const TensorSink& take) const;

    // How long one run takes, by the clock, without handing over its inputs and outputs.
    Result<std::chrono::nanoseconds> time(std::span<const onnx::TensorProto> inputs,
                                          std::span<const std::string> outputs) const;

private:
    struct State;
    explicit OnnxSession(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace pleat
