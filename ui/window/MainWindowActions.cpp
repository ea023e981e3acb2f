// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/FindField.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldPanel.h"
#include "ui/history/HistoryPanel.h"
#include "ui/widgets/Icons.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"
#include "ui/window/MainWindow.h"
#include "ui/window/Settings.h"
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
#include <QListView>
#include <QMenuBar>
#include <QMessageBox>
#include <QToolBar>
#include <QToolButton>
#include <algorithm>
#include <functional>
#include <map>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto foldedTopic = u"folded"_s;

// Keeps the undo button from pushing the rest of the bar away.
constexpr qsizetype longestButtonText = 44;

QString shortened(const QString& text)
{
    return text.size() <= longestButtonText ? text : text.first(longestButtonText - 1) + u"…"_s;
}

void setTip(QAction& action, const QString& tip)
{
    const QString keys = action.shortcut().toString(QKeySequence::NativeText);
    action.setToolTip(keys.isEmpty() ? tip : u"%1 (%2)"_s.arg(tip, keys));
    action.setStatusTip({});
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
        auto* action = new QAction(text, this);
        action->setShortcuts(keys);
        setTip(*action, tip);
        connect(action, &QAction::triggered, this, slot);
        addAction(action); // works from everywhere in the window, also when the menu bar is hidden
        return action;
    };
    using K = QKeySequence;
    a.open = make(tr("&Open…"), {K(K::Open)}, tr("Open an ONNX model"), [this] { askForModel(); });
    a.sample =
        make(tr("Open the &Sample"), {K(tr("Ctrl+Shift+O"))},
             tr("Open the classifier of handwritten digits that comes with Pleat"), [this] { openSample(); });
    a.reload = make(tr("&Reload"), {K(Qt::Key_F5)}, tr("Read the file again"),
                    [this] { whenSaved([this] { m_document.reload(); }); });
    a.reload->setObjectName(u"actionReload"_s);
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
    a.saveRecipe = make(tr("Save &Recipe…"), {K(tr("Ctrl+Alt+S"))},
                        tr("Write what was done to a file, to do it again on another model"),
                        [this] { askToSaveRecipe(); });
    a.applyRecipe = make(tr("Apply Re&cipe…"), {K(tr("Ctrl+Alt+O"))}, tr("Do what a recipe says"),
                         [this] { askForRecipe(); });
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
    // What was said of a fold is not true of what it was undone to.
    connect(&stack, &QUndoStack::indexChanged, this, [this] { m_messages->dismissTopic(foldedTopic); });
    nameButton(*a.undo);
    nameButton(*a.redo);
    a.find = make(tr("&Find…"), {K(K::Find)}, tr("Find a node, a tensor or an operator"),
                  [this] { m_find->setFocus(Qt::ShortcutFocusReason); });
    a.chooseAll = make(tr("Choose &All Pairs"), {K(tr("Ctrl+Shift+A"))},
                       tr("Check every pair that can be folded"), [this] { m_folds.setAllChecked(true); });
    a.chooseNone = make(tr("Choose &None"), {K(tr("Ctrl+Shift+N"))}, tr("Uncheck every pair"),
                        [this] { m_folds.setAllChecked(false); });
    a.deselect =
        make(tr("&Deselect"), {K(Qt::Key_Escape)}, tr("Close the message, or select nothing"), [this] {
            if (m_messages->isVisible())
                m_messages->dismiss();
            else
                m_selection.clear();
        });

    a.before = make(tr("&Before"), {K(tr("Ctrl+B"))}, tr("Show the model as it was opened"),
                    [this] { m_graph->setSide(GraphPane::Side::Before); });
    a.after = make(tr("&After"), {K(tr("Ctrl+Shift+B"))}, tr("Show the model as it is now"),
                   [this] { m_graph->setSide(GraphPane::Side::After); });
    auto* sides = new QActionGroup(this);
    for (QAction* action : {a.before, a.after}) {
        action->setCheckable(true);
        sides->addAction(action);
    }
    a.zoomIn = make(tr("Zoom &In"), {K(tr("Ctrl++")), K(tr("Ctrl+="))}, tr("Make the graph larger"),
                    [this] { m_graph->canvas().zoomIn(); });
    a.zoomOut = make(tr("Zoom &Out"), {K(tr("Ctrl+-"))}, tr("Make the graph smaller"),
                     [this] { m_graph->canvas().zoomOut(); });
    a.fit = make(tr("&Fit"), {K(Qt::Key_F)}, tr("Show the whole graph"), [this] { m_graph->canvas().fit(); });
    a.actualSize = make(tr("&Actual Size"), {K(tr("Ctrl+0"))}, tr("Show the graph at 100 %"),
                        [this] { m_graph->canvas().actualSize(); });
    a.direction = make(tr("Change &Direction"), {K(tr("Ctrl+K"))},
                       tr("Lay the graph out from top to bottom, or from left to right"),
                       [this] { m_graph->toggleDirection(); });
    const auto detail = [this, make](const QString& text, const QString& key, const QString& tip,
                                     bool SceneDetails::*member) {
        QAction* action = make(text, {K(key)}, tip, [this, member](bool on) {
            SceneDetails details = m_graph->details();
            details.*member = on;
            m_graph->setDetails(details);
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
                 m_graph->canvas().setWheelScrolls(on);
             });
    a.wheelScrolls->setCheckable(true);
    a.wheelScrolls->setChecked(Settings::wheelScrolls());
    m_graph->canvas().setWheelScrolls(Settings::wheelScrolls());
    a.fullScreen = make(tr("F&ull Screen"), {K(Qt::Key_F11)}, tr("Use the whole screen"),
                        [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    a.properties = make(tr("Model &Properties"), {K(tr("Ctrl+Return"))},
                        tr("Show what the model is made of in the inspector"), [this] {
                            m_inspectorDock->show();
                            m_selection.clear();
                        });
    const auto step = [this](int rows) {
        QListView& list = m_foldPanel->list();
        const int row = list.currentIndex().isValid() ? list.currentIndex().row() + rows : 0;
        if (const QModelIndex next = list.model()->index(row, 0); next.isValid())
            list.setCurrentIndex(next);
    };
    a.next = make(tr("&Next Pair"), {K(tr("Ctrl+Down"))}, tr("Select the next row of the list"),
                  [step] { step(1); });
    a.previous = make(tr("&Previous Pair"), {K(tr("Ctrl+Up"))}, tr("Select the row before in the list"),
                      [step] { step(-1); });
    a.foldAll = make(tr("Fold &All"), {K(tr("Ctrl+Shift+F"))}, tr("Fold every batch norm that can be folded"),
                     [this] { m_document.foldAll(); });
    a.foldChecked = make(tr("Fold &Selected"), {K(tr("Ctrl+Alt+F"))}, tr("Fold the pairs that are checked"),
                         [this] { foldChecked(); });
    a.shortcuts =
        make(tr("&Shortcuts"), {K(tr("Ctrl+L"))}, tr("List all shortcuts"), [this] { showShortcuts(); });
    a.about =
        make(tr("&About Pleat"), {K(tr("Shift+F1"))}, tr("Version and licence"), [this] { showAbout(); });
}

void MainWindow::makeMenus()
{
    const WindowActions& a = *m_actions;
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(a.open);
    m_actions->recent = file->addMenu(tr("Open &Recent"));
    connect(m_actions->recent, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    file->addActions({a.sample, a.reload});
    file->addSeparator();
    file->addActions({a.exportModel, a.exportOptions, a.exportImage});
    file->addSeparator();
    file->addActions({a.saveRecipe, a.applyRecipe});
    file->addSeparator();
    file->addActions({a.closeModel, a.quit});

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({a.undo, a.redo});
    edit->addSeparator();
    edit->addAction(a.find);
    edit->addSeparator();
    edit->addActions({a.chooseAll, a.chooseNone, a.deselect});

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addActions({a.before, a.after});
    view->addSeparator();
    view->addActions({a.zoomIn, a.zoomOut, a.fit, a.actualSize, a.direction, a.wheelScrolls});
    view->addSeparator();
    view->addActions({a.attributes, a.weights, a.names});
    view->addSeparator();
    const std::array panels{std::pair{m_foldDock, tr("Ctrl+1")}, std::pair{m_weightDock, tr("Ctrl+2")},
                            std::pair{m_inspectorDock, tr("Ctrl+3")}, std::pair{m_historyDock, tr("Ctrl+4")}};
    for (const auto& [dock, key] : panels) {
        QAction* toggle = dock->toggleViewAction();
        toggle->setShortcut(QKeySequence(key));
        setTip(*toggle, tr("Show or hide the panel"));
        view->addAction(toggle);
        addAction(toggle);
    }
    view->addSeparator();
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

    QMenu* model = menuBar()->addMenu(tr("&Model"));
    model->addActions({a.foldAll, a.foldChecked});
    model->addSeparator();
    model->addActions({a.next, a.previous});
    model->addSeparator();
    model->addAction(a.properties);

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addActions({a.shortcuts, a.about});
}

void MainWindow::makeToolBar()
{
    const WindowActions& a = *m_actions;
    QToolBar* bar = addToolBar(tr("Tools"));
    bar->setObjectName(u"toolBar"_s);
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->setIconSize({16, 16});
    bar->addActions({a.open, a.foldAll, a.foldChecked});
    bar->addSeparator();
    bar->addActions({a.undo, a.redo});
    bar->addSeparator();
    bar->addAction(a.exportModel);
    auto* spring = new QWidget;
    spring->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spring);
    bar->addWidget(m_find);
    const auto button = [bar](QAction* action) {
        return qobject_cast<QToolButton*>(bar->widgetForAction(action));
    };
    for (QAction* action : {a.open, a.foldAll, a.foldChecked, a.exportModel})
        button(action)->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button(a.undo)->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button(a.redo)->setToolButtonStyle(Qt::ToolButtonIconOnly);
    button(a.foldAll)->setProperty("main", true);
    const std::array names{std::pair{a.open, "toolOpen"},        std::pair{a.foldAll, "toolFoldAll"},
                           std::pair{a.foldChecked, "toolFold"}, std::pair{a.undo, "toolUndo"},
                           std::pair{a.redo, "toolRedo"},        std::pair{a.exportModel, "toolExport"}};
    for (const auto& [action, name] : names) {
        button(action)->setObjectName(QLatin1StringView(name));
        button(action)->setFocusPolicy(Qt::TabFocus);
    }
}

void MainWindow::updateActions()
{
    const WindowActions& a = *m_actions;
    const bool open = !m_document.isEmpty();
    const bool free = open && !m_document.isBusy();
    const int all = m_folds.counts().canFold;
    const auto checked = m_folds.checkedCount();
    a.foldAll->setText(all > 0 ? tr("Fold &all (%1)").arg(all) : tr("Fold &all"));
    a.foldAll->setEnabled(free && all > 0);
    a.foldChecked->setText(open && checked != all ? tr("Fold &selected (%1)").arg(checked)
                                                  : tr("Fold &selected"));
    a.foldChecked->setEnabled(free && checked > 0);
    a.exportModel->setEnabled(free);
    a.exportOptions->setEnabled(free);
    a.saveRecipe->setEnabled(free && m_document.undoStack().index() > 0);
    a.applyRecipe->setEnabled(free);
    m_history->setBusy(m_document.isBusy());
    a.exportImage->setEnabled(open && !m_jobs.isBusy(GraphPane::imageLane()));
    for (QAction* action :
         {a.reload, a.find, a.chooseAll, a.chooseNone, a.before, a.after, a.zoomIn, a.zoomOut, a.fit,
          a.actualSize, a.direction, a.attributes, a.weights, a.names, a.properties, a.next, a.previous})
        action->setEnabled(open);
    (m_graph->side() == GraphPane::Side::Before ? a.before : a.after)->setChecked(true);
    updateFrozenInputs();
}

void MainWindow::updateIcons()
{
    const Theme theme = Theme::of(*this);
    const WindowActions& a = *m_actions;
    const std::array icons{std::pair{a.open, u"open"_s},     std::pair{a.exportModel, u"export"_s},
                           std::pair{a.undo, u"undo"_s},     std::pair{a.redo, u"redo"_s},
                           std::pair{a.foldAll, u"fold"_s},  std::pair{a.find, u"find"_s},
                           std::pair{a.reload, u"reload"_s}, std::pair{a.exportImage, u"image"_s}};
    for (const auto& [action, name] : icons)
        action->setIcon(themedIcon(name, theme));
}

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_actions)
        updateIcons();
    if (event->type() == QEvent::ActivationChange && isActiveWindow())
        m_document.lookAtSource(); // not every file system tells of changes
}

