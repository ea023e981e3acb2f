// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges over channels: one or two series side by side, each a range (from, to) a channel, in the order of
// the channels or any other. While a channel has room for its bars they stand in pairs; where it has not,
// each column of pixels shows the range of all its channels: before as a line, after as an area. The wheel
// zooms at the cursor, dragging pans, a double-click shows everything again. The channel under the mouse (or
// the arrow keys) is read out in a box; a click selects it, Ctrl and Shift select more. Paints from its own
// arrays only.
#pragma once

#include "core/tensor/Statistics.h"

#include <QColor>
#include <QWidget>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace pleat::ui {

struct Theme;

class ChannelPlot final : public QWidget {
    Q_OBJECT
public:
    enum class Colour { Before, After };
    struct Series {
        std::vector<Range> ranges;
        Colour colour = Colour::After;
        std::vector<double> means = {};  // as many, or none
        std::optional<Range> whole = {}; // of all channels together, drawn as two lines
    };
    struct Reading {
        QString title;
        QString detail;
    };
    using Channels = std::vector<std::size_t>;
    using Reader = std::function<Reading(std::span<const std::size_t> channels)>; // one or more

    explicit ChannelPlot(QWidget* parent = nullptr);

    void setCaption(const QString& caption);
    // `marked`: channels to point at, such as outliers, the first of them read out.
    void setData(std::vector<Series> series, Channels marked, Reader reader);
    // Which channel stands at each position; empty: in their own order.
    void setOrder(Channels order);
    void setSelectable(bool selectable) { m_selectable = selectable; }
    const Channels& selected() const { return m_selected; } // in the order they were selected
    void select(Channels channels);

    QSize minimumSizeHint() const override { return {160, 90}; }

Q_SIGNALS:
    void selectionChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Frame; // where things are while painting
    struct Positions {
        std::size_t first = 0, last = 0; // and all between
        bool operator==(const Positions&) const = default;
        bool holds(std::size_t position) const { return first <= position && position <= last; }
    };
    Frame frame() const;
    std::size_t channels() const;
    std::size_t channelOf(std::size_t position) const;
    std::size_t positionOf(std::size_t channel) const;
    std::optional<Positions> positionsAt(double x) const; // what the pixel column shows
    void arrange();
    void setView(double first, double count);
    void choose(std::size_t position, Qt::KeyboardModifiers modifiers);
    void drawAxes(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawWholes(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawSelected(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawBars(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawEnvelopes(QPainter& painter, const Frame& frame, const Theme& theme) const;
    void drawReading(QPainter& painter, const Frame& frame, const Theme& theme) const;

    QString m_caption;
    std::vector<Series> m_series;  // by channel
    std::vector<Series> m_ordered; // by position; empty where that is the same
    Channels m_order, m_places;    // channel at a position, position of a channel; empty: the same
    Channels m_marked;
    Channels m_selected;
    Reader m_reader;
    bool m_selectable = false;
    double m_low = 0, m_high = 0;    // of all ranges, 0 included
    double m_first = 0, m_count = 0; // positions in view
    std::optional<Positions> m_hovered;
    std::size_t m_anchor = 0; // position that Shift selects from
    double m_pressX = 0, m_dragX = 0;
    bool m_dragged = false;
};

// Ranges that stand on zero: values as bars.
std::vector<Range> bars(const std::vector<double>& values);

} // namespace pleat::ui
