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

} // namespace pleat
