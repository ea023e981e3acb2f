// SPDX-License-Identifier: GPL-3.0-or-later
// What the fuzzers ask of every model that opens: its errors are sentences, its tensors can be read, and what
// is saved opens again and says the same. Protobuf's own reading is the truth where there is one.
#pragma once

#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"

#include <onnx/onnx_pb.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pleat::fuzz {

// A folder of this process for everything that an input needs; emptied by `clear()`, removed at the end.
class Scratch final {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::filesystem::path& path() const { return m_path; }
    void clear() const;

private:
    std::filesystem::path m_path;
};

std::string contents(const std::filesystem::path& file);
void write(const std::filesystem::path& file, std::string_view contents);

// Refusals are sentences, with a code that fits an input that is to blame.
void requireSentence(const Error& error);

// The model of these bytes; nothing where they are refused.
std::optional<Model> modelOf(std::span<const std::byte> input);

void requireValid(const Model& model, const std::string& when);

// The bytes of every tensor in the order of the model; the sentence where there are none. Numbers are read
// and summed up on the way.
std::vector<std::string> readTensors(const Model& model);

bool hasExternalData(const Model& model);

// Puts the whole model into one message, with all data as raw bytes.
onnx::ModelProto whole(const Model& model);
void makeRaw(onnx::ModelProto& model);

// Looks at the model in every way that the window and `info` do.
void describeEverything(const Model& model);

} // namespace pleat::fuzz
