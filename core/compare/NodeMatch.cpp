// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/compare/NodeMatch.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"

#include <algorithm>
#include <deque>
#include <map>
#include <onnx/onnx_pb.h>
#include <string>
#include <unordered_map>

namespace pleat {

namespace {

constexpr int rounds = 4; // how far around a node its hash looks
constexpr int passes = 8; // hashes and walks, until nothing more is found

using Hash = std::uint64_t;

// Fibonacci hashing's constant, as boost::hash_combine has it for 64 bits.
Hash mixed(Hash seed, Hash value)
{
    return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 12) + (seed >> 4));
}

Hash hashOf(std::string_view text)
{
    return std::hash<std::string_view>()(text);
}

enum class Strictness {
    Same,     // all that the node is by itself
    Operator, // an attribute or a size may be another one
    Any       // and which of several it is, is said by the order of the file
};

// One of the two models, with what is known of its nodes.
struct MatchSide {
    explicit MatchSide(const GraphView& of)
        : view(of),
          partner(of.nodeCount(), NodeIndex::None),
          by(of.nodeCount(), NodesMatchedBy::Nobody),
          own(of.nodeCount()),
          around(of.nodeCount())
    {
        for (std::size_t s = 0; s < of.scopes().size(); ++s)
            if (of.scopes()[s].owner != NodeIndex::None)
                bodies[of.scopes()[s].owner].push_back(static_cast<ScopeIndex>(s));
    }

    const GraphView& view;
    std::vector<NodeIndex> partner;
    std::vector<NodesMatchedBy> by;
    std::vector<Hash> own;    // what the node is
    std::vector<Hash> around; // and what it stands between
    std::unordered_map<NodeIndex, std::vector<ScopeIndex>> bodies;

    bool isFree(NodeIndex node) const
    {
        return node != NodeIndex::None && partner[index(node)] == NodeIndex::None;
    }
    std::vector<NodeIndex> freeOf(ScopeIndex scope) const
    {
        std::vector<NodeIndex> nodes;
        for (const NodeIndex node : view.scopes()[index(scope)].nodes)
            if (isFree(node))
                nodes.push_back(node);
        return nodes;
    }
    std::span<const ScopeIndex> bodiesOf(NodeIndex node) const
    {
        const auto found = bodies.find(node);
        return found == bodies.end() ? std::span<const ScopeIndex>() : std::span(found->second);
    }
    // "then_branch": what a body is to its node.
    std::string_view bodyName(ScopeIndex scope) const
    {
        const std::string_view path = view.scopes()[index(scope)].path;
        return path.substr(path.rfind('.') + 1);
    }
    Hash hash(NodeIndex node, Strictness strictness) const
    {
        return strictness == Strictness::Same ? own[index(node)]
                                              : mixed(hashOf(view.domain(node)), hashOf(view.op(node)));
    }
    std::string operation(NodeIndex node) const
    {
        return std::string(view.domain(node)) + ':' + std::string(view.op(node));
    }
};

// What a node is by itself: operator, attributes but graphs, how many inputs and outputs, forms of its
// constants.
Hash ownHash(const GraphView& view, NodeIndex node)
{
    Hash hash = mixed(hashOf(view.domain(node)), hashOf(view.op(node)));
    for (const std::string& attribute : whatAttributesSay(*view.entry(node).proto))
        hash = mixed(hash, hashOf(attribute));
    for (const ValueIndex output : view.outputs(node))
        hash = mixed(hash, output == ValueIndex::None ? 1 : 2);
    for (const ValueIndex input : view.inputs(node)) {
        const Initializer* stored = view.initializer(input);
        hash = mixed(hash, input == ValueIndex::None ? 3 : 4);
        if (!stored)
            continue;
        const TensorView tensor = tensorView(stored->tensor);
        hash = mixed(hash, static_cast<Hash>(tensor.type()));
        for (const std::int64_t dim : tensor.dims())
            hash = mixed(hash, static_cast<Hash>(dim));
    }
    return hash;
}

