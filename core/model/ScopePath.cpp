// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ScopePath.h"

#include <onnx/onnx_pb.h>

namespace pleat {

std::string bodyPath(const std::string& parent, const onnx::NodeProto& owner, std::size_t position,
                     const Body& body)
{
    std::string path = parent.empty() ? std::string() : parent + "/";
    path += owner.name().empty() ? owner.op_type() + "_" + std::to_string(position) : owner.name();
    path += "." + owner.attribute(body.attribute).name();
    if (body.position >= 0)
        path += "[" + std::to_string(body.position) + "]";
    return path;
}

} // namespace pleat
