// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/compare/TensorMatch.h"

#include "core/graph/Constants.h"
#include "core/graph/StoredTensors.h"

#include <unordered_map>

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

} // namespace

std::vector<TensorMatch> matchTensors(const GraphView& before, const GraphView& after)
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
    for (const ValueIndex value : now) {
        if (!taken[index(value)])
            matches.push_back({.after = value});
    }
    return matches;
}

} // namespace pleat
