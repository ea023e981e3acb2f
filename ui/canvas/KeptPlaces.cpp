// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/KeptPlaces.h"

#include <algorithm>

namespace pleat::ui {

KeptPlaces::KeptPlaces(const IndexedScene& laidOut, const GraphScene& scene)
    : m_laidOut(laidOut.scene),
      m_index(*laidOut.index),
      m_scene(scene),
      m_nextFrame(laidOut.index->laidOutFrames())
{
}

void KeptPlaces::setNode(quint32 number, SceneNode node)
{
    node.gone = false;
    if (isGone(number))
        m_back.insert(number);
    m_scene.nodes.change(number) = std::move(node);
    m_nodes.insert(number);
}

void KeptPlaces::removeNode(quint32 number)
{
    if (!m_scene.nodes[number].gone)
        m_scene.nodes.change(number).gone = true;
    if (m_scene.frameOf[number] >= 0)
        m_scene.frameOf.change(number) = -1;
}

void KeptPlaces::setEdge(quint32 number, SceneEdge edge)
{
    edge.gone = false;
    m_scene.edges.change(number) = std::move(edge);
    m_edges.insert(number);
}

void KeptPlaces::removeEdge(quint32 number)
{
    if (!m_scene.edges[number].gone)
        m_scene.edges.change(number).gone = true;
    m_edges.erase(number);
}

// Where a frame was laid out round these nodes, that one's.
quint32 KeptPlaces::freeFrame(const std::vector<quint32>& nodes)
{
    const int was = m_laidOut.frameOf[nodes.front()];
    const bool same =
        was >= 0 && std::ranges::all_of(nodes, [&](quint32 n) { return m_laidOut.frameOf[n] == was; });
    if (same && m_scene.frames[static_cast<std::size_t>(was)].nodes.empty())
        return static_cast<quint32>(was);
    while (m_nextFrame < m_scene.frames.size() && !m_scene.frames[m_nextFrame].nodes.empty())
        ++m_nextFrame;
    return m_nextFrame;
}

quint32 KeptPlaces::addFrame(SceneFrame frame)
{
    const quint32 number = freeFrame(frame.nodes);
    for (const quint32 node : frame.nodes)
        m_scene.frameOf.change(node) = static_cast<int>(number);
    if (number == m_scene.frames.size())
        m_scene.frames.push_back(frame);
    else
        m_scene.frames.change(number) = std::move(frame);
    m_frames.insert(number);
    return number;
}

void KeptPlaces::removeFrame(quint32 number)
{
    for (const quint32 node : m_scene.frames[number].nodes) {
        if (m_scene.frameOf[node] == static_cast<int>(number))
            m_scene.frameOf.change(node) = -1;
        m_nodes.insert(node); // its room is another one
    }
    m_scene.frames.change(number) = {};
    m_frames.erase(number);
}

bool KeptPlaces::finish()
{
    for (const quint32 number : m_nodes) {
        if (!isGone(number) && !placeNode(number))
            return false;
    }
    for (const quint32 number : m_nodes) { // all of them have their places by now
        if (!isGone(number) && !hasRoom(number))
            return false;
    }
    for (const quint32 number : m_edges) {
        if (!route(number))
            return false;
    }
    for (const quint32 number : m_nodes) { // a frame goes round its nodes as they are now
        if (!isGone(number) && m_scene.frameOf[number] >= 0)
            m_frames.insert(static_cast<quint32>(m_scene.frameOf[number]));
    }
    const QFontMetricsF badge(SceneFonts::standard().badge);
    for (const quint32 number : m_frames) {
        placeFrame(m_scene, m_scene.frames.change(number), badge);
        for (const quint32 node : m_scene.frames[number].nodes)
            m_nodes.insert(node);
    }
    for (const quint32 number : m_nodes)
        keepClear(number);
    return true;
}

// A node whose rows changed keeps its top and its middle; it may grow into the room of what was removed.
bool KeptPlaces::placeNode(quint32 number)
{
    const QRectF& old = m_laidOut.nodes[number].rect;
    const QSizeF size = m_scene.nodes[number].rect.size();
    QRectF rect(old.topLeft(), size);
    if (m_scene.direction == Direction::TopDown)
        rect.moveLeft(old.center().x() - size.width() / 2);
    else
        rect.moveTop(old.center().y() - size.height() / 2);
    constexpr double slack = SceneIndex::slack;
    if (!old.adjusted(-slack, -slack, slack, slack).contains(rect))
        return false;
    m_scene.nodes.change(number).rect = rect;
    return true;
}

// Nodes that are as they were laid out do not touch.
bool KeptPlaces::hasRoom(quint32 number) const
{
    const auto grew = [&](quint32 n) {
        return m_scene.nodes[n].rect.size() != m_laidOut.nodes[n].rect.size();
    };
    if (!grew(number) && !m_back.contains(number))
        return true;
    const auto around = m_index.nodes(m_scene, m_scene.nodes[number].rect.adjusted(-4, -4, 4, 4));
    return std::ranges::none_of(
        around, [&](std::uint32_t other) { return other != number && (grew(number) || grew(other)); });
}

// Each node that is gone is looked at once, however many ways lead to it. `target` is the last edge.
bool KeptPlaces::search(quint32 node, quint32 target, Chain& chain, std::vector<quint32>& seen) const
{
    constexpr std::size_t most = 64; // nodes; a fold removes a handful
    if (seen.size() == most || std::ranges::find(seen, node) != seen.end())
        return false;
    seen.push_back(node);
    for (const std::uint32_t e : m_index.laidOutEdgesOut(node)) {
        const quint32 to = m_laidOut.edges[e].to;
        chain.push_back(e);
        // Chains of removed nodes are as long as what one fold removes.
        if (e == target || (isGone(to) && chain.size() < 16 && search(to, target, chain, seen)))
            return true;
        chain.pop_back();
    }
    return false;
}

// The way of all edges of the chain but the last, as far as the last one's trunk begins.
std::vector<layout::PointF> KeptPlaces::prefix(const Chain& chain) const
{
    std::vector<layout::PointF> points;
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        const layout::Branch& branch = m_laidOut.layout.branches[chain[i]];
        if (branch.points.empty())
            return {};
        const auto& trunk = m_laidOut.layout.trunks[branch.trunk].points;
        points.insert(points.end(), trunk.begin(), trunk.begin() + branch.leaves);
        points.insert(points.end(), branch.points.begin(), branch.points.end());
    }
    return points;
}

