// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Search.h"

#include "core/fold/PropagationTable.h"
#include "core/fold/Readers.h"
#include "core/fold/Target.h"
#include "core/graph/Attributes.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace pleat {

namespace {

constexpr int deepest = 64; // joins and propagations in one search; networks have a handful
constexpr std::size_t mostWork = std::size_t{1} << 26; // numbers that one search may move about

tl::unexpected<Refusal> noNeighbour(const GraphView& view, ValueIndex value)
{
    return refuse(
        Reason::NoNeighbour,
        sentence("no layer before or after it can take it ({} is where the way ends)", named(view, value)),
        blame(view, value));
}

// Whether a layer lies beyond a node that lets nothing pass: else nothing lies "between the two".
bool leadsToLayer(const FoldContext& context, NodeIndex from, Direction direction)
{
    const GraphView& view = context.view;
    constexpr std::size_t farthest = 64; // nodes, and readings of each
    std::vector<NodeIndex> reached{from};
    const auto reach = [&](NodeIndex node) {
        if (node != NodeIndex::None && reached.size() < farthest &&
            std::ranges::find(reached, node) == reached.end())
            reached.push_back(node);
    };
    const auto few = [farthest](auto all) { return all.first(std::min(all.size(), farthest)); };
    for (std::size_t n = 0; n < reached.size(); ++n) {
        const bool layer = isLayer(view, reached[n]);
        if (context.footprint)
            layer ? context.footprint->addUnlessLayer(view, reached[n]) : context.footprint->add(reached[n]);
        if (layer)
            return true;
        for (const ValueIndex value :
             few(direction == Direction::Backward ? view.inputs(reached[n]) : view.outputs(reached[n]))) {
            if (value == ValueIndex::None)
                continue;
            if (direction == Direction::Backward)
                reach(view.producer(value));
            else
                for (const Use& use : few(view.uses(value)))
                    reach(use.node);
        }
    }
    return false;
}

class Search final {
public:
    Search(const FoldContext& context, Found& found)
        : m_context(context),
          m_view(context.view),
          m_found(found)
    {
    }

    Verdict<void> upFrom(ValueIndex value, NodeIndex reader, const Affine& affine)
    {
        auto taken = up(value, reader, affine, {});
        while (taken && !m_waiting.empty()) {
            // The last one in the file: what lies below it has been visited.
            const auto last = m_waiting.extract(std::prev(m_waiting.end()));
            const NodeIndex split = last.key();
            m_left.insert(split);
            taken = up(m_view.input(split, 0), split, last.mapped().affine, last.mapped().way);
            if (!taken && last.mapped().way.join != NodeIndex::None)
                taken = inBranch(last.mapped().way.join, taken);
        }
        return taken;
    }

    Verdict<void> down(ValueIndex value, const Affine& affine, int depth)
    {
        if (m_view.uses(value).empty() || depth > deepest)
            return noNeighbour(m_view, value);
        noteReaders(value);
        if (auto inner = requireNotOutput(m_view, value); !inner)
            return inner;
        if (auto inner = requireNotReadInBody(m_view, value); !inner)
            return inner;
        for (const Use& use : m_view.uses(value)) {
            if (auto within = spend(affine, use.node); !within)
                return within;
            auto taken =
                isLayer(m_view, use.node) ? takeBefore(use, affine) : downThrough(use, affine, depth);
            if (!taken)
                return taken;
        }
        return {};
    }

private:
    // How a value was reached from the chain.
    struct Way {
        int depth = 0;
        NodeIndex join = NodeIndex::None; // the last one on it
    };

    // What a Split's input is to take, as far as its outputs have been reached.
    struct Waiting {
        Affine affine;
        Way way;
    };

