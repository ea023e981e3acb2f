// SPDX-License-Identifier: GPL-3.0-or-later
// The values of a plane of a tensor of any size. Only what is on the screen is read, in a job; the view is
// moved over the plane by wheel, keys and the scroll bars beside it (WideScrollBar), which whoever lays it
// out connects. Current cell and selection are places of the plane and stay there when it is scrolled. UI
// thread only.
#pragma once

#include "ui/weights/TensorTableModel.h"

#include <QTableView>

namespace pleat::ui {

class JobRunner;

class TensorTable final : public QTableView {
    Q_OBJECT
public:
    explicit TensorTable(JobRunner& jobs, QWidget* parent = nullptr);

    struct Cell {
        std::uint64_t row = 0, column = 0;
    };

    // REQUIRES: the plane is one of the tensor.
    void setTensor(const Elements& elements, const TensorPlane& plane);
    void clear();
    void setDigits(std::optional<int> digits);
    // Whether a double click or F2 opens a field in the cell. Not so after setTensor().
    void setEditable(bool editable);
    // Why it is no value of the shown tensor; empty: it is one.
    QString problemOf(const QString& text) const;

    const Elements& elements() const { return m_elements; }
    const TensorTableModel& cells() const { return *m_model; }
    const TensorPlane& plane() const { return m_model->plane(); }
    Cell current() const { return m_current; }
    PlaneArea selection() const; // from the anchor to the current cell; a single cell at least
    bool isSelected() const;     // more than one cell
    std::uint64_t visibleRows() const;
    std::uint64_t visibleColumns() const; // whole ones

    void goTo(Cell cell); // selects it and brings it into view
    void selectArea(const PlaneArea& area);
    void scrollToRow(quint64 row);
    void scrollToColumn(quint64 column);

Q_SIGNALS:
    void scrolled();
    void currentMoved();
    void loaded(); // what is on the screen
    void failed(const pleat::Error& error);
    void valueEntered(const QString& text); // for the current cell
    void editRefused();                     // somebody wanted to, and it is not editable

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent*) override {}
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    void layOut(); // widths
    void showFrom(Cell first);
    void show(Cell cell); // scrolls as far as is needed
    void select(Cell cell, bool extend);
    void load();
    void mirrorSelection();
    void editCurrent();
    Cell cellAt(QPoint position) const;
    bool isEmpty() const { return plane().rows() == 0 || plane().columns() == 0; }

    JobRunner& m_jobs;
    TensorTableModel* m_model = nullptr;
    Elements m_elements;
    Cell m_first; // in the upper left corner
    Cell m_anchor, m_current;
    QPoint m_turned; // by the wheel, and not yet used up
    bool m_reading = false;
};

} // namespace pleat::ui
