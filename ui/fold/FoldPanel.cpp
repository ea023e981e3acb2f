// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldPanel.h"

#include "ui/document/Convert.h"
#include "ui/document/Selection.h"
#include "ui/fold/FoldDelegate.h"
#include "ui/widgets/PlainText.h"

#include <QAction>
#include <QCheckBox>
#include <QCursor>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

FoldPanel::FoldPanel(FoldModel& model, Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_selection(selection)
{
    setProperty("surface", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(tr("Folds"));
    setMinimumWidth(200);
    m_filter.setSourceModel(&m_model);

    m_list = new QListView;
    m_list->setObjectName(u"foldList"_s);
    m_list->setAccessibleName(tr("Batch norms and what can be done with them"));
    m_list->setModel(&m_filter);
    m_list->setItemDelegate(new FoldDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setMouseTracking(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->installEventFilter(this);

    m_pages = new QStackedWidget;
    m_pages->addWidget(m_list);
    m_pages->addWidget(makeEmptyPage());

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHeader());
    layout->addWidget(m_pages, 1);

    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& row) { selectRow(row); });
    connect(m_list, &QListView::clicked, this, &FoldPanel::clicked);
    connect(m_list, &QListView::doubleClicked, this, [this](const QModelIndex& row) {
        // Two quick clicks on the box are no wish to fold.
        if (m_list->viewport()->mapFromGlobal(QCursor::pos()).x() > FoldDelegate::boxStrip)
            foldRow(row);
    });
    connect(m_list, &QListView::customContextMenuRequested, this, &FoldPanel::contextMenu);
    connect(&m_model, &FoldModel::countsChanged, this, &FoldPanel::updateCounts);
    connect(&m_model, &FoldModel::modelReset, this, &FoldPanel::showSelection);
    connect(&m_selection, &Selection::changed, this, &FoldPanel::showSelection);
    updateCounts();
}

QWidget* FoldPanel::makeHeader()
{
    auto* header = new QWidget;
    auto* caption = new PlainLabel(tr("FOLDS"));
    caption->setProperty("role", u"caption"_s);
    caption->setFont(captionFont(font()));
    m_total = new PlainLabel;
    m_total->setProperty("role", u"caption"_s);
    m_total->setFont(captionFont(font()));
    auto* top = new QHBoxLayout;
    top->addWidget(caption);
    top->addStretch();
    top->addWidget(m_total);

    auto* chips = new QHBoxLayout;
    chips->setSpacing(6);
    const std::array tips{tr("Show what can be folded"), tr("Show what cannot be folded"),
                          tr("Show what has been folded")};
    for (std::size_t i = 0; i < m_chips.size(); ++i) {
        auto* chip = new QToolButton;
        chip->setCheckable(true);
        chip->setChecked(true);
        chip->setProperty("chip", u"accent"_s);
        chip->setToolTip(tips[i]);
        chip->setFocusPolicy(Qt::TabFocus);
        chip->setMinimumWidth(44); // for the sign
        connect(chip, &QToolButton::toggled, this,
                [this, i](bool on) { m_filter.setStateShown(static_cast<FoldState>(i), on); });
        m_chips[i] = chip;
        chips->addWidget(chip);
    }
    chips->addStretch();

    m_words = new QLineEdit;
    m_words->setPlaceholderText(tr("Filter"));
    m_words->setAccessibleName(tr("Filter the list by name or reason"));
    m_words->setToolTip(m_words->accessibleName());
    connect(m_words, &QLineEdit::textChanged, &m_filter, &FoldFilter::setWords);

    m_frozen = new QCheckBox;
    m_frozen->setObjectName(u"foldFrozenInputs"_s);
    m_frozen->setAccessibleName(tr("Initializers listed as inputs are constants"));
    m_frozen->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_frozen->hide();
    connect(m_frozen, &QCheckBox::clicked, this, [this](bool on) {
        m_frozen->setChecked(!on); // whoever does it says so
        Q_EMIT freezeRequested(on);
    });

    auto* layout = new QVBoxLayout(header);
    layout->setContentsMargins(14, 12, 14, 10);
    layout->setSpacing(8);
    layout->addLayout(top);
    layout->addLayout(chips);
    layout->addWidget(m_words);
    layout->addWidget(m_frozen);
    return header;
}

QWidget* FoldPanel::makeEmptyPage()
{
    auto* page = new QWidget;
    m_emptyTitle = new PlainLabel;
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_emptyTitle->setFont(bold);
    m_emptyTitle->setObjectName(u"foldEmptyTitle"_s);
    m_emptySentence = new PlainLabel;
    m_emptySentence->setObjectName(u"foldEmptySentence"_s);
    m_emptySentence->setProperty("role", u"quiet"_s);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(14, 8, 14, 14);
    for (PlainLabel* label : {m_emptyTitle, m_emptySentence}) {
        label->setWordWrap(true);
        layout->addWidget(label);
    }
    layout->addStretch();
    return page;
}

void FoldPanel::setEmptyText(const QString& title, const QString& sentence)
{
    m_emptyTitle->setText(title);
    m_emptySentence->setText(sentence);
}

void FoldPanel::setFrozenInputs(const FrozenInputs& state)
{
    m_frozen->setVisible(state.isOffered);
    m_frozen->setChecked(state.isOn);
    m_frozen->setEnabled(state.isEnabled && !state.isUsed);
    const QString explanation = state.isUsed
                                    ? tr("Folded since: undo the folds to give the inputs back")
                                    : tr("Takes away the inputs that have an initializer, so that nobody "
                                         "replaces it and it can be folded");
    fitFrozenInputs();
    m_frozen->setToolTip(m_frozen->accessibleName() + u'\n' + explanation);
}

// Its sentence is longer than the panel may be wide.
void FoldPanel::fitFrozenInputs()
{
    constexpr int boxAndMargins = 56;
    m_frozen->setText(m_frozen->fontMetrics().elidedText(m_frozen->accessibleName(), Qt::ElideRight,
                                                         width() - boxAndMargins));
}

void FoldPanel::showOnly(FoldState state)
{
    m_words->clear();
    for (std::size_t i = 0; i < m_chips.size(); ++i)
        m_chips[i]->setChecked(static_cast<FoldState>(i) == state);
    m_list->setFocus(Qt::OtherFocusReason);
}

void FoldPanel::updateCounts()
{
    const FoldCounts counts = m_model.counts();
    const bool any = m_model.rowCount() > 0;
    m_total->setText(any ? tr("%n batch norms", nullptr, counts.batchNorms) : QString());
    for (QToolButton* chip : m_chips)
        chip->setVisible(any);
    updateChips();
    m_words->setVisible(any);
    m_pages->setCurrentIndex(any ? 0 : 1);
}

void FoldPanel::updateChips()
{
    const FoldCounts counts = m_model.counts();
    const std::array numbers{counts.canFold, counts.blocked, counts.folded};
    const std::array names{tr("can fold %1"), tr("blocked %1"), tr("folded %1")};
    const std::array signs{u"⤓ %1"_s, u"! %1"_s, u"✓ %1"_s}; // as on the frames of the canvas
    int room = width() - 28;
    for (std::size_t i = 0; i < m_chips.size(); ++i)
        room -= m_chips[i]->fontMetrics().horizontalAdvance(names[i].arg(numbers[i])) + 27;
    for (std::size_t i = 0; i < m_chips.size(); ++i) {
        m_chips[i]->setText((room >= 0 ? names : signs)[i].arg(numbers[i]));
        m_chips[i]->setAccessibleName(names[i].arg(numbers[i]));
    }
}

void FoldPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    updateChips();
    fitFrozenInputs();
}

