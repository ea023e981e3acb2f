// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldPanel.h"

#include "ui/document/Convert.h"
#include "ui/fold/FoldDelegate.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/ListLook.h"
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
#include <QUndoStack>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
const auto foldedTopic = u"folded"_s;
}

FoldPanel::FoldPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"folds"_s,
                        .title = tr("Folds"),
                        .shortcut = tr("Ctrl+1"),
                        .area = Qt::LeftDockWidgetArea,
                        .size = {330, 0}})
{
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
    makeActions();
    setMarks({foldMarks, foldMarkChange});
    connect(&workspace.selection(), &Selection::changed, this, &FoldPanel::showSelection);
    connect(&workspace, &Workspace::opened, this, &FoldPanel::opened);
    connect(&workspace, &Workspace::changed, this, &FoldPanel::changed);
    connect(&workspace, &Workspace::factsChanged, this, &FoldPanel::updateEmptyText);
    connect(&document(), &Document::busyChanged, this, &FoldPanel::updateActions);
    connect(&document(), &Document::foldedPairs, this, [this](int pairs) {
        m_foldedPairs = pairs;
        m_afterFolding = document().current();
        sayWhatWasFolded();
    });
    connect(&workspace, &Workspace::preparationChanged, this, [this] {
        const Workspace::Preparation* const known = this->workspace().preparation();
        if (known && known->moreFolds > 0 && known->of == m_afterFolding)
            sayWhatWasFolded();
    });
    connect(&document().undoStack(), &QUndoStack::indexChanged, this, [this] {
        updateFrozenInputs();
        // What was said of a fold is not true of what it was undone to.
        Q_EMIT this->workspace().withdrawn(foldedTopic);
    });
    updateCounts();
    updateEmptyText();
    updateActions();
}

void FoldPanel::makeActions()
{
    m_foldAll = makeAction(this, tr("Fold &All"), {tr("Ctrl+Shift+F")},
                           tr("Fold every batch norm that can be folded"), [this] { document().foldAll(); });
    m_foldAll->setObjectName(u"toolFoldAll"_s);
    setIconName(*m_foldAll, u"fold"_s);
    m_foldChecked =
        makeAction(this, tr("Fold &Selected"), {tr("Ctrl+Alt+F")}, tr("Fold the pairs that are checked"),
                   [this] { document().foldChosen(m_model.checked()); });
    m_foldChecked->setObjectName(u"toolFold"_s);
    m_next = makeAction(this, tr("&Next Pair"), {tr("Ctrl+Down")}, tr("Select the next row of the list"),
                        [this] { step(1); });
    m_previous = makeAction(this, tr("&Previous Pair"), {tr("Ctrl+Up")},
                            tr("Select the row before in the list"), [this] { step(-1); });
    m_chooseAll =
        makeAction(this, tr("Choose &All Pairs"), {tr("Ctrl+Shift+A")},
                   tr("Check every pair that can be folded"), [this] { m_model.setAllChecked(true); });
    m_chooseNone = makeAction(this, tr("Choose &None"), {tr("Ctrl+Shift+N")}, tr("Uncheck every pair"),
                              [this] { m_model.setAllChecked(false); });
    addEntry(Menu::Model, m_foldAll, Tool::Main);
    addEntry(Menu::Model, m_foldChecked, Tool::Plain);
    addEntry(Menu::Model, nullptr);
    addEntry(Menu::Model, m_next);
    addEntry(Menu::Model, m_previous);
    addEntry(Menu::Edit, m_chooseAll);
    addEntry(Menu::Edit, m_chooseNone);
    connect(&m_model, &FoldModel::checkedChanged, this, &FoldPanel::updateActions);
}

void FoldPanel::opened()
{
    m_afterFolding.reset();
    changed();
    if (document().reloadedFrom())
        return; // what was selected is selected again
    // Something to look at from the first moment: the first pair.
    const auto candidates = document().current()->candidates();
    const auto first = std::ranges::find_if(
        candidates, [](const FoldCandidate* each) { return each->foldable && each->batchNorm; });
    if (first != candidates.end() && (*first)->layer)
        workspace().selectNode((*first)->layer->id, (*first)->id, Workspace::Reveal::No);
}

