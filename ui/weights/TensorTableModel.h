// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a plane of a tensor that is on the screen, as a table: its rows and columns are those of the
// window, its headers say which ones of the plane they are. So a plane of 10⁹ rows and more is a model of a
// few dozen. What has not been read yet is empty. UI thread only.
#pragma once

#include "core/tensor/TensorPlane.h"

#include <QAbstractTableModel>

namespace pleat::ui {

class TensorTableModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setPlane(TensorPlane plane, DataType type); // nothing is in view, and nothing has been read
    void setWindow(const PlaneArea& window);
    void setCells(const PlaneArea& area, std::vector<Element> cells); // what has been read
    void setDigits(std::optional<int> digits);                        // as for text()

    void setEditable(bool editable) { m_editable = editable; } // a field may be opened in a cell

    bool isEditable() const { return m_editable; }
    const TensorPlane& plane() const { return m_plane; }
    const PlaneArea& window() const { return m_window; }
    std::optional<int> digits() const { return m_digits; }
    bool isRead() const; // all of the window
    // Of the plane; null while it has not been read.
    const Element* cell(std::uint64_t row, std::uint64_t column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void changed();

    TensorPlane m_plane;
    DataType m_type = DataType::Undefined;
    std::optional<int> m_digits;
    PlaneArea m_window, m_area; // m_area: of m_cells
    std::vector<Element> m_cells;
    bool m_editable = false;
};

// "3, 0, 1, 2"
QString positionsText(const std::vector<std::uint64_t>& positions);

} // namespace pleat::ui
