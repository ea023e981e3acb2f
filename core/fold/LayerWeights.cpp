// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at the weights of layers, before and after (Fold.h).
#include "core/fold/Layer.h"
#include "core/rewrite/Rewriter.h"

namespace pleat {

std::optional<LayerWeights> layerWeights(const GraphView& view, const Shapes& shapes, NodeIndex node)
{
    if (!isLayer(view, node))
        return std::nullopt;
    const FoldContext context{.view = view, .shapes = shapes, .chain = node, .missingToo = true};
    auto layer = readLayer(context, node);
    if (!layer)
        return std::nullopt;
    LayerWeights weights{std::move(layer->weight.tensor), std::move(layer->layout), std::nullopt,
                         std::string(view.op(node))};
    if (auto bias = constantOf(view, biasOf(view, *layer)))
        weights.bias = std::move(bias->tensor);
    return weights;
}

namespace {

Result<Range> rangeOf(const TensorView& tensor, std::stop_token stop)
{
    NoProgress quiet;
    auto measured = statistics(tensor, WeightLayout::plain(tensor.elements()), quiet, std::move(stop));
    if (!measured)
        return tl::make_unexpected(measured.error());
    return measured->range;
}

// The ranges of a layer's weight and bias; they stay open for a node that is no such layer (any more).
Result<void> measure(const GraphView& view, const Shapes& shapes, NodeId layer, std::optional<Range>& weight,
                     std::optional<Range>* bias, const std::stop_token& stop)
{
    const NodeIndex node = view.find(layer);
    const auto weights = node == NodeIndex::None ? std::nullopt : layerWeights(view, shapes, node);
    if (!weights)
        return {};
    auto range = rangeOf(weights->weight, stop);
    if (!range)
        return tl::make_unexpected(range.error());
    weight = *range;
    if (!bias || !weights->bias)
        return {};
    auto biasRange = rangeOf(*weights->bias, stop);
    if (!biasRange)
        return tl::make_unexpected(biasRange.error());
    *bias = *biasRange;
    return {};
}

} // namespace

std::optional<LayerWeights> layerWeights(const GraphView& view, NodeIndex node)
{
    if (!isLayer(view, node))
        return std::nullopt;
    // Only a MatMul's channels depend on the data's rank.
    return layerWeights(view, view.op(node) == "MatMul" ? Shapes(view) : Shapes(), node);
}

Result<void> measureRanges(const Model& before, FoldOutcome& outcome, Progress& progress,
                           std::stop_token stop)
{
    // What was frozen for the fold has its weights as well.
    const auto old = withFrozenInputs(GraphView::of(before));
    const auto now = GraphView::of(outcome.after);
    const Shapes oldShapes(*old), newShapes(*now);
    std::uint64_t done = 0;
    for (FoldedPair& pair : outcome.pairs) {
        for (FoldedLayer& layer : pair.layers) {
            if (auto read = measure(*old, oldShapes, layer.layer.id, layer.weightBefore, nullptr, stop);
                !read)
                return read;
            if (auto read =
                    measure(*now, newShapes, layer.layer.id, layer.weightAfter, &layer.biasAfter, stop);
                !read)
                return read;
        }
        progress.advance(++done, outcome.pairs.size());
    }
    return {};
}

} // namespace pleat
