// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/CanvasMenu.h"

#include "ui/canvas/SceneWays.h"
#include "ui/widgets/Translate.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>

namespace pleat::ui {

namespace {

// Of its operator, or of its kind where it has none.
std::vector<std::uint32_t> nodesOfType(const GraphScene& scene, int node)
{
    const SceneNode& wanted = scene.nodes[static_cast<std::size_t>(node)];
    const bool hasOperator = wanted.category != Category::GraphInput &&
                             wanted.category != Category::GraphOutput && wanted.category != Category::Scope;
    std::vector<std::uint32_t> same;
    for (std::uint32_t n = 0; n < scene.nodes.size(); ++n) {
        const SceneNode& each = scene.nodes[n];
        if (!each.gone && each.category == wanted.category && (!hasOperator || each.title == wanted.title))
            same.push_back(n);
    }
    return same;
}

} // namespace

std::vector<std::uint32_t> meantNodes(const GraphCanvas& canvas)
{
    const int selected = canvas.selection().node;
    if (!canvas.chosen().empty() || selected < 0)
        return canvas.chosen();
    return {static_cast<std::uint32_t>(selected)};
}

void addChoosingActions(QMenu& menu, GraphCanvas& canvas, const CanvasHit& hit)
{
    const std::vector<std::uint32_t> nodes = meantNodes(canvas);
    if (hit.node >= 0)
        menu.addAction(tr("Choose All of This Type"), &canvas,
                       [&canvas, hit] { canvas.choose(nodesOfType(canvas.scene(), hit.node)); });
    if (nodes.size() == 2)
        menu.addAction(tr("Choose What Is Between These Two"), &canvas, [&canvas, nodes] {
            if (auto between = nodesBetween(canvas.scene(), nodes[0], nodes[1]); !between.empty())
                canvas.choose(std::move(between));
        });
    if (!nodes.empty())
        menu.addAction(tr("Choose Up to the Input"), &canvas,
                       [&canvas, nodes] { canvas.choose(nodesUpTo(canvas.scene(), nodes)); });
    if (!nodes.empty() || hit.edge >= 0)
        menu.addAction(nodes.size() > 1 ? tr("Copy %n Names", static_cast<int>(nodes.size()))
                                        : tr("Copy the Name"),
                       &canvas, [&canvas] { copyNames(canvas); });
    if (!menu.isEmpty())
        menu.addSeparator();
}

void copyNames(const GraphCanvas& canvas)
{
    const GraphScene& scene = canvas.scene();
    QStringList names;
    for (const std::uint32_t node : meantNodes(canvas))
        names += scene.nodes[node].name;
    const int edge = canvas.selection().edge;
    if (names.isEmpty() && edge >= 0)
        names += scene.edges[static_cast<std::size_t>(edge)].tensorName;
    if (!names.isEmpty())
        QGuiApplication::clipboard()->setText(names.join(u'\n'));
}

} // namespace pleat::ui
