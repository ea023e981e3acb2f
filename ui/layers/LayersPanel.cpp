// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/layers/LayersPanel.h"

#include "ui/document/Convert.h"
#include "ui/layers/LayersHeat.h"
#include "ui/layers/RangeDelegate.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/TableLook.h"

#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>
#include <mutex>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto layersLane = u"layers"_s;

} // namespace

struct LayersPanel::Feed {
    std::mutex mutex;
    std::vector<ComparedLayer> rows;
};

LayersPanel::LayersPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"layers"_s,
                        .title = tr("Layers"),
                        .shortcut = tr("Ctrl+6"),
                        .area = Qt::BottomDockWidgetArea,
                        .size = {0, 292},
                        .window = {QWIDGETSIZE_MAX, QWIDGETSIZE_MAX}}) // when somebody asks for it
{
    QAction* show = makeAction(this, tr("&Layers…"), {tr("Ctrl+Shift+L")},
                               tr("See the weights of all layers, and how well they stand rounding"),
                               [this] { Q_EMIT wanted(); });
    addEntry(Menu::Model, show);

    m_filter.setSourceModel(&m_model);
    m_table = new QTableView;
    m_table->setObjectName(u"layersTable"_s);
    m_table->setAccessibleName(tr("Layers, and how well their weights stand rounding"));
    m_table->setModel(&m_filter);
    dressTable(*m_table);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(LayersModel::EightBits, Qt::AscendingOrder);
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    const int wide = fontMetrics().horizontalAdvance(u"99.9 → 99.9"_s) + 56;
    for (const auto& [column, width] : {std::pair<int, int>{LayersModel::Name, 190},
                                        {LayersModel::Shape, 100},
                                        {LayersModel::Ranges, 120},
                                        {LayersModel::EightBits, wide},
                                        {LayersModel::Change, 86},
                                        {LayersModel::PerChannel, 116},
                                        {LayersModel::FourBits, 76}})
        m_table->setColumnWidth(column, width);
    header->setStretchLastSection(true);
    m_table->setItemDelegateForColumn(LayersModel::Ranges, new RangeDelegate(m_table));
    // Numbers that folding makes worse by half a bit are amber.
    for (const int column : {LayersModel::EightBits, LayersModel::Change})
        m_table->setItemDelegateForColumn(column, new WarningDelegate(LayersModel::WorseRole, m_table));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHeader());
    layout->addWidget(m_table, 1);

    m_poll.setInterval(100);
    connect(&m_poll, &QTimer::timeout, this, &LayersPanel::takeRows);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& row) { selectRow(row); });
    connect(m_table, &QTableView::clicked, this, &LayersPanel::selectRow);
    connect(&workspace.selection(), &Selection::changed, this, &LayersPanel::showSelection);
    connect(&workspace, &Workspace::opened, this, [this] {
        m_measured.reset();
        m_model.setLayers({});
        colour();
    });
    connect(&workspace, &Workspace::changed, this, &LayersPanel::changed);
}

LayersPanel::~LayersPanel()
{
    workspace().jobs().cancel(this, layersLane);
}

QWidget* LayersPanel::makeHeader()
{
    auto* header = new QWidget;
    const CaptionLine top = captionLine(tr("LAYERS"));
    top.layout->setContentsMargins(14, 8, 14, 6);
    m_note = top.note;
    m_words = new QLineEdit;
    m_words->setObjectName(u"layersFilter"_s);
    m_words->setAccessibleName(tr("Only layers with these words"));
    m_words->setPlaceholderText(tr("Filter"));
    m_words->setClearButtonEnabled(true);
    m_words->setMaximumWidth(220);
    connect(m_words, &QLineEdit::textChanged, &m_filter, &LayersFilter::setWords);
    m_colours = new QComboBox;
    m_colours->setObjectName(u"layersColours"_s);
    m_colours->addItems({tr("Graph: operators"), tr("Graph: range growth"), tr("Graph: 8 bits, dB")});
    m_colours->setAccessibleName(tr("What the colours of the graph are"));
    m_colours->setToolTip(
        tr("Colour the graph by operator, by how many times as wide folding makes the range of a "
           "layer, or by what 8 bits leave of its weights"));
    connect(m_colours, &QComboBox::currentIndexChanged, this, [this] {
        changed();
        colour();
    });
    top.layout->addWidget(m_colours);
    top.layout->addWidget(m_words);
    header->setLayout(top.layout);
    return header;
}

