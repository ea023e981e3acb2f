// SPDX-License-Identifier: GPL-3.0-or-later
// A model with its data files in one input: a model message whose metadata_props with the keys "file:NAME",
// "link:NAME" and "folder:NAME" are what lies beside it. So a finding is one file, and a mutator that knows
// models changes the data files too.
#pragma once

#include <filesystem>
#include <onnx/onnx_pb.h>
#include <span>

namespace pleat::fuzz {

// Writes everything into `folder`; returns the model file. Bytes that are no model are one all the same.
std::filesystem::path unpack(std::span<const std::byte> input, const std::filesystem::path& folder);

void packFile(onnx::ModelProto& model, const std::string& name, const std::string& contents);
void packLink(onnx::ModelProto& model, const std::string& name, const std::string& target);

} // namespace pleat::fuzz
