// SPDX-License-Identifier: GPL-3.0-or-later
// A node's message with other inputs and outputs and the attributes of another one: attributes are most of a
// message, and an edit of a large model changes the connections of many.
#pragma once

#include <memory>

namespace onnx {
class NodeProto;
}

namespace pleat {

// A copy whose attributes are those of `message` and must not be touched.
std::shared_ptr<onnx::NodeProto> borrowing(std::shared_ptr<const onnx::NodeProto> message);

} // namespace pleat
