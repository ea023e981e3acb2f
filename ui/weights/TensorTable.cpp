// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorTable.h"

#include "core/tensor/ElementParsing.h"
#include "ui/document/Convert.h"
#include "ui/jobs/Job.h"
#include "ui/weights/TensorCellEditor.h"
#include "ui/widgets/Theme.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto cellsLane = u"table"_s;

// Letters of the longest value.
int widest(DataType type, std::optional<int> digits)
{
    constexpr int signPointExponent = 7;
    const auto floating = [&](int shortest) { return std::min(digits.value_or(shortest), shortest); };
    switch (type) {
    case DataType::Double:
        return floating(17) + signPointExponent;
    case DataType::Float:
        return floating(9) + signPointExponent - 1;
    case DataType::Complex64:
        return 2 * (floating(9) + signPointExponent);
    case DataType::Complex128:
        return 2 * (floating(17) + signPointExponent);
    case DataType::Int64:
    case DataType::UInt64:
        return 20;
    case DataType::Int32:
    case DataType::UInt32:
        return 11;
    case DataType::String:
        return 30;
    default:
        return isFloating(type) ? floating(5) + signPointExponent - 1 : 7;
    }
}

// `from` moved by so many steps, within [0, count).
std::uint64_t moved(std::uint64_t from, std::int64_t steps, std::uint64_t count)
{
    const auto far = static_cast<std::uint64_t>(std::abs(steps));
    if (steps < 0)
        return from - std::min(from, far);
    return from + std::min(far, count - 1 - from);
}

} // namespace

TensorTable::TensorTable(JobRunner& jobs, QWidget* parent)
    : QTableView(parent),
      m_jobs(jobs),
      m_model(new TensorTableModel(this))
{
    setModel(m_model);
    setSelectionMode(QAbstractItemView::NoSelection); // it is made here, beyond the window's cells
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWordWrap(false);
    setCornerButtonEnabled(false);
    setTabKeyNavigation(false);
    setFont(tabularFont(font()));
    for (QHeaderView* header : {horizontalHeader(), verticalHeader()}) {
        header->setSectionResizeMode(QHeaderView::Fixed);
        header->setSectionsClickable(true);
        header->setHighlightSections(false);
        header->setMinimumSectionSize(8);
        header->setStyleSheet(u"QHeaderView::section { padding: 2px 8px; }"_s); // the panel is low
    }
    connect(verticalHeader(), &QHeaderView::sectionPressed, this, [this](int section) {
        selectArea({m_model->window().row + std::uint64_t(section), 0, 1, plane().columns()});
    });
    connect(horizontalHeader(), &QHeaderView::sectionPressed, this, [this](int section) {
        selectArea({0, m_model->window().column + std::uint64_t(section), plane().rows(), 1});
    });
    auto* const editor = new TensorCellEditor(*this);
    setItemDelegate(editor);
    connect(editor, &TensorCellEditor::entered, this, &TensorTable::valueEntered);
    layOut();
}

void TensorTable::setTensor(const Elements& elements, const TensorPlane& plane)
{
    const bool same = plane.dims == this->plane().dims;
    m_jobs.cancel(this, cellsLane);
    m_reading = false;
    m_elements = elements;
    setEditable(false);
    m_model->setPlane(plane, elements.type());
    if (!same) {
        m_first = {};
        m_anchor = m_current = {};
    }
    const auto within = [](std::uint64_t at, std::uint64_t count) {
        return std::min(at, std::max<std::uint64_t>(count, 1) - 1);
    };
    for (Cell* cell : {&m_anchor, &m_current})
        *cell = {within(cell->row, plane.rows()), within(cell->column, plane.columns())};
    layOut();
    showFrom(m_first);
    Q_EMIT currentMoved();
}

void TensorTable::clear()
{
    m_jobs.cancel(this, cellsLane);
    m_reading = false;
    m_elements = {};
    m_model->setPlane({}, DataType::Undefined);
    m_first = m_anchor = m_current = {};
    Q_EMIT scrolled();
}

void TensorTable::setDigits(std::optional<int> digits)
{
    m_model->setDigits(digits);
    layOut();
    showFrom(m_first);
}

void TensorTable::setEditable(bool editable)
{
    m_model->setEditable(editable);
}

QString TensorTable::problemOf(const QString& text) const
{
    const DataType type = m_elements.tensor().type();
    return parsedElement(type, toStd(text)) ? QString()
                                            : tr("“%1” is no value of %2.").arg(text, toQt(name(type)));
}

void TensorTable::editCurrent()
{
    if (m_model->isEditable() && m_model->cell(m_current.row, m_current.column))
        edit(currentIndex());
    else if (!m_model->isEditable())
        Q_EMIT editRefused();
}

