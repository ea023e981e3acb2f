// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Plan.h"

#include "core/fold/RangeCheck.h"
#include "core/fold/Readers.h"
#include "core/fold/Search.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <ranges>
#include <unordered_set>

namespace pleat {

namespace {

NodeRef reference(const GraphView& view, NodeIndex node)
{
    return {view.id(node), view.label(node), std::string(view.op(node))};
}

Argument names(const GraphView& view, const std::vector<FoldTarget>& targets)
{
    Argument all = named(view, targets.front().layer.node);
    for (const FoldTarget& target : targets | std::views::drop(1))
        all = sentence("{} and {}", std::move(all), named(view, target.layer.node));
    return all;
}

} // namespace

class FoldPlanner::Planner final {
public:
    Planner(const GraphView& view, const Shapes& shapes, const FoldOptions& options, std::stop_token stop)
        : m_view(view),
          m_shapes(shapes),
          m_context{m_view, m_shapes, options.quantizedToo, options.padUniform},
          m_options(options),
          m_stop(std::move(stop)),
          m_taken(view.nodeCount())
    {
        m_context.footprint = &m_footprint;
        for (const Scope& scope : view.scopes()) {
            for (const onnx::TensorAnnotation& annotation : scope.graph->header->quantization_annotation())
                m_annotated.insert(annotation.tensor_name());
        }
    }

    // The maximal chain from `node` on, and what becomes of it; nothing for one that is not listed.
    std::optional<FoldPlan> planFrom(NodeIndex node)
    {
        const bool batchNorm = isBatchNorm(m_view, node);
        m_chain = {node};
        m_footprint.clear();
        noteMember(node);
        for (const ValueIndex input : m_view.inputs(node))
            m_footprint.addUnlessLayer(m_view, m_view.producer(input));
        m_context.chain = node;
        m_context.shifting = NodeIndex::None;
        // An Add behind a MatMul is its bias, not something to be folded into it.
        if (!batchNorm && matMulUnderBias(m_view, node) != NodeIndex::None)
            return std::nullopt;
        auto step = readAffine(m_context, node);
        if (!step && !batchNorm && !m_options.blockedToo)
            return std::nullopt;
        FoldPlan plan;
        add(plan, node);
        if (step)
            follow(plan, std::move(*step));
        m_context.chain = headOf(plan);
        FoldCandidate& candidate = plan.candidate;
        candidate.id = lastingId(m_view, plan.chain.back());
        candidate.scope = m_view.scopes()[index(m_view.scope(node))].path;
        candidate.batchNorm =
            std::ranges::any_of(plan.chain, [&](NodeIndex n) { return isBatchNorm(m_view, n); });
        const Verdict<void> verdict = step ? findLayers(plan) : unreadable(plan, step.error());
        candidate.foldable = verdict.has_value();
        if (!candidate.batchNorm && !verdict && !m_options.blockedToo)
            return std::nullopt;
        if (verdict && !candidate.batchNorm && belongsToActivation(plan)) {
            candidate.onlyWhenChosen = true;
            candidate.warnings.push_back({"activation",
                                          "a shift before Clip may be part of an activation "
                                          "(hard-sigmoid): it is folded only when it is chosen"});
        }
        if (!verdict)
            refuseCandidate(candidate, verdict.error());
        return plan;
    }

    const Footprint& footprint() const { return m_footprint; }
    const std::vector<NodeIndex>& chain() const { return m_chain; }
    bool isTaken(NodeIndex node) const { return m_taken[index(node)]; }
    void take(NodeIndex node) { m_taken[index(node)] = true; }

private:
    void add(FoldPlan& plan, NodeIndex node)
    {
        plan.chain.push_back(node);
        m_chain = plan.chain;
        plan.candidate.affine.push_back(reference(m_view, node));
        m_taken[index(node)] = true;
    }

    // A verdict on a chain depends on its nodes and on who reads what they make.
    void noteMember(NodeIndex node)
    {
        m_footprint.add(node);
        m_footprint.addReaders(m_view, m_view.output(node, 0));
    }

