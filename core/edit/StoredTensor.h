// SPDX-License-Identifier: GPL-3.0-or-later
// The tensor that an edit of numbers is about. Private to core/edit.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/tensor/TensorView.h"

namespace pleat {

struct FoundTensor {
    ValueIndex value = ValueIndex::None;
    TensorView tensor;
};

// An initializer, or what a Constant node makes. Error Usage: it is computed, or stored in another way.
Result<FoundTensor> findStored(const GraphView& view, const std::string& id);

// Its numbers in another floating type, each rounded once; beside the model's files, as they were. `findings`
// gets how many become infinite or 0 by it, of the tensor that is `called` so.
Result<Payload> storedIn(const TensorView& tensor, DataType type, const Argument& called,
                         const std::string& id, std::vector<Finding>& findings);

} // namespace pleat
