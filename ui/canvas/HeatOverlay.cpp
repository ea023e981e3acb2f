// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/HeatOverlay.h"

#include "ui/canvas/OverlayGround.h"
#include "ui/widgets/HeatLegend.h"
#include "ui/widgets/PlainText.h"

#include <QPainter>
#include <QVBoxLayout>

namespace pleat::ui {

HeatOverlay::HeatOverlay(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("heatLegend"));
    m_title = new PlainLabel;
    m_title->setProperty("role", QStringLiteral("quiet"));
    m_legend = new HeatLegend;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 7, 12, 7);
    layout->setSpacing(3);
    layout->addWidget(m_title);
    layout->addWidget(m_legend);
    hide();
}

void HeatOverlay::setHeat(const HeatPointer& heat)
{
    setVisible(heat != nullptr);
    if (!heat)
        return;
    m_title->setText(heat->title);
    m_legend->setContent({heat->low, heat->high, heat->from, {}});
    layout()->activate();
    adjustSize();
}

void HeatOverlay::paintEvent(QPaintEvent*)
{
    const Theme theme = Theme::of(*this);
    QPainter painter(this);
    paintOverlayGround(painter, rect(), theme.line, theme.panel);
}

} // namespace pleat::ui