    void follow(FoldPlan& plan, AffineStep step)
    {
        plan.dataSlot = step.dataSlot;
        plan.affine = std::move(step.affine);
        plan.parameters = std::move(step.parameters);
        noteShift(plan.chain.back(), plan.affine);
        while (const auto use = onlyUse(m_view, m_view.output(plan.chain.back(), 0))) {
            if (m_taken[index(use->node)] || !mayBeAffine(m_view, use->node))
                break;
            auto next = readAffine(m_context, use->node);
            if (!next || next->dataSlot != use->slot)
                break;
            auto composed = compose(plan.affine, next->affine);
            if (!composed)
                break;
            plan.affine = std::move(*composed);
            if (!plan.parameters)
                plan.parameters = std::move(next->parameters);
            add(plan, use->node);
            noteMember(use->node);
            noteShift(use->node, next->affine);
        }
    }

    // Which member of the chain is said to shift: the batch norm if it does, else the first that does.
    void noteShift(NodeIndex node, const Affine& affine)
    {
        if (affine.shifts() && (m_context.shifting == NodeIndex::None || isBatchNorm(m_view, node)))
            m_context.shifting = node;
    }

    // The batch norm whose row it is, else the first of the chain.
    NodeIndex headOf(const FoldPlan& plan) const
    {
        const auto found =
            std::ranges::find_if(plan.chain, [&](NodeIndex node) { return isBatchNorm(m_view, node); });
        return found == plan.chain.end() ? plan.chain.front() : *found;
    }

    // One number added to all channels before a Clip, as hard-sigmoid has it: what knows the pattern should
    // find it again.
    bool belongsToActivation(const FoldPlan& plan) const
    {
        const auto use = onlyUse(m_view, m_view.output(plan.chain.back(), 0));
        return use && m_view.op(use->node) == "Clip" && plan.chain.size() == 1 && plan.affine.isUniform() &&
               plan.affine.shifts() && plan.targets.front().layer.layout.outputs > 1;
    }

    // A batch norm that cannot be read itself still tells which layer it belongs to.
    Verdict<void> unreadable(FoldPlan& plan, Refusal refusal)
    {
        const ValueIndex value = m_view.input(plan.chain.front(), 0);
        const NodeIndex producer = value == ValueIndex::None ? NodeIndex::None : m_view.producer(value);
        if (producer != NodeIndex::None && isLayer(m_view, producer))
            refusal.layer = producer;
        return tl::make_unexpected(std::move(refusal));
    }

    // The layer before is asked first, then those after.
    Verdict<void> findLayers(FoldPlan& plan)
    {
        const NodeIndex first = plan.chain.front();
        plan.candidate.channels = plan.affine.channels();
        const ValueIndex output = m_view.output(plan.chain.back(), 0);
        const ValueIndex input = m_view.input(first, plan.dataSlot);
        if (output == ValueIndex::None || input == ValueIndex::None)
            return refuse(Reason::NoNeighbour, sentence("{} reads or makes nothing", named(m_view, first)),
                          blame(m_view, first));
        auto before = searchBefore(m_context, input, first, plan.affine);
        if (before)
            return accept(plan, std::move(*before), FoldDirection::After);
        if (auto keeps = requireKeepsShape(plan); !keeps)
            return keeps;
        auto after = searchAfter(m_context, output, plan.affine);
        if (after)
            return accept(plan, std::move(*after), FoldDirection::Before);
        return tl::make_unexpected(worse(plan, std::move(before.error()), std::move(after.error())));
    }

    // Without its constant, data that has one channel at run time would reach the layer as one channel.
    Verdict<void> requireKeepsShape(const FoldPlan& plan) const
    {
        const NodeIndex first = plan.chain.front();
        if (isBatchNorm(m_view, first) || !plan.affine.axis || plan.affine.channels() == 1 ||
            m_shapes.size(m_view.input(first, plan.dataSlot), static_cast<std::size_t>(*plan.affine.axis)) ==
                static_cast<std::int64_t>(plan.affine.channels()))
            return {};
        return refuse(
            Reason::ChannelsUnknown,
            sentence("the number of channels that {} reads cannot be derived", named(m_view, first)),
            blame(m_view, first));
    }

    // Which of two refusals is told: the layer before comes first, a layer comes before none.
    Refusal worse(const FoldPlan& plan, Refusal before, Refusal after) const
    {
        const bool afterFirst = before.reason == Reason::NoNeighbour;
        Refusal& told = afterFirst ? after : before;
        const Refusal& other = afterFirst ? before : after;
        if (told.reason == Reason::NoNeighbour) {
            const NodeIndex head = headOf(plan);
            told.message = sentence("no layer before or after {} can take it", named(m_view, head));
            told.blame = {blame(m_view, head)};
        } else if (other.reason != Reason::NoNeighbour && !other.message.empty()) {
            told.message = afterFirst ? sentence("{}; before it, {}", told.message, other.message)
                                      : sentence("{}; after it, {}", told.message, other.message);
        }
        return std::move(told);
    }

