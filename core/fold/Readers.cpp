// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Readers.h"

#include <algorithm>
#include <ranges>

namespace pleat {

namespace {

// The readers that a refusal tells by name: where a thousand batch norms read one tensor, each of them is
// also read by all the others.
std::span<const Use> told(std::span<const Use> uses)
{
    constexpr std::size_t most = 32;
    return uses.first(std::min(uses.size(), most));
}

Sentence others(const GraphView& view, std::span<const Use> uses, NodeIndex except)
{
    std::vector<NodeIndex> nodes;
    for (const Use& use : told(uses)) {
        if (use.node != except && std::ranges::find(nodes, use.node) == nodes.end())
            nodes.push_back(use.node);
    }
    if (nodes.empty())
        return sentence("another input of {}", named(view, except));
    std::vector<Argument> names;
    names.reserve(nodes.size());
    for (const NodeIndex node : nodes)
        names.push_back(named(view, node));
    std::ranges::sort(names, {}, &Argument::text);
    const std::size_t untold = uses.size() - told(uses).size();
    constexpr std::size_t most = 3;
    const std::size_t shown = std::min(names.size(), most), more = names.size() - shown + untold;
    Sentence list = sentence("{}", std::move(names.front()));
    for (Argument& name : names | std::views::take(shown) | std::views::drop(1))
        list = sentence("{}, {}", std::move(list), std::move(name));
    return more == 0 ? list : sentence("{} and {} more", std::move(list), more);
}

// The node of the value's own scope in whose body the reader sits.
NodeIndex ownerIn(const GraphView& view, ScopeIndex scope, NodeIndex reader)
{
    while (view.scope(reader) != scope && view.scopes()[index(view.scope(reader))].owner != NodeIndex::None)
        reader = view.scopes()[index(view.scope(reader))].owner;
    return reader;
}

} // namespace

Verdict<void> requireNotOutput(const GraphView& view, ValueIndex value)
{
    if (!view.isGraphOutput(value))
        return {};
    const bool inner = view.scope(value) != ScopeIndex::Main;
    return refuse(Reason::GraphOutput,
                  inner ? sentence("{}, between the two, is an output of {}", named(view, value),
                                   view.scopes()[index(view.scope(value))].path)
                        : sentence("{}, between the two, is an output of the model", named(view, value)),
                  blame(view, value));
}

Verdict<void> requireNotReadInBody(const GraphView& view, ValueIndex value)
{
    const NodeIndex reader = view.readerInBody(value);
    if (reader == NodeIndex::None)
        return {};
    return refuse(Reason::Captured,
                  sentence("{}, between the two, is read inside a subgraph of {}", named(view, value),
                           named(view, ownerIn(view, view.scope(value), reader))),
                  blame(view, reader));
}

// Whether the value is read by nobody but `reader`, once.
Verdict<void> requireOnlyReader(const GraphView& view, ValueIndex value, NodeIndex reader)
{
    if (auto inner = requireNotOutput(view, value); !inner)
        return inner;
    if (auto inner = requireNotReadInBody(view, value); !inner)
        return inner;
    if (view.uses(value).size() <= 1)
        return {};
    Refusal refusal{Reason::SeveralConsumers,
                    sentence("the output of {} is also read by {}", named(view, view.producer(value)),
                             others(view, view.uses(value), reader)),
                    {},
                    NodeIndex::None};
    for (const Use& use : told(view.uses(value))) {
        if (use.node != reader)
            refusal.blame.push_back(blame(view, use.node));
    }
    if (refusal.blame.empty())
        refusal.blame.push_back(blame(view, value));
    return tl::make_unexpected(std::move(refusal));
}

std::optional<Use> onlyUse(const GraphView& view, ValueIndex value)
{
    if (value == ValueIndex::None || view.isGraphOutput(value) || view.uses(value).size() != 1)
        return std::nullopt;
    const Use& use = view.uses(value).front();
    const NodeIndex producer = view.producer(value);
    if (producer == NodeIndex::None || view.scope(use.node) != view.scope(producer))
        return std::nullopt;
    return use;
}

} // namespace pleat
