// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/CanvasBar.h"

#include "ui/canvas/Breadcrumb.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/Theme.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
constexpr int barSide = 8, barAbove = 5, barGap = 10;
} // namespace

CanvasBar::CanvasBar(QWidget* parent)
    : QWidget(parent),
      m_pages(new Breadcrumb(this)),
      m_sides(new SegmentedControl(this)),
      m_controls(new CanvasControls(this))
{
    m_sides->setSegments({tr("Before"), tr("After"), tr("Both")});
    m_sides->setCurrent(1);
    m_sides->setAccessibleName(tr("Which model the graph shows"));
    m_sides->setToolTip(tr("The model as it was opened, as it is now, or both side by side"));
    m_pages->hide();
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

QSize CanvasBar::sizeHint() const
{
    const int height = std::max(m_sides->sizeHint().height(), m_controls->sizeHint().height());
    return {600, height + 2 * barAbove + 1};
}

// The sides in the middle where the pages leave them there, else beside the buttons.
void CanvasBar::arrange()
{
    m_sides->setRoom(width());
    const int wanted = m_pages->wantedWidth();
    int sides = m_sides->sizeHint().width();
    // The pages leave room for a few of the buttons.
    const int room = width() - 2 * barSide - sides - barGap;
    const int pages = wanted > 0 ? std::min(wanted, 280) + barGap : 0;
    m_controls->setRoom(std::max(room - pages, std::min(room, 100)));
    const auto place = [this](QWidget& widget, int x, int width) {
        const int height = widget.sizeHint().height();
        widget.setGeometry(x, (this->height() - 1 - height) / 2, width, height);
    };
    const int controls = m_controls->sizeHint().width();
    const int buttons = width() - barSide - controls;
    m_sides->setRoom(buttons - barGap);
    sides = m_sides->sizeHint().width();
    place(*m_controls, buttons, controls);
    const int middle = (width() - sides) / 2, pagesEnd = barSide + (wanted > 0 ? wanted + barGap : 0);
    const bool fits = middle >= pagesEnd && middle + sides + barGap <= buttons;
    const int sidesAt = fits ? middle : std::max(0, buttons - barGap - sides);
    place(*m_sides, sidesAt, sides);
    const int pagesRoom = std::max(0, std::min(wanted, sidesAt - barGap - barSide));
    m_pages->setRoom(pagesRoom);
    place(*m_pages, barSide, pagesRoom);
}

void CanvasBar::paintEvent(QPaintEvent*)
{
    const Theme theme = Theme::of(*this);
    QPainter painter(this);
    painter.fillRect(rect(), theme.panel);
    painter.fillRect(0, height() - 1, width(), 1, theme.line);
}

void CanvasBar::resizeEvent(QResizeEvent*)
{
    arrange();
}

void CanvasBar::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        arrange();
}

} // namespace pleat::ui
