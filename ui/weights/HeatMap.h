// SPDX-License-Identifier: GPL-3.0-or-later
// A tensor as a picture: each value a cell in a colour, blue below 0 and red above. The wheel zooms at the
// cursor, down to cells with their number in them; dragging pans, a double click shows all; so do the arrow
// keys, + and −, Home. Where a pixel spans several values it shows the one of the largest magnitude. What is
// under the mouse is read out in a box. It reads in jobs, and no more than is shown: first all of the tensor
// at the resolution of the screen, then again what is looked at more closely. UI thread only.
#pragma once

#include "ui/jobs/Job.h"
#include "ui/weights/HeatPicture.h"
#include "ui/weights/HeatSubject.h"
#include "ui/widgets/HeatLegend.h"

#include <QWidget>
#include <memory>

namespace pleat::ui {

class HeatMap final : public QWidget {
    Q_OBJECT
public:
    explicit HeatMap(JobRunner& jobs, QWidget* parent = nullptr);

    // Null: nothing. The same place stays in view where the grid is the same.
    void setSubject(std::shared_ptr<const HeatSubject> subject, HeatSide side, GridForm form);
    void setScale(HeatScale scale);

    const Grid& grid() const { return m_grid; }
    const HeatView& view() const { return m_view; }
    QRectF area() const; // of the cells
    bool isComplete() const { return m_overview && !m_isStale && !m_isWaiting; }
    HeatLegend::Content legend() const;
    const QString& problem() const { return m_problem; } // why nothing is to be seen
    QString reading() const { return m_reading; }        // what the box says
    QString caption() const;                             // what is to be seen, in words

    QSize minimumSizeHint() const override { return {160, 90}; }

Q_SIGNALS:
    void completed(); // what is in view has been read
    void legendChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    using CellsPointer = std::shared_ptr<const LargestCells>;

    void readOverview();
    void readCloser(); // what is in view, if it is shown coarser than it could be
    void read(const QString& lane, const QString& label, const CellRegion& region, BlockSize block,
              CellsPointer HeatMap::*into);
    void take(Result<LargestCells> cells, CellsPointer HeatMap::*into);
    void viewChanged();
    const CellsPointer& shownCells() const;
    void zoom(double factor, QPointF position);
    void hover(QPointF position);
    void readHovered(std::uint64_t element);
    void drawTileGaps(QPainter& painter, const Theme& theme) const;
    void drawNumbers(QPainter& painter, const HeatColours& colours) const;
    void drawAxes(QPainter& painter, const Theme& theme) const;
    void drawReading(QPainter& painter, const Theme& theme) const;

    JobRunner& m_jobs;
    std::shared_ptr<const HeatSubject> m_subject;
    HeatSide m_side = HeatSide::After;
    GridForm m_form = GridForm::Matrix;
    HeatScale m_scale = HeatScale::BlueRed;
    Grid m_grid;
    HeatView m_view;
    CellsPointer m_overview, m_closer;
    bool m_isStale = false;   // the overview is of another side; it stays until the new one is there
    bool m_isWaiting = false; // for what is looked at more closely
    double m_reach = 0;       // what the ends of the colours stand for
    QString m_problem;
    QImage m_image; // of what is in view; null: to be made
    std::optional<QPointF> m_hovered;
    std::optional<std::uint64_t> m_hoveredElement;
    QString m_reading;
    QPointF m_drag;
};

} // namespace pleat::ui
