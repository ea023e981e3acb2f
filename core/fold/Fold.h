// SPDX-License-Identifier: GPL-3.0-or-later
// Finding and folding: a question and an answer, both values. Finding plans every fold completely; folding
// applies the plans of the chosen candidates and cannot fail half way. Weights are not computed here: a fold
// records factors (Payload.h) and makes the small new biases.
#pragma once

#include "core/base/Progress.h"
#include "core/fold/FoldCandidate.h"
#include "core/graph/GraphView.h"
#include "core/tensor/DequantizedBytes.h"
#include "core/tensor/Statistics.h"

#include <span>
#include <stop_token>

namespace pleat {

class Shapes;

struct FoldOptions {
    bool allowOverflow = false; // fold although weights or new constants become infinite
    bool constantsToo = false;  // also fold chains without a batch norm when nothing was chosen
    bool quantizedToo = false;  // also fold into weights that come from DequantizeLinear
    bool padUniform = false;    // put a Pad before a padded Conv, to fold what is the same in every channel
    bool freezeInputs = false;  // inputs with an initializer are taken away: nobody replaces it
    bool blockedToo = false;    // also list the chains without a batch norm that cannot be folded
    bool operator==(const FoldOptions&) const = default;
};

// Every batch norm of the model with its verdict, in the order of the graph. Errors: Cancelled; a parameter
// that cannot be read is a verdict (missing-data), not an Error.
Result<std::vector<FoldCandidate>> findFolds(const std::shared_ptr<const GraphView>& view,
                                             const FoldOptions& options, Progress& progress,
                                             std::stop_token stop);

// What a fold made of one layer.
struct FoldedLayer {
    NodeRef layer;
    std::string weight;                                        // names in the model after
    std::string bias;                                          // empty when it has none
    std::optional<Range> weightBefore, weightAfter, biasAfter; // measured by measureRanges()
};

// A candidate and what was done about it. Arrays are per channel of the chain.
struct FoldedPair {
    FoldCandidate candidate;
    bool folded = false;
    bool canonicalized = false;      // left, but written otherwise: canonicalizeRest()
    std::vector<FoldedLayer> layers; // one, or several behind a join or before a fan-out; none when left
    struct Parameters {
        std::vector<double> gamma, beta, mean, variance;
        double epsilon = 0;
    };
    std::optional<Parameters> parameters; // of the batch norm, as removed
    std::vector<double> s, t;             // the affine, y = s·x + t
};

struct FoldOutcome {
    Model after;
    std::vector<FoldedPair> pairs; // all candidates, the chosen ones folded
};

// Folds the chosen candidates; when `chosen` is nothing, all foldable ones with a batch norm. Errors:
// Usage for an id that is unknown or blocked (the message names it and says why); Cancelled.
Result<FoldOutcome> fold(const std::shared_ptr<const GraphView>& view,
                         const std::optional<std::vector<FoldId>>& chosen, const FoldOptions& options,
                         Progress& progress, std::stop_token stop);

// What becomes of the batch norms that were not folded.
enum class Rest {
    Normalise, // in place: scale s, bias t, mean 0, variance 1, epsilon 0
    MulAdd     // a Mul by s and an Add of t; where rank or type is not known, normalised
};

// Rewrites the batch norms of the outcome that are left and can be read (an affine map in inference). Exact
// up to one rounding of s and t into the parameters' types. Errors: none but those of reading the parameters.
Result<void> canonicalizeRest(FoldOutcome& outcome, Rest rest);

// Fills the ranges of the pairs; reads every weight once, before and after.
Result<void> measureRanges(const Model& before, FoldOutcome& outcome, Progress& progress,
                           std::stop_token stop);

// The weight and bias of a layer, with where its channels lie: for looking at them.
struct LayerWeights {
    TensorView weight;
    WeightLayout layout;
    std::optional<TensorView> bias; // nothing when the layer has none
    std::string op;
    // Of a weight that is stored quantized: what `weight` is read from. Null: it is stored as it is.
    std::shared_ptr<const DequantizedBytes> dequantized{};

    DataType storedType() const { return dequantized ? dequantized->quantized().type() : weight.type(); }
};

// Of a layer that can take a fold (Conv, ConvTranspose, Gemm, …) or computes with integers (QLinearConv,
// MatMulInteger, …), also where the weight's data is missing: it is an error when it is wanted. A weight
// behind a DequantizeLinear of constants, or one of integers, is there as the numbers that it stands for.
// Nothing when the node is no such layer, or its weight is not constant.
std::optional<LayerWeights> layerWeights(const GraphView& view, NodeIndex node);
// The same for whoever asks for many.
std::optional<LayerWeights> layerWeights(const GraphView& view, const Shapes& shapes, NodeIndex node);

} // namespace pleat
