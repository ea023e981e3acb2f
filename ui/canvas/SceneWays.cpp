// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/SceneWays.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pleat::ui {

namespace {

enum class Along { Edges, AgainstEdges };

// Those that can be reached, with where it starts; ascending.
std::vector<std::uint32_t> reached(const GraphScene& scene, std::vector<std::uint32_t> from, Along along)
{
    std::vector<std::vector<std::uint32_t>> next(scene.nodes.size());
    for (const SceneEdge& edge : scene.edges) {
        if (edge.gone)
            continue;
        if (along == Along::Edges)
            next[edge.from].push_back(edge.to);
        else
            next[edge.to].push_back(edge.from);
    }
    std::vector<char> seen(scene.nodes.size(), 0);
    for (const std::uint32_t node : from)
        seen[node] = 1;
    while (!from.empty()) {
        const std::uint32_t node = from.back();
        from.pop_back();
        for (const std::uint32_t other : next[node])
            if (std::exchange(seen[other], 1) == 0)
                from.push_back(other);
    }
    std::vector<std::uint32_t> all;
    for (std::uint32_t node = 0; node < seen.size(); ++node)
        if (seen[node])
            all.push_back(node);
    return all;
}

} // namespace

std::vector<std::uint32_t> nodesUpTo(const GraphScene& scene, const std::vector<std::uint32_t>& nodes)
{
    return reached(scene, nodes, Along::AgainstEdges);
}

std::vector<std::uint32_t> nodesBetween(const GraphScene& scene, std::uint32_t one, std::uint32_t other)
{
    for (const auto& [first, last] : {std::pair(one, other), std::pair(other, one)}) {
        const auto behind = reached(scene, {first}, Along::Edges);
        if (!std::ranges::binary_search(behind, last))
            continue;
        std::vector<std::uint32_t> between;
        std::ranges::set_intersection(behind, reached(scene, {last}, Along::AgainstEdges),
                                      std::back_inserter(between));
        return between;
    }
    return {};
}

} // namespace pleat::ui
