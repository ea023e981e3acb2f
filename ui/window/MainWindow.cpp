// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/MainWindow.h"

#include "ui/canvas/FindField.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/document/Session.h"
#include "ui/fold/FoldPanel.h"
#include "ui/history/HistoryPanel.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/Icons.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/Theme.h"
#include "ui/window/ModelFacts.h"
#include "ui/window/Settings.h"
#include "ui/window/StartPage.h"
#include "ui/window/StatusLine.h"
#include "ui/window/WindowActions.h"

#include <QAction>
#include <QDockWidget>
#include <QListView>
#include <QScreen>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

MainWindow::MainWindow(std::filesystem::path worker, const QString& sessions, QWidget* parent)
    : QMainWindow(parent),
      m_document(m_jobs, std::move(worker)),
      m_session(std::make_unique<Session>(m_document, m_jobs,
                                          sessions.isEmpty() ? Session::standardFolder() : sessions))
{
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    makeParts();
    makeActions();
    makeMenus();
    makeToolBar();
    connectParts();
    const QSize room = screen()->availableSize();
    resize(std::min(1600, room.width() * 9 / 10), std::min(1000, room.height() * 9 / 10));
    if (const QByteArray geometry = Settings::geometry(); !geometry.isEmpty())
        restoreGeometry(geometry);
    for (QDockWidget* dock : panels()) {
        dock->hide(); // nothing to show in them yet
        dock->toggleViewAction()->setEnabled(false);
    }
    m_start->setRecentFiles(Settings::recentFiles());
    updateIcons();
    documentChanged();
}

MainWindow::~MainWindow()
{
    // The undo stack still speaks while it is destroyed, and what would listen is half gone by then.
    m_document.undoStack().disconnect(this);
    m_document.disconnect(this);
    m_selection.disconnect(this);
    m_folds.disconnect(this);
    // Everything that is seen goes before what it refers to: the members.
    while (auto* child = findChild<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
        delete child;
}

void MainWindow::makeParts()
{
    m_messages = new MessageBar;
    m_start = new StartPage;
    m_start->setSizePolicy(QSizePolicy::Ignored,
                           QSizePolicy::Ignored); // asks for no room while it is not shown
    m_graph = new GraphPane(m_jobs);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_start);
    m_pages->addWidget(m_graph);
    auto* middle = new QWidget;
    auto* layout = new QVBoxLayout(middle);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_pages, 1);
    setCentralWidget(middle);

    m_foldPanel = new FoldPanel(m_folds, m_selection);
    m_weights = new WeightsPanel(m_jobs);
    m_inspector = new InspectorPanel;
    m_history = new HistoryPanel(m_document.undoStack());
    m_foldDock = addPanel(u"folds"_s, tr("Folds"), m_foldPanel, Qt::LeftDockWidgetArea);
    m_inspectorDock = addPanel(u"inspector"_s, tr("Inspector"), m_inspector, Qt::RightDockWidgetArea);
    m_historyDock = addPanel(u"history"_s, tr("History"), m_history, Qt::RightDockWidgetArea);
    m_weightDock = addPanel(u"weights"_s, tr("Weights"), m_weights, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);

    m_status = new StatusLine(m_jobs);
    setStatusBar(m_status);
    m_find = new FindField;
}

QDockWidget* MainWindow::addPanel(const QString& name, const QString& title, QWidget* panel,
                                  Qt::DockWidgetArea area)
{
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(name);
    dock->setFeatures(QDockWidget::DockWidgetClosable);
    dock->setTitleBarWidget(new QWidget(dock)); // the panels have a heading of their own
    dock->setWidget(panel);
    addDockWidget(area, dock);
    return dock;
}

std::array<QDockWidget*, 4> MainWindow::panels() const
{
    return {m_foldDock, m_weightDock, m_inspectorDock, m_historyDock};
}

void MainWindow::showPanels()
{
    for (QDockWidget* dock : panels())
        dock->toggleViewAction()->setEnabled(true);
    if (restoreState(Settings::windowState()))
        return;
    // In a small window (a small screen, or one at 200 %) the graph and the list come first. Only what has
    // room is shown: a panel that is taken away again leaves the window as large as it made it.
    const bool narrow = width() < 960;
    m_foldDock->show();
    m_inspectorDock->setVisible(!narrow);
    m_historyDock->setVisible(!narrow && height() >= 800);
    m_weightDock->setVisible(height() >= 400);
    resizeDocks({m_foldDock, m_inspectorDock}, {narrow ? width() * 2 / 5 : 330, 316}, Qt::Horizontal);
    resizeDocks({m_inspectorDock, m_historyDock}, {height() / 2, 250}, Qt::Vertical);
    resizeDocks({m_weightDock}, {std::min(292, height() * 3 / 10)}, Qt::Vertical);
}

