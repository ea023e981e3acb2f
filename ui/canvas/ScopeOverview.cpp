// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/ScopeOverview.h"

#include "ui/canvas/PaintDetail.h"

#include <algorithm>

namespace pleat::ui {

namespace {

// Room for a name, widget px.
constexpr double leastAlong = 18, widthDown = 240;           // from top to bottom
constexpr double leastAlongRight = 72, heightAcross = 34;    // from left to right
constexpr double mostlyCovered = 0.75;                       // of the nodes of their parent
constexpr double nodesFadeFrom = 0.4, nodesFadeTo = 0.3;     // zooms between which the nodes of a scope do
constexpr double scopesFadeFrom = 0.56, scopesFadeTo = 0.48; // and the words of a collapsed one

class Chooser final {
public:
    Chooser(const GraphScene& scene, double zoom)
        : m_scene(scene),
          m_zoom(zoom),
          m_down(scene.direction == Direction::TopDown),
          m_children(scene.groups.size() + 1),
          m_node(scene.groups.size(), -1)
    {
        for (std::size_t g = 0; g < scene.groups.size(); ++g)
            childrenOf(scene.groups[g].parent).push_back(static_cast<int>(g));
        for (std::size_t n = 0; n < scene.groupOf.size(); ++n)
            if (scene.groupOf[n] >= 0 && scene.nodes[n].category == Category::Scope)
                m_node[static_cast<std::size_t>(scene.groupOf[n])] = static_cast<int>(n);
    }

    std::vector<OverviewBlock> choose()
    {
        open(-1);
        std::ranges::sort(m_blocks, {}, &OverviewBlock::group);
        return std::move(m_blocks);
    }

private:
    std::vector<int>& childrenOf(int group) // -1: those that are in none
    {
        const int place = group + 1;
        return m_children[static_cast<std::size_t>(place)];
    }

    double opacityOf(int group) const
    {
        const bool isCollapsed = m_node[static_cast<std::size_t>(group)] >= 0;
        return isCollapsed ? 1 - ramp(m_zoom, scopesFadeTo, scopesFadeFrom)
                           : 1 - ramp(m_zoom, nodesFadeTo, nodesFadeFrom);
    }
    QRectF rectOf(int group) const
    {
        QRectF rect = m_scene.groups[static_cast<std::size_t>(group)].rect;
        // A collapsed one may take of the gap between it and its neighbours what its name needs.
        if (m_node[static_cast<std::size_t>(group)] >= 0 && m_down) {
            const double wanted = leastAlong / m_zoom - rect.height();
            const double more = std::clamp(wanted, 0.0, measures::rankGapDown - 4);
            rect.adjust(0, -more / 2, 0, more / 2);
        }
        const double across = (m_down ? widthDown : heightAcross) / m_zoom;
        const QPointF centre = rect.center();
        if (m_down)
            rect.setWidth(std::max(rect.width(), across));
        else
            rect.setHeight(std::max(rect.height(), across));
        rect.moveCenter(centre);
        return rect;
    }
    double along(const QRectF& rect) const { return m_down ? rect.height() : rect.width(); }

    // Its own block where the scopes in it have no room for theirs.
    void choose(int group)
    {
        if (!open(group) && opacityOf(group) > 0)
            m_blocks.push_back(
                {group, m_node[static_cast<std::size_t>(group)], rectOf(group), opacityOf(group)});
    }

    // Chooses from what is in a group; false where that says less than the group itself.
    bool open(int group)
    {
        const double least = (m_down ? leastAlong : leastAlongRight) / m_zoom;
        std::vector<std::pair<QRectF, int>> readable;
        double covered = 0; // nodes
        for (const int child : childrenOf(group)) {
            const QRectF rect = rectOf(child);
            if (along(rect) < least)
                continue;
            readable.emplace_back(rect, child);
            covered += m_scene.groups[static_cast<std::size_t>(child)].nodes;
        }
        const bool isRoot = group < 0;
        if (readable.empty() ||
            (!isRoot && covered < mostlyCovered * m_scene.groups[static_cast<std::size_t>(group)].nodes))
            return false;
        if (!isRoot && overlap(readable))
            return false;
        if (!isRoot && readable.size() == 1) // "layer1.0" says more than the "conv" that is all of it
            return open(readable.front().second);
        for (const auto& [rect, child] : readable)
            choose(child);
        return true;
    }

    bool overlap(std::vector<std::pair<QRectF, int>>& readable) const
    {
        const auto start = [this](const auto& each) { return m_down ? each.first.top() : each.first.left(); };
        const auto end = [this](const QRectF& rect) { return m_down ? rect.bottom() : rect.right(); };
        std::ranges::sort(readable, {}, start);
        for (std::size_t i = 0; i < readable.size(); ++i)
            for (std::size_t k = i + 1; k < readable.size() && start(readable[k]) < end(readable[i].first);
                 ++k)
                if (readable[i].first.intersects(readable[k].first))
                    return true;
        return false;
    }

    const GraphScene& m_scene;
    const double m_zoom;
    const bool m_down;
    std::vector<std::vector<int>> m_children; // of the group before
    std::vector<int> m_node;                  // of each group
    std::vector<OverviewBlock> m_blocks;
};

} // namespace

std::vector<OverviewBlock> overviewBlocks(const GraphScene& scene, double zoom)
{
    if (scene.groups.empty() || zoom >= scopesFadeFrom)
        return {};
    return Chooser(scene, zoom).choose();
}

std::vector<int> coveringBlocks(const GraphScene& scene, const std::vector<OverviewBlock>& blocks)
{
    std::vector<int> covering(scene.groups.size(), -1);
    for (std::size_t b = 0; b < blocks.size(); ++b)
        covering[static_cast<std::size_t>(blocks[b].group)] = static_cast<int>(b);
    for (std::size_t g = 0; g < covering.size(); ++g)
        if (const int parent = scene.groups[g].parent; covering[g] < 0 && parent >= 0)
            covering[g] = covering[static_cast<std::size_t>(parent)];
    return covering;
}

} // namespace pleat::ui
