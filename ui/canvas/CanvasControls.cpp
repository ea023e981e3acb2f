// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/CanvasControls.h"

#include <QHBoxLayout>
#include <QToolButton>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

CanvasControls::CanvasControls(QWidget* parent) : QWidget(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    m_legend = button(tr("Legend"), tr("What the colours mean, and what is left out (Ctrl+Shift+K)"),
                      &CanvasControls::legend);
    m_zoomOut = button(u"−"_s, tr("Zoom out (−)"), &CanvasControls::zoomOut);
    m_zoom = button(u"100 %"_s, tr("Actual size (1)"), &CanvasControls::actualSize);
    m_zoomIn = button(u"+"_s, tr("Zoom in (+)"), &CanvasControls::zoomIn);
    m_fit = button(tr("Fit"), tr("Show the whole graph (F)"), &CanvasControls::fit);
    m_direction = button({}, tr("Change the direction (Ctrl+K)"), &CanvasControls::turn);
    // The widest text they will have, so that nothing moves while zooming or turning.
    m_zoom->setFixedWidth(m_zoom->fontMetrics().horizontalAdvance(u"4000 %"_s) + 16);
    setDirection(Direction::TopDown);
}

QToolButton* CanvasControls::button(const QString& text, const QString& toolTip,
                                    void (CanvasControls::*signal)())
{
    auto* result = new QToolButton(this);
    result->setText(text);
    result->setToolTip(toolTip);
    result->setAccessibleName(toolTip);
    result->setFocusPolicy(Qt::TabFocus);
    result->setAutoRaise(true);
    result->setMinimumWidth(26);
    connect(result, &QToolButton::clicked, this, signal);
    layout()->addWidget(result);
    return result;
}

void CanvasControls::setZoom(double zoom)
{
    const double percent = zoom * 100;
    m_zoom->setText(percent >= 1 ? tr("%1 %").arg(std::lround(percent)) : tr("%1 %").arg(percent, 0, 'f', 1));
}

void CanvasControls::setDirection(Direction direction)
{
    m_arrow = direction == Direction::TopDown ? u"↓"_s : u"→"_s;
    m_word = direction == Direction::TopDown ? tr("top-down") : tr("left-right");
    showDirection();
}

void CanvasControls::setRoom(int width)
{
    for (int leftOut = 0; leftOut <= 6; ++leftOut) {
        m_brief = leftOut > 0;
        m_zoomOut->setVisible(leftOut < 2);
        m_zoomIn->setVisible(leftOut < 2);
        m_legend->setVisible(leftOut < 3 && m_hasLegend);
        m_zoom->setVisible(leftOut < 4);
        m_fit->setVisible(leftOut < 5);
        m_direction->setVisible(leftOut < 6);
        showDirection();
        if (layout()->sizeHint().width() <= width)
            break;
    }
}

void CanvasControls::setLegendShown(bool shown)
{
    m_hasLegend = shown;
    m_legend->setVisible(shown);
}

void CanvasControls::showDirection()
{
    m_direction->setText(m_brief ? m_arrow : m_arrow + u' ' + m_word);
    const int words = m_direction->fontMetrics().horizontalAdvance(u"→ "_s + tr("left-right"));
    m_direction->setMinimumWidth(m_brief ? 26 : words + 16);
}

} // namespace pleat::ui
