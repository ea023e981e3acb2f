// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/ConstantNode.h"

#include "core/model/TensorWalk.h"

namespace pleat {

std::vector<Payload> setValue(onnx::NodeProto& constant, const TensorMessage& tensor)
{
    constant.clear_attribute();
    onnx::AttributeProto& value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(onnx::AttributeProto::TENSOR);
    *value.mutable_t() = *tensor.message();
    if (!tensor.payload())
        return {};
    setPayload(*value.mutable_t(), 0);
    return {*tensor.payload()};
}

Node constantNode(const TensorMessage& tensor)
{
    onnx::NodeProto constant;
    constant.set_op_type("Constant");
    constant.add_output(std::string(tensor.name()));
    std::vector<Payload> payloads = setValue(constant, tensor);
    Node made;
    made.proto = std::make_shared<const onnx::NodeProto>(std::move(constant));
    made.setParts({{}, std::move(payloads)});
    return made;
}

const onnx::TensorProto* valueOf(const onnx::NodeProto& node)
{
    if (node.op_type() != "Constant" || node.attribute_size() != 1 || !node.attribute(0).has_t())
        return nullptr;
    return &node.attribute(0).t();
}

} // namespace pleat