void FoldPanel::changed()
{
    m_model.setSnapshots(document().opened(), document().current());
    updateEmptyText();
    updateActions();
}

void FoldPanel::updateActions()
{
    const bool open = !document().isEmpty();
    const bool free = open && !document().isBusy();
    const int all = m_model.counts().canFold;
    const int checked = m_model.checkedCount();
    m_foldAll->setText(all > 0 ? tr("Fold &all (%1)").arg(all) : tr("Fold &all"));
    m_foldAll->setEnabled(free && all > 0);
    m_foldChecked->setText(open && checked != all ? tr("Fold &selected (%1)").arg(checked)
                                                  : tr("Fold &selected"));
    m_foldChecked->setEnabled(free && checked > 0);
    for (QAction* action : {m_chooseAll, m_chooseNone, m_next, m_previous})
        action->setEnabled(open);
    updateFrozenInputs();
}

QWidget* FoldPanel::makeHeader()
{
    auto* header = new QWidget;
    const CaptionLine top = captionLine(tr("FOLDS"));
    m_total = top.note;

    auto* chips = new QHBoxLayout;
    chips->setSpacing(6);
    const std::array tips{tr("Show what can be folded"), tr("Show what cannot be folded"),
                          tr("Show what has been folded")};
    for (std::size_t i = 0; i < m_chips.size(); ++i) {
        QToolButton* const chip = makeChip(u"accent"_s, tips[i]);
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
        m_frozen->setChecked(!on); // it stays as it was until that is done
        document().setInputsFrozen(on);
    });

    auto* layout = new QVBoxLayout(header);
    layout->setContentsMargins(14, 12, 14, 10);
    layout->setSpacing(8);
    layout->addLayout(top.layout);
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

void FoldPanel::updateEmptyText()
{
    if (document().isEmpty()) {
        m_emptyTitle->setText(tr("No model"));
        m_emptySentence->setText(tr("Open one to see which of its batch norms can be folded."));
        return;
    }
    QString sentence = tr("There is nothing to fold.");
    if (const auto facts = workspace().facts(); facts && facts->convolutions > 0) {
        sentence = tr("Of its %n convolutions, %1 have a bias.", nullptr, int(facts->convolutions))
                       .arg(facts->convolutionsWithBias);
        if (facts->convolutionsWithBias == facts->convolutions)
            sentence +=
                u' ' + tr("That is what folding leaves behind, so an exporter may have folded batch norms "
                          "already. In PyTorch, export with training=TrainingMode.PRESERVE and "
                          "do_constant_folding=False to keep them.");
    }
    m_emptyTitle->setText(tr("No batch norm in this model"));
    m_emptySentence->setText(sentence);
}

void FoldPanel::updateFrozenInputs()
{
    const bool on = document().areInputsFrozen();
    const bool used = on && !document().canThawInputs(); // a fold was made with it
    const bool any = !document().isEmpty() && document().current()->counts.overridable > 0;
    m_frozen->setVisible(any || on);
    if (!any && !on)
        return;
    m_frozen->setChecked(on);
    m_frozen->setEnabled(!document().isBusy() && !used);
    const QString explanation = used ? tr("Folded since: undo the folds to give the inputs back")
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
    m_total->setText(!any                     ? QString()
                     : counts.batchNorms == 1 ? tr("1 batch norm")
                                              : tr("%n batch norms", nullptr, counts.batchNorms));
    for (QToolButton* chip : m_chips)
        chip->setVisible(any);
    updateChips();
    m_words->setVisible(any);
    m_pages->setCurrentIndex(any ? 0 : 1);
}

void FoldPanel::updateChips()
{
    const FoldCounts counts = m_model.counts();
    const std::array numbers{counts.canFold + counts.others, counts.blocked, counts.folded};
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
    const int row = m_model.rowOf(workspace().selection().value().fold);
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
    const auto layer = static_cast<NodeId>(row.data(FoldModel::LayerRole).toUInt());
    workspace().selectNode(layer, toStd(row.data(FoldModel::IdRole).toString()), Workspace::Reveal::Yes);
}

