// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse, wheel, gestures and keyboard of the canvas.
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/SceneChange.h"
#include "ui/canvas/ScopeState.h"
#include "ui/widgets/PlainText.h"

#include <QAccessible>
#include <QContextMenuEvent>
#include <QGestureEvent>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QStyleHints>
#include <QToolTip>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double zoomPerStep = 1.2;  // one notch of a wheel, 120 units
constexpr double scrollPerStep = 96; // px

} // namespace

void GraphCanvas::setHovered(const CanvasHit& hit)
{
    if (hit == m_marks.hovered)
        return;
    showHovered(hit);
    const bool clickable = !hit.nothing();
    setCursor(m_dragging ? Qt::ClosedHandCursor : clickable ? Qt::PointingHandCursor : Qt::ArrowCursor);
    Q_EMIT hovered(hit);
}

void GraphCanvas::showHovered(const CanvasHit& hit)
{
    paintAgain(areaOf(*m_shared, m_marks.hovered) | areaOf(*m_shared, hit));
    m_marks.hovered = hit;
}

void GraphCanvas::setSelection(const CanvasHit& hit)
{
    if (hit == m_marks.selected)
        return;
    paintAgain(areaOf(*m_shared, m_marks.selected) | areaOf(*m_shared, hit));
    m_marks.selected = hit;
    setAccessibleDescription(describe(hit));
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
    Q_EMIT selectionChanged(hit);
}

void GraphCanvas::select(const CanvasHit& hit)
{
    CanvasHit valid = hit;
    if (valid.node >= static_cast<int>(scene().nodes.size()))
        valid.node = -1;
    if (valid.edge >= static_cast<int>(scene().edges.size()))
        valid.edge = -1;
    if (valid.frame >= static_cast<int>(scene().frames.size()))
        valid.frame = -1;
    setSelection(valid);
}

void GraphCanvas::choose(std::vector<std::uint32_t> nodes)
{
    std::ranges::sort(nodes);
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    if (nodes == m_marks.chosen)
        return;
    m_marks.chosen = std::move(nodes);
    setAccessibleDescription(describe(m_marks.selected));
    update();
}

// The one that is selected is the first of several.
void GraphCanvas::chooseAlso(const std::vector<std::uint32_t>& nodes)
{
    std::vector<std::uint32_t> all = m_marks.chosen;
    if (all.empty() && m_marks.selected.node >= 0)
        all.push_back(static_cast<std::uint32_t>(m_marks.selected.node));
    all.insert(all.end(), nodes.begin(), nodes.end());
    choose(std::move(all));
}

void GraphCanvas::toggleChosen(int node)
{
    const auto number = static_cast<std::uint32_t>(node);
    if (std::ranges::binary_search(m_marks.chosen, number)) {
        std::vector<std::uint32_t> others = m_marks.chosen;
        std::erase(others, number);
        return choose(std::move(others));
    }
    chooseAlso({number});
    setSelection({node, -1, scene().frameOf[static_cast<std::size_t>(node)]});
}

void GraphCanvas::activate(const CanvasHit& hit)
{
    if (hit.frame >= 0)
        Q_EMIT frameActivated(hit.frame);
    else if (hit.node >= 0)
        Q_EMIT nodeActivated(hit.node);
}

void GraphCanvas::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton)
        return QWidget::mousePressEvent(event);
    m_move.stop();
    m_pressed = m_lastDrag = event->position();
    m_mayClick = event->button() == Qt::LeftButton;
    m_choosing = m_mayClick && event->modifiers() & Qt::ShiftModifier;
    event->accept();
}

void GraphCanvas::mouseMoveEvent(QMouseEvent* event)
{
    if (!(event->buttons() & (Qt::LeftButton | Qt::MiddleButton))) {
        setHovered(hitAt(event->position()));
        return;
    }
    const QPointF way = event->position() - m_pressed;
    if (!m_dragging && way.manhattanLength() >= QGuiApplication::styleHints()->startDragDistance()) {
        m_dragging = true;
        m_mayClick = false;
        m_fitOnResize = false;
        setHovered({});
        setCursor(m_choosing ? Qt::CrossCursor : Qt::ClosedHandCursor);
    }
    if (m_dragging && m_choosing) {
        m_band = QRectF(toScene(m_pressed), toScene(event->position())).normalized();
        update();
    } else if (m_dragging) {
        setView(m_centre - (event->position() - m_lastDrag) / m_zoom, m_zoom);
        m_lastDrag = event->position();
    }
}

void GraphCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (m_mayClick && event->button() == Qt::LeftButton) {
        const CanvasHit hit = hitAt(event->position());
        if (m_choosing && hit.node >= 0) {
            toggleChosen(hit.node);
        } else if (!m_choosing && hit.header >= 0) {
            Q_EMIT headerActivated(hit.header);
        } else if (!m_choosing) {
            choose({});
            setSelection(hit);
        }
        if (!m_choosing && hit.node >= 0 && scene().nodes[static_cast<std::size_t>(hit.node)].outside)
            activate(hit);
    }
    if (!m_band.isNull()) {
        std::vector<std::uint32_t> inside = index().nodes(scene(), m_band);
        std::erase_if(inside, [this](std::uint32_t n) { return !m_band.intersects(scene().nodes[n].rect); });
        m_band = {};
        chooseAlso(inside);
        update();
    }
    m_mayClick = m_dragging = m_choosing = false;
    m_marks.hovered = {-2, -2, -2}; // so that the cursor is set anew
    setHovered(hitAt(event->position()));
}

void GraphCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_mayClick = false;
    if (const auto block = blockAt(event->position()); block && block->node < 0) {
        const QRectF& rect = scene().groups[static_cast<std::size_t>(block->group)].rect;
        return moveTo(rect.center(), std::max(zoomToFit(rect), m_zoom * 1.25));
    }
    const CanvasHit hit = hitAt(event->position());
    setSelection(hit);
    activate(hit);
}

void GraphCanvas::leaveEvent(QEvent*)
{
    setHovered({});
}

void GraphCanvas::wheelEvent(QWheelEvent* event)
{
    m_fitOnResize = false;
    const bool control = event->modifiers() & Qt::ControlModifier;
    // A trackpad scrolls by pixels; with two fingers one expects the ground to move, and pinches to zoom.
    const bool trackpad = !event->pixelDelta().isNull();
    const bool zooms = trackpad ? control : control == m_wheelScrolls;
    if (zooms) {
        const double steps = trackpad ? event->pixelDelta().y() / 100.0 : event->angleDelta().y() / 120.0;
        setZoom(m_zoom * std::pow(zoomPerStep, steps), event->position());
    } else {
        QPointF by =
            trackpad ? QPointF(event->pixelDelta()) : QPointF(event->angleDelta()) / 120.0 * scrollPerStep;
        if (event->modifiers() & Qt::ShiftModifier && by.x() == 0)
            by = QPointF(by.y(), 0);
        m_move.stop();
        setView(m_centre - by / m_zoom, m_zoom);
    }
    setHovered(hitAt(event->position()));
    event->accept();
}

bool GraphCanvas::gesture(QEvent* event)
{
    if (event->type() == QEvent::NativeGesture) {
        auto* native = static_cast<QNativeGestureEvent*>(event);
        if (native->gestureType() != Qt::ZoomNativeGesture)
            return false;
        setZoom(m_zoom * (1 + native->value()), native->position());
        return true;
    }
    auto* gestures = static_cast<QGestureEvent*>(event);
    if (auto* pinch = static_cast<QPinchGesture*>(gestures->gesture(Qt::PinchGesture))) {
        const QPointF centre = mapFromGlobal(pinch->centerPoint());
        setZoom(m_zoom * pinch->scaleFactor(), centre);
        const QPointF moved = pinch->centerPoint() - pinch->lastCenterPoint();
        setView(m_centre - moved / m_zoom, m_zoom);
        return true;
    }
    return false;
}

