// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/SegmentedControl.h"

#include "ui/widgets/Theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

namespace pleat::ui {

namespace {
constexpr int lowest = 28;
constexpr int mostPadding = 13, leastPadding = 3;

QFont chosenFont(QFont font)
{
    font.setWeight(QFont::DemiBold);
    return font;
}
} // namespace

SegmentedControl::SegmentedControl(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::TabFocus);
    setMouseTracking(true);
    setCursor(Qt::ArrowCursor);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void SegmentedControl::setSegments(const QStringList& texts)
{
    m_texts = texts;
    m_enabled.assign(static_cast<std::size_t>(texts.size()), true);
    m_current = 0;
    updateGeometry();
    update();
}

void SegmentedControl::setCurrent(int index)
{
    if (index < 0 || index >= m_texts.size() || index == m_current ||
        !m_enabled[static_cast<std::size_t>(index)])
        return;
    m_current = index;
    setAccessibleDescription(m_texts.at(index));
    update();
    Q_EMIT currentChanged(index);
}

void SegmentedControl::setSegmentEnabled(int index, bool enabled)
{
    if (index < 0 || index >= m_texts.size())
        return;
    m_enabled[static_cast<std::size_t>(index)] = enabled;
    update();
}

int SegmentedControl::segmentWidth(int index) const
{
    // Room for the bold form, so that choosing moves nothing.
    return QFontMetrics(chosenFont(font())).horizontalAdvance(m_texts.at(index)) + 2 * m_padding;
}

void SegmentedControl::setRoom(int width)
{
    if (m_texts.isEmpty())
        return;
    const int sides = 2 * static_cast<int>(m_texts.size());
    const int words = sizeHint().width() - sides * m_padding;
    m_padding = std::clamp(std::max(0, width - words) / sides, leastPadding, mostPadding);
    updateGeometry();
    update();
}

QSize SegmentedControl::sizeHint() const
{
    int width = 2;
    for (int i = 0; i < m_texts.size(); ++i)
        width += segmentWidth(i);
    return {width, std::max(lowest, fontMetrics().height() + 12)};
}

QRect SegmentedControl::segmentRect(int index) const
{
    int left = 1;
    for (int i = 0; i < index; ++i)
        left += segmentWidth(i);
    return {left, 1, segmentWidth(index), height() - 2};
}

int SegmentedControl::segmentAt(QPoint position) const
{
    for (int i = 0; i < m_texts.size(); ++i)
        if (segmentRect(i).contains(position))
            return i;
    return -1;
}

void SegmentedControl::paintEvent(QPaintEvent*)
{
    const Theme theme = Theme::of(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF outline = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    QPainterPath shape;
    shape.addRoundedRect(outline, 6, 6);
    painter.fillPath(shape, theme.panel);
    painter.save();
    painter.setClipPath(shape);
    for (int i = 0; i < m_texts.size(); ++i) {
        const bool enabled = isEnabled() && m_enabled[static_cast<std::size_t>(i)];
        const QRect segment = segmentRect(i);
        if (i == m_current)
            painter.fillRect(segment, theme.accentSoft);
        else if (i == m_hovered && enabled)
            painter.fillRect(segment, theme.hover);
        painter.setFont(i == m_current ? chosenFont(font()) : font());
        painter.setPen(!enabled         ? blend(theme.panel, theme.quiet, 0.6)
                       : i == m_current ? readable(theme.accent, theme.accentSoft)
                                        : theme.text);
        painter.drawText(segment, Qt::AlignCenter, m_texts.at(i));
    }
    painter.restore();
    painter.setPen(QPen(hasFocus() && m_showsFocus ? theme.accent : theme.line, 1));
    painter.drawPath(shape);
}

void SegmentedControl::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        setCurrent(segmentAt(event->position().toPoint()));
    event->accept();
}

void SegmentedControl::mouseMoveEvent(QMouseEvent* event)
{
    m_hovered = segmentAt(event->position().toPoint());
    update();
    event->accept();
}

void SegmentedControl::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

void SegmentedControl::step(int direction)
{
    for (int i = m_current + direction; i >= 0 && i < m_texts.size(); i += direction) {
        if (m_enabled[static_cast<std::size_t>(i)])
            return setCurrent(i);
    }
}

void SegmentedControl::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)
        step(event->key() == Qt::Key_Left ? -1 : 1);
    else
        QWidget::keyPressEvent(event);
}

void SegmentedControl::focusInEvent(QFocusEvent* event)
{
    m_showsFocus = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
}

void SegmentedControl::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

} // namespace pleat::ui