class NodeMatcher final {
public:
    NodeMatcher(const GraphView& before, const GraphView& after) : m_old(before), m_now(after) {}

    std::vector<NodeMatch> run()
    {
        for (MatchSide* side : {&m_old, &m_now})
            for (const Scope& scope : side->view.scopes())
                for (const NodeIndex node : scope.nodes)
                    side->own[index(node)] = ownHash(side->view, node);
        m_scopes.emplace_back(ScopeIndex::Main, ScopeIndex::Main);
        std::unordered_map<std::string_view, ScopeIndex> functions;
        const auto eachFunction = [](const GraphView& view, const auto& visit) {
            for (std::size_t s = 0; s < view.scopes().size(); ++s)
                if (view.scopes()[s].function >= 0 && view.scopes()[s].owner == NodeIndex::None)
                    visit(std::string_view(view.scopes()[s].path), static_cast<ScopeIndex>(s));
        };
        eachFunction(m_now.view,
                     [&](std::string_view path, ScopeIndex scope) { functions.emplace(path, scope); });
        eachFunction(m_old.view, [&](std::string_view path, ScopeIndex scope) {
            if (const auto found = functions.find(path); found != functions.end())
                m_scopes.emplace_back(scope, found->second);
        });
        for (; !m_scopes.empty(); m_scopes.pop_front())
            matchScopes(m_scopes.front().first, m_scopes.front().second);
        return matches();
    }

private:
    void match(NodeIndex before, NodeIndex after, NodesMatchedBy by)
    {
        m_old.partner[index(before)] = after;
        m_now.partner[index(after)] = before;
        m_old.by[index(before)] = m_now.by[index(after)] = by;
        m_matched.emplace_back(before, after);
        for (const ScopeIndex body : m_old.bodiesOf(before))
            for (const ScopeIndex other : m_now.bodiesOf(after))
                if (m_old.bodyName(body) == m_now.bodyName(other))
                    m_scopes.emplace_back(body, other);
    }

    void matchScopes(ScopeIndex before, ScopeIndex after)
    {
        m_scope = {before, after};
        m_matched.clear();
        const auto name = [](const MatchSide& side, NodeIndex node) {
            return std::string(side.view.name(node));
        };
        const auto output = [](const MatchSide& side, NodeIndex node) {
            return std::string(side.view.name(side.view.output(node, 0)));
        };
        const auto withOperator = [](const auto& called) {
            return [called](const MatchSide& side, NodeIndex node) {
                const std::string text = called(side, node);
                return text.empty() ? text : side.operation(node) + '\n' + text;
            };
        };
        matchByKey(before, after, NodesMatchedBy::Name, withOperator(name));
        matchByKey(before, after, NodesMatchedBy::Output, withOperator(output));
        matchByStructure(before, after);
        matchByKey(before, after, NodesMatchedBy::Name, name);
        matchByKey(before, after, NodesMatchedBy::Output, output);
    }

    // Nodes whose key is there once on each side; an empty key is none.
    template<typename KeyOf>
    void matchByKey(ScopeIndex before, ScopeIndex after, NodesMatchedBy by, const KeyOf& keyOf)
    {
        struct Found {
            NodeIndex before = NodeIndex::None, after = NodeIndex::None;
            bool twice = false;
        };
        using Key = std::decay_t<decltype(keyOf(m_old, NodeIndex()))>;
        std::unordered_map<Key, Found> found;
        std::vector<Key> order;
        const auto gather = [&](const MatchSide& side, ScopeIndex scope, NodeIndex Found::*which) {
            for (const NodeIndex node : side.freeOf(scope)) {
                const Key key = keyOf(side, node);
                if (key == Key())
                    continue;
                Found& entry = found[key];
                entry.twice = entry.twice || entry.*which != NodeIndex::None;
                entry.*which = node;
                if (which == &Found::before)
                    order.push_back(key);
            }
        };
        gather(m_old, before, &Found::before);
        gather(m_now, after, &Found::after);
        for (const Key& key : order) {
            const Found& entry = found[key];
            if (!entry.twice && entry.after != NodeIndex::None)
                match(entry.before, entry.after, by);
        }
    }

