// SPDX-License-Identifier: GPL-3.0-or-later
// How long a frame of a large graph takes to paint while it is moved, at several zooms: what
// GraphCanvas::paintEvent() does, onto an image (Qt's raster engine, no screen).
//     bench_frames [KIND…]     all kinds of Graphs.h without any
#include "tests/bench/Graphs.h"
#include "tests/bench/Report.h"
#include "ui/canvas/GraphPainter.h"
#include "ui/canvas/ScopeBlocks.h"

#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <algorithm>
#include <fmt/format.h>

using namespace pleat::bench;
using namespace pleat::ui;

namespace {

constexpr std::size_t nodes = 50000;
constexpr int frames = 40;
constexpr double stepPixels = 60;                        // a quick pan
constexpr double medianGoal = 16, percentile95Goal = 33; // ms
const QSize screen(1600, 1000);

GraphScene sceneOf(const LayoutInput& graph)
{
    GraphScene scene;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        SceneNode node;
        node.key = static_cast<quint32>(n);
        node.title = n % 3 == 0   ? QStringLiteral("Conv")
                     : n % 3 == 1 ? QStringLiteral("BatchNormalization")
                                  : QStringLiteral("Relu");
        node.name = QStringLiteral("node_%1").arg(n);
        if (n % 3 == 0)
            node.rows = {{QStringLiteral("W"), QStringLiteral("64 × 64 × 3 × 3")},
                         {QStringLiteral("B"), QStringLiteral("64")}};
        scene.nodes.push_back(std::move(node));
    }
    for (const pleat::layout::LayoutEdge& edge : graph.edges)
        scene.edges.push_back(
            {edge.from, edge.to, edge.tensor, edge.toPort, QString(), QStringLiteral("1 × 64 × 56 × 56")});
    // Scopes, as a model without names gets them.
    const pleat::NameTree tree = pleat::nameTree(
        std::vector<pleat::ScopedNode>(graph.nodes.size(), {{}, pleat::ScopedNode::Border::OneTensor}));
    addGroups(scene, tree.scopes, tree.of);
    layOutScene(scene, Direction::TopDown);
    return scene;
}

// The middle of the picture goes through the graph's, sideways and down in turn.
std::vector<double> paint(const GraphScene& scene, const SceneIndex& index, double zoom)
{
    const Theme theme = Theme::lightTheme();
    const SceneFonts fonts = SceneFonts::standard();
    GraphPainter graph(scene, index, theme, fonts);
    QImage image(screen, QImage::Format_RGB32);
    std::vector<double> times;
    for (int frame = -2; frame < frames; ++frame) { // the first two fill the caches of fonts
        const double along = (frame - frames / 2) * stepPixels / zoom;
        const QPointF centre = scene.bounds.center() + QPointF(along / 4, along);
        const double start = processorSeconds();
        QPainter painter(&image);
        painter.fillRect(image.rect(), theme.canvas);
        painter.translate(screen.width() / 2.0, screen.height() / 2.0);
        painter.scale(zoom, zoom);
        painter.translate(-centre);
        const QSizeF part = QSizeF(screen) / zoom;
        const QRectF visible(centre - QPointF(part.width() / 2, part.height() / 2), part);
        graph.paintGrid(painter, visible, zoom);
        graph.paint(painter, visible, zoom);
        painter.end();
        if (frame >= 0)
            times.push_back((processorSeconds() - start) * 1000);
    }
    return times;
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    Report report("frames", argc, argv);
    const QGuiApplication application(argc, argv);
    std::vector<std::string> kinds(argv + 1, argv + argc);
    if (kinds.empty())
        kinds.assign(graphKinds.begin(), graphKinds.end());
    report.heading(fmt::format("A frame of {} × {} pixels, {} nodes, processor time", screen.width(),
                               screen.height(), nodes));
    for (const std::string& kind : kinds) {
        const GraphScene scene = sceneOf(generateGraph(kind, nodes));
        const SceneIndex index(scene);
        const double all =
            std::min(screen.width() / scene.bounds.width(), screen.height() / scene.bounds.height());
        for (const double zoom : {all, 0.02, 0.1, 0.3, 0.5, 1.0}) {
            const std::vector<double> times = paint(scene, index, zoom);
            report.add({.what = fmt::format("{}, {:.3g} %", kind, 100 * zoom),
                        .value = median(times),
                        .unit = "ms",
                        .atMost = medianGoal});
            report.add({.what = fmt::format("{}, {:.3g} %, 95th percentile", kind, 100 * zoom),
                        .value = percentile95(times),
                        .unit = "ms",
                        .atMost = percentile95Goal});
        }
    }
    return report.finish();
}
