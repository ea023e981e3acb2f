// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Plan.h"

#include "core/fold/Hazards.h"
#include "core/fold/Neighbours.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

NodeRef reference(const GraphView& view, NodeIndex node)
{
    return {view.id(node), view.label(node), std::string(view.op(node))};
}

FoldId foldId(const GraphView& view, NodeIndex last)
{
    const std::string& scope = view.scopes()[index(view.scope(last))].path;
    const ValueIndex output = view.output(last, 0);
    const std::string tensor(output == ValueIndex::None ? std::string_view() : view.name(output));
    return scope.empty() ? tensor : scope + ":" + tensor;
}

class Planner final {
public:
    Planner(const GraphView& view, const FoldOptions& options, std::stop_token stop)
        : m_view(view),
          m_options(options),
          m_stop(std::move(stop)),
          m_taken(view.nodeCount())
    {
    }

    Result<std::vector<FoldPlan>> run(Progress& progress)
    {
        std::uint64_t done = 0;
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            for (const NodeIndex node : m_view.topological(static_cast<ScopeIndex>(s))) {
                if (m_stop.stop_requested())
                    return cancelled();
                if (isBatchNorm(m_view, node) && !m_taken[index(node)])
                    m_plans.push_back(plan(node));
                progress.advance(++done, m_view.nodeCount());
            }
        }
        return std::move(m_plans);
    }

private:
    // The maximal chain from `node` on, and what becomes of it.
    FoldPlan plan(NodeIndex node)
    {
        FoldPlan plan;
        auto step = readBatchNorm(m_view, node);
        add(plan, node);
        if (step) {
            plan.affine = std::move(step->affine);
            plan.parameters = std::move(step->parameters);
            for (NodeIndex next = onlyReader(m_view, node);
                 next != NodeIndex::None && isBatchNorm(m_view, next) &&
                 m_view.input(next, 0) == m_view.output(plan.chain.back(), 0);
                 next = onlyReader(m_view, next)) {
                auto further = readBatchNorm(m_view, next);
                if (!further || further->affine.channels() != plan.affine.channels())
                    break;
                plan.affine = compose(plan.affine, further->affine);
                add(plan, next);
            }
        }
        FoldCandidate& candidate = plan.candidate;
        candidate.id = foldId(m_view, plan.chain.back());
        candidate.batchNorm = true;
        candidate.scope = m_view.scopes()[index(m_view.scope(node))].path;
        if (step)
            candidate.channels = plan.affine.channels();
        if (const auto verdict = step ? into(plan) : neighbourOnly(plan, step.error()); !verdict) {
            candidate.reason = verdict.error().reason;
            candidate.message = verdict.error().message;
            candidate.blame = verdict.error().blame;
        } else {
            candidate.foldable = true;
        }
        return plan;
    }

    void add(FoldPlan& plan, NodeIndex node)
    {
        plan.chain.push_back(node);
        plan.candidate.affine.push_back(reference(m_view, node));
        m_taken[index(node)] = true;
    }

    // Plans the fold into the layer before, or says why there is none.
    Verdict<void> into(FoldPlan& plan)
    {
        const auto before = layerBefore(m_view, plan.chain.front());
        if (!before)
            return nameLayer(plan, before.error());
        plan.candidate.layer = reference(m_view, *before);
        auto layer = readLayer(m_view, *before);
        if (!layer)
            return tl::make_unexpected(layer.error());
        plan.layer = std::move(*layer);
        const std::uint64_t outputs = plan.layer.layout.outputs;
        if (outputs != plan.affine.channels())
            return refuse(Reason::ChannelMismatch,
                          fmt::format("the scale of {} has {} values, {} has {} output channels",
                                      m_view.label(plan.chain.front()), plan.affine.channels(),
                                      m_view.label(*before), outputs),
                          blame(m_view, plan.chain.front()));
        auto bias = biasAfter(m_view, plan.layer, plan.affine);
        if (!bias)
            return tl::make_unexpected(bias.error());
        plan.bias = std::move(*bias);
        plan.candidate.direction = FoldDirection::After;
        plan.candidate.message =
            fmt::format("folds into {}, which {} bias of {} values", plan.candidate.layer->name,
                        hasBias(plan.layer) ? "has its" : "gets a", plan.bias.values.size());
        return findHazards(m_view, m_options, plan, m_stop);
    }

    bool hasBias(const Layer& layer) const
    {
        return m_view.input(layer.node, layer.biasSlot) != ValueIndex::None;
    }

    // A refusal that is about a layer still tells which one.
    Verdict<void> nameLayer(FoldPlan& plan, Refusal refusal)
    {
        const ValueIndex value = m_view.input(plan.chain.front(), 0);
        const NodeIndex producer = value == ValueIndex::None ? NodeIndex::None : m_view.producer(value);
        if (producer != NodeIndex::None && isLayer(m_view, producer))
            plan.candidate.layer = reference(m_view, producer);
        return tl::make_unexpected(std::move(refusal));
    }

    Verdict<void> neighbourOnly(FoldPlan& plan, Refusal refusal)
    {
        return nameLayer(plan, std::move(refusal));
    }

    const GraphView& m_view;
    const FoldOptions& m_options;
    std::stop_token m_stop;
    std::vector<bool> m_taken; // nodes that are part of a chain already
    std::vector<FoldPlan> m_plans;
};

} // namespace

Result<std::vector<FoldPlan>> planFolds(const GraphView& view, const FoldOptions& options, Progress& progress,
                                        std::stop_token stop)
{
    return Planner(view, options, std::move(stop)).run(progress);
}

} // namespace pleat
