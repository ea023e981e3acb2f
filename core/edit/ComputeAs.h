// SPDX-License-Identifier: GPL-3.0-or-later
// A network of float that computes in a type of 16 bits: weights and what is computed become of it. Operators
// that do not take it compute in float as before, between casts. Plain values and pure functions.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/tensor/DataType.h"

namespace pleat {

struct ComputeAs {
    DataType type = DataType::Float16; // or bfloat16
    bool ports = false;                // inputs and outputs become of it, too; else casts stand behind them
    std::vector<std::string> keep;     // operators that compute in float all the same
    bool operator==(const ComputeAs&) const = default;
};

Sentence describe(const ComputeAs& step);

// Errors, beside Usage: those of reading.
Result<PlannedEdit> plan(const ComputeAs& step, const ViewPointer& of);

} // namespace pleat
