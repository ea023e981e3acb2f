// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorTableModel.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QFont>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

bool isFinite(const Element& element)
{
    if (const auto* real = std::get_if<double>(&element))
        return std::isfinite(*real);
    if (const auto* both = std::get_if<std::complex<double>>(&element))
        return std::isfinite(both->real()) && std::isfinite(both->imag());
    return true;
}

} // namespace

QString positionsText(const std::vector<std::uint64_t>& positions)
{
    QStringList texts;
    texts.reserve(qsizetype(positions.size()));
    for (const std::uint64_t position : positions)
        texts += QString::number(position);
    return texts.join(u", "_s);
}

void TensorTableModel::setPlane(TensorPlane plane, DataType type)
{
    beginResetModel();
    m_plane = std::move(plane);
    m_type = type;
    m_window = m_area = {};
    m_cells.clear();
    endResetModel();
}

void TensorTableModel::setWindow(const PlaneArea& window)
{
    const bool sameSize = window.rows == m_window.rows && window.columns == m_window.columns;
    if (window == m_window)
        return;
    if (!sameSize)
        beginResetModel();
    m_window = window;
    if (!sameSize)
        endResetModel();
    else
        changed();
}

void TensorTableModel::setCells(const PlaneArea& area, std::vector<Element> cells)
{
    m_area = area;
    m_cells = std::move(cells);
    changed();
}

void TensorTableModel::setDigits(std::optional<int> digits)
{
    m_digits = digits;
    changed();
}

void TensorTableModel::changed()
{
    const int rows = rowCount(), columns = columnCount();
    if (rows == 0 || columns == 0)
        return;
    Q_EMIT dataChanged(index(0, 0), index(rows - 1, columns - 1));
    Q_EMIT headerDataChanged(Qt::Vertical, 0, rows - 1);
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, columns - 1);
}

bool TensorTableModel::isRead() const
{
    return m_window.cells() == 0 ||
           (m_area.contains(m_window.row, m_window.column) &&
            m_area.contains(m_window.row + m_window.rows - 1, m_window.column + m_window.columns - 1));
}

const Element* TensorTableModel::cell(std::uint64_t row, std::uint64_t column) const
{
    return m_area.contains(row, column)
               ? &m_cells[(row - m_area.row) * m_area.columns + (column - m_area.column)]
               : nullptr;
}

int TensorTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_window.rows);
}

int TensorTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_window.columns);
}

Qt::ItemFlags TensorTableModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags plain = QAbstractTableModel::flags(index);
    return m_editable ? plain | Qt::ItemIsEditable : plain;
}

QVariant TensorTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const std::uint64_t row = m_window.row + std::uint64_t(index.row());
    const std::uint64_t column = m_window.column + std::uint64_t(index.column());
    const Element* element = cell(row, column);
    switch (role) {
    case Qt::DisplayRole:
        return element ? oneLine(toQt(text(m_type, *element, m_digits))) : QString();
    case Qt::EditRole: // all digits
        return element ? toQt(text(m_type, *element)) : QString();
    case Qt::ToolTipRole: // also what is too long for its cell, and with all digits
        return element ? plainTip(u"[%1]\n%2"_s.arg(positionsText(m_plane.positions(row, column)),
                                                    toQt(text(m_type, *element))))
                       : QString();
    case Qt::TextAlignmentRole:
        return int((m_type == DataType::String ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case Qt::FontRole: {
        if (!element || isFinite(*element))
            return {};
        QFont bold;
        bold.setWeight(QFont::DemiBold);
        return bold; // NaN and infinities stand out
    }
    default:
        return {};
    }
}

QVariant TensorTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    const bool down = orientation == Qt::Vertical;
    if (role == Qt::TextAlignmentRole)
        return int((down || m_type != DataType::String ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return QString::number((down ? m_window.row : m_window.column) + std::uint64_t(section));
}

} // namespace pleat::ui
