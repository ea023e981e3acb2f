// SPDX-License-Identifier: GPL-3.0-or-later
// ValueTypes out of ONNX's messages. Only core/model includes this.
#pragma once

#include "core/model/ValueTypes.h"

#include <onnx/onnx_pb.h>

namespace pleat {

ValueType valueType(const onnx::TypeProto& type);

// What the header of a graph says about its values; a shape that is known already is kept where it says none.
void addDeclared(const onnx::GraphProto& graph, std::map<std::string, ValueType>& values);

} // namespace pleat
