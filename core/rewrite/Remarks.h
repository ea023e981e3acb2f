// SPDX-License-Identifier: GPL-3.0-or-later
// What a message says about itself that no run depends on: doc strings, and entries of metadata_props, which
// messages beside the model have from IR 10 on (older ONNX libraries keep them as unknown fields). Pure
// functions; a message is looked at with all messages in it.
#pragma once

#include <google/protobuf/message.h>

namespace pleat {

enum class Remark { Doc, Metadata };

bool hasRemarks(const google::protobuf::Message& message, Remark remark);
void clearRemarks(google::protobuf::Message& message, Remark remark);

} // namespace pleat
