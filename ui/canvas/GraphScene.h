// SPDX-License-Identifier: GPL-3.0-or-later
// The graph as it is painted: a plain value made of words, numbers and rectangles that knows nothing of
// models. Who has a model fills nodes, edges and frames; prepareLayout() measures them, layOut() places them
// (in a job if it is large), placeScene() writes the places back. prepareLayout() and placeScene() may run on
// any thread.
#pragma once

#include "core/layout/GraphLayout.h"
#include "ui/widgets/Theme.h"

#include <QFont>
#include <QRectF>
#include <QString>
#include <vector>

namespace pleat::ui {

using layout::Direction;
using layout::LayoutInput;
using layout::LayoutResult;

// One weight inside a node: "W" and "32 × 3 × 3 × 3".
struct WeightRow {
    QString name, shape;
};

struct SceneNode {
    quint32 key = 0; // stable over edits: two scenes show the same node under the same key
    QString title;   // operator
    QString name;    // full name, for tool tips and accessibility; also tells twins apart in the layout
    Category category = Category::Other;
    std::vector<WeightRow> rows;

    QRectF rect;                            // size by prepareLayout(), place by placeScene()
    double clearBefore = 0, clearAfter = 0; // room kept free around it for a frame and its badge
};

struct SceneEdge {
    quint32 from = 0, to = 0; // nodes
    quint32 tensor = 0;       // one number a tensor
    quint32 toPort = 0;       // which input of `to`
    QString tensorName;
    QString label; // shape; may be empty and be set later
};

// A mark, drawn around its nodes.
struct SceneFrame {
    MarkLook look;
    std::vector<quint32> nodes;
    QString badge;   // without the symbol: "fold 32 ch", "read by Add_14", "folded"
    QString tooltip; // the whole sentence

    QRectF rect, badgeRect; // by placeScene()
};

struct GraphScene {
    std::vector<SceneNode> nodes;
    std::vector<SceneEdge> edges;
    std::vector<SceneFrame> frames;

    LayoutResult layout; // routes of the edges, by placeScene()
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
inline constexpr double rankGapDown = 40, rankGapRight = 104; // the latter has room for a shape in words
} // namespace measures

// Sets the nodes' sizes and describes the scene to layOut(). Also sets scene.direction.
LayoutInput prepareLayout(GraphScene& scene, Direction direction);

// Writes the result into the nodes and places the frames around theirs.
void placeScene(GraphScene& scene, LayoutResult result);

// The three steps in one, for small graphs and tests; false if stopped.
bool layOutScene(GraphScene& scene, Direction direction, std::stop_token stop = {});

} // namespace pleat::ui
