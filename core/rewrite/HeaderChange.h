// SPDX-License-Identifier: GPL-3.0-or-later
// What an edit says about the header of a model, a graph or a function: messages in, messages out.
#pragma once

#include "core/base/NameTable.h"
#include "core/rewrite/ResolvedEdit.h"

#include <google/protobuf/repeated_field.h>
#include <onnx/onnx_pb.h>

namespace pleat {

// A constant that took the place of another: what declares it follows.
struct Restated {
    std::string_view name;
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
};

std::shared_ptr<const onnx::ModelProto> changed(const onnx::ModelProto& old, const ModelChange& change);
std::shared_ptr<const onnx::FunctionProto> changed(const std::shared_ptr<const onnx::FunctionProto>& old,
                                                   const ResolvedEdit::GraphPart& part);

// Whether it says anything that stands in the header.
bool changesHeader(const ResolvedEdit::GraphPart& part);
void change(onnx::GraphProto& header, const ResolvedEdit::GraphPart& part);

void addInput(onnx::GraphProto& header, const TensorMessage& tensor);
void restate(onnx::GraphProto& header, const std::vector<Restated>& constants);

// Descriptions of values: those of constants that are others follow, those of names that vanish or are said
// to go are left out, then come those that are said: in place of the first of the same name, else at the end.
void change(Sequence<Description>& descriptions, const std::vector<Restated>& restated,
            const NameSet& vanished, const GraphChange* said);

// quantization_annotation, and inputs where `inputsToo`, of values of these names.
bool declaresAny(const onnx::GraphProto& header, const NameSet& names, bool inputsToo);
void forget(onnx::GraphProto& header, const NameSet& names, bool inputsToo);
void forgetAnnotations(onnx::GraphProto& header, const NameSet& names);

} // namespace pleat
