// SPDX-License-Identifier: GPL-3.0-or-later
// One array out of a file that Python has saved: .npy, .npz or .safetensors, known by how it begins. Nothing
// that the file says is believed.
#pragma once

#include "core/tensor/TensorView.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

// The array `name`; where the file has but one, whatever it is called. Errors: Usage with the names that
// there are; Unreadable for what is damaged; those of the format's reader.
Result<TensorView> readArray(const std::filesystem::path& path, const std::string& name,
                             const std::stop_token& stop);

} // namespace pleat
