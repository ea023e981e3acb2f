// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/Canonical.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

namespace pleat::layout {

namespace {

using Hash = std::uint64_t;

// The finaliser of splitmix64.
Hash mix(Hash x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

Hash combine(Hash a, Hash b)
{
    return mix(a ^ mix(b));
}

struct Graph {
    Index nodes = 0;
    std::vector<LayoutEdge> edges; // without loops and strays
    std::vector<Index> id;         // edge of the input
    Adjacency out, in;             // node → edges
};

Graph cleaned(const LayoutInput& input)
{
    Graph graph;
    graph.nodes = static_cast<Index>(input.nodes.size());
    for (std::size_t i = 0; i < input.edges.size(); ++i) {
        const LayoutEdge& edge = input.edges[i];
        if (edge.from == edge.to || edge.from >= graph.nodes || edge.to >= graph.nodes)
            continue;
        graph.edges.push_back(edge);
        graph.id.push_back(static_cast<Index>(i));
    }
    return graph;
}

void index(Graph& graph)
{
    graph.out = Adjacency::build(graph.nodes, [&](auto add) {
        for (Index e = 0; e < graph.edges.size(); ++e)
            add(graph.edges[e].from, e);
    });
    graph.in = Adjacency::build(graph.nodes, [&](auto add) {
        for (Index e = 0; e < graph.edges.size(); ++e)
            add(graph.edges[e].to, e);
    });
}

// Kahn's order; shorter than the graph if there is a cycle.
std::vector<Index> topologicalOrder(const Graph& graph)
{
    std::vector<Index> waiting(graph.nodes), order;
    order.reserve(graph.nodes);
    for (Index v = 0; v < graph.nodes; ++v) {
        waiting[v] = static_cast<Index>(graph.in.of(v).size());
        if (waiting[v] == 0)
            order.push_back(v);
    }
    for (std::size_t i = 0; i < order.size(); ++i)
        for (const Index e : graph.out.of(order[i]))
            if (--waiting[graph.edges[e].to] == 0)
                order.push_back(graph.edges[e].to);
    return order;
}

Hash ownHash(const LayoutInput& input, Index v)
{
    const SizeF& size = input.nodes[v];
    const Hash key = input.keys.size() == input.nodes.size() ? input.keys[v] : 0;
    return combine(combine(std::bit_cast<Hash>(size.width), std::bit_cast<Hash>(size.height)), key);
}

// A few rounds of Weisfeiler and Lehman: needs no order, so it serves for graphs with cycles.
std::vector<Hash> neighbourhoodHashes(const LayoutInput& input, const Graph& graph)
{
    std::vector<Hash> hash(graph.nodes), next(graph.nodes);
    for (Index v = 0; v < graph.nodes; ++v)
        hash[v] = ownHash(input, v);
    for (int round = 0; round < 8; ++round) {
        for (Index v = 0; v < graph.nodes; ++v) {
            Hash sum = mix(hash[v]); // sums do not depend on the order of the neighbours
            for (const Index e : graph.in.of(v))
                sum += combine(hash[graph.edges[e].from], 2 * Hash{graph.edges[e].toPort} + 1);
            for (const Index e : graph.out.of(v))
                sum += combine(hash[graph.edges[e].to], 2 * Hash{graph.edges[e].toPort});
            next[v] = mix(sum);
        }
        hash.swap(next);
    }
    return hash;
}

// What feeds a node and what it feeds, all the way to the ends of the graph.
std::vector<Hash> structuralHashes(const LayoutInput& input, const Graph& graph,
                                   const std::vector<Index>& order)
{
    std::vector<Hash> hash(graph.nodes);
    for (Index v = 0; v < graph.nodes; ++v)
        hash[v] = ownHash(input, v);
    for (int round = 0; round < 2; ++round) {
        for (const Index v : order) {
            Hash sum = hash[v];
            for (const Index e : graph.in.of(v))
                sum += combine(hash[graph.edges[e].from], graph.edges[e].toPort);
            hash[v] = mix(sum);
        }
        for (auto v = order.rbegin(); v != order.rend(); ++v) {
            Hash sum = hash[*v];
            for (const Index e : graph.out.of(*v))
                sum += combine(hash[graph.edges[e].to], graph.edges[e].toPort + Hash{7});
            hash[*v] = mix(sum);
        }
    }
    return hash;
}

// Turns every edge that leads back to a node of the current depth-first path; roots in canonical order.
std::vector<bool> reverseBackEdges(Graph& graph, const std::vector<Hash>& hash)
{
    std::vector<Index> roots(graph.nodes);
    std::iota(roots.begin(), roots.end(), 0);
    std::sort(roots.begin(), roots.end(), [&](Index a, Index b) {
        const bool sourceA = graph.in.of(a).empty(), sourceB = graph.in.of(b).empty();
        return std::tuple(!sourceA, hash[a]) < std::tuple(!sourceB, hash[b]);
    });
    for (Index v = 0; v < graph.nodes; ++v)
        std::ranges::sort(graph.out.of(v), {}, [&](Index e) { return hash[graph.edges[e].to]; });

    enum : char { Unseen, OnPath, Done };
    std::vector<char> state(graph.nodes, Unseen);
    std::vector<bool> reversed(graph.edges.size(), false);
    std::vector<std::pair<Index, std::size_t>> path;
    for (const Index root : roots) {
        if (state[root] != Unseen)
            continue;
        state[root] = OnPath;
        path.emplace_back(root, 0);
        while (!path.empty()) {
            auto& [v, at] = path.back();
            const auto edges = graph.out.of(v);
            if (at == edges.size()) {
                state[v] = Done;
                path.pop_back();
                continue;
            }
            const Index e = edges[at++];
            const Index to = graph.edges[e].to;
            if (state[to] == OnPath) {
                reversed[e] = true;
            } else if (state[to] == Unseen) {
                state[to] = OnPath;
                path.emplace_back(to, 0);
            }
        }
    }
    for (std::size_t e = 0; e < graph.edges.size(); ++e)
        if (reversed[e])
            std::swap(graph.edges[e].from, graph.edges[e].to);
    return reversed;
}

std::vector<Index> componentOf(const Graph& graph)
{
    std::vector<Index> parent(graph.nodes);
    std::iota(parent.begin(), parent.end(), 0);
    const auto root = [&](Index v) {
        while (parent[v] != v)
            v = parent[v] = parent[parent[v]];
        return v;
    };
    for (const LayoutEdge& edge : graph.edges)
        parent[root(edge.from)] = root(edge.to);
    for (Index v = 0; v < graph.nodes; ++v)
        parent[v] = root(v);
    return parent;
}

Insets turned(const Insets& insets)
{
    return {insets.top, insets.left, insets.bottom, insets.right};
}

void finish(Part& part)
{
    std::ranges::sort(part.arcs, {},
                      [](const Arc& a) { return std::tuple(a.from, a.tensor, a.to, a.toPort, a.edge); });
    const Index count = part.nodes();
    part.out = Adjacency::build(count, [&](auto add) {
        for (Index a = 0; a < part.arcs.size(); ++a)
            add(part.arcs[a].from, a);
    });
    part.in = Adjacency::build(count, [&](auto add) {
        for (Index a = 0; a < part.arcs.size(); ++a)
            add(part.arcs[a].to, a);
    });
    part.topological.resize(count);
    std::iota(part.topological.begin(), part.topological.end(), 0); // canonical order begins with the depth
}

} // namespace

std::vector<Part> canonicalParts(const LayoutInput& input)
{
    Graph graph = cleaned(input);
    index(graph);
    std::vector<Index> order = topologicalOrder(graph);
    std::vector<bool> reversed(graph.edges.size(), false);
    if (order.size() < graph.nodes) {
        reversed = reverseBackEdges(graph, neighbourhoodHashes(input, graph));
        index(graph);
        order = topologicalOrder(graph);
    }
    const std::vector<Hash> hash = structuralHashes(input, graph, order);
    std::vector<Index> depth(graph.nodes, 0);
    for (const Index v : order)
        for (const Index e : graph.out.of(v))
            depth[graph.edges[e].to] = std::max(depth[graph.edges[e].to], depth[v] + 1);

    const std::vector<Index> component = componentOf(graph);
    std::vector<Index> size(graph.nodes, 0);
    std::vector<Hash> componentHash(graph.nodes, 0);
    for (Index v = 0; v < graph.nodes; ++v) {
        ++size[component[v]];
        componentHash[component[v]] += mix(hash[v]);
    }
    std::vector<Index> canonical(graph.nodes);
    std::iota(canonical.begin(), canonical.end(), 0);
    std::ranges::sort(canonical, {}, [&](Index v) {
        const Index c = component[v];
        return std::tuple(~size[c], componentHash[c], c, depth[v], hash[v], v);
    });

    const bool sideways = input.direction == Direction::LeftRight;
    std::vector<Part> parts;
    std::vector<Index> partOf(graph.nodes), numberOf(graph.nodes);
    for (std::size_t i = 0; i < canonical.size(); ++i) {
        const Index v = canonical[i];
        if (i == 0 || component[v] != component[canonical[i - 1]])
            parts.emplace_back();
        Part& part = parts.back();
        partOf[v] = static_cast<Index>(parts.size() - 1);
        numberOf[v] = part.nodes();
        part.node.push_back(v);
        const SizeF s = input.nodes[v];
        part.size.push_back(sideways ? SizeF{s.height, s.width} : s);
        const Insets insets = input.insets.size() == input.nodes.size() ? input.insets[v] : Insets{};
        part.insets.push_back(sideways ? turned(insets) : insets);
    }
    for (Index e = 0; e < graph.edges.size(); ++e) {
        const LayoutEdge& edge = graph.edges[e];
        Arc arc{numberOf[edge.from], numberOf[edge.to], edge.tensor, graph.id[e],
                edge.toPort,         reversed[e],       edge.rigid};
        if (arc.reversed)
            arc.tensor = none - graph.id[e]; // no other arc runs its way
        parts[partOf[edge.from]].arcs.push_back(arc);
    }
    for (Part& part : parts)
        finish(part);
    return parts;
}

} // namespace pleat::layout
