// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <array>

namespace pleat {

std::span<const Pass> passes()
{
    static constexpr std::array all{
        dims,            // before fold-constants: what is computed from known sizes is known
        inlineFunctions, // before all that looks for neighbours
        opset,           // behind it, as functions are not converted; before those that the opset decides
        constantNodes,
        batchNorms,    // before fold-constants, which makes mere numbers of their roots
        foldConstants, // before those that want to see constants
        reshapeTargets,
        constantIf, // behind it: the condition may be computed
        identity,   // what a branch hands on
        dropout,
        noOp,
        inversePairs,
        norms,        // before composing, which takes steps of one for scales
        matMulToGemm, // before bias, which adds more to a Gemm
        bias,
        pads,
        composing, // behind bias: what a layer takes needs no composing
        duplicateInitializers,
        commonSubexpressions, // behind it: the same inputs are seen by then
        unused,               // behind those that leave something unread
        stripDocs,
        stripMetadata,
        stripShapes, // behind all that uses shapes that only the file tells
        writeShapes, // last: of the values that are left
    };
    return all;
}

const Pass* findPass(std::string_view id)
{
    const auto found = std::ranges::find(passes(), id, &Pass::id);
    return found == passes().end() ? nullptr : &*found;
}

} // namespace pleat
