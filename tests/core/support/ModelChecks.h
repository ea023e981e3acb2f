// SPDX-License-Identifier: GPL-3.0-or-later
// Looking into a ModelProto from outside: finding things by name, and what has to hold after any edit. Pure
// functions; nothing here knows how a fold is made.
#pragma once

#include <functional>
#include <onnx/onnx_pb.h>
#include <set>
#include <string>
#include <vector>

namespace pleat::test {

const onnx::TensorProto* findInitializer(const onnx::ModelProto& model, const std::string& name);
const onnx::NodeProto* findNode(const onnx::ModelProto& model, const std::string& name);
std::vector<long double> numbersOf(const onnx::TensorProto* tensor); // of raw_data; none of null
// γ / √(σ² + ε) of the stored parameters of batch norm bn1, ε = 1e-5.
std::vector<long double> exactScales(const onnx::ModelProto& model);
int countNodes(const onnx::ModelProto& model, const std::string& op); // bodies and functions included

// Every node, those of bodies and functions too.
void visitNodes(const onnx::ModelProto& model, const std::function<void(const onnx::NodeProto&)>& visit);

// Names that some node or output reads, in any scope.
std::set<std::string> namesRead(const onnx::ModelProto& model);

// The ONNX checker's complaint, "" when it has none.
std::string whatTheCheckerSays(const onnx::ModelProto& model);

// "" when everything holds that a fold must keep whatever it folds, else what does not: nothing dangles,
// inputs, outputs and metadata are the same, and no tensor changed under a node that still reads it.
std::string whatDangles(const onnx::ModelProto& before, const onnx::ModelProto& after);

} // namespace pleat::test
