// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/CanvasControls.h"

#include "ui/canvas/OverlayGround.h"
#include "ui/widgets/Theme.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

CanvasControls::CanvasControls(QWidget* parent) : QWidget(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(4);
    button(u"−"_s, tr("Zoom out (−)"), &CanvasControls::zoomOut);
    m_zoom = button(u"100 %"_s, tr("Actual size (1)"), &CanvasControls::actualSize);
    button(u"+"_s, tr("Zoom in (+)"), &CanvasControls::zoomIn);
    button(tr("Fit"), tr("Show the whole graph (F)"), &CanvasControls::fit);
    m_direction = button({}, tr("Change the direction (Ctrl+K)"), &CanvasControls::turn);
    // The widest text they will have, so that nothing moves while zooming.
    m_zoom->setFixedWidth(m_zoom->fontMetrics().horizontalAdvance(u"4000 %"_s) + 16);
    setDirection(Direction::TopDown);
    setCursor(Qt::ArrowCursor);
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
    // Judged by the bar as it is with the longest word, so that it does not go to and fro.
    const int words = m_direction->fontMetrics().horizontalAdvance(u' ' + tr("left-right"));
    const bool brief = sizeHint().width() + (m_brief ? words : 0) > width;
    if (brief == m_brief)
        return;
    m_brief = brief;
    showDirection();
}

void CanvasControls::showDirection()
{
    m_direction->setText(m_brief ? m_arrow : m_arrow + u' ' + m_word);
    adjustSize();
}

void CanvasControls::paintEvent(QPaintEvent*)
{
    const Theme theme = Theme::of(*this);
    QPainter painter(this);
    paintOverlayGround(painter, rect(), theme.line, theme.panel);
    const auto* row = layout();
    for (int i = 1; i < row->count(); ++i) {
        const int x = row->itemAt(i)->geometry().left() - 3;
        painter.drawLine(QPointF(x + 0.5, 1), QPointF(x + 0.5, height() - 1));
    }
}

} // namespace pleat::ui