bool KeptPlaces::route(quint32 number)
{
    const SceneEdge& edge = m_scene.edges[number];
    Chain chain;
    std::vector<quint32> seen;
    if (!search(edge.from, number, chain, seen))
        return false;
    const layout::Branch& last = m_laidOut.layout.branches[number];
    if (last.points.empty())
        return edge.from == edge.to;
    chain.pop_back();
    // All that leave a node that is gone come the same way now.
    const auto [known, isNew] = m_trunks.try_emplace(last.trunk, chain);
    if (!isNew && known->second != chain)
        return false;
    chain.push_back(number);
    const bool down = m_scene.direction == Direction::TopDown;
    std::vector<layout::PointF> before = prefix(chain);
    const auto shift = static_cast<std::uint32_t>(before.size());
    if (isNew) {
        layout::Trunk trunk{edge.from, edge.tensor, std::move(before)};
        const auto& rest = m_laidOut.layout.trunks[last.trunk].points;
        trunk.points.insert(trunk.points.end(), rest.begin(), rest.end());
        // The producer may have grown.
        const QRectF& from = m_scene.nodes[edge.from].rect;
        (down ? trunk.points.front().y : trunk.points.front().x) = down ? from.bottom() : from.right();
        m_scene.layout.setTrunk(last.trunk, std::move(trunk));
    }
    layout::Branch branch{last.trunk, last.leaves + shift, last.points};
    branch.points.front() = m_scene.layout.trunks[last.trunk].points[branch.leaves];
    // It may have moved with its producer's border only; the arrow goes to the border of the consumer.
    const QRectF& to = m_scene.nodes[edge.to].rect;
    layout::PointF& tip = branch.points.back();
    (down ? tip.y : tip.x) = down ? to.top() : to.left();
    m_scene.layout.setBranch(number, std::move(branch));
    return true;
}