    void matchByStructure(ScopeIndex before, ScopeIndex after)
    {
        const auto isDone = [&] { return m_old.freeOf(before).empty() || m_now.freeOf(after).empty(); };
        for (int pass = 0; pass < passes && !isDone(); ++pass) {
            const std::size_t known = m_matched.size();
            walk(before, after, Strictness::Same);
            hashAround(m_old, before);
            hashAround(m_now, after);
            matchByKey(before, after, NodesMatchedBy::Structure,
                       [](const MatchSide& side, NodeIndex node) { return side.around[index(node)]; });
            walk(before, after, Strictness::Same);
            if (m_matched.size() == known)
                walk(before, after, Strictness::Operator); // an attribute or a size is another one
            if (m_matched.size() == known)
                walk(before, after, Strictness::Any); // as good as its neighbours: in the order of the file
            if (m_matched.size() == known)
                break;
        }
    }

    // What a matched node is to both models.
    Hash anchor(const MatchSide& side, NodeIndex node) const
    {
        const NodeIndex before = &side == &m_old ? node : side.partner[index(node)];
        return mixed(0x6d617463, static_cast<Hash>(index(before)));
    }

    void hashAround(MatchSide& side, ScopeIndex scope)
    {
        const GraphView& view = side.view;
        const Scope& graph = view.scopes()[index(scope)];
        std::unordered_map<ValueIndex, Hash> inputs;
        for (std::size_t i = 0; i < graph.inputs.size(); ++i)
            inputs.emplace(graph.inputs[i], mixed(0x696e, i));
        for (const NodeIndex node : graph.nodes)
            side.around[index(node)] = side.isFree(node) ? side.own[index(node)] : anchor(side, node);
        const std::vector<NodeIndex> free = side.freeOf(scope);
        std::vector<Hash> next(free.size());
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t n = 0; n < free.size(); ++n) {
                Hash hash = side.around[index(free[n])];
                for (const ValueIndex input : view.inputs(free[n])) {
                    const NodeIndex producer = view.producer(input);
                    const auto outer = inputs.find(input);
                    hash = mixed(hash, producer != NodeIndex::None
                                           ? mixed(side.around[index(producer)], view.producerSlot(input))
                                       : outer != inputs.end() ? outer->second
                                                               : 0);
                }
                for (const ValueIndex output : view.outputs(free[n])) {
                    Hash readers = view.isGraphOutput(output) ? 0x6f7574 : 0; // a sum: they have no order
                    for (const Use& use : view.uses(output))
                        readers += mixed(side.around[index(use.node)], use.slot);
                    hash = mixed(hash, readers);
                }
                next[n] = hash;
            }
            for (std::size_t n = 0; n < free.size(); ++n)
                side.around[index(free[n])] = next[n];
        }
    }

    // From what is matched along the edges: who reads the same output at the same input, who makes the same
    // input.
    void walk(ScopeIndex before, ScopeIndex after, Strictness strictness)
    {
        const Scope& old = m_old.view.scopes()[index(before)];
        const Scope& now = m_now.view.scopes()[index(after)];
        for (std::size_t i = 0; i < std::min(old.inputs.size(), now.inputs.size()); ++i)
            alongReaders(old.inputs[i], now.inputs[i], strictness);
        for (std::size_t i = 0; i < std::min(old.outputs.size(), now.outputs.size()); ++i)
            alongMaker(old.outputs[i], now.outputs[i], strictness);
        for (std::size_t n = 0; n < m_matched.size(); ++n) { // grows meanwhile
            const auto [left, right] = m_matched[n];
            const auto outputs = m_old.view.outputs(left), others = m_now.view.outputs(right);
            for (std::size_t slot = 0; slot < std::min(outputs.size(), others.size()); ++slot)
                alongReaders(outputs[slot], others[slot], strictness);
            const auto inputs = m_old.view.inputs(left), otherInputs = m_now.view.inputs(right);
            for (std::size_t slot = 0; slot < std::min(inputs.size(), otherInputs.size()); ++slot)
                alongMaker(inputs[slot], otherInputs[slot], strictness);
        }
    }

    // Free readers of a value in its own scope.
    static std::vector<Use> freeReaders(const MatchSide& side, ValueIndex value)
    {
        std::vector<Use> readers;
        for (const Use& use : side.view.uses(value))
            if (side.isFree(use.node) && side.view.scope(use.node) == side.view.scope(value))
                readers.push_back(use);
        return readers;
    }

    void alongReaders(ValueIndex before, ValueIndex after, Strictness strictness, bool mayPass = true)
    {
        if (before == ValueIndex::None || after == ValueIndex::None)
            return;
        struct Both {
            std::vector<NodeIndex> before, after;
        };
        std::map<Hash, Both> alike; // by what they are and which input it is
        for (const Use& use : freeReaders(m_old, before))
            alike[mixed(m_old.hash(use.node, strictness), use.slot)].before.push_back(use.node);
        for (const Use& use : freeReaders(m_now, after))
            alike[mixed(m_now.hash(use.node, strictness), use.slot)].after.push_back(use.node);
        for (const auto& [hash, nodes] : alike) {
            const std::size_t pairs = std::min(nodes.before.size(), nodes.after.size());
            if (strictness != Strictness::Any && nodes.before.size() + nodes.after.size() != 2)
                continue;
            for (std::size_t n = 0; n < pairs; ++n)
                if (m_old.isFree(nodes.before[n]) && m_now.isFree(nodes.after[n])) // it may read it twice
                    match(nodes.before[n], nodes.after[n], NodesMatchedBy::Structure);
        }
        if (!mayPass || strictness == Strictness::Same)
            return;
        // What is left may have been taken away, or be new: one node further.
        for (const Use& use : freeReaders(m_old, before))
            if (use.slot == 0)
                alongReaders(m_old.view.output(use.node, 0), after, strictness, false);
        for (const Use& use : freeReaders(m_now, after))
            if (use.slot == 0)
                alongReaders(before, m_now.view.output(use.node, 0), strictness, false);
    }

    void alongMaker(ValueIndex before, ValueIndex after, Strictness strictness)
    {
        const NodeIndex maker = m_old.view.producer(before), other = m_now.view.producer(after);
        if (m_old.isFree(maker) && m_now.isFree(other) && m_old.view.scope(maker) == m_scope.first &&
            m_now.view.scope(other) == m_scope.second &&
            m_old.view.producerSlot(before) == m_now.view.producerSlot(after) &&
            m_old.hash(maker, strictness) == m_now.hash(other, strictness))
            match(maker, other, NodesMatchedBy::Structure);
    }

    std::vector<NodeMatch> matches() const
    {
        std::vector<NodeMatch> all;
        const auto each = [](const MatchSide& side, const auto& visit) {
            for (const Scope& scope : side.view.scopes())
                for (const NodeIndex node : scope.nodes)
                    visit(node);
        };
        each(m_old, [&](NodeIndex node) {
            all.push_back({node, m_old.partner[index(node)], m_old.by[index(node)]});
        });
        each(m_now, [&](NodeIndex node) {
            if (m_now.isFree(node))
                all.push_back({.after = node});
        });
        return all;
    }

    MatchSide m_old, m_now;
    std::deque<std::pair<ScopeIndex, ScopeIndex>> m_scopes; // to be held against each other
    std::pair<ScopeIndex, ScopeIndex> m_scope;
    std::vector<std::pair<NodeIndex, NodeIndex>> m_matched; // in these two
};

} // namespace

std::vector<NodeMatch> matchNodes(const GraphView& before, const GraphView& after)
{
    return NodeMatcher(before, after).run();
}

} // namespace pleat
