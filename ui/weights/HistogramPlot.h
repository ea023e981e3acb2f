// SPDX-License-Identifier: GPL-3.0-or-later
// How values are distributed: one or two histograms of the same range over each other, each as its own share
// of values, linear, logarithmic or summed up from the left. Drawn in steps, a bin each, so nothing is seen
// that was not counted. The bin under the mouse is read out.
#pragma once

#include "ui/weights/WeightsComparison.h"

#include <QWidget>
#include <optional>

namespace pleat::ui {

struct Theme;

class HistogramPlot final : public QWidget {
    Q_OBJECT
public:
    explicit HistogramPlot(QWidget* parent = nullptr);

    void setCaption(const QString& caption);
    void setData(Distribution data);
    void setLogarithmic(bool logarithmic);
    void setCumulative(bool cumulative); // how many values lie below; never logarithmic

    QSize minimumSizeHint() const override { return {140, 90}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QRectF area() const;
    std::vector<double> heights(const Histogram& histogram) const; // a bin each, before scaling to the area
    void drawSteps(QPainter& painter, const std::vector<double>& heights, double highest,
                   const QColor& colour, double opacity) const;
    void drawReading(QPainter& painter, const Theme& theme) const;

    QString m_caption;
    Distribution m_data;
    bool m_logarithmic = false;
    bool m_cumulative = false;
    int m_hovered = -1; // bin
};

} // namespace pleat::ui