// As prepareLayout() does it for all nodes.
void KeptPlaces::keepClear(quint32 number)
{
    const int frame = m_scene.frameOf[number];
    const auto inFrame = [&](quint32 node) { return frame >= 0 && m_scene.frameOf[node] == frame; };
    const auto edgesIn = m_index.edgesIn(m_scene, static_cast<int>(number));
    const auto edgesOut = m_index.edgesOut(m_scene, static_cast<int>(number));
    const bool first =
        std::ranges::none_of(edgesIn, [&](std::uint32_t e) { return inFrame(m_scene.edges[e].from); });
    const bool last =
        std::ranges::none_of(edgesOut, [&](std::uint32_t e) { return inFrame(m_scene.edges[e].to); });
    const FrameRoom room = frameRoom(m_scene.direction);
    SceneNode& node = m_scene.nodes.change(number);
    node.clearBefore = frame >= 0 && first ? room.before : 0;
    node.clearAfter = frame >= 0 && last ? room.after : 0;
}

std::optional<KeptScene> keepPlaces(const GraphScene& next, const IndexedScene& laidOut)
{
    if (laidOut.scene.direction != next.direction || !laidOut.scene.layout.reversed.empty())
        return std::nullopt;
    const SceneIndex& index = *laidOut.index;
    KeptPlaces kept(laidOut, laidOut.scene);
    std::vector<quint32> numbers, frames; // of the nodes and frames of `next`
    std::vector<char> isThere(laidOut.scene.nodes.size(), 0);
    for (const SceneNode& node : next.nodes) {
        const int number = index.laidOutNode(node.key);
        if (number < 0 || std::exchange(isThere[static_cast<std::size_t>(number)], 1) != 0)
            return std::nullopt;
        numbers.push_back(static_cast<quint32>(number));
    }
    for (quint32 n = 0; n < isThere.size(); ++n) {
        if (!isThere[n])
            kept.removeNode(n);
    }
    for (std::size_t n = 0; n < next.nodes.size(); ++n)
        kept.setNode(numbers[n], next.nodes[n]);
    std::vector<char> isSet(laidOut.scene.edges.size(), 0);
    for (SceneEdge edge : next.edges) {
        if (edge.from >= numbers.size() || edge.to >= numbers.size())
            return std::nullopt;
        edge.from = numbers[edge.from];
        edge.to = numbers[edge.to];
        const int number = index.laidOutEdge(laidOut.scene, edge.to, edge.toPort);
        if (number < 0 || std::exchange(isSet[static_cast<std::size_t>(number)], 1) != 0)
            return std::nullopt;
        kept.setEdge(static_cast<quint32>(number), std::move(edge));
    }
    for (quint32 e = 0; e < isSet.size(); ++e) {
        if (!isSet[e])
            kept.removeEdge(e);
    }
    for (quint32 f = 0; f < laidOut.scene.frames.size(); ++f)
        kept.removeFrame(f);
    for (const SceneFrame& frame : next.frames) {
        SceneFrame moved = frame;
        for (quint32& node : moved.nodes)
            node = numbers[node];
        frames.push_back(kept.addFrame(std::move(moved)));
    }
    if (!kept.finish())
        return std::nullopt;
    return KeptScene{kept.take(), std::move(numbers), std::move(frames)};
}

} // namespace pleat::ui
