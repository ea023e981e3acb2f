// SPDX-License-Identifier: GPL-3.0-or-later
// What must hold before anything else looks at a model, so that nothing else has to check it again: byte
// lengths equal dims × element size, dims are not negative, at most 64, and their product does not overflow,
// every name that is read is defined in its scope or around it, names are defined once per graph, bodies nest
// at most 33 deep (protobuf reads no deeper), functions do not call themselves, the graph has no cycle.
#pragma once

#include "core/model/Model.h"

namespace pleat {

// Notices for what is accepted although ONNX's checker would not (nodes out of order); Error Unreadable with
// the offending tensor or node in `where` for everything else.
Result<std::vector<std::string>> validate(const Model& model);

} // namespace pleat