void FoldPanel::showSelection()
{
    const int row = m_model.rowOf(m_selection.value().fold);
    const QModelIndex index = row < 0 ? QModelIndex() : m_filter.mapFromSource(m_model.index(row));
    if (index == m_list->currentIndex())
        return;
    m_following = true;
    if (index.isValid()) {
        m_list->setCurrentIndex(index);
        m_list->scrollTo(index);
    } else {
        m_list->selectionModel()->clear();
    }
    m_following = false;
}

void FoldPanel::selectRow(const QModelIndex& row)
{
    if (m_following || !row.isValid())
        return;
    Selection::Value value;
    value.fold = toStd(row.data(FoldModel::IdRole).toString());
    value.node = static_cast<NodeId>(row.data(FoldModel::LayerRole).toUInt());
    m_selection.set(value);
    Q_EMIT rowActivated(row.data(FoldModel::LayerRole).toUInt());
}

void FoldPanel::clicked(const QModelIndex& row)
{
    const auto state = static_cast<FoldState>(row.data(FoldModel::StateRole).toInt());
    const auto culprit = row.data(FoldModel::CulpritRole).toUInt();
    if (state == FoldState::Blocked && static_cast<NodeId>(culprit) != NodeId::None)
        Q_EMIT culpritRequested(culprit);
    else
        Q_EMIT rowActivated(row.data(FoldModel::LayerRole).toUInt());
}

void FoldPanel::foldRow(const QModelIndex& row)
{
    if (row.isValid() && row.flags() & Qt::ItemIsUserCheckable)
        Q_EMIT foldRequested(row.data(FoldModel::IdRole).toString());
}

void FoldPanel::contextMenu(QPoint position)
{
    const QModelIndex row = m_list->indexAt(position);
    QMenu menu(this);
    if (row.isValid()) {
        QAction* fold = menu.addAction(tr("Fold %1").arg(actionText(row.data().toString())), this,
                                       [this, row] { foldRow(row); });
        fold->setEnabled(row.flags() & Qt::ItemIsUserCheckable);
        const auto culprit = row.data(FoldModel::CulpritRole).toUInt();
        if (static_cast<NodeId>(culprit) != NodeId::None)
            menu.addAction(tr("Show what blocks it"), this,
                           [this, culprit] { Q_EMIT culpritRequested(culprit); });
        menu.addSeparator();
    }
    menu.addAction(tr("Choose all"), this, [this] { m_model.setAllChecked(true); });
    menu.addAction(tr("Choose none"), this, [this] { m_model.setAllChecked(false); });
    menu.exec(m_list->viewport()->mapToGlobal(position));
}

bool FoldPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            foldRow(m_list->currentIndex());
            return true;
        }
        if (key->key() == Qt::Key_Space && m_list->currentIndex().isValid()) {
            const QModelIndex row = m_list->currentIndex();
            const bool on = row.data(Qt::CheckStateRole).toInt() == Qt::Checked;
            m_filter.setData(row, on ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace pleat::ui
