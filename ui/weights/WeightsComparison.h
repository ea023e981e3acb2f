// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of one layer, measured: as they were when the model was opened and as a fold leaves them,
// whether that fold has been done or is only being considered. A value without a model in it; computing it
// reads every weight of the layer twice and runs in a job.
#pragma once

#include "core/tensor/Statistics.h"
#include "ui/document/Snapshot.h"

#include <optional>
#include <string>
#include <vector>

namespace pleat::ui {

struct MeasuredWeights {
    std::string name; // of the weight
    std::vector<std::int64_t> dims;
    Statistics statistics;    // per output channel
    Histogram histogram;      // over the same range for both sides
    std::vector<double> bias; // empty when the layer has none
};

// A channel whose range is far wider than the others'.
struct Outlier {
    std::size_t channel = 0;
    double ratio = 0; // its width over the median width
};
inline constexpr double outlierRatio = 4; // from here on a channel counts as one

struct WeightsComparison {
    std::optional<MeasuredWeights> before; // nothing for a layer that no fold is about
    MeasuredWeights after;                 // or simply the weights, without a before
    bool preview = false;                  // after is what folding would give
    std::vector<double> s, t;              // of the fold, per channel of the batch norm; empty without one
    bool perOutput = true;                 // s and t count output channels (else the layer's input channels)
    std::optional<Outlier> outlier;        // in after
    std::vector<std::string> warnings;
};

struct WeightsQuery {
    SnapshotPointer opened, current;
    NodeId node = NodeId::None; // the layer
    FoldId fold;                // the candidate it belongs to, or empty
};

// Nothing when the node has no weights to look at.
Result<std::optional<WeightsComparison>> compareWeights(const WeightsQuery& query, Progress& progress,
                                                        std::stop_token stop);

std::optional<Outlier> findOutlier(const std::vector<Range>& channels);

} // namespace pleat::ui
