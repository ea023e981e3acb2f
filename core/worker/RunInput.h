// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker is handed that runs models: messages one behind the other in one anonymous file, whose
// lengths go with the task's parameters. The host writes it once, batch by batch; the worker maps it, so that
// no byte is there twice. A model of more than 2 GiB cannot be a message: it lies in a temporary folder for
// as long as the input is there, and the worker is told where.
#pragma once

#include "core/base/Progress.h"
#include "core/io/Descriptor.h"
#include "core/model/Model.h"
#include "core/worker/OnnxSession.h"

#include <filesystem>
#include <functional>
#include <onnx/onnx_pb.h>
#include <stop_token>

namespace pleat {

class RunInput;

// Folders that are removed with all that is in them.
class TemporaryFolders final {
public:
    TemporaryFolders() = default;
    TemporaryFolders(TemporaryFolders&& other) noexcept : m_paths(std::exchange(other.m_paths, {})) {}
    TemporaryFolders& operator=(TemporaryFolders&& other) noexcept
    {
        std::swap(m_paths, other.m_paths);
        return *this;
    }
    ~TemporaryFolders();
    // Of files for the time being (TMPDIR). Errors: Unsupported where none can be made.
    Result<std::filesystem::path> make();

private:
    std::vector<std::filesystem::path> m_paths;
};

// For whoever fills it.
class RunInputWriter final {
public:
    // The model as two parts: a path, which is empty where the message follows; the message, or nothing.
    // `outputs` are values of its main graph that it shall give beside its own. Errors: those of reading the
    // model; Unsupported where there is no room for it; Cancelled.
    Result<void> model(const Model& model, std::span<const std::string> outputs, Progress& progress,
                       const std::stop_token& stop);
    // The same of the bytes of a ModelProto, which gives what it gives.
    Result<void> model(std::string_view message);
    // One part.
    Result<void> bytes(std::string_view bytes);
    // One part of several tensors.
    Result<void> tensors(std::span<const onnx::TensorProto> tensors);

private:
    friend Result<RunInput> runInput(const std::function<Result<void>(RunInputWriter&)>& write);
    explicit RunInputWriter(int descriptor) : m_descriptor(descriptor) {}
    Result<void> inFolder(const Model& model, const std::string& more, Progress& progress,
                          const std::stop_token& stop);
    void addLength(std::uint64_t length);

    int m_descriptor;
    std::string m_lengths;
    TemporaryFolders m_folders;
};

// The host's side: at its beginning, and sealed.
class RunInput final {
public:
    int descriptor() const { return m_file.get(); }
    const std::string& lengths() const { return m_lengths; } // of the parts; for parameters: no line break

private:
    friend Result<RunInput> runInput(const std::function<Result<void>(RunInputWriter&)>& write);
    Descriptor m_file;
    std::string m_lengths;
    TemporaryFolders m_folders;
};
Result<RunInput> runInput(const std::function<Result<void>(RunInputWriter&)>& write);

// The worker's side: the parts, mapped until it ends.
class RunParts final {
public:
    // Errors: Unsupported where the lengths are not those of the input.
    static Result<RunParts> of(int descriptor, std::string_view lengths);

    std::size_t size() const { return m_parts.size(); }
    // REQUIRES, as of all: there are as many parts.
    std::string_view operator[](std::size_t part) const { return m_parts[part]; }
    // A session of the model whose first part this is.
    Result<OnnxSession> open(const LoadedOnnxRuntime& runtime, std::size_t part, SessionRules rules) const;
    // Errors: Unsupported where they cannot be read.
    Result<std::vector<onnx::TensorProto>> tensors(std::size_t part) const;

private:
    std::vector<std::string_view> m_parts;
};

} // namespace pleat
