// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/prepare/PreparePanel.h"

#include "core/prepare/WorkerEngine.h"
#include "ui/document/Convert.h"
#include "ui/prepare/PrepareFields.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto previewLane = u"preview"_s;
const auto moreFoldsLane = u"more folds"_s;
const auto prepareTopic = u"prepare"_s;

// "−12 Identity, −3 Cast, +1 Gemm": what goes first, the most first.
QString operatorsText(const std::map<std::string, std::int64_t>& changes)
{
    std::vector<std::pair<std::string, std::int64_t>> sorted(changes.begin(), changes.end());
    std::ranges::stable_sort(sorted, {}, &std::pair<std::string, std::int64_t>::second);
    QStringList words;
    for (const auto& [op, change] : sorted)
        words += (change < 0 ? u"−%1 %2"_s : u"+%1 %2"_s)
                     .arg(change < 0 ? -change : change)
                     .arg(oneLine(toQt(op)));
    return words.join(u", "_s);
}

} // namespace

PreparePanel::PreparePanel(Workspace& workspace)
    : Panel(workspace, {.id = u"prepare"_s,
                        .title = tr("Prepare"),
                        .shortcut = tr("Ctrl+5"),
                        .area = Qt::LeftDockWidgetArea,
                        .size = {330, 420},
                        .window = {QWIDGETSIZE_MAX, QWIDGETSIZE_MAX}}) // when somebody asks for it
{
    m_show = makeAction(this, tr("&Prepare…"), {tr("Ctrl+Shift+P")},
                        tr("See how the model can be written more simply before it is folded"),
                        [this] { Q_EMIT wanted(); });
    setIconName(*m_show, u"prepare"_s);
    m_apply = makeAction(this, tr("Apply &Preparation"), {tr("Ctrl+Alt+P")},
                         tr("Apply the passes that are checked; each is a step that can be undone"),
                         [this] { apply(); });
    addEntry(Menu::Model, m_show, Tool::Plain);
    addEntry(Menu::Model, m_apply);

    const CaptionLine top = captionLine(tr("PREPARE"));
    top.layout->setContentsMargins(14, 12, 14, 6);
    m_count = top.note;

    m_tree = new QTreeView;
    m_tree->setObjectName(u"prepareTree"_s);
    m_tree->setAccessibleName(tr("Passes, and what each of them would do"));
    m_tree->setModel(&m_model);
    m_tree->setHeaderHidden(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setUniformRowHeights(true);
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_tree->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_tree->setTextElideMode(Qt::ElideMiddle);
    m_tree->setStyleSheet(u"QTreeView::item { padding: 4px 6px 4px 2px; }"_s);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);

    m_summary = new PlainLabel;
    m_summary->setObjectName(u"prepareSummary"_s);
    m_summary->setProperty("role", u"quiet"_s);
    m_summary->setWordWrap(true);
    m_button = new QPushButton(tr("Apply"));
    m_button->setObjectName(u"prepareApply"_s);
    m_button->setToolTip(m_apply->toolTip());
    connect(m_button, &QPushButton::clicked, m_apply, &QAction::trigger);

    auto* bottom = new QVBoxLayout;
    bottom->setContentsMargins(14, 10, 14, 12);
    bottom->setSpacing(8);
    m_fields = new PrepareFields;
    bottom->addWidget(m_fields);
    bottom->addWidget(m_summary);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_button);
    buttons->addStretch();
    m_showAll = new QToolButton;
    m_showAll->setObjectName(u"prepareShowAll"_s);
    m_showAll->setText(tr("All passes"));
    m_showAll->setToolTip(tr("Show those with nothing to do, too"));
    m_showAll->setCheckable(true);
    m_showAll->setProperty("chip", u"accent"_s);
    m_showAll->setFocusPolicy(Qt::TabFocus);
    connect(m_showAll, &QToolButton::toggled, this, &PreparePanel::hideIdlePasses);
    buttons->addWidget(m_showAll);
    bottom->addLayout(buttons);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top.layout);
    layout->addWidget(m_tree, 1);
    layout->addLayout(bottom);

    connect(&m_model, &PrepareModel::chosenChanged, this, [this] {
        if (m_takingFields)
            return;
        for (const char* pass : {"dims", "opset"}) {
            if (m_model.chosen().contains(pass))
                m_fields->askFor(pass);
        }
        look();
    });
    connect(m_fields, &PrepareFields::edited, this, [this] {
        takeFields();
        look();
    });
    connect(m_tree, &QTreeView::clicked, this, &PreparePanel::selectPlace);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) { selectPlace(index); });
    connect(&workspace, &Workspace::opened, this, [this] {
        m_offered = false;
        m_looked.reset();
        m_fields->clear();
        takeFields();
    });
    connect(&workspace, &Workspace::changed, this, &PreparePanel::changed);
    connect(&workspace, &Workspace::onnxRuntimeChanged, this, &PreparePanel::look);
    connect(&document(), &Document::busyChanged, this, &PreparePanel::updateActions);
    connect(&document(), &Document::foldedPairs, this, &PreparePanel::lookForMoreFolds);
    m_fields->describe(nullptr);
    showPreview();
}

// What is given is asked for.
void PreparePanel::takeFields()
{
    m_takingFields = true;
    m_model.setChosen("dims", m_fields->hasSizes());
    m_model.setChosen("opset", m_fields->hasOpset());
    m_takingFields = false;
}

// Most have nothing to do in most models. A row that is known to be idle stays so while the next look lasts.
void PreparePanel::hideIdlePasses()
{
    if (!m_model.preview() && !document().isEmpty() && !m_showAll->isChecked())
        return;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const bool isIdle = m_model.index(row, 0).data(PrepareModel::IdleRole).toBool();
        m_tree->setRowHidden(row, {}, isIdle && !m_showAll->isChecked());
    }
}