void MainWindow::connectParts()
{
    connect(&m_document, &Document::openedModel, this, &MainWindow::documentOpened);
    connect(&m_document, &Document::currentChanged, this, &MainWindow::documentChanged);
    connect(&m_document, &Document::typesChanged, this, [this] {
        m_graph->setTypes(m_document.types());
        describeModel();
        showInspector();
    });
    connect(&m_document, &Document::unsavedChanged, this, &MainWindow::updateTitle);
    connect(&m_document, &Document::busyChanged, this, &MainWindow::updateActions);
    connect(&m_document.undoStack(), &QUndoStack::indexChanged, this, &MainWindow::updateFrozenInputs);
    connect(&m_document, &Document::failed, this, &MainWindow::showError);
    connect(&m_document, &Document::notices, this, [this](const QStringList& sentences) {
        m_messages->show(
            {MessageBar::Kind::Notice, sentences.constFirst(), sentences.mid(1).join(u'\n'), {}, {}});
    });
    connect(&m_document, &Document::sourceChanged, this, &MainWindow::sourceChanged);
    connect(&m_document, &Document::exported, this, &MainWindow::exported);
    connect(&m_document, &Document::exportsEnded, this, &MainWindow::writingEnded);
    connect(&m_jobs, &JobRunner::laneFinished, this, [this](const QString& lane) {
        if (lane == GraphPane::imageLane())
            writingEnded(std::exchange(m_imageWritten, false));
    });
    connect(&m_document, &Document::recipeApplied, this, &MainWindow::recipeApplied);
    connect(&m_document, &Document::recipeSaved, this, [this](const QString& path) {
        m_messages->show({MessageBar::Kind::Done, tr("Saved to %1").arg(path), {}, {}, {}});
    });
    connect(m_history, &HistoryPanel::saveRequested, this, &MainWindow::askToSaveRecipe);
    connect(m_history, &HistoryPanel::applyRequested, this, &MainWindow::askForRecipe);
    connect(m_session.get(), &Session::failed, this, [this](const QString& problem) {
        m_messages->show({MessageBar::Kind::Notice,
                          tr("What is not exported cannot be kept in case that Pleat is ended."),
                          problem,
                          {},
                          {}});
    });
    connect(&m_document, &Document::foldedPairs, this, &MainWindow::sayWhatWasFolded);
    connect(&m_jobs, &JobRunner::failed, this, &MainWindow::showError);
    connect(m_weights, &WeightsPanel::failed, this, [this](const Error& error) {
        if (error.code == ErrorCode::Changed)
            m_document.lookAtSource();
    });

    connect(&m_selection, &Selection::changed, this, &MainWindow::selectionChanged);
    connect(m_foldPanel, &FoldPanel::rowActivated, this,
            [this](quint32 node) { m_graph->select(static_cast<NodeId>(node), {}, true); });
    connect(m_foldPanel, &FoldPanel::culpritRequested, this, [this](quint32 culprit) {
        Selection::Value value = m_selection.value();
        value.node = static_cast<NodeId>(culprit);
        m_selection.set(value);
        m_graph->select(value.node, {}, true);
    });
    const auto foldOne = [this](const QString& id) { m_document.foldChosen({toStd(id)}); };
    connect(m_foldPanel, &FoldPanel::foldRequested, this, foldOne);
    connect(m_foldPanel, &FoldPanel::freezeRequested, &m_document, &Document::setInputsFrozen);
    connect(m_graph, &GraphPane::foldRequested, this, foldOne);
    connect(m_graph, &GraphPane::nodeSelected, this,
            [this](quint32 node) { selectNode(static_cast<NodeId>(node), false); });
    connect(m_graph, &GraphPane::valueSelected, this, [this](const QString& name) {
        Selection::Value value;
        value.value = toStd(name);
        m_selection.set(value);
    });
    connect(m_graph, &GraphPane::nothingSelected, this, [this] { m_selection.clear(); });
    connect(m_graph, &GraphPane::sideChanged, this, [this] {
        updateActions();
        keepSelection();
        m_find->setView(m_document.isEmpty() ? nullptr : shownSnapshot()->view);
        describeModel();
        showInspector();
    });
    connect(m_inspector, &InspectorPanel::linkActivated, this, &MainWindow::followLink);
    connect(m_find, &FindField::found, this, &MainWindow::followLink);
    connect(m_find, &FindField::searching, m_graph, &GraphPane::emphasise);
    connect(&m_folds, &FoldModel::checkedChanged, this, &MainWindow::updateActions);

    connect(m_start, &StartPage::openRequested, m_actions->open, &QAction::trigger);
    connect(m_start, &StartPage::sampleRequested, this, &MainWindow::openSample);
    connect(m_start, &StartPage::fileRequested, this, &MainWindow::openPath);
}

SnapshotPointer MainWindow::shownSnapshot() const
{
    return m_graph->side() == GraphPane::Side::Before ? m_document.opened() : m_document.current();
}

