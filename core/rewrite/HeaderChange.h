// SPDX-License-Identifier: GPL-3.0-or-later
// What an edit says about the header of a model, a graph or a function: messages in, messages out.
#pragma once

#include "core/rewrite/ResolvedEdit.h"

#include <google/protobuf/repeated_field.h>
#include <onnx/onnx_pb.h>
#include <unordered_set>

namespace pleat {

// A constant that took the place of another: what declares it follows.
struct Restated {
    std::string_view name;
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
};

using Names = std::unordered_set<std::string_view>;

std::shared_ptr<const onnx::ModelProto> changed(const onnx::ModelProto& old, const ModelChange& change);
std::shared_ptr<const onnx::FunctionProto> changed(const std::shared_ptr<const onnx::FunctionProto>& old,
                                                   const ResolvedEdit::GraphPart& part);

// Whether it says anything that stands in the header.
bool changesHeader(const ResolvedEdit::GraphPart& part);
void change(onnx::GraphProto& header, const ResolvedEdit::GraphPart& part);

void addInput(onnx::GraphProto& header, const TensorMessage& tensor);
void restate(onnx::GraphProto& header, const std::vector<Restated>& constants);

// Descriptions (value_info, quantization_annotation, and inputs where `inputsToo`) of values of these names.
bool declaresAny(const onnx::GraphProto& header, const Names& names, bool inputsToo);
void forget(onnx::GraphProto& header, const Names& names, bool inputsToo);
void forgetAnnotations(onnx::GraphProto& header, const Names& names);

} // namespace pleat
