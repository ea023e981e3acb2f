// SPDX-License-Identifier: GPL-3.0-or-later
// Bars over channels: one or two series side by side, each a range (from, to) a channel. The wheel zooms at
// the cursor, dragging pans, a double-click shows everything again; where channels are narrower than a bar
// can be, neighbours share one that spans them all. The channel under the mouse (or the arrow keys) is read
// out in a box. Paints from its own arrays only.
#pragma once

#include "core/tensor/Statistics.h"

#include <QColor>
#include <QWidget>
#include <functional>
#include <optional>
#include <vector>

namespace pleat::ui {

struct Theme;

class ChannelPlot final : public QWidget {
    Q_OBJECT
public:
    enum class Colour { Before, After };
    struct Series {
        std::vector<Range> bars;
        Colour colour = Colour::After;
    };
    struct Reading {
        QString title;
        QString detail;
    };
    using Reader = std::function<Reading(std::size_t first, std::size_t last)>; // channels [first, last]

    explicit ChannelPlot(QWidget* parent = nullptr);

    void setCaption(const QString& caption);
    void setData(std::vector<Series> series, std::optional<std::size_t> highlighted, Reader reader);

    QSize minimumSizeHint() const override { return {160, 90}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Frame; // where things are while painting
    Frame frame() const;
    std::size_t channels() const;
    double channelAt(double x) const;
    void setView(double first, double count);
    void drawAxes(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawBars(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawReading(QPainter& painter, const Frame& frame, const Theme& theme) const;
    QColor colour(const Series& series, const Theme& theme) const;

    QString m_caption;
    std::vector<Series> m_series;
    std::optional<std::size_t> m_highlighted;
    Reader m_reader;
    double m_low = 0, m_high = 0;    // of all bars, 0 included
    double m_first = 0, m_count = 0; // channels in view
    std::optional<std::size_t> m_hovered;
    double m_dragX = 0;
};

} // namespace pleat::ui