void MainWindow::documentOpened()
{
    m_messages->dismiss();
    const SnapshotPointer before = m_document.reloadedFrom();
    const Selection::Value selected = m_selection.value();
    m_selection.clear();
    m_facts.reset();
    m_graph->setSide(GraphPane::Side::After);
    if (m_document.path() != m_samplePath)
        Settings::addRecentFile(m_document.path());
    if (m_pages->currentWidget() == m_start)
        showPanels();
    m_history->setModel(m_document.fileName());
    m_pages->setCurrentWidget(m_graph);
    m_graph->setSnapshots(m_document.opened(), m_document.current(), m_document.types(),
                          before ? GraphPane::Subject::Reloaded : GraphPane::Subject::Other);
    documentChanged();
    if (before) {
        selectAgain(selected, *before->view);
        recover();
        return;
    }
    // Something to look at from the first moment: the first pair.
    const auto& candidates = m_document.current()->candidates;
    const auto first = std::find_if(candidates.begin(), candidates.end(), [](const FoldCandidate& each) {
        return each.foldable && each.batchNorm;
    });
    if (first != candidates.end() && first->layer)
        m_selection.set({first->layer->id, {}, {}, first->id});
    recover();
}

void MainWindow::documentChanged()
{
    m_folds.setSnapshots(m_document.opened(), m_document.current());
    keepSelection();
    showModel();
    describeModel();
    showInspector();
    showWeights();
    updateEmptyText();
    updateActions();
    updateTitle();
    updateStatus();
}

void MainWindow::updateFrozenInputs()
{
    FoldPanel::FrozenInputs state;
    if (!m_document.isEmpty()) {
        const bool on = m_document.areInputsFrozen();
        const bool any = std::ranges::any_of(m_document.current()->candidates, [](const FoldCandidate& each) {
            return each.reason == Reason::OverridableInput;
        });
        state = {any || on, on, on && !m_document.canThawInputs(), !m_document.isBusy()};
    }
    m_foldPanel->setFrozenInputs(state);
}

void MainWindow::showModel()
{
    m_pages->setCurrentWidget(m_document.isEmpty() ? static_cast<QWidget*>(m_start) : m_graph);
    if (m_document.isEmpty()) {
        m_find->setView(nullptr);
        return;
    }
    m_find->setView(shownSnapshot()->view);
    m_graph->setSnapshots(m_document.opened(), m_document.current(), m_document.types(),
                          GraphPane::Subject::Same);
}

void MainWindow::describeModel()
{
    if (m_document.isEmpty())
        return;
    m_jobs.start(
        u"describe"_s, tr("Counting…"), this,
        [snapshot = shownSnapshot(), types = m_document.types()](Progress&, std::stop_token) {
            return factsOf(*snapshot->view, *types);
        },
        [this](ModelFacts facts) {
            m_facts = std::make_unique<ModelFacts>(std::move(facts));
            updateEmptyText();
            updateStatus();
            if (m_selection.value().node == NodeId::None && m_selection.value().value.empty())
                m_inspector->show(m_facts->content);
        },
        JobDisplay::Quiet, JobPriority::Background);
}

void MainWindow::updateEmptyText()
{
    if (m_document.isEmpty()) {
        m_foldPanel->setEmptyText(tr("No model"),
                                  tr("Open one to see which of its batch norms can be folded."));
        return;
    }
    QString sentence = tr("There is nothing to fold.");
    if (m_facts && m_facts->convolutions > 0) {
        sentence = tr("Of its %n convolutions, %1 have a bias.", nullptr, int(m_facts->convolutions))
                       .arg(m_facts->convolutionsWithBias);
        if (m_facts->convolutionsWithBias == m_facts->convolutions)
            sentence +=
                u' ' + tr("That is what folding leaves behind, so an exporter may have folded batch norms "
                          "already. In PyTorch, export with training=TrainingMode.PRESERVE and "
                          "do_constant_folding=False to keep them.");
    }
    m_foldPanel->setEmptyText(tr("No batch norm in this model"), sentence);
}

void MainWindow::updateStatus()
{
    if (m_document.isEmpty()) {
        m_status->setFacts({});
        return;
    }
    const Model& model = m_document.current()->view->model();
    QStringList head{tr("opset %1").arg(model.opset()), tr("IR %1").arg(model.irVersion())};
    if (!model.producer().empty())
        head += toQt(model.producer());
    QStringList facts{head.join(u" · "_s)};
    if (m_facts)
        facts += tr("%1 parameters").arg(compactCount(m_facts->parameters));
    const FoldCounts counts = m_folds.counts();
    facts += counts.batchNorms == 0 ? tr("no batch norms")
                                    : tr("%1 of %2 folded").arg(counts.folded).arg(counts.batchNorms);
    m_status->setFacts(facts);
    const QString problem = m_document.typesProblem();
    m_status->setHint(problem.isEmpty() ? QString() : tr("Some shapes are unknown"), problem);
}

void MainWindow::showError(const QString& what, const Error& error)
{
    if (error.code == ErrorCode::Cancelled)
        return;
    QString details = toQt(error.message);
    if (!error.where.empty() && !details.contains(toQt(error.where)))
        details += u'\n' + toQt(error.where);
    MessageBar::Message message{MessageBar::Kind::Error, what, details, {}, {}};
    if (error.code == ErrorCode::Changed)
        m_document.lookAtSource();
    if (error.code == ErrorCode::Changed || toQt(error.where) == m_document.path())
        offerRemedy(message);
    m_messages->show(std::move(message));
    updateActions();
}

} // namespace pleat::ui
