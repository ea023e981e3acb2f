// SPDX-License-Identifier: GPL-3.0-or-later
// What passes about arithmetic with constants ask: an operator of two operands, one of which is a constant.
#pragma once

#include "core/graph/Numbers.h"

namespace pleat {

struct ConstantOperand {
    std::size_t dataSlot = 0;
    ValueIndex data = ValueIndex::None;
    ValueIndex value = ValueIndex::None; // of the constant
    Constant constant;
};

// Nothing where neither operand, or both, are constants of a floating type, the operator lines up its
// operands by attributes (before opset 7), or a call decides them.
std::optional<ConstantOperand> constantOperand(const GraphView& view, NodeIndex node);

// The node alone reads the value, from the graph in which it is made, and no graph gives it back.
bool isReadOnlyBy(const GraphView& view, ValueIndex value, NodeIndex node);

// All numbers are finite.
bool areFinite(const std::vector<double>& numbers);

// Each number is 0 or keeps the precision of its type.
bool areNormal(const Numbers& numbers);

// The tensor of real numbers, each rounded once; nothing when a finite number becomes infinite in the type.
std::optional<TensorView> finiteTensorOf(const Numbers& numbers);

} // namespace pleat
