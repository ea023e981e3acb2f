// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/ScaleShiftPage.h"

#include "ui/document/Convert.h"
#include "ui/weights/ChannelPlot.h"
#include "ui/widgets/PictureMenu.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/TableMenu.h"
#include "ui/widgets/Theme.h"

#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <fmt/format.h>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// As few digits as tell it from any other number of its type: float, where it is one.
QString exact(double value)
{
    const auto single = static_cast<float>(value);
    return toQt(single == value ? fmt::format("{}", single) : fmt::format("{}", value));
}

} // namespace

void ChannelTable::setColumns(std::vector<Column> columns)
{
    beginResetModel();
    m_columns = std::move(columns);
    m_rows = 0;
    for (const Column& column : m_columns)
        m_rows = std::max(m_rows, column.values.size());
    endResetModel();
}

int ChannelTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows);
}

int ChannelTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size()) + 1;
}

QVariant ChannelTable::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    if (index.column() == 0)
        return index.row();
    const std::vector<double>& values = m_columns[static_cast<std::size_t>(index.column()) - 1].values;
    const auto row = static_cast<std::size_t>(index.row());
    return row < values.size() ? exact(values[row]) : QVariant();
}

QVariant ChannelTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (section == 0)
        return role == Qt::DisplayRole ? tr("channel") : QVariant();
    const Column& column = m_columns[static_cast<std::size_t>(section) - 1];
    return role == Qt::DisplayRole ? column.name : role == Qt::ToolTipRole ? column.tip : QVariant();
}

ScaleShiftPage::ScaleShiftPage()
{
    m_scale = new ChannelPlot;
    m_scale->setCaption(tr("scale s per channel"));
    m_shift = new ChannelPlot;
    m_shift->setCaption(tr("shift t per channel"));
    offerPicture(*m_scale, tr("scale"));
    offerPicture(*m_shift, tr("shift"));
    m_table = new QTableView;
    m_table->setObjectName(u"scaleShiftTable"_s);
    m_table->setAccessibleName(tr("The batch norm's parameters, a row a channel"));
    m_table->setModel(&m_numbers);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setFont(tabularFont(font()));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultSectionSize(fontMetrics().horizontalAdvance(u"-0.123456789"_s) +
                                                       18);
    offerTable(*m_table, tr("scale-shift"));
    m_note = new PlainLabel;
    m_note->setObjectName(u"scaleShiftNote"_s);
    m_note->setProperty("role", u"quiet"_s);
    m_note->setElided(Qt::ElideRight);
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* right = new QVBoxLayout;
    right->setContentsMargins(14, 8, 0, 0);
    right->setSpacing(6);
    right->addWidget(m_note);
    right->addWidget(m_table, 1);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_scale, 22);
    layout->addWidget(m_shift, 22);
    layout->addLayout(right, 56);
}

void ScaleShiftPage::setComparison(const WeightsComparisonPointer& comparison)
{
    const auto read = [comparison](std::span<const std::size_t> channels) {
        const auto at = [&](const std::vector<double>& values) {
            return channels.front() < values.size() ? number(values[channels.front()]) : u"–"_s;
        };
        return ChannelPlot::Reading{tr("channel %1").arg(channels.front()),
                                    tr("s = %1, t = %2").arg(at(comparison->s), at(comparison->t))};
    };
    m_scale->setData({{bars(comparison->s)}}, {}, read);
    m_shift->setData({{bars(comparison->t)}}, {}, read);

    std::vector<ChannelTable::Column> columns;
    m_note->setText(tr("y = s·x + t"));
    if (const auto& norm = comparison->parameters) {
        m_note->setText(tr("s = γ / √(σ² + ε), t = β − μ·s, ε = %1").arg(exact(norm->epsilon)));
        columns = {{u"γ"_s, tr("The batch norm's scale"), norm->gamma},
                   {u"β"_s, tr("The batch norm's bias"), norm->beta},
                   {u"μ"_s, tr("The mean of its input, as trained"), norm->mean},
                   {u"σ²"_s, tr("The variance of its input, as trained"), norm->variance}};
    }
    columns.push_back({u"s"_s, tr("What the fold multiplies by"), comparison->s});
    columns.push_back({u"t"_s, tr("What the fold adds"), comparison->t});
    if (comparison->before && comparison->perOutput) {
        columns.push_back(
            {tr("bias before"), tr("The layer's bias before folding"), comparison->before->bias});
        columns.push_back({tr("bias after"), tr("The layer's bias after folding"), comparison->after.bias});
    }
    const int s =
        static_cast<int>(std::ranges::find(columns, u"s"_s, &ChannelTable::Column::name) - columns.begin()) +
        1;
    m_numbers.setColumns(std::move(columns));
    m_table->setColumnWidth(0, m_table->fontMetrics().horizontalAdvance(tr("channel")) + 28);
    for (const int column : {s, s + 1}) // doubles have more digits
        m_table->setColumnWidth(column,
                                m_table->fontMetrics().horizontalAdvance(u"-0.12345678901234567"_s) + 18);
}

} // namespace pleat::ui
