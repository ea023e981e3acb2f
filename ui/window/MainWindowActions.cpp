// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/FindField.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/compare/ComparePane.h"
#include "ui/document/Convert.h"
#include "ui/document/Panel.h"
#include "ui/document/Settings.h"
#include "ui/edit/EditActions.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Icons.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"
#include "ui/window/AboutBox.h"
#include "ui/window/MainWindow.h"
#include "ui/window/ShortcutsDialog.h"
#include "ui/window/SourceMessage.h"
#include "ui/window/StartPage.h"
#include "ui/window/WindowActions.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QEvent>
#include <QFileInfo>
#include <QMenuBar>
#include <QToolBar>
#include <QToolButton>
#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Keeps the undo button from pushing the rest of the bar away.
constexpr qsizetype longestButtonText = 44;

QString shortened(const QString& text)
{
    return text.size() <= longestButtonText ? text : text.first(longestButtonText - 1) + u"…"_s;
}

void nameButton(QAction& action)
{
    const QString words = action.text(); // as Qt has put it together from the name of a layer
    setTip(action, words);
    action.setToolTip(plainTip(action.toolTip()));
    action.setText(actionText(words));
    action.setIconText(actionText(shortened(words)));
}

} // namespace

void MainWindow::makeActions()
{
    m_actions = std::make_unique<WindowActions>();
    WindowActions& a = *m_actions;
    const auto make = [this](const QString& text, const QList<QKeySequence>& keys, const QString& tip,
                             auto slot) {
        QAction* action = makeAction(this, text, keys, tip, slot);
        addAction(action); // works from everywhere in the window, also when the menu bar is hidden
        return action;
    };
    using K = QKeySequence;
    a.open = make(tr("&Open…"), {K(K::Open)}, tr("Open an ONNX model"), [this] { askForModel(); });
    a.compare =
        make(tr("Co&mpare with…"), {K(tr("Ctrl+Alt+C"))},
             tr("Open another ONNX file beside this one, to see what differs"), [this] { askForOther(); });
    a.compare->setObjectName(u"actionCompare"_s);
    a.endComparison = make(tr("E&nd the Comparison"), {K(tr("Ctrl+Alt+X"))},
                           tr("Show the first model alone again"), [this] { m_workspace.endComparison(); });
    a.sample =
        make(tr("Open the &Sample"), {K(tr("Ctrl+Shift+O"))},
             tr("Open the classifier of handwritten digits that comes with Pleat"), [this] { openSample(); });
    a.reload = make(tr("&Reload"), {K(Qt::Key_F5)}, tr("Read the file again"),
                    [this] { whenSaved([this] { m_workspace.reload(); }); });
    a.reload->setObjectName(u"actionReload"_s);
    a.append = make(tr("&Append Model…"), {K(tr("Ctrl+Alt+A"))},
                    tr("Put another model behind this one, or beside it"), [this] { askToAppend(); });
    a.append->setObjectName(u"actionAppend"_s);
    a.extract = make(tr("E&xtract as a Model…"), {K(tr("Ctrl+Shift+X"))},
                     tr("Write what is chosen into a file, with what it reads as its inputs"),
                     [this] { askToExtract(); });
    a.extract->setObjectName(u"actionExtract"_s);
    a.exportModel = make(tr("&Export…"), {K(K::Save)}, tr("Write the model as it is now into a file"),
                         [this] { askForExport(); });
    a.exportOptions =
        make(tr("Export with O&ptions…"), {K(tr("Ctrl+Shift+S"))},
             tr("Choose whether the weights go into the model file or into a data file beside it"),
             [this] { askForExport(true); });
    a.exportModel->setObjectName(u"actionExport"_s);
    a.exportOptions->setObjectName(u"actionExportOptions"_s);
    a.exportImage = make(tr("Export &Image of the Graph…"), {K(tr("Ctrl+Shift+E"))},
                         tr("Write the graph as SVG, PNG or PDF"), [this] { askForImage(); });
    a.exportImage->setObjectName(u"actionExportImage"_s);
    a.saveReport = make(tr("Save Fold &Report…"), {K(tr("Ctrl+Alt+R"))},
                        tr("Write a page on what was folded, what is left and what it does to the weights"),
                        [this] { askForReport(); });
    a.saveReport->setObjectName(u"actionSaveReport"_s);
    a.saveWeights = make(tr("Save &Weights…"), {K(tr("Ctrl+Alt+T"))},
                         tr("Write all tensors as they are now for Python"), [this] { askForWeights(); });
    a.saveWeights->setObjectName(u"actionSaveWeights"_s);
    a.closeModel = make(tr("&Close Window"), {K(K::Close)}, tr("Close the window"), [this] { close(); });
    a.quit = make(tr("&Quit"), {K(tr("Ctrl+Q"))}, tr("Quit Pleat"), [this] { close(); });

    QUndoStack& stack = m_document.undoStack();
    a.undo = stack.createUndoAction(this, tr("Undo"));
    a.undo->setShortcut(K(K::Undo));
    a.redo = stack.createRedoAction(this, tr("Redo"));
    a.redo->setShortcuts({K(tr("Ctrl+Shift+Z")), K(tr("Ctrl+Y"))});
    // Connected after the actions themselves, so that their texts are new by then.
    connect(&stack, &QUndoStack::undoTextChanged, this, [this] { nameButton(*m_actions->undo); });
    connect(&stack, &QUndoStack::redoTextChanged, this, [this] { nameButton(*m_actions->redo); });
    nameButton(*a.undo);
    nameButton(*a.redo);
    addActions({a.undo, a.redo});
    a.find = make(tr("&Find…"), {K(K::Find)}, tr("Find a node, a tensor or an operator"),
                  [this] { m_find->setFocus(Qt::ShortcutFocusReason); });
    a.findNext = make(tr("Find &Next"), {K(Qt::Key_F3), K(tr("Ctrl+G"))},
                      tr("Go to the next one that was found"), [this] { m_find->findNext(); });
    a.findPrevious = make(tr("Find &Previous"), {K(tr("Shift+F3")), K(tr("Ctrl+Shift+G"))},
                          tr("Go to the one before that was found"), [this] { m_find->findPrevious(); });
    a.deselect =
        make(tr("&Deselect"), {K(Qt::Key_Escape)}, tr("Close the message, or select nothing"), [this] {
            if (m_messages->isVisible())
                m_messages->dismiss();
            else
                m_workspace.selection().clear();
        });

    a.before = make(tr("&Before"), {K(tr("Ctrl+B"))}, tr("Show the model as it was opened"),
                    [this] { m_workspace.setSide(Side::Before); });
    a.after = make(tr("&After"), {K(tr("Ctrl+Shift+B"))}, tr("Show the model as it is now"),
                   [this] { m_workspace.setSide(Side::After); });
    a.both = make(tr("Bo&th"), {K(tr("Ctrl+Alt+D"))}, tr("Show both side by side, and what differs"),
                  [this] { m_workspace.setSide(Side::Both); });
    auto* sides = new QActionGroup(this);
    for (QAction* action : {a.before, a.after, a.both}) {
        action->setCheckable(true);
        sides->addAction(action);
    }
    a.back =
        make(tr("Bac&k"), {K(Qt::Key_Backspace), K(K::Back)},
             tr("Go back to where the graph was looked at before, or out of a body or a function"), [this] {
                 if (m_workspace.isSideBySide())
                     m_compare->leavePage();
                 else
                     m_graph->goBack();
             });
    a.zoomIn = make(tr("Zoom &In"), {K(tr("Ctrl++")), K(tr("Ctrl+="))}, tr("Make the graph larger"),
                    [this] { canvas().zoomIn(); });
    a.zoomOut = make(tr("Zoom &Out"), {K(tr("Ctrl+-"))}, tr("Make the graph smaller"),
                     [this] { canvas().zoomOut(); });
    a.fit = make(tr("&Fit"), {K(Qt::Key_F)}, tr("Show the whole graph"), [this] { canvas().fit(); });
    a.actualSize = make(tr("&Actual Size"), {K(tr("Ctrl+0"))}, tr("Show the graph at 100 %"),
                        [this] { canvas().actualSize(); });
    a.direction = make(tr("Change &Direction"), {K(tr("Ctrl+K"))},
                       tr("Lay the graph out from top to bottom, or from left to right"), [this] {
                           if (m_workspace.isSideBySide())
                               m_compare->toggleDirection();
                           else
                               m_graph->toggleDirection();
                       });
    a.tidy = make(tr("&Tidy"), {K(tr("Ctrl+Shift+T"))},
                  tr("Close the gaps that folding and editing left in the graph; once more opens them again"),
                  [this] { m_graph->tidy(); });
    a.collapseScopes = make(tr("&Collapse All Scopes"), {K(tr("Ctrl+Alt+Up"))},
                            tr("Show each outermost scope of the network as one node"),
                            [this] { m_graph->collapseScopes(1); });
    a.expandScopes = make(tr("&Expand All Scopes"), {K(tr("Ctrl+Alt+Down"))},
                          tr("Show all nodes of the network"), [this] { m_graph->expandScopes(); });
    a.legend = make(tr("&Legend…"), {K(tr("Ctrl+Shift+K"))},
                    tr("What the colours of the nodes mean; light or leave out kinds of operators"),
                    [this] { m_graph->showLegend(); });
    const auto detail = [this, make](const QString& text, const QString& key, const QString& tip,
                                     bool SceneDetails::*member) {
        QAction* action = make(text, {K(key)}, tip, [this, member](bool on) {
            SceneDetails details = m_graph->details();
            details.*member = on;
            m_graph->setDetails(details);
            m_compare->setDetails(details);
        });
        action->setCheckable(true);
        action->setChecked(m_graph->details().*member);
        return action;
    };
    a.attributes = detail(tr("A&ttributes"), tr("Ctrl+D"), tr("Show attributes in the nodes"),
                          &SceneDetails::attributes);
    a.weights = detail(tr("&Weights"), tr("Ctrl+I"), tr("Show weights in the nodes"), &SceneDetails::weights);
    a.names = detail(tr("&Names"), tr("Ctrl+U"), tr("Show names in the nodes"), &SceneDetails::names);
    a.wheelScrolls =
        make(tr("&Wheel Scrolls"), {K(tr("Ctrl+Alt+W"))},
             tr("Scroll the graph with the wheel and zoom with Ctrl and the wheel"), [this](bool on) {
                 Settings::setWheelScrolls(on);
                 for (GraphCanvas* each : {&m_graph->canvas(), &m_compare->before(), &m_compare->after()})
                     each->setWheelScrolls(on);
             });
    a.wheelScrolls->setCheckable(true);
    a.wheelScrolls->setChecked(Settings::wheelScrolls());
    for (GraphCanvas* each : {&m_graph->canvas(), &m_compare->before(), &m_compare->after()})
        each->setWheelScrolls(Settings::wheelScrolls());
    a.fullScreen = make(tr("F&ull Screen"), {K(Qt::Key_F11)}, tr("Use the whole screen"),
                        [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    a.shortcuts =
        make(tr("&Shortcuts"), {K(tr("Ctrl+L"))}, tr("List all shortcuts"), [this] { showShortcuts(); });
    a.about = make(tr("&About Pleat"), {K(tr("Shift+F1"))},
                   tr("Version and licence, and where ONNX Runtime is"), [this] { showAbout(); });
    const std::array icons{std::pair{a.open, u"open"_s},        std::pair{a.exportModel, u"export"_s},
                           std::pair{a.undo, u"undo"_s},        std::pair{a.redo, u"redo"_s},
                           std::pair{a.find, u"find"_s},        std::pair{a.reload, u"reload"_s},
                           std::pair{a.exportImage, u"image"_s}};
    for (const auto& [action, name] : icons)
        setIconName(*action, name);
}

void MainWindow::makeMenus()
{
    WindowActions& a = *m_actions;
    QMenu* file = a.fileMenu = menuBar()->addMenu(tr("&File"));
    file->addAction(a.open);
    a.recent = file->addMenu(tr("Open &Recent"));
    connect(a.recent, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    file->addActions({a.sample, a.reload, a.append});
    file->addSeparator();
    file->addActions({a.compare, a.endComparison});
    file->addSeparator();
    file->addActions({a.exportModel, a.exportOptions, a.extract, a.exportImage, a.saveReport, a.saveWeights});
    a.endOfFile = file->addSeparator();
    file->addActions({a.closeModel, a.quit});

    QMenu* edit = a.editMenu = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({a.undo, a.redo});
    edit->addSeparator();
    edit->addActions({a.find, a.findNext, a.findPrevious, a.deselect});
    edit->addSeparator();
    for (QAction* action : m_edits->actions()) {
        edit->addAction(action);
        addAction(action);
    }

    QMenu* view = a.viewMenu = menuBar()->addMenu(tr("&View"));
    view->addActions({a.before, a.after, a.both});
    view->addSeparator();
    view->addActions(
        {a.back, a.zoomIn, a.zoomOut, a.fit, a.actualSize, a.direction, a.tidy, a.legend, a.wheelScrolls});
    view->addSeparator();
    view->addActions({a.collapseScopes, a.expandScopes});
    view->addSeparator();
    view->addActions({a.attributes, a.weights, a.names});
    a.endOfView = view->addSeparator();
    a.afterPanels = view->addSeparator();
    QMenu* theme = view->addMenu(tr("&Theme"));
    auto* themes = new QActionGroup(this);
    const std::array choices{std::tuple{ThemeChoice::System, tr("&System"), tr("Ctrl+Alt+0")},
                             std::tuple{ThemeChoice::Light, tr("&Light"), tr("Ctrl+Alt+1")},
                             std::tuple{ThemeChoice::Dark, tr("&Dark"), tr("Ctrl+Alt+2")}};
    for (const auto& [choice, name, key] : choices) {
        QAction* action = theme->addAction(name, this, [chosen = choice] {
            Settings::setTheme(chosen);
            applyTheme(chosen);
        });
        action->setShortcut(QKeySequence(key));
        action->setCheckable(true);
        action->setChecked(Settings::theme() == choice);
        themes->addAction(action);
    }
    view->addAction(a.fullScreen);

    a.modelMenu = menuBar()->addMenu(tr("&Model"));
    a.modelMenu->addAction(m_edits->ofModel());
    addAction(m_edits->ofModel());

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addActions({a.shortcuts, a.about});
}

void MainWindow::makeToolBar()
{
    WindowActions& a = *m_actions;
    QToolBar* bar = a.toolBar = addToolBar(tr("Tools"));
    bar->setObjectName(u"toolBar"_s);
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->setIconSize({16, 16});
    bar->addAction(a.open);
    a.endOfTools = bar->addSeparator();
    bar->addActions({a.undo, a.redo});
    bar->addSeparator();
    bar->addAction(a.exportModel);
    auto* spring = new QWidget;
    spring->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spring);
    bar->addWidget(m_find);
    const auto style = [bar](QAction* action, Qt::ToolButtonStyle how, const QString& name) {
        auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(action));
        button->setToolButtonStyle(how);
        button->setObjectName(name);
        button->setFocusPolicy(Qt::TabFocus);
    };
    style(a.open, Qt::ToolButtonTextOnly, u"toolOpen"_s);
    style(a.undo, Qt::ToolButtonTextBesideIcon, u"toolUndo"_s);
    style(a.redo, Qt::ToolButtonIconOnly, u"toolRedo"_s);
    style(a.exportModel, Qt::ToolButtonTextOnly, u"toolExport"_s);
    updateIcons();
}

void MainWindow::addEntries(const Panel& panel)
{
    const WindowActions& a = *m_actions;
    const std::array menus{std::tuple{Panel::Menu::File, a.fileMenu, a.endOfFile},
                           std::tuple{Panel::Menu::Edit, a.editMenu, static_cast<QAction*>(nullptr)},
                           std::tuple{Panel::Menu::Selection, a.editMenu, static_cast<QAction*>(nullptr)},
                           std::tuple{Panel::Menu::View, a.viewMenu, a.endOfView},
                           std::tuple{Panel::Menu::Model, a.modelMenu, static_cast<QAction*>(nullptr)}};
    for (const auto& [which, menu, before] : menus) {
        bool any = false;
        for (const Panel::Entry& entry : panel.entries()) {
            if (entry.menu != which)
                continue;
            if (!std::exchange(any, true) && !menu->isEmpty())
                menu->insertSeparator(before);
            menu->insertAction(before, entry.action);
            addAction(entry.action);
            if (which == Panel::Menu::Selection)
                m_edits->add(entry.action);
            if (entry.tool != Panel::Tool::None)
                addButton(entry.action, entry.tool == Panel::Tool::Main);
        }
    }
    updateIcons();
}

void MainWindow::addButton(QAction* action, bool main)
{
    QToolBar* bar = m_actions->toolBar;
    bar->insertAction(m_actions->endOfTools, action);
    auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(action));
    button->setObjectName(action->objectName());
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setFocusPolicy(Qt::TabFocus);
    if (main)
        button->setProperty("main", true);
}