    // A layer's weight and a Pad's constant can change in one way only.
    Verdict<void> requireOnce(const Found& found) const
    {
        std::vector<NodeIndex> nodes;
        nodes.reserve(found.targets.size() + found.pads.size());
        for (const FoldTarget& target : found.targets)
            nodes.push_back(target.layer.node);
        for (const PadChange& change : found.pads)
            nodes.push_back(change.pad);
        std::ranges::sort(nodes);
        const auto twice = std::ranges::adjacent_find(nodes);
        if (twice == nodes.end())
            return {};
        return refuse(Reason::OperatorBetween,
                      sentence("{} would have to change in several ways", operation(m_view, *twice)),
                      blame(m_view, *twice));
    }

    Verdict<void> accept(FoldPlan& plan, Found found, FoldDirection direction)
    {
        if (auto once = requireOnce(found); !once)
            return once;
        plan.targets = std::move(found.targets);
        plan.between = std::move(found.between);
        plan.pads = std::move(found.pads);
        plan.constants = std::move(found.constants);
        plan.keepsShapes = keepsShapes(plan, direction);
        FoldCandidate& candidate = plan.candidate;
        candidate.direction = direction;
        candidate.layer = reference(m_view, plan.targets.front().layer.node);
        for (const NodeIndex node : plan.between)
            candidate.between.push_back(reference(m_view, node));
        candidate.message = plan.between.empty()
                                ? sentence("folds into {}", names(m_view, plan.targets))
                                : sentence("folds into {}, through {}", names(m_view, plan.targets),
                                           candidate.between.front().op);
        for (const ConstantChange& change : plan.constants)
            candidate.warnings.push_back(
                {"constant", sentence("the constant {} is changed too",
                                      named(m_view, m_view.input(change.reader, change.slot)))});
        warnOfAnnotations(plan);
        return checkRanges(m_view, m_options, plan, m_stop);
    }

    // Whether what reads the chain's output will know as much about its shape as it does now. After a layer,
    // what makes the chain's input makes the output then, and what the file declares of the two may differ.
    // New nodes and constants are not looked into.
    bool keepsShapes(const FoldPlan& plan, FoldDirection direction) const
    {
        const ValueIndex input = m_view.input(plan.chain.front(), plan.dataSlot);
        const ValueIndex output = m_view.output(plan.chain.back(), 0);
        const bool addsNodes = std::ranges::any_of(plan.targets, [](const FoldTarget& target) {
            return target.padWith || (target.layer.isMatMul() && target.layer.biasAdd == NodeIndex::None);
        });
        return !addsNodes && plan.constants.empty() && m_shapes.of(input) == m_shapes.of(output) &&
               (direction == FoldDirection::Before ||
                (m_shapes.followsFromRule(input) && m_shapes.followsFromRule(output)));
    }

    // An annotation says by which scale a tensor is to be quantized; it is not true of other numbers.
    void warnOfAnnotations(FoldPlan& plan) const
    {
        if (m_annotated.empty())
            return;
        std::vector<ValueIndex> changed = valuesOnTheWay(m_view, plan);
        for (const FoldTarget& target : plan.targets) {
            if (std::ranges::any_of(target.s, [](double factor) { return factor != 1; }))
                changed.push_back(target.layer.weight.storedAt);
            if (const auto bias = constantOf(m_view, biasOf(m_view, target.layer)))
                changed.push_back(bias->storedAt);
        }
        for (const ConstantChange& change : plan.constants)
            changed.push_back(m_view.input(change.reader, change.slot));
        for (const ValueIndex value : changed) {
            if (m_annotated.contains(m_view.name(value)))
                plan.candidate.warnings.push_back(
                    {"annotation",
                     sentence("the quantization annotation of {} is dropped: its numbers change",
                              named(m_view, value))});
        }
    }

    void refuseCandidate(FoldCandidate& candidate, const Refusal& refusal)
    {
        candidate.reason = refusal.reason;
        candidate.message = refusal.message;
        candidate.blame = refusal.blame;
        if (!candidate.layer && refusal.layer != NodeIndex::None)
            candidate.layer = reference(m_view, refusal.layer);
    }