    // Each value is visited once: it has one reader, and a Split waits for all its outputs.
    Verdict<void> up(ValueIndex value, NodeIndex reader, const Affine& affine, Way way)
    {
        if (way.join != NodeIndex::None && affine.isIdentity())
            return {}; // a branch that is left alone
        const NodeIndex producer = value == ValueIndex::None ? NodeIndex::None : m_view.producer(value);
        if (producer == NodeIndex::None || way.depth > deepest)
            return value == ValueIndex::None
                       ? refuse(Reason::NoNeighbour, "it reads nothing", blame(m_view, reader))
                       : noNeighbour(m_view, value);
        const NodeIndex matMul = matMulUnderBias(m_view, producer);
        const NodeIndex layer = matMul != NodeIndex::None ? matMul : producer;
        noteReaders(value);
        noteArrival(producer);
        noteArrival(layer);
        if (isLayer(m_view, layer))
            return takeAfter(layer, value, reader, affine);
        if (auto within = spend(affine, producer); !within)
            return within;
        if (isJoin(producer, affine))
            return join(producer, value, reader, affine, way);
        if (mayBeAffine(m_view, producer) && (affine.shifts() || !propagationRule(m_view, producer)))
            return affineBetween(producer, value, reader);
        auto propagated =
            propagate(m_context, producer, m_view.producerSlot(value), affine, Direction::Backward);
        if (!propagated)
            return between(producer, std::move(propagated.error()), Direction::Backward);
        if (auto only = requireOnlyReader(m_view, value, reader); !only)
            return only;
        if (auto within = spend(propagated->affine, producer); !within)
            return within;
        ++way.depth;
        if (m_view.op(producer) == "Split")
            return wait(producer, std::move(propagated->affine), way);
        note(producer, *propagated);
        return up(m_view.input(propagated->end, propagated->dataSlot), propagated->end, propagated->affine,
                  way);
    }

    // Every output of a Split brings what its own channels are to take, and (1, 0) for those of the others.
    Verdict<void> wait(NodeIndex split, Affine affine, Way way)
    {
        const auto [place, first] = m_waiting.try_emplace(split, Waiting{});
        Waiting& waiting = place->second;
        if (first) {
            m_found.between.push_back(split);
            waiting = {std::move(affine), way};
        } else if (!merge(waiting.affine, affine)) {
            return reachedTwice(split);
        }
        return m_left.contains(split) ? reachedTwice(split) : Verdict<void>();
    }

    // False where both change a channel.
    static bool merge(Affine& into, const Affine& other)
    {
        if (into.axis != other.axis || into.channels() != other.channels())
            return false;
        for (std::size_t c = 0; c < into.channels(); ++c) {
            if (other.s[c] == 1 && other.t[c] == 0)
                continue;
            if (into.s[c] != 1 || into.t[c] != 0)
                return false;
            into.s[c] = other.s[c];
            into.t[c] = other.t[c];
        }
        return true;
    }

    Verdict<void> reachedTwice(NodeIndex node) const
    {
        return refuse(Reason::OperatorBetween,
                      sentence("{} is reached on several ways, which ask for different things",
                               operation(m_view, node)),
                      blame(m_view, node));
    }

    // What a search may cost.
    Verdict<void> spend(const Affine& affine, NodeIndex node)
    {
        m_work += affine.channels() + 1;
        if (m_work <= mostWork)
            return {};
        return refuse(Reason::OperatorBetween,
                      sentence("the search ends at {}: too much lies on the way", operation(m_view, node)),
                      blame(m_view, node));
    }

    Verdict<void> takeAfter(NodeIndex layer, ValueIndex value, NodeIndex reader, const Affine& affine)
    {
        if (auto only = requireOnlyReader(m_view, value, reader); !only)
            return withLayer(layer, std::move(only.error()));
        return take(layer, targetAfter(m_context, layer, affine));
    }

    Verdict<void> takeBefore(const Use& use, const Affine& affine)
    {
        noteArrival(use.node);
        return take(use.node, targetBefore(m_context, use, affine));
    }

    Verdict<void> take(NodeIndex layer, Verdict<FoldTarget> target)
    {
        if (!target)
            return withLayer(layer, std::move(target.error()));
        m_found.targets.push_back(std::move(*target));
        return {};
    }

    static tl::unexpected<Refusal> withLayer(NodeIndex layer, Refusal refusal)
    {
        refusal.layer = layer;
        return tl::make_unexpected(std::move(refusal));
    }

