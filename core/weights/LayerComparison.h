// SPDX-License-Identifier: GPL-3.0-or-later
// The layers of two states of a model side by side, such as before and after folding: how far their weights
// reach, and how well they stand being rounded.
#pragma once

#include "core/weights/WeightTable.h"

namespace pleat {

// What is rounded to for a first look: 8 and 4 bits, per tensor and per channel, symmetric, min–max.
inline constexpr std::array briefSchemes{
    QuantizationScheme{8, false, true, false}, QuantizationScheme{8, true, true, false},
    QuantizationScheme{4, false, true, false}, QuantizationScheme{4, true, true, false}};

struct LayerMeasure {
    Range range;
    std::optional<Outlier> outlier;
    std::vector<double> sqnr; // dB, one of briefSchemes each; empty where no floats are stored
};

struct ComparedLayer {
    NodeRef layer;
    std::string scope;
    std::string tensor;                  // of `after`
    DataType type = DataType::Undefined; // as stored
    std::vector<std::int64_t> dims;
    bool changed = false;               // the weights of the two are not the same bytes
    std::optional<LayerMeasure> before; // nothing where the layer is new
    std::optional<LayerMeasure> after;
    std::optional<Error> problem; // why one of them could not be measured

    LayerWeights weightsBefore, weightsAfter; // what was measured
};

// A row for each layer of `after` with a constant weight, as they are measured, in the order of the data.
// Layers are the same where they have the same id. What `known`, an earlier answer, measured of the very same
// weights is taken from it. Errors: those of `take`; Cancelled.
Result<void> compareLayers(const GraphView& before, const GraphView& after,
                           std::span<const ComparedLayer> known,
                           const std::function<Result<void>(ComparedLayer)>& take, Progress& progress,
                           const std::stop_token& stop);

} // namespace pleat