    const GraphView& m_view;
    const Shapes& m_shapes;
    Footprint m_footprint;          // of the verdict at hand
    std::vector<NodeIndex> m_chain; // that it is on
    FoldContext m_context;
    const FoldOptions& m_options;
    std::stop_token m_stop;
    std::unordered_set<std::string_view> m_annotated; // tensors with a quantization_annotation, in any scope
    std::vector<bool> m_taken;                        // nodes that are part of a chain already
};

FoldPlanner::FoldPlanner(const GraphView& view, const Shapes& shapes, const FoldOptions& options,
                         std::stop_token stop)
    : m_planner(std::make_unique<Planner>(view, shapes, options, std::move(stop)))
{
}

FoldPlanner::~FoldPlanner() = default;

std::optional<FoldPlan> FoldPlanner::planFrom(NodeIndex node)
{
    return m_planner->planFrom(node);
}

const Footprint& FoldPlanner::footprint() const
{
    return m_planner->footprint();
}

const std::vector<NodeIndex>& FoldPlanner::chain() const
{
    return m_planner->chain();
}

bool FoldPlanner::isTaken(NodeIndex node) const
{
    return m_planner->isTaken(node);
}

void FoldPlanner::take(NodeIndex node)
{
    m_planner->take(node);
}

std::vector<ValueIndex> valuesOnTheWay(const GraphView& view, const FoldPlan& plan)
{
    std::vector<ValueIndex> values;
    const auto add = [&](NodeIndex node) {
        if (node == NodeIndex::None)
            return;
        for (const ValueIndex output : view.outputs(node)) {
            if (output != ValueIndex::None)
                values.push_back(output);
        }
    };
    for (const NodeIndex node : plan.between)
        add(node);
    for (const FoldTarget& target : plan.targets) {
        if (plan.candidate.direction == FoldDirection::After) {
            add(target.layer.node);
            add(target.layer.biasAdd);
        }
    }
    return values;
}

std::vector<NodeIndex> changedBy(const FoldPlan& plan)
{
    std::vector<NodeIndex> nodes = takenBy(plan);
    nodes.insert(nodes.end(), plan.chain.begin(), plan.chain.end());
    nodes.insert(nodes.end(), plan.between.begin(), plan.between.end());
    for (const FoldTarget& target : plan.targets) {
        if (target.layer.biasAdd != NodeIndex::None)
            nodes.push_back(target.layer.biasAdd);
    }
    return nodes;
}

std::vector<NodeIndex> takenBy(const FoldPlan& plan)
{
    std::vector<NodeIndex> nodes;
    nodes.reserve(plan.targets.size() + plan.pads.size());
    for (const FoldTarget& target : plan.targets)
        nodes.push_back(target.layer.node);
    for (const PadChange& change : plan.pads)
        nodes.push_back(change.pad);
    return nodes;
}

bool Busy::reserve(const FoldPlan& plan)
{
    const std::vector<NodeIndex> nodes = takenBy(plan);
    if (std::ranges::any_of(nodes, [&](NodeIndex node) { return bool(m_nodes[index(node)]); }))
        return false;
    for (const NodeIndex node : nodes)
        m_nodes[index(node)] = true;
    m_empty = false;
    return true;
}

bool isTakenByDefault(const FoldCandidate& candidate, const FoldOptions& options)
{
    return candidate.batchNorm || (options.constantsToo && !candidate.onlyWhenChosen);
}

Result<Unlisted> planFolds(const GraphView& view, const FoldOptions& options,
                           const std::function<Result<void>(FoldPlan)>& take, Progress& progress,
                           std::stop_token stop)
{
    const Shapes shapes(view);
    FoldPlanner planner(view, shapes, options, stop);
    std::uint64_t done = 0;
    Unlisted unlisted;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        for (const NodeIndex node : view.topological(static_cast<ScopeIndex>(s))) {
            if (stop.stop_requested())
                return cancelled();
            progress.advance(++done, view.nodeCount());
            if (planner.isTaken(node) || !mayBeAffine(view, node))
                continue;
            auto plan = planner.planFrom(node);
            if (!plan) {
                unlisted.any = true;
                unlisted.footprint.add(planner.footprint());
                continue;
            }
            plan->footprint = &planner.footprint();
            if (auto taken = take(std::move(*plan)); !taken)
                return tl::make_unexpected(taken.error());
        }
    }
    return unlisted;
}

} // namespace pleat