    Verdict<void> downThrough(const Use& use, const Affine& affine, int depth)
    {
        const std::size_t outputs = std::max<std::size_t>(m_view.outputs(use.node).size(), 1);
        const bool splits = m_view.op(use.node) == "Split";
        if (m_view.op(use.node) == "Concat" && isJoin(use.node, affine))
            return downConcat(use, affine, depth);
        for (std::size_t slot = 0; slot < (splits ? outputs : 1); ++slot) {
            auto propagated = propagate(m_context, use.node, slot, affine, Direction::Forward, use.slot);
            if (!propagated)
                return between(use.node, std::move(propagated.error()), Direction::Forward);
            if (use.slot != propagated->dataSlot)
                return refuse(Reason::OperatorBetween,
                              sentence("{} reads it as a parameter", named(m_view, use.node)),
                              blame(m_view, use.node));
            if (slot == 0)
                note(use.node, *propagated);
            const ValueIndex output = m_view.output(propagated->end, slot);
            if (output == ValueIndex::None)
                return refuse(Reason::NoNeighbour,
                              sentence("{} makes nothing", named(m_view, propagated->end)),
                              blame(m_view, propagated->end));
            if (splits && m_view.uses(output).empty() && !m_view.isGraphOutput(output))
                continue; // nobody reads this part
            if (auto taken = down(output, propagated->affine, depth + 1); !taken)
                return taken;
        }
        return {};
    }

    // Behind a Concat along the channels, those of the other operands are left alone.
    Verdict<void> downConcat(const Use& use, const Affine& affine, int depth)
    {
        const ValueIndex output = m_view.output(use.node, 0), value = m_view.input(use.node, use.slot);
        const auto along = concatAxis(use.node, output);
        const auto axis = affine.axis ? fromFront(*affine.axis, m_context.shapes.rank(output)) : along;
        if (!along || !axis)
            return refuse(Reason::ChannelsUnknown,
                          sentence("the rank of {} cannot be derived", named(m_view, output)),
                          blame(m_view, use.node));
        if (*along != *axis)
            return refuse(Reason::OperatorBetween,
                          sentence("{} joins it with others along another axis than its channels",
                                   operation(m_view, use.node)),
                          blame(m_view, use.node));
        const auto operands = m_view.inputs(use.node);
        if (std::ranges::find(operands, value) - operands.begin() != static_cast<std::ptrdiff_t>(use.slot))
            return {}; // it is there more than once, and all of them were meant the first time
        if (!m_joined.insert(use.node).second)
            return reachedTwice(use.node);
        Affine wide{static_cast<int>(*along), {}, {}};
        for (const ValueIndex operand : operands) {
            const std::int64_t size = m_context.shapes.size(operand, static_cast<std::size_t>(*along));
            if (size < 0 || size > mostChannels - static_cast<std::int64_t>(wide.channels()))
                return unknownChannels(operand);
            const auto count = static_cast<std::size_t>(size);
            if (operand == value && affine.axis && affine.channels() != count)
                return unknownChannels(operand);
            const Affine part = operand != value ? Affine{{}, {1.0}, {0.0}}.repeated(count)
                                : affine.axis    ? affine
                                                 : affine.repeated(count);
            wide.s.insert(wide.s.end(), part.s.begin(), part.s.end());
            wide.t.insert(wide.t.end(), part.t.begin(), part.t.end());
        }
        if (auto within = spend(wide, use.node); !within)
            return within;
        m_found.between.push_back(use.node);
        return down(output, wide, depth + 1);
    }

    tl::unexpected<Refusal> unknownChannels(ValueIndex value) const
    {
        return refuse(Reason::ChannelsUnknown,
                      sentence("the number of channels of {} cannot be derived", named(m_view, value)),
                      blame(m_view, value));
    }

    std::optional<int> concatAxis(NodeIndex node, ValueIndex value) const
    {
        const std::int64_t axis = intAttribute(m_view.proto(node), "axis", 1);
        return fromFront(static_cast<int>(std::clamp<std::int64_t>(axis, -64, 64)),
                         m_context.shapes.rank(value));
    }

    // Several operands that are added or put side by side, each to be scaled. A constant that varies along
    // the axis at hand is part of a chain or stands in its way; any other is an operand like the rest.
    bool isJoin(NodeIndex node, const Affine& affine) const
    {
        const std::string_view op = m_view.op(node);
        if (!m_view.domain(node).empty() || m_view.inputs(node).size() < 2 ||
            (op != "Concat" && op != "Add" && op != "Sub" && op != "Sum"))
            return false;
        if (!mayBeAffine(m_view, node))
            return true;
        const auto step = readAffine(m_context, node);
        if (!step)
            return step.error().reason == Reason::NotPerChannel;
        return step->affine.axis && affine.axis && *step->affine.axis != *affine.axis;
    }