void TensorTable::layOut()
{
    const QFontMetrics metrics(font());
    const int letter = metrics.horizontalAdvance(u'0');
    verticalHeader()->setDefaultSectionSize(metrics.height() + 6);
    horizontalHeader()->setDefaultSectionSize(letter * widest(m_elements.type(), m_model->digits()) + 16);
    const QString last = QString::number(std::max<std::uint64_t>(plane().rows(), 1000) - 1);
    verticalHeader()->setFixedWidth(metrics.horizontalAdvance(last) + 24); // the same wherever it is scrolled
}

std::uint64_t TensorTable::visibleRows() const
{
    return std::uint64_t(std::max(1, viewport()->height() / verticalHeader()->defaultSectionSize()));
}

std::uint64_t TensorTable::visibleColumns() const
{
    return std::uint64_t(std::max(1, viewport()->width() / horizontalHeader()->defaultSectionSize()));
}

void TensorTable::showFrom(Cell first)
{
    const auto bounded = [](std::uint64_t at, std::uint64_t count, std::uint64_t seen) {
        return std::min(at, count - std::min(count, seen));
    };
    const std::uint64_t rows = plane().rows(), columns = plane().columns();
    m_first = {bounded(first.row, rows, visibleRows()), bounded(first.column, columns, visibleColumns())};
    // One more than are whole: part of it is to be seen.
    const PlaneArea window{m_first.row, m_first.column, std::min(rows - m_first.row, visibleRows() + 1),
                           std::min(columns - m_first.column, visibleColumns() + 1)};
    m_model->setWindow(isEmpty() ? PlaneArea{} : window);
    mirrorSelection();
    load();
    Q_EMIT scrolled();
}

void TensorTable::scrollToRow(quint64 row)
{
    showFrom({row, m_first.column});
}

void TensorTable::scrollToColumn(quint64 column)
{
    showFrom({m_first.row, column});
}

void TensorTable::show(Cell cell)
{
    const auto shown = [](std::uint64_t first, std::uint64_t at, std::uint64_t seen) {
        return at < first ? at : at - first >= seen ? at - seen + 1 : first;
    };
    showFrom(
        {shown(m_first.row, cell.row, visibleRows()), shown(m_first.column, cell.column, visibleColumns())});
}

// A job at a time: one that is scrolled away is let go on, so that something is seen on the way.
void TensorTable::load()
{
    if (m_reading || m_model->isRead())
        return;
    m_reading = true;
    const PlaneArea area = m_model->window();
    m_jobs.start(
        cellsLane, tr("Reading values…"), this,
        [elements = m_elements, plane = plane(), area](Progress&, const std::stop_token& stop) {
            return readArea(elements, plane, area, stop);
        },
        [this, area](Result<std::vector<Element>> cells) {
            m_reading = false;
            if (!cells) {
                Q_EMIT failed(cells.error());
                return;
            }
            m_model->setCells(area, std::move(*cells));
            if (m_model->isRead())
                Q_EMIT loaded();
            load();
        },
        JobDisplay::Quiet, JobPriority::LookedAt);
}

PlaneArea TensorTable::selection() const
{
    const auto [top, bottom] = std::minmax(m_anchor.row, m_current.row);
    const auto [left, right] = std::minmax(m_anchor.column, m_current.column);
    return isEmpty() ? PlaneArea{} : PlaneArea{top, left, bottom - top + 1, right - left + 1};
}

bool TensorTable::isSelected() const
{
    return selection().rows > 1 || selection().columns > 1;
}

void TensorTable::mirrorSelection()
{
    const PlaneArea window = m_model->window(), chosen = selection();
    const auto end = [](std::uint64_t first, std::uint64_t count, std::uint64_t from, std::uint64_t most) {
        return int(std::min(first + count, from + most) - from) - 1;
    };
    const std::uint64_t top = std::max(window.row, chosen.row), left = std::max(window.column, chosen.column);
    const bool seen = chosen.rows > 0 && window.rows > 0 && top < window.row + window.rows &&
                      top < chosen.row + chosen.rows && left < window.column + window.columns &&
                      left < chosen.column + chosen.columns;
    QItemSelection cells;
    if (seen)
        cells.select(m_model->index(int(top - window.row), int(left - window.column)),
                     m_model->index(end(chosen.row, chosen.rows, window.row, window.rows),
                                    end(chosen.column, chosen.columns, window.column, window.columns)));
    selectionModel()->select(cells, QItemSelectionModel::ClearAndSelect);
    const bool current = window.contains(m_current.row, m_current.column);
    selectionModel()->setCurrentIndex(
        current ? m_model->index(int(m_current.row - window.row), int(m_current.column - window.column))
                : QModelIndex(),
        QItemSelectionModel::NoUpdate);
}

