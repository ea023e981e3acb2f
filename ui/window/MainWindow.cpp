// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/MainWindow.h"

#include "ui/canvas/FindField.h"
#include "ui/canvas/GraphPane.h"
#include "ui/compare/ChangesPanel.h"
#include "ui/compare/ComparePane.h"
#include "ui/document/Convert.h"
#include "ui/document/FoldCounts.h"
#include "ui/document/Panel.h"
#include "ui/document/Session.h"
#include "ui/document/Settings.h"
#include "ui/edit/EditActions.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Icons.h"
#include "ui/widgets/MessageBar.h"
#include "ui/window/Panels.h"
#include "ui/window/StartPage.h"
#include "ui/window/StatusLine.h"
#include "ui/window/WindowActions.h"

#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QScreen>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

MainWindow::MainWindow(std::filesystem::path worker, const QString& sessions, QWidget* parent)
    : QMainWindow(parent),
      m_workspace(std::move(worker)),
      m_document(m_workspace.document()),
      m_session(std::make_unique<Session>(m_document, m_workspace.jobs(),
                                          sessions.isEmpty() ? Session::standardFolder() : sessions))
{
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    makeParts();
    makeActions();
    makeMenus();
    makeToolBar();
    connectParts();
    for (Panel* panel : makePanels(m_workspace))
        addPanel(panel);
    addPanel(m_compare->changes());
    const QSize room = screen()->availableSize();
    resize(std::min(1600, room.width() * 9 / 10), std::min(1000, room.height() * 9 / 10));
    if (const QByteArray geometry = Settings::geometry(); !geometry.isEmpty())
        restoreGeometry(geometry);
    m_start->setRecentFiles(Settings::recentFiles());
    documentChanged();
}

MainWindow::~MainWindow()
{
    // The undo stack still speaks while it is destroyed, and what would listen is half gone by then.
    m_document.undoStack().disconnect(this);
    m_document.disconnect(this);
    m_workspace.disconnect(this);
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
    m_graph = new GraphPane(m_workspace);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_start);
    m_pages->addWidget(m_graph);
    m_compare = new ComparePane(m_workspace);
    m_pages->addWidget(m_compare);
    auto* middle = new QWidget;
    auto* layout = new QVBoxLayout(middle);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_pages, 1);
    setCentralWidget(middle);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);

    m_status = new StatusLine(m_workspace.jobs());
    setStatusBar(m_status);
    m_find = new FindField;
    m_edits = new EditActions(m_workspace, this);
}

void MainWindow::addPanel(Panel* panel)
{
    const Panel::Place& place = panel->place();
    auto* dock = new QDockWidget(place.title, this);
    dock->setObjectName(place.id);
    dock->setFeatures(QDockWidget::DockWidgetClosable);
    dock->setTitleBarWidget(new QWidget(dock)); // the panels have a heading of their own
    dock->setWidget(panel);
    addDockWidget(place.area, dock);
    if (auto* other = place.with.isEmpty() ? nullptr : findChild<QDockWidget*>(place.with))
        tabifyDockWidget(other, dock);
    for (const auto& before : m_panels)
        if (before.panel->place().with == place.id)
            tabifyDockWidget(dock, before.dock);
    connect(panel, &Panel::wanted, this, [this, dock, height = place.size.height()] {
        const bool wasShown = !dock->isHidden(); // perhaps behind another one
        dock->show();
        dock->raise();
        if (wasShown)
            return;
        if (height > 0)
            resizeDocks({dock}, {std::min(height, this->height() / 2)}, Qt::Vertical);
    });
    m_panels.push_back({dock, panel});

    QAction* toggle = dock->toggleViewAction();
    toggle->setShortcut(place.shortcut);
    setTip(*toggle, tr("Show or hide the panel"));
    m_actions->viewMenu->insertAction(m_actions->afterPanels, toggle);
    addAction(toggle);
    addEntries(*panel);
    if (m_document.isEmpty()) { // nothing to show in it yet
        dock->hide();
        toggle->setEnabled(false);
    }
}

void MainWindow::showPanels()
{
    for (const auto& [dock, panel] : m_panels)
        dock->toggleViewAction()->setEnabled(true);
    if (restoreState(Settings::windowState()))
        return;
    // In a small window (a small screen, or one at 200 %) the graph and the list come first. Only what has
    // room is shown: a panel that is taken away again leaves the window as large as it made it.
    QList<QDockWidget*> docks;
    QList<int> widths, heights;
    for (const auto& [dock, panel] : m_panels) {
        const QSize wanted = panel->place().size, least = panel->place().window;
        dock->setVisible(width() >= least.width() && height() >= least.height());
        docks += dock;
        widths += wanted.width() > 0 ? std::min(wanted.width(), width() * 2 / 5) : width();
        heights += wanted.height() > 0 ? std::min(wanted.height(), height() * 3 / 10) : height() / 2;
    }
    resizeDocks(docks, widths, Qt::Horizontal);
    resizeDocks(docks, heights, Qt::Vertical);
}