void MainWindow::updateTitle()
{
    if (m_document.isEmpty()) {
        setWindowTitle(tr("Pleat"));
        return;
    }
    const QString mark = m_document.hasUnsavedChanges() ? u" •"_s : QString();
    setWindowTitle(tr("%1%2%3 — Pleat")
                       .arg(titleText(m_document.fileName()), sourceMark(m_document.sourceState()), mark));
    setWindowFilePath(m_document.path());
}

void MainWindow::foldChecked()
{
    m_document.foldChosen(m_folds.checked());
}

void MainWindow::sayWhatWasFolded(int pairs)
{
    if (pairs == 1 && m_folds.counts().canFold > 0)
        return; // one of several, which is seen where it was
    // What stays, by reason, the most frequent first.
    std::map<QString, int> reasons;
    int stays = 0;
    for (const FoldCandidate& candidate : m_document.current()->candidates) {
        if (candidate.foldable || !candidate.batchNorm)
            continue;
        ++stays;
        ++reasons[candidate.reason ? toQt(brief(*candidate.reason)) : tr("for another reason")];
    }
    std::vector<std::pair<QString, int>> sorted(reasons.begin(), reasons.end());
    std::ranges::stable_sort(sorted, std::greater(), &std::pair<QString, int>::second);
    QStringList words;
    for (const auto& [reason, count] : sorted)
        words += sorted.size() == 1 ? reason : tr("%1 × %2").arg(QString::number(count), reason);
    QString sentence = pairs == 1 ? tr("One pair was folded.") : tr("%n pairs were folded.", nullptr, pairs);
    if (const int left = m_folds.counts().canFold; left > 0)
        sentence += u' ' + tr("%n more can be folded.", nullptr, left);
    if (stays == 0) {
        m_messages->show({MessageBar::Kind::Done, sentence, {}, {}, {}, foldedTopic});
        return;
    }
    sentence +=
        u' ' + (stays == 1 ? tr("One batch norm stays: %1.") : tr("%n batch norms stay: %1.", nullptr, stays))
                   .arg(words.join(tr(", ")));
    m_messages->show({MessageBar::Kind::Done,
                      sentence,
                      {},
                      stays == 1 ? tr("Show it") : tr("Show them"),
                      [this] {
                          m_foldDock->show();
                          m_foldPanel->showOnly(FoldState::Blocked);
                      },
                      foldedTopic});
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
                                        {tr("Drag"), tr("Move the graph or the plot")}},
                                       this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::showAbout()
{
    QMessageBox::about(this, tr("About Pleat"),
                       tr("<h3>Pleat %1</h3><p>Sees, folds and compares the batch norms of ONNX models.</p>"
                          "<p>Free software under the GNU General Public License, version 3 or later.</p>")
                           .arg(QLatin1StringView(PLEAT_VERSION)));
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
