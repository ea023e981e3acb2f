// SPDX-License-Identifier: GPL-3.0-or-later
// The part of GraphPainter that paints scopes: as blocks that bear their names where nodes are too small.
#include "ui/canvas/GraphPainter.h"
#include "ui/canvas/PaintDetail.h"
#include "ui/canvas/ScopeOutlines.h"
#include "ui/canvas/ScopeOverview.h"
#include "ui/canvas/ScopeState.h"
#include "ui/widgets/MarkLook.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>

namespace pleat::ui {

namespace {

// "⤓ 12" at the end of a line: how many marks of a look there are under a block.
struct BlockMark {
    MarkLook look;
    int count = 0;
};

// Of each block: the frames that it covers, and what collapsed scopes count. `blockOf(node)`: -1 for none.
template<class BlockOf>
std::vector<std::vector<BlockMark>> marksUnder(const GraphScene& scene,
                                               const std::vector<OverviewBlock>& blocks, BlockOf blockOf)
{
    std::vector<std::vector<BlockMark>> marks(blocks.size());
    const auto add = [&](int block, const MarkLook& look, int count) {
        if (block < 0)
            return;
        auto& here = marks[static_cast<std::size_t>(block)];
        const auto known = std::ranges::find(here, look, &BlockMark::look);
        if (known == here.end())
            here.push_back({look, count});
        else
            known->count += count;
    };
    for (const SceneFrame& frame : scene.frames)
        if (!frame.nodes.empty())
            add(blockOf(frame.nodes.front()), frame.look, 1);
    for (std::uint32_t n = 0; n < scene.nodes.size(); ++n)
        if (scene.nodes[n].category == Category::Scope)
            for (const WeightRow& row : scene.nodes[n].rows)
                if (row.look)
                    add(blockOf(n), *row.look, row.count);
    return marks;
}

} // namespace

// What is under a block that covers it entirely is left out.
GraphPainter::Overview GraphPainter::overviewOf(double zoom, const CanvasMarks& marks) const
{
    Overview overview;
    if (marks.heat || !marks.emphasised.empty())
        return overview; // single nodes are what is looked for
    overview.blocks = overviewBlocks(m_scene, zoom);
    if (!overview.blocks.empty())
        overview.covering = coveringBlocks(m_scene, overview.blocks);
    return overview;
}

int GraphPainter::Overview::blockOf(const GraphScene& scene, std::uint32_t node) const
{
    const int group = node < scene.groupOf.size() && !covering.empty() ? scene.groupOf[node] : -1;
    return group < 0 ? -1 : covering[static_cast<std::size_t>(group)];
}

void GraphPainter::leaveOutCovered(const Overview& overview, std::vector<std::uint32_t>& nodes,
                                   std::vector<std::uint32_t>& lines,
                                   std::vector<std::uint32_t>& frames) const
{
    if (overview.blocks.empty())
        return;
    std::vector<int> covering; // of each node
    covering.reserve(m_scene.groupOf.size());
    for (const int group : m_scene.groupOf) {
        const int block = group < 0 ? -1 : overview.covering[static_cast<std::size_t>(group)];
        const bool isWhole = block >= 0 && overview.blocks[static_cast<std::size_t>(block)].opacity >= 1;
        covering.push_back(isWhole ? block : -1);
    }
    const auto trunks = static_cast<std::uint32_t>(m_scene.layout.trunks.size());
    const auto isCovered = [&](std::uint32_t e) {
        const SceneEdge& edge = m_scene.edges[e];
        return edge.gone || (covering[edge.from] >= 0 && covering[edge.from] == covering[edge.to]);
    };
    std::erase_if(nodes, [&](std::uint32_t n) { return covering[n] >= 0; });
    std::erase_if(lines, [&](std::uint32_t line) {
        if (line >= trunks)
            return isCovered(line - trunks);
        const layout::Trunk& trunk = m_scene.layout.trunks[line];
        return trunk.points.size() < 2 || (covering[trunk.from] >= 0 &&
                                           std::ranges::all_of(m_index.laidOutEdgesOfTrunk(line), isCovered));
    });
    std::erase_if(frames, [&](std::uint32_t f) {
        return !m_scene.frames[f].nodes.empty() && covering[m_scene.frames[f].nodes.front()] >= 0;
    });
}

// Quiet: what is in them is what one looks at.
void GraphPainter::paintOutlines(QPainter& painter, const QRectF& visible, const Detail& detail,
                                 const CanvasMarks& marks) const
{
    constexpr double radius = 10, chevron = 8, indent = 10;
    painter.save();
    painter.setFont(m_fonts.badge);
    for (std::size_t g = 0; g < m_scene.groups.size(); ++g) {
        const SceneGroup& group = m_scene.groups[g];
        if (group.outline.isNull() || !group.outline.intersects(visible))
            continue;
        const bool hovered = marks.hovered.header == static_cast<int>(g);
        QColor fill = m_theme.category(Category::Scope);
        fill.setAlphaF(m_theme.dark ? 0.10f : 0.16f);
        painter.setOpacity(detail.outlines);
        painter.setPen(
            QPen(blend(m_theme.line, m_theme.edge, hovered ? 0.8 : 0.35), std::max(1.0, 0.8 / detail.zoom)));
        painter.setBrush(fill);
        painter.drawRoundedRect(group.outline, radius, radius);
        if (detail.words <= 0)
            continue;
        painter.setOpacity(detail.words);
        const QRectF header = outlineHeader(group).adjusted(indent, 1, -indent, 0);
        const QColor words = hovered ? m_theme.text : m_theme.quiet;
        painter.setPen(QPen(words, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        const double y = header.center().y();
        painter.drawPolyline(QPolygonF{{header.left(), y - chevron / 4},
                                       {header.left() + chevron / 2, y + chevron / 4},
                                       {header.left() + chevron, y - chevron / 4}});
        painter.setPen(words);
        const QRectF room = header.adjusted(chevron + 7, 0, 0, 0);
        painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(m_fonts.badge).elidedText(group.label, Qt::ElideMiddle, room.width()));
    }
    painter.restore();
}

void GraphPainter::paintOverview(QPainter& painter, const Overview& overview, const QRectF& visible) const
{
    if (overview.blocks.empty())
        return;
    const std::vector<std::vector<BlockMark>> marks =
        marksUnder(m_scene, overview.blocks, [&](std::uint32_t n) { return overview.blockOf(m_scene, n); });
    const QTransform toDevice = painter.worldTransform();
    const QFontMetricsF titleMetrics(m_fonts.title), wordMetrics(m_fonts.label), markMetrics(m_fonts.badge);
    painter.save();
    painter.resetTransform();
    for (std::size_t b = 0; b < overview.blocks.size(); ++b) {
        const OverviewBlock& block = overview.blocks[b];
        if (!block.rect.intersects(visible) || !step())
            continue;
        constexpr double gap = 1.5, padding = 10, symbol = 10;
        const QRectF rect = toDevice.mapRect(block.rect).adjusted(gap, gap, -gap, -gap);
        painter.setOpacity(block.opacity);
        painter.setPen(QPen(blend(m_theme.line, m_theme.edge, 0.5), 1));
        painter.setBrush(blend(m_theme.panel, m_theme.category(Category::Scope), 0.7));
        painter.drawRoundedRect(rect, std::min(6.0, rect.height() / 3), std::min(6.0, rect.height() / 3));
        // Name and marks in one line; the number of nodes below it where there is room.
        const SceneGroup& group = m_scene.groups[static_cast<std::size_t>(block.group)];
        const double lineHeight = titleMetrics.height();
        const bool twoLines = rect.height() >= 2 * lineHeight + 4;
        QRectF line = rect.adjusted(padding, 0, -padding, 0);
        if (twoLines) {
            const double top = rect.center().y() - lineHeight;
            line = QRectF(line.left(), top, line.width(), lineHeight);
            painter.setFont(m_fonts.label);
            painter.setPen(m_theme.quiet);
            painter.drawText(line.translated(0, lineHeight), Qt::AlignLeft | Qt::AlignVCenter,
                             wordMetrics.elidedText(nodeCountText(static_cast<int>(group.nodes)),
                                                    Qt::ElideRight, line.width()));
        }
        painter.setFont(m_fonts.badge);
        double right = line.right();
        const double title = titleMetrics.horizontalAdvance(group.label);
        for (auto mark = marks[b].rbegin(); mark != marks[b].rend(); ++mark) {
            const QString count = QString::number(mark->count);
            const double width = markMetrics.horizontalAdvance(count);
            if (right - width - symbol - 8 < line.left() + std::min(title, line.width() * 0.6))
                break; // the name comes first
            painter.setPen(m_theme.markText(mark->look.colour));
            painter.drawText(QRectF(right - width, line.top(), width + 1, line.height()),
                             Qt::AlignLeft | Qt::AlignVCenter, count);
            right -= width + symbol + 4;
            paintSymbol(painter, mark->look.symbol,
                        QRectF(right, line.center().y() - symbol / 2, symbol, symbol),
                        m_theme.markText(mark->look.colour));
            right -= 8;
        }
        line.setRight(right);
        painter.setFont(m_fonts.title);
        painter.setPen(m_theme.text);
        painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                         titleMetrics.elidedText(group.label, Qt::ElideMiddle, line.width()));
    }
    painter.restore();
}

} // namespace pleat::ui
