// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of evaluate() share; private to them.
#pragma once

#include "core/graph/Evaluate.h"

namespace pleat::evaluating {

using Dims = std::vector<std::int64_t>;
using Computed = std::optional<Numbers>;

struct Rule {
    std::string_view op;
    Computed (*compute)(const Operation& operation, std::size_t most);
};

std::span<const Rule> arithmetic(); // EvaluateArithmetic.cpp
std::span<const Rule> moves();      // EvaluateMoves.cpp
std::span<const Rule> reshapes();   // EvaluateReshapes.cpp
std::span<const Rule> makes();      // EvaluateMakes.cpp: reductions, and what makes tensors of shapes

// Null when it is absent.
inline const Numbers* operand(const Operation& operation, std::size_t slot)
{
    return slot < operation.operands.size() ? operation.operands[slot] : nullptr;
}

// An input that is absent, or an operand of known integers.
struct Integers {
    bool given = false;
    Dims values;
};
// The attribute `name`, or the operand at `slot`. Nothing when that has open or real numbers.
std::optional<Integers> integers(const Operation& operation, std::string_view name, std::size_t slot);
// The operand alone: no version of the operator has it as an attribute.
std::optional<Integers> integers(const Operation& operation, std::size_t slot);

// 0, 1, … below `extent`.
Dims everything(std::int64_t extent);

// An axis counted from the front; nothing when there is no such axis.
std::optional<std::size_t> frontAxis(std::int64_t axis, std::size_t rank);
// In order, each once.
std::optional<std::vector<std::size_t>> frontAxes(const Dims& axes, std::size_t rank);

} // namespace pleat::evaluating