    Verdict<void> join(NodeIndex node, ValueIndex value, NodeIndex reader, const Affine& affine, Way way)
    {
        if (m_view.op(node) == "Concat" && affine.axis)
            return concat(node, value, reader, affine, way);
        if (auto only = requireOnlyReader(m_view, value, reader); !only)
            return only;
        // Every branch is scaled; the sum is shifted once, through the first. Branches must have the full
        // shape.
        const KnownShape* whole = m_context.shapes.of(value);
        const bool sums = m_view.op(node) != "Concat";
        Affine branch = affine;
        const std::vector<ValueIndex> branches(m_view.inputs(node).begin(), m_view.inputs(node).end());
        for (const ValueIndex input : branches) {
            const auto rank = m_context.shapes.rank(input);
            if (sums && !isFixed(m_view, input) &&
                (!whole || !rank || *rank != whole->size() || !hasAllChannels(input, affine)))
                return refuse(Reason::OperatorBetween,
                              sentence("{} lies between the two, and it is not known that its operands have "
                                       "the same shape",
                                       operation(m_view, node)),
                              blame(m_view, node));
        }
        m_found.between.push_back(node);
        for (std::size_t slot = 0; slot < branches.size(); ++slot) {
            if (auto taken = branchOf(node, slot, value, branch, way); !taken)
                return taken;
            if (sums)
                std::ranges::fill(branch.t, 0.0);
        }
        return {};
    }

    // What a join's operand is to take: a constant takes it itself.
    Verdict<void> branchOf(NodeIndex node, std::size_t slot, ValueIndex whole, const Affine& affine, Way way)
    {
        const ValueIndex input = m_view.input(node, slot);
        if (input != ValueIndex::None && isFixed(m_view, input))
            return takeConstant(node, slot, whole, affine);
        auto taken = up(input, node, affine, {way.depth + 1, node});
        return taken ? taken : inBranch(node, std::move(taken));
    }

    Verdict<void> takeConstant(NodeIndex node, std::size_t slot, ValueIndex whole, const Affine& affine)
    {
        if (affine.isIdentity())
            return {};
        auto change = scaledConstant(m_context, node, slot, whole, affine);
        if (!change)
            return tl::make_unexpected(std::move(change.error()));
        m_found.constants.push_back(std::move(*change));
        return {};
    }

    // A branch whose channel axis is stretched by broadcasting would get the shift of several channels.
    bool hasAllChannels(ValueIndex value, const Affine& affine) const
    {
        if (!affine.axis)
            return true;
        const auto axis = fromFront(*affine.axis, m_context.shapes.rank(value));
        return axis && m_context.shapes.size(value, static_cast<std::size_t>(*axis)) ==
                           static_cast<std::int64_t>(affine.channels());
    }

    Verdict<void> concat(NodeIndex node, ValueIndex value, NodeIndex reader, const Affine& affine, Way way)
    {
        const auto along = concatAxis(node, value);
        const auto axis = fromFront(*affine.axis, m_context.shapes.rank(value));
        if (auto only = requireOnlyReader(m_view, value, reader); !only)
            return only;
        if (!along || !axis)
            return refuse(Reason::ChannelsUnknown,
                          sentence("the rank of {} cannot be derived", named(m_view, value)),
                          blame(m_view, node));
        m_found.between.push_back(node);
        const std::vector<ValueIndex> branches(m_view.inputs(node).begin(), m_view.inputs(node).end());
        std::size_t first = 0;
        for (std::size_t slot = 0; slot < branches.size(); ++slot) {
            Affine slice = affine;
            if (*along == *axis) {
                const std::int64_t size =
                    m_context.shapes.size(branches[slot], static_cast<std::size_t>(*axis));
                if (size < 0 || first + static_cast<std::size_t>(size) > affine.channels())
                    return unknownChannels(branches[slot]);
                const auto from = static_cast<std::ptrdiff_t>(first),
                           to = from + static_cast<std::ptrdiff_t>(size);
                slice.s.assign(affine.s.begin() + from, affine.s.begin() + to);
                slice.t.assign(affine.t.begin() + from, affine.t.begin() + to);
                first += static_cast<std::size_t>(size);
            }
            if (slice.s.empty())
                continue;
            if (auto taken = branchOf(node, slot, value, slice, way); !taken)
                return taken;
        }
        return {};
    }

