// SPDX-License-Identifier: GPL-3.0-or-later
// The table of operators that an affine may propagate through; private to the propagation. A new one is a
// rule and a line in PropagationTable.cpp.
#pragma once

#include "core/fold/Propagation.h"

#include <string>

namespace pleat {

// Asked of a rule: an affine along `axis` (nothing: uniform) of `channels` on one side of the node.
struct Question {
    const FoldContext& context;
    NodeIndex node;
    std::size_t slot;  // the output that the affine comes from, backward
    std::size_t input; // the input that it comes from, forward
    std::optional<int> axis;
    std::size_t channels;
    Direction direction;

    const onnx::NodeProto& proto() const { return context.view.proto(node); }
};

// Its answer: where the axis lies on the other side, and under which conditions.
struct Propagation {
    enum class Sign { Any, NotNegative, Positive };
    std::optional<int> axis;
    std::size_t dataSlot = 0;
    NodeIndex otherEnd = NodeIndex::None; // None: the node itself
    std::vector<std::pair<std::uint32_t, std::uint32_t>>
        links{};                           // (input channel, output channel); empty: one to one
    std::uint64_t inputs = 0, outputs = 0; // how many there are, when links is not empty
    bool shiftMustVanish = false;
    Sign sign = Sign::Any;
    std::optional<double> padConstant{};
};

using PropagationRule = Verdict<Propagation> (*)(const Question&);

// The answer "it does not pass", and why.
tl::unexpected<Refusal> blocked(const Question& question, Sentence why);

// The rules for operators that move channels about (ChannelMoves.cpp).
Verdict<Propagation> throughReshape(const Question& question);
Verdict<Propagation> throughFlatten(const Question& question);
Verdict<Propagation> throughSqueeze(const Question& question);
Verdict<Propagation> throughTranspose(const Question& question);
Verdict<Propagation> throughSlice(const Question& question);
Verdict<Propagation> throughSplit(const Question& question);
Verdict<Propagation> throughGather(const Question& question);
Verdict<Propagation> throughTile(const Question& question);
Verdict<Propagation> throughExpand(const Question& question);
Verdict<Propagation> throughDepthToSpace(const Question& question);
Verdict<Propagation> throughSpaceToDepth(const Question& question);

// Those for windows over the spatial axes (WindowRules.cpp). Of any such operator, only the channel axis is
// left alone.
Verdict<Propagation> spatial(const Question& question);
Verdict<Propagation> throughAveragePool(const Question& question);
Verdict<Propagation> throughMaxPool(const Question& question);
Verdict<Propagation> throughResize(const Question& question);
Verdict<Propagation> throughPad(const Question& question);

// Null for an operator that lets nothing pass.
const PropagationRule* propagationRule(const GraphView& view, NodeIndex node);

} // namespace pleat
