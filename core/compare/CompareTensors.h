// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the constants of a model in another one: its folded or quantized form, the next export.
#pragma once

#include "core/compare/TensorMatch.h"
#include "core/tensor/Statistics.h"

#include <functional>

namespace pleat {

// Of elements a (before) and b (after) at the same place, each read as a double.
struct Difference {
    std::uint64_t count = 0;     // elements
    std::uint64_t differing = 0; // whose numbers are not the same; a NaN is the same as another
    std::uint64_t apart = 0;     // of these: one or both are NaN or infinite, and left out of all below
    Range before, after;         // of the finite values; {0, 0} when there is none
    double largest = 0;          // |b − a|
    double largestRelative = 0;  // |b − a| / |a|: infinite where a is 0 and b is not
    // The signal-to-noise ratio of b, 10·log₁₀(Σ a² / Σ (b − a)²) dB: infinite where nothing differs, NaN
    // where there are no values.
    double sqnr = 0;
};

// REQUIRES: as many elements in both. Reads each once, block by block. Errors: those of
// TensorView::readDoubles(); Cancelled.
Result<Difference> difference(const TensorView& before, const TensorView& after, Progress& progress,
                              const std::stop_token& stop);

struct TensorSide {
    std::string name;
    std::string scope; // path of the graph that it is in
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
    std::optional<TensorView> tensor; // nothing: it is not stored as one
};

struct ComparedTensor {
    std::optional<TensorSide> before, after;
    MatchedBy by = MatchedBy::Nobody;
    std::optional<Difference> difference; // of matched ones
    std::string problem; // why there is none of a matched one: another shape, missing data, …
    bool isSame() const; // type, shape and numbers
};

// What has no ratio first, then the lowest ratios; what is in one model only keeps its order, before the
// others.
void sortWorstFirst(std::vector<ComparedTensor>& tensors);

// A row for each match of matchTensors() with `nodes`, those of matchNodes(), as it is measured. Shapes that
// differ in axes of size 1 alone count as one. Errors: those of `take`; Cancelled.
Result<void> compareTensors(const GraphView& before, const GraphView& after, std::span<const NodeMatch> nodes,
                            const std::function<Result<void>(ComparedTensor)>& take, Progress& progress,
                            const std::stop_token& stop);

} // namespace pleat