void LayersPanel::showEvent(QShowEvent* event)
{
    Panel::showEvent(event);
    changed();
}

void LayersPanel::changed()
{
    const bool isWanted = isVisible() || m_colours->currentIndex() > 0; // there, or on the graph
    if (!isWanted || isComplete())
        return;
    if (document().isEmpty()) {
        m_note->setText({});
        return;
    }
    measure();
}

void LayersPanel::colour()
{
    workspace().setHeat(
        m_measured ? heatOf(m_model, static_cast<LayersHeat>(m_colours->currentIndex()), *m_measured->view)
                   : nullptr);
}

void LayersPanel::measure()
{
    m_feed = std::make_shared<Feed>();
    m_streams = !m_measured; // otherwise the old rows stay until all of the new ones are there
    if (m_streams)
        m_model.setLayers({});
    m_note->setText(tr("measuring…"));
    m_poll.start();
    workspace().jobs().start(
        layersLane, tr("Measuring layers…"), this,
        [feed = m_feed, opened = document().opened(), current = document().current(),
         known = m_model.layers()](Progress& progress, std::stop_token stop) -> Result<void> {
            NoProgress quiet;
            const auto folded = FoldTable::fold(current->table, std::nullopt, quiet, stop);
            if (!folded)
                return tl::make_unexpected(folded.error());
            const auto take = [&feed](ComparedLayer layer) -> Result<void> {
                const std::lock_guard lock(feed->mutex);
                feed->rows.push_back(std::move(layer));
                return {};
            };
            return compareLayers(*opened->view, *folded->after->view(), known, take, progress, stop);
        },
        [this, current = document().current()](const Result<void>& result) { finish(result, current); },
        JobDisplay::Shown, JobPriority::Background);
}

void LayersPanel::takeRows()
{
    if (!m_streams)
        return;
    std::vector<ComparedLayer> rows;
    {
        const std::lock_guard lock(m_feed->mutex);
        rows.swap(m_feed->rows);
    }
    m_model.append(std::move(rows));
}

void LayersPanel::finish(const Result<void>& result, const SnapshotPointer& current)
{
    m_poll.stop();
    if (!result) {
        m_note->setText(oneLine(toQt(result.error().message)));
        return;
    }
    if (m_streams)
        takeRows();
    else
        m_model.setLayers(std::move(m_feed->rows));
    m_measured = current;
    const int layers = m_model.rowCount();
    m_note->setText(layers > 0 ? tr("%n layers, as folding leaves them", nullptr, layers)
                               : tr("no layer has a constant weight"));
    colour();
    showSelection();
    Q_EMIT completed();
}

void LayersPanel::selectRow(const QModelIndex& row)
{
    if (m_following || !row.isValid())
        return;
    workspace().selectNode(static_cast<NodeId>(row.data(LayersModel::NodeRole).toUInt()),
                           Workspace::Reveal::Yes);
}

void LayersPanel::showSelection()
{
    if (!isVisible())
        return;
    const NodeId selected = workspace().selection().value().node;
    const int row = selected == NodeId::None ? -1 : m_model.rowOf(selected);
    const QModelIndex index = row < 0 ? QModelIndex() : m_filter.mapFromSource(m_model.index(row, 0));
    m_following = true;
    if (index.isValid()) {
        if (index.row() != m_table->currentIndex().row()) {
            m_table->selectRow(index.row());
            m_table->scrollTo(index);
        }
    } else {
        m_table->clearSelection();
        m_table->setCurrentIndex({});
    }
    m_following = false;
}

} // namespace pleat::ui
