// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors as .safetensors: the length of a JSON header in 8 bytes, the header, the elements (format:
// "Format" in the documentation of huggingface/safetensors). Wider types come first, so that each element
// lies at a multiple of its size; within a type the order is that of the call.
#pragma once

#include "core/report/TensorBytes.h"

#include <filesystem>
#include <utility>

namespace pleat {

// The format's name of the type, "F32"; empty where it has none.
std::string_view safetensorsType(DataType type);

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Names are kept. Errors: Unsupported for a type that the format has not; Usage for a name twice, one that is
// no UTF-8, "__metadata__", or a header above 100,000,000 bytes, which no reader takes; those of
// writeElements().
Result<void> writeSafetensors(Sink& output, std::span<const NamedTensor> tensors, const Metadata& metadata,
                              const std::stop_token& stop);

// The same into a file, which appears whole or not at all.
Result<void> saveSafetensors(const std::filesystem::path& target, std::span<const NamedTensor> tensors,
                             const Metadata& metadata, const std::stop_token& stop);

} // namespace pleat
