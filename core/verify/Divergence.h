// SPDX-License-Identifier: GPL-3.0-or-later
// Where a difference begins: what both models compute between their inputs and outputs and call the same,
// compared in the order of the graph. Values.
#pragma once

#include "core/verify/CommonValues.h"
#include "core/verify/Inputs.h"
#include "core/verify/OutputDifference.h"
#include "core/worker/OnnxRuntimeLibrary.h"

namespace pleat {

struct TracedValue {
    NodeRef node;                // that makes it, in the model before
    OutputDifference difference; // in the batch in which it is the largest; its name is the value's
};

struct Divergence {
    std::vector<TracedValue> values;  // of the main graph, in the order of the model before
    std::optional<std::size_t> first; // of them: the first that differs by more than is tolerated
};

// Runs both models on all batches of these inputs. Of the values of the model before, about `sliceBytes` are
// in memory at once: so many of them, for so many batches. `after` reads the same inputs. Errors: those of
// runOnBatches() and outputDifference(); Cancelled.
inline constexpr std::uint64_t usualSlice = std::uint64_t{1} << 28;
Result<Divergence> traceDivergence(const GraphView& before, const GraphView& after,
                                   const CommonValues& common, const Inputs& inputs,
                                   const std::optional<Tolerance>& tolerance, const WorkerPlace& place,
                                   Progress& progress, const std::stop_token& stop,
                                   std::uint64_t sliceBytes = usualSlice);

} // namespace pleat
