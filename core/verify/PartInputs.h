// SPDX-License-Identifier: GPL-3.0-or-later
// What a part of a model is run on: random numbers, of shapes that it takes and that are as small as they can
// be while every weight meets data.
#pragma once

#include "core/graph/ElementTypes.h"
#include "core/graph/Shapes.h"
#include "core/verify/DataFlow.h"
#include "core/verify/Parts.h"

#include <map>

namespace onnx {
class TensorProto;
}

namespace pleat {

struct PartInput {
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
};

// What is known of a model, which must outlive it.
struct PartContext {
    explicit PartContext(const GraphView& of);
    const GraphView& view;
    Shapes shapes;
    ElementTypes types;
    DataFlow flow;
    std::map<ValueIndex, KnownShape> seen; // in a run of the whole model: before all that is told
};

// For each input of a part, in the order of the side before; both sides have as many. What was seen is taken;
// else what the shapes of either model tell is taken, but heights and widths in front of convolutions and
// pools shrink to what all of their kernels together reach over, where nothing else in the part has a say.
// Sizes that are open are 2 as the first axis, 8 elsewhere; channels are those of the weights. Errors:
// Unsupported for an input whose type or number of axes nobody knows.
Result<std::vector<PartInput>> partInputs(const PartContext& before, const PartContext& after,
                                          const Part& part);

// Normally distributed, deviation 1, or 0 to 9; bfloat16 as float. Called PartModel::nameOf(number,
// position).
Result<std::vector<onnx::TensorProto>> partTensors(const std::vector<PartInput>& inputs, std::size_t number,
                                                   std::uint64_t seed, bool asFloat);

} // namespace pleat
