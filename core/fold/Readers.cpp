// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Readers.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat {

namespace {

// The readers that a refusal tells by name: where a thousand batch norms read one tensor, each of them is
// also read by all the others.
std::span<const Use> told(std::span<const Use> uses)
{
    constexpr std::size_t most = 32;
    return uses.first(std::min(uses.size(), most));
}

std::string others(const GraphView& view, std::span<const Use> uses, NodeIndex except)
{
    std::vector<std::string> names;
    for (const Use& use : told(uses)) {
        if (use.node != except)
            names.push_back(view.label(use.node));
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    constexpr std::size_t most = 3;
    if (names.empty())
        return "another input of " + view.label(except);
    const std::size_t untold = uses.size() - told(uses).size();
    if (names.size() + untold <= most)
        return fmt::format("{}", fmt::join(names, ", "));
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most));
    return fmt::format("{} and {} more", fmt::join(names.begin(), end, ", "),
                       names.size() + untold - std::min(names.size(), most));
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
                  fmt::format("{}, between the two, is an output of {}", view.name(value),
                              inner ? view.scopes()[index(view.scope(value))].path : "the model"),
                  blame(view, value));
}

Verdict<void> requireNotReadInBody(const GraphView& view, ValueIndex value)
{
    const NodeIndex reader = view.readerInBody(value);
    if (reader == NodeIndex::None)
        return {};
    return refuse(Reason::Captured,
                  fmt::format("{}, between the two, is read inside a subgraph of {}", view.name(value),
                              view.label(ownerIn(view, view.scope(value), reader))),
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
                    fmt::format("the output of {} is also read by {}", view.label(view.producer(value)),
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
