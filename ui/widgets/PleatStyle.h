// SPDX-License-Identifier: GPL-3.0-or-later
// Fusion with the few primitives that a style sheet can only draw from image files: check marks, radio
// buttons and arrows, painted from the palette so that one set serves both themes and every scale.
#pragma once

#include <QProxyStyle>

namespace pleat::ui {

class PleatStyle final : public QProxyStyle {
    Q_OBJECT
public:
    PleatStyle();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* returnData) const override;
};

} // namespace pleat::ui