void MainWindow::connectParts()
{
    connect(&m_workspace, &Workspace::opened, this, &MainWindow::documentOpened);
    connect(&m_workspace, &Workspace::changed, this, &MainWindow::documentChanged);
    connect(&m_workspace, &Workspace::sideChanged, this, &MainWindow::showMiddle);
    connect(&m_workspace, &Workspace::factsChanged, this, &MainWindow::updateStatus);
    connect(&m_workspace, &Workspace::typesChanged, this, &MainWindow::updateStatus);
    connect(&m_workspace, &Workspace::typesChanged, this,
            [this] { m_find->setView(m_workspace.shown()->view, m_workspace.types()); });
    connect(&m_workspace, &Workspace::failed, this, &MainWindow::showError);
    connect(&m_workspace, &Workspace::said, m_messages, &MessageBar::show);
    connect(&m_workspace, &Workspace::withdrawn, m_messages, &MessageBar::dismissTopic);
    connect(&m_document, &Document::unsavedChanged, this, &MainWindow::updateTitle);
    connect(&m_document, &Document::busyChanged, this, &MainWindow::updateActions);
    connect(&m_document, &Document::notices, this, [this](const QStringList& sentences) {
        m_messages->show(
            {MessageBar::Kind::Notice, sentences.constFirst(), sentences.mid(1).join(u'\n'), {}, {}});
    });
    connect(&m_document, &Document::sourceChanged, this, &MainWindow::sourceChanged);
    connect(&m_workspace, &Workspace::otherSourceChanged, this, &MainWindow::otherSourceChanged);
    connect(&m_document, &Document::exported, this, &MainWindow::exported);
    connect(&m_document, &Document::exportsEnded, this, &MainWindow::writingEnded);
    connect(&m_document, &Document::recipeApplied, this, &MainWindow::recovered);
    connect(m_graph, &GraphPane::imageEnded, this,
            [this] { writingEnded(std::exchange(m_imageWritten, false)); });
    connect(m_session.get(), &Session::failed, this, [this](const QString& problem) {
        m_messages->show({MessageBar::Kind::Notice,
                          tr("What is not exported cannot be kept in case that Pleat is ended."),
                          problem,
                          {},
                          {}});
    });
    connect(m_find, &FindField::found, &m_workspace, &Workspace::follow);
    connect(m_find, &FindField::searching, m_graph, &GraphPane::emphasise);
    connect(&m_workspace, &Workspace::problemsChanged, this,
            [this] { m_status->setProblems(m_workspace.problems()); });
    connect(m_status, &StatusLine::problemsClicked, &m_workspace, &Workspace::askForProblems);
    connect(m_graph, &GraphPane::menuWanted, m_edits, &EditActions::addTo);
    connect(m_graph, &GraphPane::extractRequested, this, &MainWindow::askToExtract);
    connect(m_start, &StartPage::openRequested, m_actions->open, &QAction::trigger);
    connect(m_start, &StartPage::sampleRequested, this, &MainWindow::openSample);
    connect(m_start, &StartPage::fileRequested, this, &MainWindow::openPath);
}

void MainWindow::documentOpened()
{
    m_messages->dismiss();
    if (m_document.path() != m_samplePath)
        Settings::addRecentFile(m_document.path());
    if (m_pages->currentWidget() == m_start)
        showPanels();
    showMiddle();
    recover();
    if (!m_openBeside.isEmpty())
        compareWith(std::exchange(m_openBeside, {}));
}

void MainWindow::showMiddle()
{
    if (m_document.isEmpty())
        return;
    const bool both = m_workspace.isSideBySide();
    m_pages->setCurrentWidget(both ? static_cast<QWidget*>(m_compare) : m_graph);
    auto* changes = findChild<QDockWidget*>(m_compare->changes()->place().id);
    changes->setVisible(both);
    if (both)
        changes->raise();
}

GraphCanvas& MainWindow::canvas() const
{
    return m_pages->currentWidget() == m_compare ? m_compare->canvas() : m_graph->canvas();
}

void MainWindow::documentChanged()
{
    const SnapshotPointer shown = m_workspace.shown();
    m_find->setView(shown ? shown->view : nullptr, m_workspace.types());
    updateActions();
    updateTitle();
    updateStatus();
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
    if (const auto known = m_workspace.facts())
        facts += tr("%1 parameters").arg(compactCount(known->info.parameters));
    const FoldCounts& counts = m_document.current()->counts;
    facts += counts.batchNorms == 0
                 ? tr("no batch norms")
                 : tr("%1 of %2 folded").arg(counts.foldedBatchNorms).arg(counts.batchNorms);
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
        m_workspace.lookAtSources();
    const Document* other = m_workspace.other();
    const bool isChange = error.code == ErrorCode::Changed;
    const bool isOthers =
        other && !other->sourceState().isIntact() &&
        (toQt(error.where) == other->path() || (isChange && m_document.sourceState().isIntact()));
    if (isOthers)
        offerRemedy(message, *other);
    else if (isChange || toQt(error.where) == m_document.path())
        offerRemedy(message, m_document);
    m_messages->show(std::move(message));
    updateActions();
}

} // namespace pleat::ui