void TensorTable::select(Cell cell, bool extend)
{
    m_current = cell;
    if (!extend)
        m_anchor = cell;
    show(cell);
    Q_EMIT currentMoved();
}

void TensorTable::goTo(Cell cell)
{
    select(cell, false);
}

void TensorTable::selectArea(const PlaneArea& area)
{
    if (area.cells() == 0 || isEmpty())
        return;
    // The end that is in view already is the current one.
    m_anchor = {area.row + area.rows - 1, area.column + area.columns - 1};
    m_current = {area.row, area.column};
    mirrorSelection();
    Q_EMIT currentMoved();
}

TensorTable::Cell TensorTable::cellAt(QPoint position) const
{
    const auto at = [](int pixel, int size, int section, std::uint64_t first, std::uint64_t count) {
        const int steps = pixel < 0 ? -1 : std::min(pixel, size) / section;
        return moved(first, steps, count);
    };
    return {at(position.y(), viewport()->height(), verticalHeader()->defaultSectionSize(), m_first.row,
               plane().rows()),
            at(position.x(), viewport()->width(), horizontalHeader()->defaultSectionSize(), m_first.column,
               plane().columns())};
}

void TensorTable::mousePressEvent(QMouseEvent* event)
{
    if (isEmpty() || event->button() == Qt::MiddleButton)
        return;
    const Cell cell = cellAt(event->pos());
    const bool keeps = event->button() == Qt::RightButton && selection().contains(cell.row, cell.column);
    if (!keeps)
        select(cell, event->modifiers() & Qt::ShiftModifier);
}

void TensorTable::mouseMoveEvent(QMouseEvent* event)
{
    if (!isEmpty() && event->buttons() & Qt::LeftButton)
        select(cellAt(event->pos()), true);
}

void TensorTable::mouseDoubleClickEvent(QMouseEvent* event)
{
    mousePressEvent(event);
    if (!isEmpty() && event->button() == Qt::LeftButton)
        editCurrent();
}

void TensorTable::wheelEvent(QWheelEvent* event)
{
    constexpr int notch = 120, lines = 3;
    m_turned += event->angleDelta() * lines;
    const QPoint steps = m_turned / notch;
    m_turned -= steps * notch;
    if (!isEmpty())
        showFrom({moved(m_first.row, -steps.y(), plane().rows()),
                  moved(m_first.column, -steps.x(), plane().columns())});
    event->accept();
}

void TensorTable::keyPressEvent(QKeyEvent* event)
{
    const std::uint64_t rows = plane().rows(), columns = plane().columns();
    const bool far = event->modifiers() & Qt::ControlModifier;
    const auto page = std::int64_t(visibleRows());
    Cell cell = m_current;
    switch (isEmpty() ? 0 : event->key()) {
    case Qt::Key_Up:
        cell.row = far ? 0 : moved(cell.row, -1, rows);
        break;
    case Qt::Key_Down:
        cell.row = far ? rows - 1 : moved(cell.row, 1, rows);
        break;
    case Qt::Key_Left:
        cell.column = far ? 0 : moved(cell.column, -1, columns);
        break;
    case Qt::Key_Right:
        cell.column = far ? columns - 1 : moved(cell.column, 1, columns);
        break;
    case Qt::Key_PageUp:
        cell.row = moved(cell.row, -page, rows);
        break;
    case Qt::Key_PageDown:
        cell.row = moved(cell.row, page, rows);
        break;
    case Qt::Key_Home:
        cell = {far ? 0 : cell.row, 0};
        break;
    case Qt::Key_End:
        cell = {far ? rows - 1 : cell.row, columns - 1};
        break;
    case Qt::Key_F2:
        show(m_current);
        editCurrent();
        return;
    default:
        if (event->matches(QKeySequence::SelectAll))
            selectArea({0, 0, rows, columns});
        else
            event->ignore();
        return;
    }
    select(cell, event->modifiers() & Qt::ShiftModifier);
}

void TensorTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    // Later: while the model is reset, headers come and go.
    QMetaObject::invokeMethod(
        this, [this] { showFrom(m_first); }, Qt::QueuedConnection);
}

void TensorTable::changeEvent(QEvent* event)
{
    QTableView::changeEvent(event);
    if (m_model && event->type() == QEvent::FontChange) {
        layOut();
        showFrom(m_first);
    }
}

} // namespace pleat::ui
