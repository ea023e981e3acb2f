// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/PleatStyle.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleOption>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

void drawCheckBox(const QStyleOption& option, QPainter& painter)
{
    const bool enabled = option.state & QStyle::State_Enabled;
    const bool on = option.state & QStyle::State_On;
    const bool partly = option.state & QStyle::State_NoChange;
    const QPalette& palette = option.palette;
    // Link and BrightText, since a style sheet's selection colours replace Highlight in item views.
    const auto group = enabled ? QPalette::Normal : QPalette::Disabled;
    const double side = std::min(option.rect.width(), option.rect.height()) - 1.0;
    QRectF box(0, 0, side, side);
    box.moveCenter(QRectF(option.rect).center());

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor accent = palette.color(group, enabled ? QPalette::Link : QPalette::Mid);
    const QColor outline = enabled && (option.state & QStyle::State_MouseOver)
                               ? palette.color(QPalette::Link)
                               : palette.color(group, QPalette::PlaceholderText);
    painter.setPen(QPen(on || partly ? accent : outline, 1.2));
    painter.setBrush(on || partly ? accent : palette.color(QPalette::Base));
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3.5, 3.5);

    painter.setPen(QPen(palette.color(group, enabled ? QPalette::BrightText : QPalette::PlaceholderText),
                        std::max(1.4, side * 0.12), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    const auto at = [&box](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
    };
    if (on)
        painter.drawPolyline(QPolygonF{at(0.28, 0.53), at(0.44, 0.68), at(0.73, 0.36)});
    else if (partly)
        painter.drawLine(at(0.3, 0.5), at(0.7, 0.5));
    painter.restore();
}

void drawRadioButton(const QStyleOption& option, QPainter& painter)
{
    const auto group = option.state & QStyle::State_Enabled ? QPalette::Normal : QPalette::Disabled;
    const bool on = option.state & QStyle::State_On;
    const double side = std::min(option.rect.width(), option.rect.height()) - 2.0;
    QRectF box(0, 0, side, side);
    box.moveCenter(QRectF(option.rect).center());
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(
        QPen(option.palette.color(group, on ? QPalette::Highlight : QPalette::PlaceholderText), 1.2));
    painter.setBrush(option.palette.color(group, on ? QPalette::Highlight : QPalette::Base));
    painter.drawEllipse(box);
    if (on) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(option.palette.color(group, QPalette::HighlightedText));
        painter.drawEllipse(box.center(), side * 0.2, side * 0.2);
    }
    painter.restore();
}

void drawArrow(QStyle::PrimitiveElement element, const QStyleOption& option, QPainter& painter)
{
    const auto group = option.state & QStyle::State_Enabled ? QPalette::Normal : QPalette::Disabled;
    const QPointF centre = QRectF(option.rect).center();
    const double reach = std::clamp(std::min(option.rect.width(), option.rect.height()) * 0.3, 2.5, 4.0);
    const double turn = element == QStyle::PE_IndicatorArrowDown    ? 0
                        : element == QStyle::PE_IndicatorArrowUp    ? 180
                        : element == QStyle::PE_IndicatorArrowRight ? -90
                                                                    : 90;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(centre);
    painter.rotate(turn);
    painter.setPen(QPen(option.palette.color(group, QPalette::PlaceholderText), 1.4, Qt::SolidLine,
                        Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(
        QPolygonF{QPointF(-reach, -reach / 2), QPointF(0, reach / 2), QPointF(reach, -reach / 2)});
    painter.restore();
}

} // namespace

PleatStyle::PleatStyle() : QProxyStyle(u"Fusion"_s) {}

void PleatStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                               const QWidget* widget) const
{
    switch (element) {
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
        return drawCheckBox(*option, *painter);
    case PE_IndicatorRadioButton:
        return drawRadioButton(*option, *painter);
    case PE_IndicatorArrowDown:
    case PE_IndicatorArrowUp:
    case PE_IndicatorArrowLeft:
    case PE_IndicatorArrowRight:
        return drawArrow(element, *option, *painter);
    default:
        return QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

int PleatStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight:
        return 16;
    case PM_ToolBarItemSpacing:
        return 6;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int PleatStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                          QStyleHintReturn* returnData) const
{
    // Menus and tool tips of the sketch have no fade; a click should be answered at once.
    if (hint == SH_UnderlineShortcut)
        return 0;
    if (hint == SH_DockWidget_ButtonsHaveFrame)
        return 0;
    if (hint == SH_DialogButtonBox_ButtonsHaveIcons)
        return 0; // the platform's do not go with ours
    return QProxyStyle::styleHint(hint, option, widget, returnData);
}

} // namespace pleat::ui
