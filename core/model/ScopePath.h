// SPDX-License-Identifier: GPL-3.0-or-later
// How the body of an If, Loop or Scan is called: the path of the graph around it, the owner's label and the
// attribute, as in "If_3.then_branch/Loop_0.body". The owner's label is its name, or op and position where it
// has none.
#pragma once

#include "core/model/Model.h"

#include <string>

namespace pleat {

// `parent` is the path around the owner ("" for the main graph), `position` the owner's place among its
// graph's nodes.
std::string bodyPath(const std::string& parent, const onnx::NodeProto& owner, std::size_t position,
                     const Body& body);

} // namespace pleat