PreparePanel::~PreparePanel()
{
    workspace().jobs().cancel(this, previewLane);
    workspace().jobs().cancel(this, moreFoldsLane);
}

// What nobody looks at is not computed, but for the offer once a model is there.
void PreparePanel::changed()
{
    if (m_looked == document().current())
        return;
    if (!isVisible() && m_looked) { // showEvent() comes back here
        updateActions();
        return;
    }
    m_fields->describe(document().isEmpty() ? nullptr : document().current()->view.get());
    look();
}

// The marks go with what explains them.
void PreparePanel::hideEvent(QHideEvent* event)
{
    Panel::hideEvent(event);
    showPreview();
}

void PreparePanel::showEvent(QShowEvent* event)
{
    Panel::showEvent(event);
    if (m_looked != document().current())
        changed();
    else
        showPreview();
}

void PreparePanel::look()
{
    m_looked = document().current();
    m_model.setPreview(nullptr);
    showPreview();
    if (!m_looked)
        return;
    auto rules = m_fields->options();
    if (!rules) {
        m_summary->setText(toQt(rules.error().message));
        return;
    }
    workspace().jobs().start(
        previewLane, tr("Looking at what can be prepared…"), this,
        [snapshot = m_looked, chosen = m_model.chosen(), rules = std::move(*rules),
         place = workspace().workerPlace()](Progress& progress, std::stop_token stop) {
            const auto engine = workerEngine(place);
            return previewOf(snapshot, chosen, rules, progress, stop, engine.get());
        },
        [this](Result<PreviewPointer> preview) { take(std::move(preview)); }, JobDisplay::Quiet,
        isVisible() ? JobPriority::Asked : JobPriority::Background);
}

void PreparePanel::take(Result<PreviewPointer> preview)
{
    if (!preview) {
        m_summary->setText(toQt(preview.error().message));
        return;
    }
    m_model.setPreview(*preview);
    showPreview();
    Q_EMIT previewed();
    if ((*preview)->moreFolds > 0 && !isVisible())
        offer((*preview)->moreFolds);
}

// Once for a document: who closed it knows.
void PreparePanel::offer(int moreFolds)
{
    if (std::exchange(m_offered, true))
        return;
    Q_EMIT workspace().said(
        {MessageBar::Kind::Notice,
         moreFolds == 1
             ? tr("One more batch norm can be folded once the model is prepared.")
             : tr("%n more batch norms can be folded once the model is prepared.", nullptr, moreFolds),
         {},
         tr("Prepare…"),
         [this] { Q_EMIT wanted(); },
         prepareTopic});
}

// After all was folded that can be, for whoever offers it; nobody waits for that.
void PreparePanel::lookForMoreFolds()
{
    const SnapshotPointer current = document().current();
    if (current->counts.canFold > 0)
        return;
    workspace().jobs().start(
        moreFoldsLane, tr("Looking at what can be prepared…"), this,
        [current, place = workspace().workerPlace()](Progress& progress, const std::stop_token& stop) {
            const auto engine = workerEngine(place);
            return preparationOf(current, progress, stop, engine.get());
        },
        [this](Result<Workspace::Preparation> found) {
            if (found)
                workspace().setPreparation(std::move(*found));
        },
        JobDisplay::Quiet, JobPriority::Background);
}

void PreparePanel::showPreview()
{
    const PreviewPointer preview = m_model.preview();
    const int places = preview ? static_cast<int>(preview->places) : 0;
    m_count->setText(!preview ? QString() : places == 1 ? tr("one place") : tr("%n places", nullptr, places));
    if (document().isEmpty())
        m_summary->setText(tr("Open a model to see how it can be written more simply."));
    else if (!preview)
        m_summary->setText(tr("Looking…"));
    else if (places == 0)
        m_summary->setText(tr("There is nothing to prepare with these passes."));
    else {
        QString text = operatorsText(preview->operators);
        if (preview->moreFolds > 0)
            text += (text.isEmpty() ? QString() : u"\n"_s) +
                    (preview->moreFolds == 1
                         ? tr("One more batch norm can be folded after it.")
                         : tr("%n more batch norms can be folded after it.", nullptr, preview->moreFolds));
        m_summary->setText(text);
    }
    hideIdlePasses();
    if (preview && isVisible())
        setMarks({[preview](const Snapshot& shown, const Snapshot&, const std::stop_token& stop) {
            return marksOf(*preview, shown, stop);
        }});
    else
        setMarks({});
    updateActions();
}

void PreparePanel::updateActions()
{
    const PreviewPointer preview = m_model.preview();
    m_show->setEnabled(!document().isEmpty());
    m_apply->setEnabled(preview && preview->of == document().current() && !preview->steps.empty() &&
                        !document().isBusy());
    m_button->setEnabled(m_apply->isEnabled());
}

void PreparePanel::apply()
{
    const PreviewPointer preview = m_model.preview();
    if (!preview || preview->of != document().current())
        return;
    Q_EMIT workspace().withdrawn(prepareTopic);
    document().applySteps(preview->steps, tr("Preparing…"));
}

void PreparePanel::selectPlace(const QModelIndex& index)
{
    const auto node = static_cast<NodeId>(index.data(PrepareModel::NodeRole).toUInt());
    const SnapshotPointer shown = workspace().shown();
    if (index.parent().isValid() && shown && shown->view->find(node) != NodeIndex::None)
        workspace().selectNode(node, Workspace::Reveal::Yes);
}

} // namespace pleat::ui
