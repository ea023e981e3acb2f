// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of one layer: as they were when the model was opened and as a fold leaves them, whether that
// fold has been done or is only being considered. They are found, which plans the fold and reads none of
// them; then measured, which reads each once, and that is what is seen first; then counted, and rounded. All
// of these are values without a model in them, and each runs in a job.
#pragma once

#include "core/weights/WeightTable.h"
#include "ui/document/Snapshot.h"
#include "ui/weights/QuantizationView.h"
#include "ui/weights/TensorAlone.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pleat::ui {

// What a fold says beside its numbers.
struct FoldNotes {
    bool preview = false;                             // it is only being considered
    bool beside = false;                              // no fold: after is of another file
    std::vector<double> s, t;                         // per channel of the batch norm; empty without a fold
    std::optional<FoldedPair::Parameters> parameters; // of the batch norm, where the chain is one
    bool perOutput = true; // s and t count output channels (else the layer's input channels)
    std::vector<std::string> warnings;
};

struct FoundWeights {
    std::optional<LayerWeights> before; // nothing for a layer that no fold is about
    std::optional<LayerWeights> after;  // or simply the weights, without a before; nothing: there are none
    FoldNotes notes;
    std::vector<TensorSides> tensors; // these, the bias, and whatever else the node reads that is stored
};

struct MeasuredWeights {
    LayerWeights source;
    std::string name;                    // of the weight
    DataType type = DataType::Undefined; // as stored
    std::vector<std::int64_t> dims;
    std::uint64_t bytes = 0;  // as stored
    Statistics statistics;    // per output channel
    std::vector<double> bias; // empty when the layer has none
};

struct WeightsComparison : FoldNotes {
    std::optional<MeasuredWeights> before; // as in FoundWeights
    MeasuredWeights after;
    std::vector<Outlier> outliers; // in after, the widest first
};

struct WeightsQuery {
    SnapshotPointer opened, current;
    NodeId node = NodeId::None;      // the layer
    FoldId fold;                     // the candidate it belongs to, or empty
    std::string scope{}, value{};    // a stored tensor on its own; empty: the weight of the layer
    SnapshotPointer other{};         // another file's, to be seen after the current one; null: none
    NodeId otherNode = NodeId::None; // which one the node is in it
};

using WeightsComparisonPointer = std::shared_ptr<const WeightsComparison>;

// For a tensor that is no layer's weight, a channel is a position along its first axis.
Result<FoundWeights> findWeights(const WeightsQuery& query, Progress& progress, std::stop_token stop);

// REQUIRES: there are some.
Result<WeightsComparison> compareWeights(const FoundWeights& found, Progress& progress,
                                         const std::stop_token& stop);

// All values by bins over the range of both sides.
struct Distribution {
    std::optional<Histogram> before;
    Histogram after;
};
// 0 bins: as many as suit these weights. Reads every weight once.
Result<Distribution> distribution(const WeightsComparison& comparison, std::size_t bins, Progress& progress,
                                  const std::stop_token& stop);

struct ChannelDistribution {
    std::size_t channel = 0; // of the outputs
    std::optional<Histogram> before;
    Histogram after;
};
// The same for single channels; 0 bins: as many as suit a channel.
Result<std::vector<ChannelDistribution>> channelDistributions(const WeightsComparison& comparison,
                                                              const std::vector<std::size_t>& channels,
                                                              std::size_t bins, Progress& progress,
                                                              const std::stop_token& stop);

// How well these weights stand being rounded. Reads every weight four times.
Result<QuantizationRatios> compareRounding(const WeightsComparison& comparison, Progress& progress,
                                           const std::stop_token& stop);

} // namespace pleat::ui
