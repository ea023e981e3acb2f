// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/ScopeOutlines.h"

#include <algorithm>
#include <numeric>

namespace pleat::ui {

namespace {

using measures::outlineHeaderHeight;
using measures::outlinePadding;

constexpr quint32 fewest = 6; // nodes: less is seen at once

// Of each group: whether it gets an outline, and how many go round what is in it, its own among them.
struct Nesting {
    std::vector<char> has;
    std::vector<int> around;

    explicit Nesting(const GraphScene& scene) : has(scene.groups.size(), 0), around(scene.groups.size(), 0)
    {
        std::vector<quint32> seen(scene.groups.size(), 0); // nodes of the scene in it
        for (const int group : scene.groupOf)
            if (group >= 0)
                ++seen[static_cast<std::size_t>(group)];
        for (std::size_t g = seen.size(); g-- > 0;)
            if (const int parent = scene.groups[g].parent; parent >= 0)
                seen[static_cast<std::size_t>(parent)] += seen[g];
        for (std::size_t g = 0; g < has.size(); ++g) {
            const int parent = scene.groups[g].parent;
            has[g] = seen[g] > 1 && scene.groups[g].nodes >= fewest ? 1 : 0;
            around[g] = (parent < 0 ? 0 : around[static_cast<std::size_t>(parent)]) + has[g];
        }
    }
    int of(int group) const { return group < 0 ? 0 : around[static_cast<std::size_t>(group)]; }
};

int groupOf(const GraphScene& scene, std::size_t node)
{
    return node < scene.groupOf.size() ? scene.groupOf[node] : -1;
}

// The innermost group that both are in. Parents come before their children.
int common(const GraphScene& scene, int a, int b)
{
    while (a != b) {
        int& inner = a > b ? a : b;
        inner = scene.groups[static_cast<std::size_t>(inner)].parent;
    }
    return a;
}

bool isIn(const GraphScene& scene, int group, int other)
{
    while (group > other)
        group = scene.groups[static_cast<std::size_t>(group)].parent;
    return group == other;
}

// Round nodes and pairs, and the outlines of the scopes in it.
void goRound(GraphScene& scene, const Nesting& nesting)
{
    std::vector<QRectF> around(scene.groups.size());
    for (std::size_t n = 0; n < scene.groupOf.size(); ++n)
        if (const int group = scene.groupOf[n]; group >= 0)
            around[static_cast<std::size_t>(group)] |= scene.nodes[n].rect;
    for (const SceneFrame& frame : scene.frames) {
        if (frame.nodes.empty())
            continue;
        int group = groupOf(scene, frame.nodes.front());
        for (const quint32 node : frame.nodes)
            group = common(scene, group, groupOf(scene, node));
        if (group >= 0)
            around[static_cast<std::size_t>(group)] |= frame.rect | frame.badgeRect;
    }
    for (std::size_t g = around.size(); g-- > 0;) {
        SceneGroup& group = scene.groups.change(g);
        if (nesting.has[g]) {
            around[g].adjust(-outlinePadding, -outlineHeaderHeight, outlinePadding, outlinePadding);
            group.outline = around[g];
        }
        if (group.parent >= 0)
            around[static_cast<std::size_t>(group.parent)] |= around[g];
    }
}

// No outline where nodes of others would seem to be in it.
void leaveOutMixed(GraphScene& scene)
{
    std::vector<std::uint32_t> byTop(scene.nodes.size());
    std::iota(byTop.begin(), byTop.end(), 0);
    const auto top = [&](std::uint32_t n) { return scene.nodes[n].rect.top(); };
    std::ranges::sort(byTop, {}, top);
    double highest = 0;
    for (const SceneNode& node : scene.nodes)
        highest = std::max(highest, node.rect.height());
    for (std::size_t g = 0; g < scene.groups.size(); ++g) {
        const QRectF outline = scene.groups[g].outline;
        if (outline.isNull())
            continue;
        const auto first = std::ranges::lower_bound(byTop, outline.top() - highest, {}, top);
        for (auto n = first; n != byTop.end() && top(*n) < outline.bottom(); ++n)
            if (outline.intersects(scene.nodes[*n].rect) &&
                !isIn(scene, groupOf(scene, *n), static_cast<int>(g))) {
                scene.groups.change(g).outline = {};
                break;
            }
    }
}

} // namespace

void reserveOutlines(const GraphScene& scene, LayoutInput& input)
{
    const Nesting nesting(scene);
    if (std::ranges::none_of(nesting.has, [](char has) { return has != 0; }))
        return;
    // How many outlines go round a node and one before it, one after it.
    std::vector<int> withBefore(scene.nodes.size(), 0), withAfter(scene.nodes.size(), 0);
    for (const SceneEdge& edge : scene.edges) {
        if (edge.from >= scene.nodes.size() || edge.to >= scene.nodes.size())
            continue;
        const int both = nesting.of(common(scene, groupOf(scene, edge.from), groupOf(scene, edge.to)));
        withBefore[edge.to] = std::max(withBefore[edge.to], both);
        withAfter[edge.from] = std::max(withAfter[edge.from], both);
    }
    const bool down = input.direction == Direction::TopDown;
    for (std::size_t n = 0; n < scene.nodes.size(); ++n) {
        const int around = nesting.of(groupOf(scene, n));
        const int begin = around - withBefore[n], end = around - withAfter[n];
        layout::Insets& insets = input.insets[n];
        insets.left += outlinePadding * (down ? around : begin);
        insets.right += outlinePadding * (down ? around : end);
        insets.top += outlineHeaderHeight * (down ? begin : around);
        insets.bottom += outlinePadding * (down ? end : around);
    }
}

void placeOutlines(GraphScene& scene)
{
    const Nesting nesting(scene);
    goRound(scene, nesting);
    leaveOutMixed(scene);
    for (const SceneGroup& group : scene.groups)
        scene.bounds |= group.outline;
}

QRectF outlineHeader(const SceneGroup& group)
{
    QRectF header = group.outline;
    header.setHeight(std::min(header.height(), outlineHeaderHeight));
    return header;
}

int outlineHeaderAt(const GraphScene& scene, QPointF point)
{
    for (std::size_t g = scene.groups.size(); g-- > 0;)
        if (outlineHeader(scene.groups[g]).contains(point))
            return static_cast<int>(g);
    return -1;
}

} // namespace pleat::ui
