// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/KeptPlaces.h"

#include "ui/canvas/SceneIndex.h"

#include <algorithm>
#include <map>

namespace pleat::ui {

namespace {

constexpr quint32 gone = ~quint32{0};

// Edges of the previous scene that lead, one after the other, from one surviving node to another through
// removed ones.
using Chain = std::vector<quint32>;

class Splicer final {
public:
    Splicer(GraphScene& next, const GraphScene& previous)
        : m_next(next),
          m_previous(previous),
          m_index(previous)
    {
    }

    bool matchNodes();
    bool placeNodes();
    bool route();
    LayoutResult take() { return std::move(m_result); }

private:
    Chain findChain(quint32 from, quint32 to, quint32 port) const;
    bool search(quint32 node, quint32 to, quint32 port, Chain& chain, std::vector<quint32>& seen) const;
    std::vector<layout::PointF> prefix(const Chain& chain) const;

    GraphScene& m_next;
    const GraphScene& m_previous;
    SceneIndex m_index;             // of the previous scene
    std::vector<quint32> m_oldNode; // next → previous
    std::vector<quint32> m_newNode; // previous → next, or gone
    LayoutResult m_result;
};

bool Splicer::matchNodes()
{
    m_newNode.assign(m_previous.nodes.size(), gone);
    for (quint32 n = 0; n < m_next.nodes.size(); ++n) {
        const int old = m_index.nodeWithKey(m_next.nodes[n].key);
        if (old < 0 || m_newNode[static_cast<quint32>(old)] != gone)
            return false;
        m_oldNode.push_back(static_cast<quint32>(old));
        m_newNode[static_cast<quint32>(old)] = n;
    }
    return true;
}

// A node whose rows changed keeps its top and its middle; it may grow into the room of what was removed.
bool Splicer::placeNodes()
{
    const bool down = m_next.direction == Direction::TopDown;
    for (quint32 n = 0; n < m_next.nodes.size(); ++n) {
        const QRectF& old = m_previous.nodes[m_oldNode[n]].rect;
        const QSizeF size = m_next.nodes[n].rect.size();
        QRectF rect(old.topLeft(), size);
        if (down)
            rect.moveLeft(old.center().x() - size.width() / 2);
        else
            rect.moveTop(old.center().y() - size.height() / 2);
        if (size != old.size()) {
            const QRectF room = rect.adjusted(-4, -4, 4, 4);
            for (const std::uint32_t other : m_index.nodes(m_previous, room))
                if (other != m_oldNode[n] && m_newNode[other] != gone)
                    return false;
        }
        m_result.nodes.push_back({rect.x(), rect.y(), rect.width(), rect.height()});
        m_result.ranks.push_back(m_previous.layout.ranks[m_oldNode[n]]);
    }
    m_result.size = m_previous.layout.size;
    m_result.crossings = m_previous.layout.crossings;
    return true;
}

// Each removed node is looked at once, however many ways lead to it.
bool Splicer::search(quint32 node, quint32 to, quint32 port, Chain& chain, std::vector<quint32>& seen) const
{
    constexpr std::size_t most = 64; // nodes; a fold removes a handful
    if (seen.size() == most || std::ranges::find(seen, node) != seen.end())
        return false;
    seen.push_back(node);
    for (const std::uint32_t e : m_index.edgesOut(static_cast<int>(node))) {
        const SceneEdge& edge = m_previous.edges[e];
        chain.push_back(e);
        if (edge.to == to && edge.toPort == port)
            return true;
        // Chains of removed nodes are as long as what one fold removes.
        if (m_newNode[edge.to] == gone && chain.size() < 16 && search(edge.to, to, port, chain, seen))
            return true;
        chain.pop_back();
    }
    return false;
}

Chain Splicer::findChain(quint32 from, quint32 to, quint32 port) const
{
    Chain chain;
    std::vector<quint32> seen;
    search(from, to, port, chain, seen);
    return chain;
}

// The way of all edges of the chain but the last, as far as the last one's trunk begins.
std::vector<layout::PointF> Splicer::prefix(const Chain& chain) const
{
    std::vector<layout::PointF> points;
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        const layout::Branch& branch = m_previous.layout.branches[chain[i]];
        if (branch.points.empty())
            return {};
        const auto& trunk = m_previous.layout.trunks[branch.trunk].points;
        points.insert(points.end(), trunk.begin(), trunk.begin() + branch.leaves);
        points.insert(points.end(), branch.points.begin(), branch.points.end());
    }
    return points;
}

bool Splicer::route()
{
    m_result.branches.resize(m_next.edges.size());
    // Edges that share the last trunk and the way to it share the new one.
    std::map<std::pair<Chain, std::pair<quint32, quint32>>, std::pair<quint32, quint32>>
        known; // → trunk, points before
    for (quint32 e = 0; e < m_next.edges.size(); ++e) {
        const SceneEdge& edge = m_next.edges[e];
        if (edge.from >= m_oldNode.size() || edge.to >= m_oldNode.size())
            return false;
        const Chain chain = findChain(m_oldNode[edge.from], m_oldNode[edge.to], edge.toPort);
        if (chain.empty())
            return false;
        const layout::Branch& last = m_previous.layout.branches[chain.back()];
        if (last.points.empty()) {
            if (edge.from != edge.to)
                return false;
            continue;
        }
        Chain before = chain;
        before.pop_back();
        const auto [place, isNew] = known.try_emplace({before, {last.trunk, edge.tensor}});
        if (isNew) {
            layout::Trunk trunk{edge.from, edge.tensor, prefix(chain)};
            place->second = {static_cast<quint32>(m_result.trunks.size()),
                             static_cast<quint32>(trunk.points.size())};
            const auto& rest = m_previous.layout.trunks[last.trunk].points;
            trunk.points.insert(trunk.points.end(), rest.begin(), rest.end());
            // The producer may have grown.
            const layout::RectF& from = m_result.nodes[edge.from];
            if (m_next.direction == Direction::TopDown)
                trunk.points.front().y = from.bottom();
            else
                trunk.points.front().x = from.right();
            m_result.trunks.push_back(std::move(trunk));
        }
        const auto [trunk, shift] = place->second;
        m_result.branches[e] = {trunk, last.leaves + shift, last.points};
        m_result.branches[e].points.front() = m_result.trunks[trunk].points[last.leaves + shift];
        // It may have moved with its producer's border only; the arrow goes to the border of the consumer.
        const layout::RectF& to = m_result.nodes[edge.to];
        layout::PointF& tip = m_result.branches[e].points.back();
        if (m_next.direction == Direction::TopDown)
            tip.y = to.y;
        else
            tip.x = to.x;
    }
    return true;
}

} // namespace

bool keepPlaces(GraphScene& next, const GraphScene& previous)
{
    if (previous.layout.nodes.size() != previous.nodes.size() || next.nodes.size() > previous.nodes.size() ||
        !previous.layout.reversed.empty())
        return false;
    prepareLayout(next, previous.direction);
    Splicer splicer(next, previous);
    if (!splicer.matchNodes() || !splicer.placeNodes() || !splicer.route())
        return false;
    placeScene(next, splicer.take());
    return true;
}

} // namespace pleat::ui
