// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of a whole model, a row a layer: what they are, how they are distributed, and how well they
// stand being rounded to few bits.
#pragma once

#include "core/fold/Fold.h"
#include "core/tensor/Sqnr.h"

#include <array>
#include <functional>

namespace pleat {

// A channel whose range is far wider than the others': one of them alone decides how coarsely a quantizer per
// tensor rounds all.
struct Outlier {
    std::size_t channel = 0;
    double ratio = 0; // its width over the median width
};
inline constexpr double outlierRatio = 4; // from here on a channel counts as one
// All of them, the widest first; none where there are less than 3 channels.
std::vector<Outlier> findOutliers(const std::vector<Range>& channels);
// The widest.
std::optional<Outlier> findOutlier(const std::vector<Range>& channels);

struct LayerRow {
    NodeRef layer;
    std::string scope; // path of the graph that the layer stands in; empty: the main graph
    std::string tensor;
    DataType type = DataType::Undefined; // as stored
    std::vector<std::int64_t> dims;
    std::uint64_t bytes = 0;
    // Of what could be measured; of a quantized weight, of the numbers that it stands for:
    Statistics statistics;    // per output channel
    double entropy = 0;       // bits, of 256 bins over the range
    std::vector<double> sqnr; // dB, one a scheme of commonSchemes(); empty where no floats are stored
    std::optional<Outlier> outlier;
    std::optional<Error> problem;                        // why nothing could be
    bool isRounded() const { return !isFloating(type); } // stored as integers, so there is no ratio
};

// A row for each layer with a constant weight, graph after graph in the order of the data, as they are
// measured. A weight that cannot be read has a row that says why. Errors: those of `take`; Cancelled.
// Memory: a block of a tensor, and a few numbers a channel.
Result<void> measureWeights(const GraphView& view, const std::function<Result<void>(LayerRow)>& take,
                            Progress& progress, const std::stop_token& stop);

} // namespace pleat
