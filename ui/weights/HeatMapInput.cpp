// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse and keyboard of a heat map, and the value under the mouse.
#include "ui/document/Convert.h"
#include "ui/weights/HeatMap.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
const auto readingLane = u"heat map, value"_s;
constexpr double zoomStep = 1.25;
} // namespace

void HeatMap::hover(QPointF position)
{
    m_hovered = position;
    std::optional<LargestCells::Cell> cell;
    if (shownCells() && !m_isStale && area().contains(position))
        cell = cellAt(*shownCells(), m_view, position - area().topLeft(), devicePixelRatioF());
    const auto element = cell ? std::optional(cell->element) : std::nullopt;
    if (element != m_hoveredElement) {
        m_hoveredElement = element;
        m_reading.clear();
        m_jobs.cancel(this, readingLane);
        if (element)
            readHovered(*element);
    }
    update();
}

void HeatMap::readHovered(std::uint64_t element)
{
    struct Values {
        Element before, after;
        double drawn = 0; // what is drawn of them
    };
    m_jobs.start(
        readingLane, tr("Reading…"), this,
        [subject = m_subject, side = m_side, element](Progress&, const std::stop_token&) -> Result<Values> {
            Values values;
            const bool both = subject->areComparable();
            const TensorView& first = both ? subject->before->tensor : subject->of(side).tensor;
            const TensorView& second = both ? subject->after.tensor : first;
            if (auto got = Elements(first).read(element, {&values.before, 1}); !got)
                return tl::make_unexpected(got.error());
            if (auto got = Elements(second).read(element, {&values.after, 1}); !got)
                return tl::make_unexpected(got.error());
            if (auto got = subject->values(side).read(element, {&values.drawn, 1}); !got)
                return tl::make_unexpected(got.error());
            return values;
        },
        [this, element](const Result<Values>& values) {
            if (!values || m_hoveredElement != element)
                return;
            const TensorView& tensor = m_subject->of(m_side).tensor;
            const auto& [before, after, drawn] = *values;
            const QString now = exactNumber(after, tensor.type());
            m_reading = elementIndex(element, tensor.dims()) + u'\n';
            if (!m_subject->areComparable())
                m_reading += now;
            else
                m_reading += tr("before %1 → after %2")
                                 .arg(exactNumber(before, m_subject->before->tensor.type()), now);
            if (m_side == HeatSide::Difference)
                m_reading += tr(", difference %1").arg(number(drawn));
            if (m_side == HeatSide::Relative)
                m_reading += tr(", relative %1").arg(number(drawn));
            setAccessibleDescription(caption() + u'\n' + m_reading);
            update();
        },
        JobDisplay::Quiet, JobPriority::LookedAt);
}

void HeatMap::wheelEvent(QWheelEvent* event)
{
    const QPoint turn = event->angleDelta();
    if (std::abs(turn.x()) > std::abs(turn.y()))
        m_view.pan({-turn.x() / 2.0, 0});
    else
        zoom(std::pow(zoomStep, turn.y() / 120.0), event->position() - area().topLeft());
    viewChanged();
    event->accept();
}

// Of all the values under a pixel, the one that is shown stays there.
void HeatMap::zoom(double factor, QPointF position)
{
    const double ratio = devicePixelRatioF();
    const auto middle = [ratio](double at) { return (std::floor(at * ratio) + 0.5) / ratio; };
    const QPointF pixel(middle(position.x()), middle(position.y()));
    QPointF place = m_view.placeAt(pixel);
    if (m_hoveredElement) {
        const Grid::Cell shown = m_grid.cell(*m_hoveredElement);
        if (m_view.cellWidth < 1)
            place.setX(double(shown.column) + 0.5);
        if (m_view.cellHeight < 1)
            place.setY(double(shown.row) + 0.5);
    }
    m_view.zoom(factor, pixel, place);
}

void HeatMap::mousePressEvent(QMouseEvent* event)
{
    m_drag = event->position();
}

void HeatMap::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton) {
        m_view.pan(m_drag - event->position());
        m_drag = event->position();
        m_hovered = event->position();
        viewChanged();
        return;
    }
    hover(event->position());
}

void HeatMap::mouseDoubleClickEvent(QMouseEvent*)
{
    m_view.fit();
    viewChanged();
}

void HeatMap::leaveEvent(QEvent*)
{
    m_hovered.reset();
    m_hoveredElement.reset();
    m_reading.clear();
    update();
}

void HeatMap::keyPressEvent(QKeyEvent* event)
{
    const QSizeF step = m_view.area / 8;
    const QPointF middle(m_view.area.width() / 2, m_view.area.height() / 2);
    switch (event->key()) {
    case Qt::Key_Left:
        m_view.pan({-step.width(), 0});
        break;
    case Qt::Key_Right:
        m_view.pan({step.width(), 0});
        break;
    case Qt::Key_Up:
        m_view.pan({0, -step.height()});
        break;
    case Qt::Key_Down:
        m_view.pan({0, step.height()});
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        m_view.zoom(zoomStep, middle, m_view.placeAt(middle));
        break;
    case Qt::Key_Minus:
        m_view.zoom(1 / zoomStep, middle, m_view.placeAt(middle));
        break;
    case Qt::Key_Home:
        m_view.fit();
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    viewChanged();
}

} // namespace pleat::ui
