// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/compare/TensorMatch.h"

#include "core/graph/Constants.h"
#include "core/graph/StoredTensors.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

namespace {

constexpr int mostLinks = 64; // between a constant and its reader

// The scope's path and something in it, as one word; no name holds the character between.
std::string key(const GraphView& view, ScopeIndex scope, std::string_view name)
{
    return view.scopes()[index(scope)].path + '\n' + std::string(name);
}

// What the nodes that read the value are called by `by`, each with the input that reads it.
std::vector<std::string> readerKeys(const GraphView& view, ValueIndex value, MatchedBy by, int links = 0)
{
    std::vector<std::string> keys;
    for (const Use& use : view.uses(value)) {
        if (links < mostLinks && isConstantChainLink(view, use.node)) {
            for (std::string& further : readerKeys(view, view.output(use.node, 0), by, links + 1))
                keys.push_back(std::move(further));
            continue;
        }
        const std::string_view called =
            by == MatchedBy::Output ? view.name(view.output(use.node, 0)) : view.name(use.node);
        if (!called.empty())
            keys.push_back(key(view, view.scope(use.node), called) + '\n' + std::string(view.op(use.node)) +
                           '\n' + std::to_string(use.slot));
    }
    return keys;
}

std::vector<std::string> keysOf(const GraphView& view, ValueIndex value, MatchedBy by)
{
    if (by == MatchedBy::Name)
        return {key(view, view.scope(value), view.name(value))};
    return readerKeys(view, value, by);
}

// The stored value that an input of a node comes from, through operators that hand it on; None: it is
// computed.
ValueIndex storedBehind(const GraphView& view, ValueIndex value)
{
    for (int links = 0; value != ValueIndex::None && links < mostLinks; ++links) {
        const NodeIndex maker = view.producer(value);
        if (maker == NodeIndex::None || view.inputs(maker).empty() || !isConstantChainLink(view, maker))
            return value;
        value = view.input(maker, 0);
    }
    return ValueIndex::None;
}

// Matches what is read at the same inputs of nodes that belong together.
void matchByNodes(const GraphView& before, const GraphView& after, std::span<const NodeMatch> nodes,
                  std::vector<TensorMatch>& matches, std::vector<bool>& taken,
                  std::span<const ValueIndex> now)
{
    std::unordered_map<ValueIndex, TensorMatch*> waiting;
    for (TensorMatch& match : matches)
        if (match.by == MatchedBy::Nobody)
            waiting.emplace(match.before, &match);
    const std::unordered_set<ValueIndex> stored(now.begin(), now.end());
    for (const NodeMatch& node : nodes) {
        if (node.by == NodesMatchedBy::Nobody)
            continue;
        const std::size_t slots =
            std::min(before.inputs(node.before).size(), after.inputs(node.after).size());
        for (std::size_t slot = 0; slot < slots && !waiting.empty(); ++slot) {
            const auto found = waiting.find(storedBehind(before, before.input(node.before, slot)));
            const ValueIndex other = storedBehind(after, after.input(node.after, slot));
            if (found == waiting.end() || !stored.contains(other) || taken[index(other)])
                continue;
            taken[index(other)] = true;
            found->second->after = other;
            found->second->by = MatchedBy::Structure;
            waiting.erase(found);
        }
    }
}

} // namespace

std::vector<TensorMatch> matchTensors(const GraphView& before, const GraphView& after,
                                      std::span<const NodeMatch> nodes)
{
    std::vector<TensorMatch> matches;
    const std::vector<ValueIndex> old = storedValues(before), now = storedValues(after);
    matches.reserve(old.size() + now.size());
    for (const ValueIndex value : old)
        matches.push_back({.before = value});
    std::vector<bool> taken(after.valueCount());
    for (const MatchedBy by : {MatchedBy::Name, MatchedBy::Output, MatchedBy::Node}) {
        std::unordered_map<std::string, ValueIndex> known;
        for (const ValueIndex value : now) {
            if (taken[index(value)])
                continue;
            for (std::string& name : keysOf(after, value, by))
                known.emplace(std::move(name), value);
        }
        for (TensorMatch& match : matches) {
            if (match.by != MatchedBy::Nobody)
                continue;
            for (const std::string& name : keysOf(before, match.before, by)) {
                const auto found = known.find(name);
                if (found == known.end() || taken[index(found->second)])
                    continue;
                taken[index(found->second)] = true;
                match.after = found->second;
                match.by = by;
                break;
            }
        }
    }
    matchByNodes(before, after, nodes, matches, taken, now);
    for (const ValueIndex value : now) {
        if (!taken[index(value)])
            matches.push_back({.after = value});
    }
    return matches;
}

} // namespace pleat
