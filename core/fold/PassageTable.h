// SPDX-License-Identifier: GPL-3.0-or-later
// The table of operators that an affine may travel through; private to the passage. A new one is a rule and a
// line in PassageTable.cpp.
#pragma once

#include "core/fold/Passage.h"

#include <string>

namespace pleat {

// Asked of a rule: an affine along `axis` (nothing: uniform) of `channels` on one side of the node.
struct Question {
    const FoldContext& context;
    NodeIndex node;
    std::size_t slot; // the output that the affine comes from, upwards
    std::optional<int> axis;
    std::size_t channels;
    Travel travel;
};

// Its answer: where the axis lies on the other side, and under which conditions.
struct Passage {
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

using PassageRule = Verdict<Passage> (*)(const Question&);

// The answer "it does not pass", and why.
tl::unexpected<Refusal> blocked(const Question& question, const std::string& why);

// The rules for operators that move channels about (ChannelMoves.cpp); the others are in PassageTable.cpp.
Verdict<Passage> passReshape(const Question& question);
Verdict<Passage> passFlatten(const Question& question);
Verdict<Passage> passSqueeze(const Question& question);
Verdict<Passage> passTranspose(const Question& question);
Verdict<Passage> passSlice(const Question& question);
Verdict<Passage> passSplit(const Question& question);
Verdict<Passage> passGather(const Question& question);
Verdict<Passage> passTile(const Question& question);
Verdict<Passage> passExpand(const Question& question);
Verdict<Passage> passDepthToSpace(const Question& question);
Verdict<Passage> passSpaceToDepth(const Question& question);

// Null for an operator that lets nothing pass.
const PassageRule* passageRule(const GraphView& view, NodeIndex node);

} // namespace pleat
