// SPDX-License-Identifier: GPL-3.0-or-later
// The part of GraphPane that shows the legend, and does what is chosen in it.
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/canvas/GraphPane.h"
#include "ui/canvas/Legend.h"

#include <map>

using namespace Qt::StringLiterals;

namespace pleat::ui {

void GraphPane::showLegend()
{
    if (!m_isShown)
        return;
    if (!m_legend) {
        m_legend = new Legend(this);
        connect(m_legend, &Legend::leftOutChanged, this, [this](const std::set<std::string>& ops) {
            SceneDetails details = m_details;
            details.leftOut = ops;
            setDetails(details);
        });
        connect(m_legend, &Legend::shapesChanged, this, [this](bool shown) {
            SceneDetails details = m_details;
            details.shapes = shown;
            setDetails(details);
        });
        connect(m_legend, &Legend::lit, this, &GraphPane::light);
    }
    const Page page = m_drawing->of.page();
    const SceneReader all(page, *m_drawing->of.types, {});
    std::map<std::string, int> counts;
    for (const NodeIndex node : page.view.scopes()[index(page.scope)].nodes)
        if (!all.isHidden(node))
            ++counts[std::string(page.view.op(node))];
    std::vector<Legend::Kind> kinds;
    kinds.reserve(counts.size());
    for (const auto& [op, nodes] : counts)
        kinds.push_back({op, categoryOf(op), nodes});
    m_legend->setKinds(kinds, m_details.leftOut);
    m_legend->setShapes(static_cast<int>(shapeComputations(page).size()), m_details.shapes);
    const CanvasControls& buttons = m_bar->controls();
    m_legend->move(buttons.mapToGlobal(QPoint(buttons.width() - m_legend->width(), buttons.height() + 6)));
    m_legend->show();
}

void GraphPane::light(const std::set<std::string>& ops)
{
    if (ops.empty() || !m_isShown)
        return emphasise(m_emphasised);
    const GraphView& view = *m_drawing->of.shown->view;
    std::vector<std::uint32_t> found;
    const auto& nodes = m_canvas->scene().nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const NodeId id = m_drawing->laidOut->items[i].node;
        const NodeIndex node = nodes[i].gone || id == NodeId::None ? NodeIndex::None : view.find(id);
        if (node != NodeIndex::None && ops.contains(std::string(view.op(node))))
            found.push_back(static_cast<std::uint32_t>(i));
    }
    m_canvas->emphasise(std::move(found));
}

} // namespace pleat::ui
