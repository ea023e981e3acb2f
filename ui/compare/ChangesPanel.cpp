// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/ChangesPanel.h"

#include "ui/document/Convert.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/ListLook.h"
#include "ui/widgets/PlainText.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

ChangesPanel::ChangesPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"changes"_s,
                        .title = tr("Changes"),
                        .shortcut = tr("Ctrl+9"),
                        .area = Qt::LeftDockWidgetArea,
                        .window = {QWIDGETSIZE_MAX, QWIDGETSIZE_MAX}, // while there are two to be seen
                        .with = u"folds"_s})
{
    m_next = makeAction(this, tr("Ne&xt Change"), {Qt::Key_F7}, tr("Go to the next change of the list"),
                        [this] { step(1); });
    m_previous = makeAction(this, tr("Pre&vious Change"), {tr("Shift+F7")},
                            tr("Go to the change before in the list"), [this] { step(-1); });
    addEntry(Menu::View, m_next);
    addEntry(Menu::View, m_previous);
    m_filter.setSourceModel(&m_model);
    m_list = new QListView;
    m_list->setObjectName(u"changesList"_s);
    m_list->setAccessibleName(tr("What differs, node by node"));
    m_list->setModel(&m_filter);
    m_list->setItemDelegate(new ChangesDelegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_list->setUniformItemSizes(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_details = new QPlainTextEdit;
    m_details->setObjectName(u"changeDetails"_s);
    m_details->setAccessibleName(tr("What differs of the one that is selected"));
    m_details->setReadOnly(true);
    m_details->setFrameShape(QFrame::NoFrame);
    m_details->setStyleSheet(u"QPlainTextEdit { border: none; border-radius: 0; padding: 6px 9px; }"_s);
    m_details->hide();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHeader());
    layout->addWidget(m_list, 1);
    layout->addWidget(m_details);

    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& row) {
                showDetails();
                if (!m_following && row.isValid())
                    Q_EMIT selected(static_cast<std::size_t>(m_filter.mapToSource(row).row()));
            });
    connect(m_list, &QListView::clicked, this, [this](const QModelIndex& row) { // again
        Q_EMIT selected(static_cast<std::size_t>(m_filter.mapToSource(row).row()));
    });
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&m_filter, signal, this, &ChangesPanel::showCounts);
    showCounts();
}

QWidget* ChangesPanel::makeHeader()
{
    auto* header = new QWidget;
    const CaptionLine top = captionLine(tr("CHANGES"));
    m_total = top.note;
    auto* chips = new QHBoxLayout;
    chips->setSpacing(6);
    const std::array looks{u"gone"_s, u"canFold"_s, u"blocked"_s};
    const std::array tips{tr("List the nodes that are in the first model only; they have a dashed frame"),
                          tr("List the nodes that are in the second model only; they have a solid frame"),
                          tr("List the nodes of which something differs; they have a dotted frame")};
    for (std::size_t i = 0; i < m_chips.size(); ++i) {
        QToolButton* const chip = makeChip(looks[i], tips[i]);
        connect(chip, &QToolButton::toggled, this, [this, i](bool on) {
            m_filter.setKindShown(static_cast<ChangeKind>(i), on);
            showCounts();
        });
        m_chips[i] = chip;
        chips->addWidget(chip);
    }
    chips->addStretch();
    m_words = new QLineEdit;
    m_words->setObjectName(u"changesFilter"_s);
    m_words->setPlaceholderText(tr("Filter"));
    m_words->setAccessibleName(tr("Filter the list by name, operator or what differs"));
    m_words->setToolTip(m_words->accessibleName());
    connect(m_words, &QLineEdit::textChanged, &m_filter, &ChangesFilter::setWords);
    m_summary = new PlainLabel;
    m_summary->setObjectName(u"changesSummary"_s);
    m_summary->setProperty("role", u"quiet"_s);
    m_summary->setWordWrap(true);
    auto* layout = new QVBoxLayout(header);
    layout->setContentsMargins(14, 12, 14, 10);
    layout->setSpacing(8);
    layout->addLayout(top.layout);
    layout->addLayout(chips);
    layout->addWidget(m_words);
    layout->addWidget(m_summary);
    return header;
}

