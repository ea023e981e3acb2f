// SPDX-License-Identifier: GPL-3.0-or-later
// Models for the tests of the store, built with ONNX's own classes, and files to put them into. What the
// classes say about a model is the truth that the reader and the writer are held against.
#pragma once

#include "core/model/ModelReader.h"

#include <QTemporaryDir>
#include <onnx/onnx_pb.h>
#include <string>
#include <vector>

namespace pleat::test {

// A header with opset 17, IR 8 and a graph "g".
onnx::ModelProto emptyModel();

// x → Conv(w: 32×16×3×3 of raw floats, b) → Relu → Reshape(s: int64) → y.
onnx::ModelProto convModel();

// Conv as above, then an If whose branches hold a large tensor each, in a Constant node and an initializer.
onnx::ModelProto branchedModel();

// Adds things; the names are those of the fields.
onnx::TensorProto floatTensor(const std::string& name, const std::vector<std::int64_t>& dims,
                              float first = 0.5f);
onnx::NodeProto* addNode(onnx::GraphProto* graph, const std::string& op,
                         const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                         const std::string& name = {});
void addInput(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims = {});
void addOutput(onnx::GraphProto* graph, const std::string& name);

Bytes bytes(const std::string& text);
Bytes bytes(const onnx::ModelProto& model);
Result<OpenedModel> open(const onnx::ModelProto& model); // from memory
Result<OpenedModel> open(const std::filesystem::path& path);

// A folder that vanishes with its contents.
class Folder final {
public:
    std::filesystem::path path(const std::string& name) const;
    std::filesystem::path write(const std::string& name, const std::string& contents) const;
    std::filesystem::path write(const std::string& name, const onnx::ModelProto& model) const;
    std::vector<std::string> names() const; // sorted, hidden ones included

private:
    QTemporaryDir m_folder;
};

std::string contents(const std::filesystem::path& path);

} // namespace pleat::test
