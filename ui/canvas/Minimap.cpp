// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/Minimap.h"

#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/OverlayGround.h"
#include "ui/widgets/HeatColours.h"
#include "ui/widgets/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>
#include <cmath>

namespace pleat::ui {

namespace {
constexpr double padding = 8;
constexpr double mostStretch = 40; // one axis against the other
} // namespace

Minimap::Minimap(GraphCanvas& canvas) : QWidget(&canvas), m_canvas(canvas)
{
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Map of the whole graph"));
    setToolTip(tr("The whole graph: click or drag to move there"));
}

QSize Minimap::sizeHint() const
{
    const bool down = m_canvas.scene().direction == Direction::TopDown;
    return down ? QSize(92, 148) : QSize(168, 84);
}

void Minimap::sceneChanged()
{
    m_cache = {};
    update();
}

void Minimap::sceneChanged(const QRectF& area)
{
    // Pixels of the picture are not those of the widget otherwise, and parts of them would be painted twice.
    const bool isWhole = devicePixelRatioF() == std::floor(devicePixelRatioF());
    if (m_cache.isNull() || !isWhole || area.isNull()) {
        if (!area.isNull())
            sceneChanged();
        return;
    }
    const QRect part = sceneToMap().mapRect(area).toAlignedRect().adjusted(-1, -1, 1, 1) & rect();
    paintCache(part);
    update(part);
}

QTransform Minimap::sceneToMap() const
{
    const QRectF b = m_canvas.scene().bounds;
    if (b.isEmpty())
        return {};
    const double width = std::max(1.0, this->width() - 2 * padding),
                 height = std::max(1.0, this->height() - 2 * padding);
    double sx = width / b.width(), sy = height / b.height();
    sx = std::min(sx, sy * mostStretch);
    sy = std::min(sy, sx * mostStretch);
    // A single column fills its map no more than the sketch's does.
    if (m_canvas.scene().direction == Direction::TopDown)
        sx = std::min(sx, width * 0.55 / 184);
    else
        sy = std::min(sy, height * 0.55 / 60);
    QTransform transform;
    transform.translate(this->width() / 2.0, this->height() / 2.0);
    transform.scale(sx, sy);
    transform.translate(-b.center().x(), -b.center().y());
    return transform;
}

void Minimap::paintCache(const QRect& part)
{
    const Theme theme = Theme::of(*this);
    const GraphScene& scene = m_canvas.scene();
    if (m_cache.isNull()) {
        const double ratio = devicePixelRatioF();
        m_cache = QPixmap(size() * ratio);
        m_cache.setDevicePixelRatio(ratio);
        m_cache.fill(Qt::transparent);
    }
    QPainter painter(&m_cache);
    painter.setClipRect(part);
    painter.setCompositionMode(QPainter::CompositionMode_Source);
    painter.fillRect(part, Qt::transparent);
    painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
    painter.setRenderHint(QPainter::Antialiasing, scene.nodes.size() < 2000);
    const QTransform map = sceneToMap();
    const QRectF area = map.inverted().mapRect(QRectF(part).adjusted(-2, -2, 2, 2));
    const auto batchFor = [&](const QRectF& rect, double least) {
        QRectF r = map.mapRect(rect);
        if (r.width() < least)
            r.setWidth(least);
        if (r.height() < least)
            r.setHeight(least);
        return r;
    };
    if (const auto& heat = m_canvas.heat()) {
        const HeatColours colours(HeatScale::BlueRed, theme);
        painter.setPen(Qt::NoPen);
        for (const std::uint32_t n : m_canvas.index().nodes(scene, area)) {
            const CanvasHeat::Node* const hot = heat->at(n);
            painter.fillRect(batchFor(scene.nodes[n].rect, hot ? 2 : 1),
                             hot ? QColor::fromRgb(colours.at(hot->share))
                                 : blend(theme.panel, theme.before, 0.3));
        }
        return;
    }
    std::vector<QRectF> plain;
    std::array<std::vector<QRectF>, markColourCount> framed;
    for (const std::uint32_t n : m_canvas.index().nodes(scene, area)) {
        const int frame = scene.frameOf[n];
        const QRectF r = batchFor(scene.nodes[n].rect, 1);
        if (frame < 0)
            plain.push_back(r);
        else
            framed[static_cast<std::size_t>(scene.frames[static_cast<std::size_t>(frame)].look.colour)]
                .push_back(r);
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(blend(theme.panel, theme.before, 0.55));
    painter.drawRects(plain.data(), static_cast<int>(plain.size()));
    for (const MarkColour colour :
         {MarkColour::Done, MarkColour::Note, MarkColour::Good, MarkColour::Warning, MarkColour::Gone}) {
        const auto& batch = framed[static_cast<std::size_t>(colour)];
        painter.setBrush(theme.mark(colour));
        painter.drawRects(batch.data(), static_cast<int>(batch.size()));
    }
}

void Minimap::paintEvent(QPaintEvent*)
{
    const Theme theme = Theme::of(*this);
    if (m_cache.isNull())
        paintCache(rect());
    QPainter painter(this);
    QColor ground = theme.panel;
    ground.setAlphaF(0.94f);
    paintOverlayGround(painter, rect(), theme.line, ground);
    painter.drawPixmap(0, 0, m_cache);

    QRectF view = sceneToMap().mapRect(m_canvas.visibleScene());
    const QRectF inside = QRectF(rect()).adjusted(3, 3, -3, -3);
    if (view.height() < 6)
        view.adjust(0, (view.height() - 6) / 2, 0, (6 - view.height()) / 2);
    if (view.width() < 6)
        view.adjust((view.width() - 6) / 2, 0, (6 - view.width()) / 2, 0);
    view &= inside;
    QColor fill = theme.accent;
    fill.setAlphaF(0.12f);
    painter.setBrush(fill);
    painter.setPen(QPen(theme.accent, 1.2));
    painter.drawRoundedRect(view, 3, 3);
}

void Minimap::moveCanvas(QPointF position)
{
    m_canvas.centreAt(sceneToMap().inverted().map(position));
}

void Minimap::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        moveCanvas(event->position());
    event->accept();
}

void Minimap::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton)
        moveCanvas(event->position());
    event->accept();
}

void Minimap::wheelEvent(QWheelEvent* event)
{
    m_canvas.setZoom(m_canvas.zoom() * std::pow(1.2, event->angleDelta().y() / 120.0),
                     QPointF(m_canvas.width() / 2.0, m_canvas.height() / 2.0));
    event->accept();
}

void Minimap::resizeEvent(QResizeEvent*)
{
    m_cache = {};
}

} // namespace pleat::ui
