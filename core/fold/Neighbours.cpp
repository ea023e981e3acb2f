// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Neighbours.h"

#include "core/graph/Describe.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace pleat {

namespace {

bool readsItsStatistics(std::string_view op)
{
    static constexpr std::array ops{"InstanceNormalization", "LayerNormalization",
                                    "GroupNormalization",    "SimplifiedLayerNormalization",
                                    "RMSNormalization",      "MeanVarianceNormalization",
                                    "LpNormalization",       "SkipLayerNormalization"};
    return std::ranges::find(ops, op) != ops.end();
}

std::string whyNot(std::string_view op)
{
    if (op == "MatMul")
        return "folding into a MatMul is not supported yet";
    if (op == "BatchNormalization")
        return "it cannot be folded itself";
    switch (category(op)) {
    case OpCategory::Activation:
        return "it is not linear";
    case OpCategory::Arithmetic:
        return "it combines several values";
    case OpCategory::PoolShape:
        return "folding across it is not supported yet";
    default:
        return "it is no layer that can take a scale and a shift";
    }
}

// The sentence for an operator before the chain that is no layer.
tl::unexpected<Refusal> notALayer(const GraphView& view, NodeIndex between, NodeIndex first)
{
    const std::string op(view.op(between));
    const std::string label = view.label(between);
    const std::string norm = view.label(first);
    if (!view.domain(between).empty())
        return refuse(Reason::CustomDomain, fmt::format("{} is of domain {}", label, view.domain(between)),
                      blame(view, between));
    if (readsItsStatistics(op))
        return refuse(Reason::InputStatistics, fmt::format("{} takes its statistics from its input", label),
                      blame(view, between));
    if (op == "QuantizeLinear" || op == "DequantizeLinear")
        return refuse(Reason::QuantizeBetween, fmt::format("{} quantizes between the two", label),
                      blame(view, between));
    if (op == "Cast")
        return refuse(Reason::CastNarrows, fmt::format("{} casts between the two", label),
                      blame(view, between));
    return refuse(Reason::OperatorBetween,
                  fmt::format("{} lies before {} and does not commute with it ({})", label, norm, whyNot(op)),
                  blame(view, between));
}

std::string others(const GraphView& view, std::span<const Use> uses, NodeIndex except)
{
    std::vector<std::string> names;
    for (const Use& use : uses) {
        if (use.node != except)
            names.push_back(view.label(use.node));
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    constexpr std::size_t most = 3;
    if (names.size() <= most)
        return fmt::format("{}", fmt::join(names, ", "));
    return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most, ", "),
                       names.size() - most);
}

// The node of the value's own scope in whose body the reader sits.
NodeIndex ownerIn(const GraphView& view, ScopeIndex scope, NodeIndex reader)
{
    while (view.scope(reader) != scope)
        reader = view.scopes()[index(view.scope(reader))].owner;
    return reader;
}

// Whether the value between layer and chain is read by nobody but `reader`.
Verdict<void> requireOnlyReader(const GraphView& view, ValueIndex value, NodeIndex layer, NodeIndex reader)
{
    if (view.isGraphOutput(value))
        return refuse(Reason::GraphOutput,
                      fmt::format("{}, between the two, is an output of the model", view.name(value)),
                      blame(view, value));
    for (const Use& use : view.uses(value)) {
        if (view.scope(use.node) != view.scope(value))
            return refuse(Reason::Captured,
                          fmt::format("{}, between the two, is read inside a subgraph of {}",
                                      view.name(value),
                                      view.label(ownerIn(view, view.scope(value), use.node))),
                          blame(view, use.node));
    }
    if (view.uses(value).size() > 1) {
        Refusal refusal{Reason::SeveralConsumers,
                        fmt::format("the output of {} is also read by {}", view.label(layer),
                                    others(view, view.uses(value), reader)),
                        {}};
        for (const Use& use : view.uses(value)) {
            if (use.node != reader)
                refusal.blame.push_back(blame(view, use.node));
        }
        if (refusal.blame.empty())
            refusal.blame.push_back(blame(view, value));
        return tl::make_unexpected(std::move(refusal));
    }
    return {};
}

} // namespace

Verdict<NodeIndex> layerBefore(const GraphView& view, NodeIndex first)
{
    const ValueIndex value = view.input(first, 0);
    const NodeIndex producer = value == ValueIndex::None ? NodeIndex::None : view.producer(value);
    if (producer == NodeIndex::None)
        return refuse(Reason::NoNeighbour,
                      fmt::format("no layer before or after {} can take it", view.label(first)),
                      blame(view, first));
    if (!isLayer(view, producer))
        return notALayer(view, producer, first);
    if (auto alone = requireOnlyReader(view, value, producer, first); !alone)
        return tl::make_unexpected(alone.error());
    return producer;
}

NodeIndex onlyReader(const GraphView& view, NodeIndex node)
{
    const ValueIndex output = view.output(node, 0);
    if (output == ValueIndex::None || view.isGraphOutput(output) || view.uses(output).size() != 1)
        return NodeIndex::None;
    const NodeIndex reader = view.uses(output).front().node;
    return view.scope(reader) == view.scope(node) ? reader : NodeIndex::None;
}

} // namespace pleat