bool GraphCanvas::event(QEvent* event)
{
    switch (event->type()) {
    case QEvent::NativeGesture:
    case QEvent::Gesture:
        if (gesture(event)) {
            m_fitOnResize = false;
            event->accept();
            return true;
        }
        break;
    case QEvent::ToolTip: {
        auto* help = static_cast<QHelpEvent*>(event);
        const QString text = toolTipFor(hitAt(QPointF(help->pos())));
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    case QEvent::ShortcutOverride: {
        // Plain letters and arrows are the canvas's own while it has the focus.
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Copy)) {
            event->accept();
            return true;
        }
        const int own[] = {Qt::Key_F,    Qt::Key_1,    Qt::Key_Plus,  Qt::Key_Minus,  Qt::Key_Up,
                           Qt::Key_Down, Qt::Key_Left, Qt::Key_Right, Qt::Key_Return, Qt::Key_Enter};
        if (!(key->modifiers() & (Qt::ControlModifier | Qt::AltModifier)) &&
            std::ranges::count(own, key->key()) > 0) {
            event->accept();
            return true;
        }
        break;
    }
    default:
        break;
    }
    return QWidget::event(event);
}

int GraphCanvas::nodeNearest(QPointF scenePosition) const
{
    int best = -1;
    double nearest = 0;
    for (std::size_t n = 0; n < scene().nodes.size(); ++n) {
        if (scene().nodes[n].gone)
            continue;
        const QPointF off = scene().nodes[n].rect.center() - scenePosition;
        const double distance = std::hypot(off.x(), off.y());
        if (best < 0 || distance < nearest) {
            nearest = distance;
            best = static_cast<int>(n);
        }
    }
    return best;
}

// Along the direction the keys follow edges, across it they step to the neighbour on the same rank.
void GraphCanvas::step(Qt::Key key, bool extend)
{
    m_fitOnResize = false;
    if (scene().nodes.empty())
        return;
    const auto goTo = [this, extend](int node) {
        if (node < 0)
            return;
        if (extend)
            chooseAlso({static_cast<std::uint32_t>(node)});
        else
            choose({});
        setSelection({node, -1, scene().frameOf[static_cast<std::size_t>(node)]});
        showNode(node);
    };
    const int current = m_marks.selected.node;
    if (current < 0)
        return goTo(nodeNearest(m_centre));
    const bool down = scene().direction == Direction::TopDown;
    const auto across = [down](const SceneNode& node) {
        return down ? node.rect.center().x() : node.rect.center().y();
    };
    const auto at = [this](int n) -> const SceneNode& { return scene().nodes[static_cast<std::size_t>(n)]; };
    const bool forward = key == (down ? Qt::Key_Down : Qt::Key_Right);
    const bool back = key == (down ? Qt::Key_Up : Qt::Key_Left);
    int best = -1;
    double least = 0;
    const auto offer = [&](int n, double distance) {
        if (best < 0 || distance < least) {
            least = distance;
            best = n;
        }
    };
    if (forward || back) {
        for (const std::uint32_t e :
             forward ? index().edgesOut(scene(), current) : index().edgesIn(scene(), current)) {
            const int other = static_cast<int>(forward ? scene().edges[e].to : scene().edges[e].from);
            offer(other, std::abs(across(at(other)) - across(at(current))));
        }
    } else {
        const bool after = key == (down ? Qt::Key_Right : Qt::Key_Down);
        const auto& ranks = scene().layout.ranks;
        for (std::size_t n = 0; n < ranks.size(); ++n) {
            if (scene().nodes[n].gone || ranks[n] != ranks[static_cast<std::size_t>(current)])
                continue;
            const double distance = across(scene().nodes[n]) - across(at(current));
            if (static_cast<int>(n) != current && (distance > 0) == after)
                offer(static_cast<int>(n), std::abs(distance));
        }
    }
    goTo(best);
}