void ChangesPanel::setComparison(const ComparisonPointer& comparison)
{
    const QModelIndex row = m_list->currentIndex();
    const std::optional<Change> was =
        row.isValid() ? std::optional(m_model.change(m_filter.mapToSource(row).row())) : std::nullopt;
    m_following = true;
    m_model.setComparison(comparison);
    m_following = false;
    std::optional<std::size_t> same;
    for (int r = 0; was && !same && r < m_model.rowCount(); ++r)
        if (m_model.change(r).name == was->name && m_model.change(r).op == was->op)
            same = static_cast<std::size_t>(r);
    select(same);
    showCounts();
}

void ChangesPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    m_details->setFixedHeight(std::min(fontMetrics().lineSpacing() * 8, height() / 4));
    nameChips();
}

// Signs and numbers, and words where there is room for them.
void ChangesPanel::nameChips()
{
    const std::array<int, changeKindCount> counts = m_model.counts();
    const std::array signs{u"−"_s, u"+"_s, u"≠"_s};
    for (const bool hasWords : {true, false}) {
        int wanted = 0;
        for (std::size_t i = 0; i < m_chips.size(); ++i) {
            const QString word = wordFor(static_cast<ChangeKind>(i));
            m_chips[i]->setText(signs[i] + u' ' + QString::number(counts[i]) +
                                (hasWords ? u' ' + word : QString()));
            m_chips[i]->setAccessibleName(QString::number(counts[i]) + u' ' + word);
            wanted += m_chips[i]->sizeHint().width() + 6;
        }
        if (wanted <= width() - 28)
            break;
    }
}

void ChangesPanel::showCounts()
{
    nameChips();
    const ComparisonPointer& comparison = m_model.comparison();
    const int all = m_model.rowCount(), listed = m_filter.rowCount();
    m_next->setEnabled(listed > 0);
    m_previous->setEnabled(listed > 0);
    m_total->setText(!comparison     ? QString()
                     : listed == all ? QString::number(all)
                                     : tr("%1 of %2").arg(listed).arg(all));
    m_summary->setVisible(listed == 0);
    if (!comparison)
        m_summary->setText(workspace().isSideBySide()
                               ? tr("Comparing…")
                               : tr("Both above the graph compares the model as it is now with how it was "
                                    "opened; File, Compare with… another file."));
    else
        m_summary->setText(all > 0 ? tr("None of these changes is listed.")
                                   : tr("The two are the same: %1 nodes, %2 tensors.")
                                         .arg(comparison->nodes.same)
                                         .arg(comparison->tensors.same));
}

void ChangesPanel::showDetails()
{
    const QModelIndex row = m_list->currentIndex();
    m_details->setVisible(row.isValid());
    if (!row.isValid())
        return;
    const Change& change = m_model.change(m_filter.mapToSource(row).row());
    QStringList lines{change.op.isEmpty() ? change.name : change.op + u' ' + change.name};
    lines += change.details.isEmpty() ? QStringList{wordFor(change.kind)} : change.details;
    m_details->setPlainText(manyLines(lines.join(u'\n')));
}

void ChangesPanel::select(std::optional<std::size_t> change)
{
    const QModelIndex row =
        change ? m_filter.mapFromSource(m_model.index(static_cast<int>(*change))) : QModelIndex();
    if (row.isValid() && row == m_list->currentIndex())
        return;
    m_following = true;
    if (row.isValid())
        m_list->setCurrentIndex(row);
    else
        m_list->selectionModel()->clear();
    m_following = false;
    showDetails();
}

void ChangesPanel::step(int by)
{
    const int rows = m_filter.rowCount();
    if (rows == 0)
        return;
    const QModelIndex row = m_list->currentIndex();
    const int next = row.isValid() ? (row.row() + by + rows) % rows : by > 0 ? 0 : rows - 1;
    m_list->setCurrentIndex(m_filter.index(next, 0));
}

} // namespace pleat::ui
