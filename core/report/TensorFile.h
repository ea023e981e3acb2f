// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors that a model stores, as one file for Python.
#pragma once

#include "core/graph/GraphView.h"
#include "core/report/TensorBytes.h"

#include <filesystem>
#include <optional>

namespace pleat {

enum class TensorFormat { Npy, Npz, Safetensors };

// By the ending of the name: .npy, .npz, .safetensors; nothing for any other.
std::optional<TensorFormat> tensorFormat(const std::filesystem::path& file);

// All of a model. Those of a body or function have its path before their names.
std::vector<NamedTensor> tensorsOf(const GraphView& view);

// Takes away what the format has no type for, and says of each why: the name and half a sentence.
struct LeftOutTensor {
    std::string name, why;
};
std::vector<LeftOutTensor> leaveOut(std::vector<NamedTensor>& tensors, TensorFormat format);

// Whole or not at all. Errors: those of the format's function; Usage for several in a .npy.
Result<void> saveTensors(const std::filesystem::path& file, std::span<const NamedTensor> tensors,
                         TensorFormat format, const std::stop_token& stop);

} // namespace pleat
