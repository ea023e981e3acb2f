// SPDX-License-Identifier: GPL-3.0-or-later
// Walks a piece of a weight in runs along its innermost axis, or in tiles of its two innermost axes, telling
// to which channels the elements belong. The one traversal under scaling, summing and statistics; private to
// core/tensor.
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

// `rows` runs of one length, one behind the other, each starting rowOutput output channels (rowInput input
// channels) after the one before.
struct Tile {
    Run first;
    std::uint64_t rows = 1;
    std::uint64_t rowOutput = 0, rowInput = 0;
};

// Visits elements [first, first + count) of the weight as tiles, in order: the two innermost axes at a time
// where the piece holds whole rows of them.
template<class Visit>
void forEachTile(const WeightLayout& layout, Follow follow, std::uint64_t first, std::uint64_t count,
                 Visit visit)
{
    if (count == 0)
        return;
    std::vector<WeightLayout::Axis> axes = mergedAxes(layout, follow);
    if (axes.size() == 1)
        axes.insert(axes.begin(), {1, 0, 0});
    std::vector<std::uint64_t> at(axes.size());
    std::uint64_t output = 0, input = 0;
    for (std::size_t a = axes.size(); a-- > 0;) {
        at[a] = first % axes[a].extent;
        first /= axes[a].extent;
        output += at[a] * axes[a].outputStep;
        input += at[a] * axes[a].inputStep;
    }
    const WeightLayout::Axis &inner = axes.back(), &outer = axes[axes.size() - 2];
    const auto move = [&](std::size_t axis, std::uint64_t steps) {
        at[axis] += steps;
        output += steps * axes[axis].outputStep;
        input += steps * axes[axis].inputStep;
    };
    for (std::uint64_t position = 0; position < count;) {
        const std::uint64_t length = std::min(inner.extent - at.back(), count - position);
        const std::uint64_t rows = length < inner.extent ? 1
                                                         : std::min(outer.extent - at[axes.size() - 2],
                                                                    (count - position) / inner.extent);
        visit(Tile{{position, length, output, inner.outputStep, input, inner.inputStep},
                   rows,
                   outer.outputStep,
                   outer.inputStep});
        position += rows * length;
        std::size_t axis = axes.size() - (length < inner.extent ? 1 : 2);
        move(axis, length < inner.extent ? length : rows);
        for (; at[axis] == axes[axis].extent; --axis) {
            if (axis == 0)
                return;
            output -= axes[axis].extent * axes[axis].outputStep;
            input -= axes[axis].extent * axes[axis].inputStep;
            at[axis] = 0;
            move(axis - 1, 1);
        }
    }
}

// The same as single runs.
template<class Visit>
void forEachRun(const WeightLayout& layout, Follow follow, std::uint64_t first, std::uint64_t count,
                Visit visit)
{
    forEachTile(layout, follow, first, count, [&](const Tile& tile) {
        Run run = tile.first;
        for (std::uint64_t row = 0; row < tile.rows; ++row) {
            visit(run);
            run.position += run.length;
            run.output += tile.rowOutput;
            run.input += tile.rowInput;
        }
    });
}

} // namespace pleat