void MainWindow::updateActions()
{
    const WindowActions& a = *m_actions;
    const bool open = !m_document.isEmpty();
    const bool free = open && !m_document.isBusy();
    a.append->setEnabled(free);
    a.extract->setEnabled(free);
    a.exportModel->setEnabled(free);
    a.exportOptions->setEnabled(free);
    a.exportImage->setEnabled(open && !m_graph->isWritingImage());
    a.saveReport->setEnabled(open);
    a.saveWeights->setEnabled(open);
    a.endComparison->setEnabled(m_workspace.other() != nullptr);
    for (QAction* action :
         {a.reload, a.compare, a.both,           a.find,         a.findNext,   a.findPrevious, a.before,
          a.after,  a.back,    a.zoomIn,         a.zoomOut,      a.fit,        a.actualSize,   a.direction,
          a.tidy,   a.legend,  a.collapseScopes, a.expandScopes, a.attributes, a.weights,      a.names})
        action->setEnabled(open);
    if (m_workspace.isSideBySide()) // what is the one graph's only
        for (QAction* action : {a.exportImage, a.legend, a.tidy, a.collapseScopes, a.expandScopes})
            action->setEnabled(false);
    std::array{a.before, a.after, a.both}[static_cast<std::size_t>(m_workspace.side())]->setChecked(true);
}