    // Another affine operator in the way: had it been one of the chain, it would not be met here. So it is
    // not a map per channel, or its output is read elsewhere, or it runs along another axis.
    Verdict<void> affineBetween(NodeIndex node, ValueIndex value, NodeIndex reader) const
    {
        const auto step = readAffine(m_context, node);
        if (!step)
            return tl::make_unexpected(step.error());
        if (auto only = requireOnlyReader(m_view, value, reader); !only)
            return only;
        if (step->affine.axis && !isBatchNorm(m_view, node))
            return refuse(
                Reason::NotPerChannel,
                sentence("the constant of {} varies along axis {}", named(m_view, node), *step->affine.axis),
                blame(m_view, node));
        return refuse(Reason::OperatorBetween,
                      sentence("{} lies between the two and does not commute with {}",
                               operation(m_view, node), named(m_context.view, m_context.chain)),
                      blame(m_view, node));
    }

    // An operator that lets nothing pass, and behind which there is no layer anyway, is no reason.
    Verdict<void> between(NodeIndex node, Refusal refusal, Direction direction) const
    {
        if (refusal.reason == Reason::OperatorBetween && !leadsToLayer(m_context, node, direction))
            refusal.reason = Reason::NoNeighbour;
        return tl::make_unexpected(std::move(refusal));
    }

    // Where a branch ends without a layer, the join is what lies between.
    Verdict<void> inBranch(NodeIndex node, Verdict<void> refused) const
    {
        if (refused.error().reason == Reason::NoNeighbour)
            return refuse(
                Reason::OperatorBetween,
                sentence("{} lies between the two, and not all of its operands come from a layer that "
                         "can take it",
                         operation(m_view, node)),
                blame(m_view, node));
        return refused;
    }

    void noteReaders(ValueIndex value)
    {
        if (!m_context.footprint)
            return;
        for (const Use& use : m_view.uses(value)) {
            if (isLayer(m_view, use.node))
                m_context.footprint->addUnlessLayer(m_view, use.node);
            else
                noteArrival(use.node);
        }
    }

    // What is recognised together with other nodes depends on those, too: an Add with the MatMul whose bias
    // it is, a Reshape or Transpose with the other two of a channel shuffle, wherever they are.
    void noteArrival(NodeIndex node)
    {
        if (!m_context.footprint)
            return;
        m_context.footprint->add(node);
        const std::string_view op = m_view.op(node);
        if (op == "Reshape" || op == "Transpose")
            m_context.footprint->addEverything();
        if (op == "Add") {
            for (const ValueIndex input : m_view.inputs(node)) {
                if (input != ValueIndex::None && m_view.producer(input) != NodeIndex::None)
                    m_context.footprint->add(m_view.producer(input));
            }
        }
        if (op == "MatMul" && m_view.output(node, 0) != ValueIndex::None)
            m_context.footprint->addReaders(m_view, m_view.output(node, 0));
    }

    void note(NodeIndex node, const Propagated& propagated)
    {
        m_found.between.push_back(node);
        if (propagated.pad)
            m_found.pads.push_back(*propagated.pad);
    }

    const FoldContext& m_context;
    const GraphView& m_view;
    Found& m_found;
    std::map<NodeIndex, Waiting> m_waiting; // Splits
    std::set<NodeIndex> m_left;             // Splits whose input has been visited
    std::set<NodeIndex> m_joined;           // Concats that were passed downward
    std::size_t m_work = 0;
};

} // namespace

Verdict<Found> searchBefore(const FoldContext& context, ValueIndex value, NodeIndex reader,
                            const Affine& affine)
{
    Found found;
    if (value != ValueIndex::None && context.view.scope(value) != context.view.scope(reader))
        return refuse(Reason::Captured,
                      sentence("{}, between the two, is read inside a subgraph", named(context.view, value)),
                      blame(context.view, value));
    if (auto reached = Search(context, found).upFrom(value, reader, affine); !reached)
        return tl::make_unexpected(reached.error());
    if (found.targets.empty())
        return noNeighbour(context.view, value);
    return found;
}

Verdict<Found> searchAfter(const FoldContext& context, ValueIndex value, const Affine& affine)
{
    Found found;
    if (auto reached = Search(context, found).down(value, affine, 0); !reached)
        return tl::make_unexpected(reached.error());
    if (found.targets.empty())
        return noNeighbour(context.view, value);
    return found;
}

} // namespace pleat