void GraphCanvas::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy)) {
        Q_EMIT copyRequested();
        return;
    }
    if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier))
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Left:
    case Qt::Key_Right:
        return step(static_cast<Qt::Key>(event->key()), event->modifiers() & Qt::ShiftModifier);
    case Qt::Key_F:
        return fit();
    case Qt::Key_1:
        return actualSize();
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoomIn();
    case Qt::Key_Minus:
        return zoomOut();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return activate(m_marks.selected);
    case Qt::Key_Escape:
        if (!m_marks.selected.nothing() || !m_marks.chosen.empty()) {
            choose({});
            return setSelection({});
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void GraphCanvas::contextMenuEvent(QContextMenuEvent* event)
{
    if (event->reason() == QContextMenuEvent::Keyboard) {
        const CanvasHit& hit = m_marks.selected;
        const QPointF place =
            hit.node >= 0 ? scene().nodes[static_cast<std::size_t>(hit.node)].rect.center() : m_centre;
        Q_EMIT contextMenuRequested(hit, mapToGlobal(toWidget(place).toPoint()));
    } else {
        const CanvasHit hit = hitAt(QPointF(event->pos()));
        if (hit.node < 0 || !std::ranges::binary_search(chosen(), static_cast<std::uint32_t>(hit.node)))
            choose({});
        setSelection(hit);
        Q_EMIT contextMenuRequested(hit, event->globalPos());
    }
    event->accept();
}

void GraphCanvas::focusInEvent(QFocusEvent* event)
{
    m_showsFocus = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    update();
    QWidget::focusInEvent(event);
}

void GraphCanvas::focusOutEvent(QFocusEvent* event)
{
    update();
    QWidget::focusOutEvent(event);
}

QString GraphCanvas::toolTipFor(const CanvasHit& hit) const
{
    const auto line = [](const QString& text) { return oneLine(text.left(500)).toHtmlEscaped(); };
    if (hit.node >= 0) {
        const SceneNode& node = scene().nodes[static_cast<std::size_t>(hit.node)];
        QString text = u"<b>%1</b>"_s.arg(line(node.title));
        if (!node.name.isEmpty())
            text += u"<br>"_s + line(node.name);
        if (const auto* hot = m_marks.heat ? m_marks.heat->at(static_cast<std::uint32_t>(hit.node)) : nullptr)
            text += u"<br>"_s + line(hot->words);
        for (const std::vector<WeightRow>* rows : {&node.rows, &node.ports})
            for (std::size_t i = 0; i < std::min<std::size_t>(rows->size(), 12); ++i)
                text += u"<br>%1&nbsp;&nbsp;%2"_s.arg(line((*rows)[i].name), line((*rows)[i].shape));
        if (node.opens)
            text += u"<br>"_s + line(tr("Double click: open what is in it"));
        if (node.outside)
            text += u"<br>"_s + line(tr("From outside of this page: a click leads there"));
        if (hit.frame >= 0)
            text += u"<br>"_s + line(scene().frames[static_cast<std::size_t>(hit.frame)].tooltip);
        return text;
    }
    if (hit.edge >= 0) {
        const SceneEdge& edge = scene().edges[static_cast<std::size_t>(hit.edge)];
        QString text = u"<b>%1</b>"_s.arg(line(edge.tensorName));
        if (!edge.label.isEmpty())
            text += u"<br>"_s + line(edge.label);
        return text;
    }
    if (hit.frame >= 0) {
        const SceneFrame& frame = scene().frames[static_cast<std::size_t>(hit.frame)];
        return u"<p>%1</p>"_s.arg(line(frame.tooltip.isEmpty() ? frame.badge : frame.tooltip));
    }
    if (hit.header >= 0) {
        const SceneGroup& group = scene().groups[static_cast<std::size_t>(hit.header)];
        return u"<b>%1</b><br>%2<br>%3"_s.arg(line(group.label),
                                              line(nodeCountText(static_cast<int>(group.nodes))),
                                              line(tr("A click collapses it")));
    }
    return {};
}

QString GraphCanvas::describe(const CanvasHit& hit) const
{
    QStringList parts;
    if (!m_marks.chosen.empty())
        parts << tr("%n nodes chosen", nullptr, static_cast<int>(m_marks.chosen.size()));
    if (hit.node >= 0) {
        const SceneNode& node = scene().nodes[static_cast<std::size_t>(hit.node)];
        parts << node.title << node.name;
    } else if (hit.edge >= 0) {
        parts << scene().edges[static_cast<std::size_t>(hit.edge)].tensorName
              << scene().edges[static_cast<std::size_t>(hit.edge)].label;
    }
    if (hit.frame >= 0)
        parts << scene().frames[static_cast<std::size_t>(hit.frame)].badge;
    parts.removeAll(QString());
    return parts.isEmpty() ? tr("Nothing selected") : parts.join(u", "_s);
}

} // namespace pleat::ui
