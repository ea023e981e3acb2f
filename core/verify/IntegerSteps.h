// SPDX-License-Identifier: GPL-3.0-or-later
// What integers inside of a model make of its outputs, beside what floats do. With a step q,
//     a bias that is kept in integers (DequantizeLinear) is rounded to q, and a fold into it moves it by up
//     to q/2: the same amount in all of a channel, which PartCheck.h measures and holds against q/2;
//     data that is rounded (QuantizeLinear) and lies next to the middle between two integers becomes the
//     other one for a difference in its last bit: a change by q, twice the rounding error q/2 that is there.
// So for y before and ŷ after, with the biases of ŷ moved back, and y₀ before without rounding data,
//     |y − ŷ| ≤ t + |y − y₀|
// where t is what floats may differ by, as long as less data changes its integer than is rounded. Both are
// measured on the inputs of the verification. Values.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

// A value of the main graph, and by how much to move it in each channel, along this axis.
struct ValueShift {
    std::string value;
    DataType type = DataType::Undefined;
    std::size_t axis = 0, rank = 1;
    std::vector<double> by;
};

// The model with these values moved.
Model shifted(const std::shared_ptr<const GraphView>& view, std::span<const ValueShift> shifts);

// The model without rounding data of its main graph: where a QuantizeLinear with one scale is read by nothing
// but DequantizeLinear of the same scale, data is clipped to what the integers reach, and no more. Nothing
// where there is no such place.
std::optional<Model> withoutRounding(const std::shared_ptr<const GraphView>& view);

} // namespace pleat
