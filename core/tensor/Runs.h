// SPDX-License-Identifier: GPL-3.0-or-later
// Walks a piece of a weight in runs along its innermost axis, telling for each run to which channels its
// elements belong. The one traversal under scaling, summing and statistics; private to core/tensor.
#pragma once

#include "core/tensor/WeightLayout.h"

#include <algorithm>

namespace pleat {

// Elements [position, position + length) of the visited piece belong to the output channels output, output +
// outputStep, … and likewise for the input channels.
struct Run {
    std::uint64_t position = 0;
    std::uint64_t length = 0;
    std::uint64_t output = 0, outputStep = 0;
    std::uint64_t input = 0, inputStep = 0;
};

enum class Follow { Outputs, Inputs, Both, Neither };

// The same weight with fewer, longer axes: steps that nobody follows become 0, and neighbours that move alike
// merge.
inline std::vector<WeightLayout::Axis> mergedAxes(const WeightLayout& layout, Follow follow)
{
    const bool outputs = follow == Follow::Outputs || follow == Follow::Both;
    const bool inputs = follow == Follow::Inputs || follow == Follow::Both;
    std::vector<WeightLayout::Axis> merged;
    for (WeightLayout::Axis axis : layout.axes) {
        if (axis.extent == 1)
            continue;
        axis.outputStep = outputs ? axis.outputStep : 0;
        axis.inputStep = inputs ? axis.inputStep : 0;
        if (!merged.empty() && merged.back().outputStep == axis.outputStep * axis.extent &&
            merged.back().inputStep == axis.inputStep * axis.extent) {
            merged.back() = {merged.back().extent * axis.extent, axis.outputStep, axis.inputStep};
        } else {
            merged.push_back(axis);
        }
    }
    if (merged.empty())
        merged.push_back({1, 0, 0});
    return merged;
}

// Visits elements [first, first + count) of the weight as runs, in order.
template<class Visit>
void forEachRun(const WeightLayout& layout, Follow follow, std::uint64_t first, std::uint64_t count,
                Visit visit)
{
    const std::vector<WeightLayout::Axis> axes = mergedAxes(layout, follow);
    std::vector<std::uint64_t> at(axes.size());
    std::uint64_t output = 0, input = 0;
    for (std::size_t a = axes.size(); a-- > 0;) {
        at[a] = first % axes[a].extent;
        first /= axes[a].extent;
        output += at[a] * axes[a].outputStep;
        input += at[a] * axes[a].inputStep;
    }
    const WeightLayout::Axis& inner = axes.back();
    for (std::uint64_t position = 0; position < count;) {
        const std::uint64_t length = std::min(inner.extent - at.back(), count - position);
        visit(Run{position, length, output, inner.outputStep, input, inner.inputStep});
        position += length;
        at.back() += length;
        output += length * inner.outputStep;
        input += length * inner.inputStep;
        for (std::size_t a = axes.size(); a-- > 0 && at[a] == axes[a].extent;) {
            output -= axes[a].extent * axes[a].outputStep;
            input -= axes[a].extent * axes[a].inputStep;
            at[a] = 0;
            if (a == 0)
                return;
            ++at[a - 1];
            output += axes[a - 1].outputStep;
            input += axes[a - 1].inputStep;
        }
    }
}

} // namespace pleat
