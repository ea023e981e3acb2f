// SPDX-License-Identifier: GPL-3.0-or-later
// The graph as it is painted: a plain value made of words, numbers and rectangles that knows nothing of
// models. Who has a model fills nodes, edges and frames; prepareLayout() measures them, layOut() places them
// (in a job if it is large), placeScene() writes the places back. prepareLayout() and placeScene() may run on
// any thread. After an edit a scene keeps the numbers of its nodes, edges and frames: those that are not
// there any more are gone, and whoever goes through them leaves them out (see KeptPlaces.h).
#pragma once

#include "core/layout/GraphLayout.h"
#include "ui/canvas/SceneVector.h"
#include "ui/widgets/Theme.h"

#include <QFont>
#include <QFontMetricsF>
#include <QRectF>
#include <QString>
#include <algorithm>
#include <optional>
#include <vector>

namespace pleat::ui {

using layout::Direction;
using layout::LayoutInput;
using layout::LayoutResult;

// One weight inside a node: "W" and "32 × 3 × 3 × 3". Without a shape it has the whole width.
struct WeightRow {
    QString name, shape;
    std::optional<MarkLook> look = {}; // of marks that the words are about
    int count = 0;                     // so many
    friend bool operator==(const WeightRow&, const WeightRow&) = default;
};

struct SceneNode {
    quint32 key = 0; // stable over edits: two scenes show the same node under the same key
    QString title;   // what is written on it: operator, name
    QString op{};    // empty for what has none: ports, scopes
    QString name;    // full name, for tool tips and accessibility; also tells twins apart in the layout
    Category category = Category::Other;
    std::vector<WeightRow> rows;
    std::vector<WeightRow> ports; // for the tool tip: its inputs by the formal names of a function
    bool opens = false;           // it has a page of its own: a body, or the function that it calls
    bool outside = false;         // it stands for what is made on another page
    bool gone = false;            // taken away by an edit

    QRectF rect;                            // size by prepareLayout(), place by placeScene()
    double clearBefore = 0, clearAfter = 0; // room kept free around it for a frame and its badge
    friend bool operator==(const SceneNode&, const SceneNode&) = default;
};

struct SceneEdge {
    quint32 from = 0, to = 0; // nodes
    quint32 tensor = 0;       // one number a tensor of its producer
    quint32 toPort = 0;       // which input of `to`
    QString tensorName;
    QString label; // shape; may be empty and be set later
    bool gone = false;
    friend bool operator==(const SceneEdge&, const SceneEdge&) = default;
};

// A mark, drawn around its nodes.
struct SceneFrame {
    MarkLook look;
    std::vector<quint32> nodes; // none: it is gone
    QString badge;              // without the symbol: "fold 32 ch", "read by Add_14", "folded"
    QString tooltip;            // the whole sentence

    QRectF rect, badgeRect; // by placeScene()
    friend bool operator==(const SceneFrame&, const SceneFrame&) = default;
};

// What a line is within, to leave out most lines of a large scene at once; empty where it has no points.
struct LineExtent {
    float left = 0, top = 0, right = -1, bottom = -1;
    static LineExtent of(const std::vector<layout::PointF>& points);
    // Longer than `least` in one of the two directions, and not beside the area.
    bool isSeen(const QRectF& area, double least) const
    {
        return std::max(right - left, bottom - top) > least && left <= area.right() && right >= area.left() &&
               top <= area.bottom() && bottom >= area.top();
    }
    friend bool operator==(const LineExtent&, const LineExtent&) = default;
};

// A LayoutResult without the places of nodes, which the nodes have.
struct SceneLayout {
    SceneVector<std::uint32_t> ranks; // one a node
    SceneVector<layout::Trunk> trunks;
    SceneVector<layout::Branch> branches; // one an edge
    std::vector<std::uint32_t> reversed;
    SceneVector<LineExtent> extents; // of the trunks, then of the branches

    void setTrunk(std::size_t number, layout::Trunk trunk);
    void setBranch(std::size_t number, layout::Branch branch);
};

// A scope of the network that some of the nodes are in, or that one of them stands for.
struct SceneGroup {
    quint32 scope = 0; // its number among the scopes of the page
    int parent = -1;   // group; before this one
    QString label;     // "layer1.0"
    quint32 nodes = 0; // in it, in the model as it was opened
    QRectF rect;       // around its nodes, by placeScene()
    QRectF outline;    // drawn around all of it, with its header; null: none is
    friend bool operator==(const SceneGroup&, const SceneGroup&) = default;
};

struct GraphScene {
    SceneVector<SceneNode> nodes;
    SceneVector<SceneEdge> edges;
    SceneVector<SceneFrame> frames;
    SceneVector<SceneGroup> groups;
    SceneVector<int> groupOf; // of each node the innermost one; -1: none

    SceneLayout layout;       // routes of the edges, by placeScene()
    SceneVector<int> frameOf; // of each node, for nodes in several the last one; -1: none; by placeScene()
    Direction direction = Direction::TopDown;
    QRectF bounds;
};

// Faces of the canvas in scene pixels, so that a scene looks the same on every screen and on paper.
struct SceneFonts {
    QFont title, row, rowName, label, badge;
    static SceneFonts standard();
};

namespace measures {
inline constexpr double titleHeight = 22, rowHeight = 16, bodyPadding = 5, corner = 6;
inline constexpr double framePadding = 20, frameBelow = 18, frameAbove = 15; // from the nodes to the frame
inline constexpr double badgeHeight = 20, badgeIndent = 14;
inline constexpr double outlinePadding = 8, outlineHeaderHeight = 20;
inline constexpr double rankGapDown = 40, rankGapRight = 104; // the latter has room for a shape in words
} // namespace measures

// Sets the nodes' sizes and describes the scene to layOut(). Also sets scene.direction.
LayoutInput prepareLayout(GraphScene& scene, Direction direction);

// What a frame keeps free before its first node and after its last one.
struct FrameRoom {
    double before = 0, after = 0;
};
FrameRoom frameRoom(Direction direction);

// The size of a node by its words.
QSizeF nodeSize(const SceneNode& node);

// Puts a frame around its nodes. `badge` measures the words of its badge: SceneFonts::badge.
void placeFrame(const GraphScene& scene, SceneFrame& frame, const QFontMetricsF& badge);

// Writes the result into the nodes and places the frames around theirs.
void placeScene(GraphScene& scene, LayoutResult result);

// The three steps in one, for small graphs and tests; false if stopped.
bool layOutScene(GraphScene& scene, Direction direction, std::stop_token stop = {});

} // namespace pleat::ui
