// SPDX-License-Identifier: GPL-3.0-or-later
// Paints a scene, on the screen and on paper alike: batched by what changes the painter's state, only what is
// in the visible part, and with as much detail as the zoom can show. Borrows scene and index while it paints.
#pragma once

#include "core/base/Progress.h"
#include "ui/canvas/GraphScene.h"
#include "ui/canvas/SceneIndex.h"
#include "ui/canvas/ScopeOverview.h"
#include "ui/canvas/TextWidths.h"
#include "ui/document/Heat.h"

#include <QRectF>
#include <QString>
#include <memory>
#include <optional>

class QPainter;

namespace pleat::ui {

// The numbers of some nodes as colours.
struct CanvasHeat {
    struct Node {
        std::uint32_t node = 0;
        double share = 0; // HeatColours::at()
        QString words;
    };
    std::vector<Node> nodes;                  // ascending
    HeatPointer meaning;                      // what they are numbers of; never null
    const Node* at(std::uint32_t node) const; // null: it has none
};

// What is lit.
struct CanvasMarks {
    CanvasHit selected, hovered;
    std::vector<std::uint32_t> chosen{};     // nodes, ascending: several at once
    std::vector<std::uint32_t> emphasised{}; // nodes, ascending; if there are any, the others step back
    std::shared_ptr<const CanvasHeat> heat;  // null: all have the colours of their operators
};

class GraphPainter final {
public:
    GraphPainter(const GraphScene& scene, const SceneIndex& index, const Theme& theme,
                 const SceneFonts& fonts);

    // For a picture of a large scene, off the UI thread: tells how far it is, and leaves the rest out when it
    // is to stop.
    void setWatch(Progress& progress, std::stop_token stop);

    // The painter maps scene to device; `zoom` is that mapping's scale, `visible` the part of the scene to
    // paint.
    void paint(QPainter& painter, const QRectF& visible, double zoom, const CanvasMarks& marks = {});
    // The dots behind it, which fade out with the zoom.
    void paintGrid(QPainter& painter, const QRectF& visible, double zoom) const;
    // Where the label of an edge is written, in the scene; empty: nowhere is room for it.
    QRectF labelRect(std::uint32_t edge) const;

private:
    struct Detail;
    struct Overview {
        std::vector<OverviewBlock> blocks;
        std::vector<int> covering;                                      // of each group, see coveringBlocks()
        int blockOf(const GraphScene& scene, std::uint32_t node) const; // that covers it; -1: none
    };

    // Beside a line at `across`: before the border at `along` (an arrow's end) or after it (a start); on the
    // side of the greater coordinates or of the smaller ones.
    struct LabelPlace {
        double across = 0, along = 0;
        bool before = false, greaterSide = false;
    };

    Overview overviewOf(double zoom, const CanvasMarks& marks) const;
    void leaveOutCovered(const Overview& overview, std::vector<std::uint32_t>& nodes,
                         std::vector<std::uint32_t>& lines, std::vector<std::uint32_t>& frames) const;
    void paintOverview(QPainter& painter, const Overview& overview, const QRectF& visible) const;
    void paintOutlines(QPainter& painter, const QRectF& visible, const Detail& detail,
                       const CanvasMarks& marks) const;
    void paintFrames(QPainter& painter, const std::vector<std::uint32_t>& frames, const Detail& detail,
                     const CanvasMarks& marks) const;
    void paintBadges(QPainter& painter, const std::vector<std::uint32_t>& frames, const Detail& detail) const;
    void paintLines(QPainter& painter, const std::vector<std::uint32_t>& lines, const QRectF& visible,
                    const Detail& detail) const;
    void paintFarLines(QPainter& painter, const std::vector<std::uint32_t>& lines, const QRectF& visible,
                       double zoom) const;
    void paintLitLines(QPainter& painter, const Detail& detail, const CanvasMarks& marks) const;
    void paintLabels(QPainter& painter, const std::vector<std::uint32_t>& lines, const QRectF& visible,
                     const Detail& detail) const;
    std::optional<LabelPlace> labelPlace(std::uint32_t edge) const;
    QRectF labelRect(const LabelPlace& place, double width) const;
    LabelPlace outsideOutlines(LabelPlace place, const SceneEdge& edge) const;
    bool isFree(const QRectF& rect, const SceneEdge& edge) const;
    void paintFarNodes(QPainter& painter, const std::vector<std::uint32_t>& nodes, double zoom) const;
    void paintNodes(QPainter& painter, const std::vector<std::uint32_t>& nodes, const Detail& detail) const;
    void paintTitles(QPainter& painter, const std::vector<std::uint32_t>& nodes, const Detail& detail) const;
    void paintRows(QPainter& painter, const std::vector<std::uint32_t>& nodes, const Detail& detail) const;
    void paintEmphasised(QPainter& painter, const std::vector<std::uint32_t>& nodes, const QRectF& visible,
                         const Detail& detail, const CanvasMarks& marks) const;
    void paintHeat(QPainter& painter, const std::vector<std::uint32_t>& nodes, const QRectF& visible,
                   const Detail& detail, const CanvasHeat& heat) const;
    void paintRings(QPainter& painter, const Detail& detail, const CanvasMarks& marks,
                    const Overview& overview) const;

    bool step() const; // one thing more is painted; false: stop

    const std::vector<layout::PointF>& points(std::uint32_t line) const;
    std::vector<std::uint32_t> litEdges(const CanvasHit& hit) const;

    const GraphScene& m_scene;
    const SceneIndex& m_index;
    const Theme& m_theme;
    const SceneFonts& m_fonts;
    mutable TextWidths m_titles, m_rows, m_rowNames, m_labels;

    struct Watch {
        Progress* progress = nullptr;
        std::stop_token stop;
        std::uint64_t total = 0, done = 0;
    };
    std::unique_ptr<Watch> m_watch; // null: nobody watches
};

} // namespace pleat::ui
