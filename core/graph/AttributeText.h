// SPDX-License-Identifier: GPL-3.0-or-later
// An attribute in words.
#pragma once

#include <string>

namespace onnx {
class AttributeProto;
}

namespace pleat {

struct Node;

struct AttributeText {
    std::string name;
    std::string type;  // "ints", "float", "tensor", "graph", …
    std::string value; // "3, 3"; long ones are cut with an ellipsis
};

// Of that node, which has what a tensor in it holds.
AttributeText describe(const Node& node, const onnx::AttributeProto& attribute);

} // namespace pleat