void FoldPanel::step(int rows)
{
    const int row = m_list->currentIndex().isValid() ? m_list->currentIndex().row() + rows : 0;
    if (const QModelIndex next = m_filter.index(row, 0); next.isValid())
        m_list->setCurrentIndex(next);
}

void FoldPanel::selectCulprit(NodeId culprit)
{
    const FoldId fold = workspace().selection().value().fold;
    workspace().selectNode(culprit, fold, Workspace::Reveal::Yes);
}

void FoldPanel::clicked(const QModelIndex& row)
{
    const auto state = static_cast<FoldState>(row.data(FoldModel::StateRole).toInt());
    const auto culprit = static_cast<NodeId>(row.data(FoldModel::CulpritRole).toUInt());
    if (state == FoldState::Blocked && culprit != NodeId::None)
        selectCulprit(culprit);
    else
        selectRow(row);
}

// What the canvas was asked to do with a pair.
void FoldPanel::markActivated(const std::string& id)
{
    document().foldChosen({id});
}

void FoldPanel::foldRow(const QModelIndex& row)
{
    if (row.isValid() && row.flags() & Qt::ItemIsUserCheckable)
        document().foldChosen({toStd(row.data(FoldModel::IdRole).toString())});
}

void FoldPanel::sayWhatWasFolded()
{
    const int pairs = m_foldedPairs;
    if (pairs == 1 && m_model.counts().canFold > 0)
        return; // one of several, which is seen where it was
    // What stays, by reason, the most frequent first.
    std::map<QString, int> reasons;
    int stays = 0;
    for (const FoldCandidate* candidate : document().current()->candidates()) {
        if (candidate->foldable || !candidate->batchNorm)
            continue;
        ++stays;
        ++reasons[candidate->reason ? toQt(brief(*candidate->reason)) : tr("for another reason")];
    }
    std::vector<std::pair<QString, int>> sorted(reasons.begin(), reasons.end());
    std::ranges::stable_sort(sorted, std::greater(), &std::pair<QString, int>::second);
    QStringList words;
    for (const auto& [reason, count] : sorted)
        words += sorted.size() == 1 ? reason : tr("%1 × %2").arg(QString::number(count), reason);
    QString sentence = pairs == 1 ? tr("One pair was folded.") : tr("%n pairs were folded.", nullptr, pairs);
    if (const int left = m_model.counts().canFold; left > 0)
        sentence += u' ' + tr("%n more can be folded.", nullptr, left);
    MessageBar::Message message{MessageBar::Kind::Done, sentence, {}, {}, {}, foldedTopic};
    if (stays > 0) {
        message.sentence += u' ' + (stays == 1 ? tr("One batch norm stays: %1.")
                                               : tr("%n batch norms stay: %1.", nullptr, stays))
                                       .arg(words.join(tr(", ")));
        message.actionText = stays == 1 ? tr("Show it") : tr("Show them");
        message.action = [this] {
            Q_EMIT wanted();
            showOnly(FoldState::Blocked);
        };
    }
    offerPreparation(message);
    // A quiet offer: of two buttons the first one.
    if (message.otherText.isEmpty()) {
        message.otherText = tr("Verify");
        message.other = [this] { workspace().askToVerify(); };
    }
    Q_EMIT workspace().said(message);
}

// Where the model, written more simply, would have more to fold. What that is may be known only later.
void FoldPanel::offerPreparation(MessageBar::Message& message)
{
    const Workspace::Preparation* const known = workspace().preparation();
    if (!known || known->moreFolds == 0)
        return;
    message.sentence +=
        u' ' + (known->moreFolds == 1
                    ? tr("One more can be folded once the model is prepared.")
                    : tr("%n more can be folded once the model is prepared.", nullptr, known->moreFolds));
    message.otherText = std::exchange(message.actionText, tr("Prepare and fold"));
    message.other = std::exchange(message.action, [this] { workspace().prepareAndFold(); });
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
                           [this, culprit] { selectCulprit(static_cast<NodeId>(culprit)); });
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
