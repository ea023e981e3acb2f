// SPDX-License-Identifier: GPL-3.0-or-later
// How the values of single channels are distributed: a histogram a row, one below the other, all over the
// same range; each as tall as its own fullest bin. Steps, as in HistogramPlot.
#pragma once

#include "ui/weights/WeightsComparison.h"

#include <QWidget>

namespace pleat::ui {

struct Theme;

class RidgePlot final : public QWidget {
    Q_OBJECT
public:
    explicit RidgePlot(QWidget* parent = nullptr);

    void setCaption(const QString& caption);
    void setData(std::vector<ChannelDistribution> channels);

    QSize minimumSizeHint() const override { return {140, 90}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Place {
        std::size_t row = 0, bin = 0;
        bool operator==(const Place&) const = default;
    };
    QRectF area() const;
    double base(std::size_t row) const; // y of the row's axis
    void drawReading(QPainter& painter, const Theme& theme) const;

    QString m_caption;
    std::vector<ChannelDistribution> m_channels;
    std::optional<Place> m_hovered;
};

} // namespace pleat::ui