void MainWindow::updateIcons()
{
    const Theme theme = Theme::of(*this);
    for (QAction* action : actions())
        if (const QString name = iconName(*action); !name.isEmpty())
            action->setIcon(themedIcon(name, theme));
}

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_actions)
        updateIcons();
    if (event->type() == QEvent::ActivationChange && isActiveWindow())
        m_workspace.lookAtSources(); // not every file system tells of changes
}

void MainWindow::updateTitle()
{
    if (m_document.isEmpty()) {
        setWindowTitle(tr("Pleat"));
        return;
    }
    const QString mark = m_document.hasUnsavedChanges() ? u" •"_s : QString();
    const Document* other = m_workspace.other();
    const QString beside = other ? u" ↔ "_s + titleText(other->fileName()) : QString();
    setWindowTitle(
        tr("%1%2%3%4 — Pleat")
            .arg(titleText(m_document.fileName()), sourceMark(m_document.sourceState()), mark, beside));
    setWindowFilePath(m_document.path());
}

void MainWindow::showShortcuts()
{
    QList<QAction*> listed;
    for (QAction* menu : menuBar()->actions())
        for (QAction* action : menu->menu()->actions())
            listed += action;
    auto* dialog = new ShortcutsDialog(listed,
                                       {{tr("Space"), tr("Choose or unchoose the row of the list")},
                                        {tr("Enter"), tr("Fold the row of the list")},
                                        {tr("Wheel"), tr("Zoom at the cursor")},
                                        {tr("Drag"), tr("Move the graph or the plot")},
                                        {tr("Shift+Click, Shift+Drag"), tr("Choose several nodes")},
                                        {tr("Double Click"), tr("Fold the pair, open the node")}},
                                       this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::showAbout()
{
    auto* box = new AboutBox(m_workspace, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

void MainWindow::fillRecentMenu()
{
    QMenu* menu = m_actions->recent;
    menu->clear();
    for (const QString& path : Settings::recentFiles())
        menu->addAction(actionText(QFileInfo(path).fileName()), this, [this, path] { openPath(path); })
            ->setToolTip(plainTip(path));
    if (menu->isEmpty())
        menu->addAction(tr("No recent files"))->setEnabled(false);
    menu->addSeparator();
    menu->addAction(tr("Clear"), this, [this] {
        Settings::clearRecentFiles();
        m_start->setRecentFiles({});
    });
    menu->setToolTipsVisible(true);
}

} // namespace pleat::ui
