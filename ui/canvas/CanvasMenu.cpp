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
std::vector<std::uint32_t> nodesOfType(const GraphScene& scene, std::uint32_t node)
{
    const SceneNode& wanted = scene.nodes[node];
    std::vector<std::uint32_t> same;
    for (std::uint32_t n = 0; n < scene.nodes.size(); ++n) {
        const SceneNode& each = scene.nodes[n];
        if (!each.gone && each.category == wanted.category && each.op == wanted.op)
            same.push_back(n);
    }
    return same;
}

// While a menu is open another scene may come: then the same nodes have other numbers.
std::vector<quint32> keysOf(const GraphCanvas& canvas, const std::vector<std::uint32_t>& nodes)
{
    std::vector<quint32> keys;
    keys.reserve(nodes.size());
    for (const std::uint32_t node : nodes)
        keys.push_back(canvas.scene().nodes[node].key);
    return keys;
}

// Nothing where one of them is not there any more.
template<class Ways>
void chooseFrom(GraphCanvas& canvas, const std::vector<quint32>& keys, Ways ways)
{
    std::vector<std::uint32_t> nodes;
    nodes.reserve(keys.size());
    for (const quint32 key : keys) {
        const int node = canvas.sharedScene()->nodeWithKey(key);
        if (node < 0)
            return;
        nodes.push_back(static_cast<std::uint32_t>(node));
    }
    if (auto chosen = ways(canvas.scene(), nodes); !chosen.empty())
        canvas.choose(std::move(chosen));
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
    using Nodes = std::vector<std::uint32_t>;
    const Nodes nodes = meantNodes(canvas);
    const auto add = [&](const QString& words, const Nodes& of, auto ways) {
        menu.addAction(words, &canvas,
                       [&canvas, keys = keysOf(canvas, of), ways] { chooseFrom(canvas, keys, ways); });
    };
    if (hit.node >= 0)
        add(tr("Choose All of This Type"), {static_cast<std::uint32_t>(hit.node)},
            [](const GraphScene& scene, const Nodes& of) { return nodesOfType(scene, of[0]); });
    if (nodes.size() == 2)
        add(tr("Choose What Is Between These Two"), nodes,
            [](const GraphScene& scene, const Nodes& of) { return nodesBetween(scene, of[0], of[1]); });
    if (!nodes.empty())
        add(tr("Choose Up to the Input"), nodes, nodesUpTo);
    if (!nodes.empty() || hit.edge >= 0)
        menu.addAction(nodes.size() > 1 ? tr("Copy %n Names", static_cast<int>(nodes.size()))
                                        : tr("Copy the Name"),
                       &canvas, [&canvas] { copyNames(canvas); });
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
