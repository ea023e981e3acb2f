// SPDX-License-Identifier: GPL-3.0-or-later
// The window: puts the panels round the canvas and carries what one of them asks for to the others. It owns
// the document and everything else in it; UI thread only. Its sources are split by subject: MainWindow.cpp
// (parts and document), MainWindowSelection.cpp, MainWindowActions.cpp (menus, tool bar),
// MainWindowFiles.cpp (open, export, close, drop, files that changed) and MainWindowRecipes.cpp (recipes,
// what a program that was killed has left).
#pragma once

#include "ui/document/Document.h"
#include "ui/document/Selection.h"
#include "ui/fold/FoldModel.h"
#include "ui/jobs/Job.h"
#include "ui/widgets/MessageBar.h"

#include <QMainWindow>
#include <array>
#include <functional>

class QDockWidget;
class QStackedWidget;

namespace pleat::ui {

class FindField;
class FoldPanel;
class GraphPane;
class HistoryPanel;
class InspectorPanel;
class Session;
class StartPage;
class StatusLine;
class WeightsPanel;
struct LostSession;
struct ModelFacts;
struct WindowActions;

class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    // `worker`: as for Document.
    // `sessions`: the folder for what is not exported yet; empty for the one of the program.
    explicit MainWindow(std::filesystem::path worker, const QString& sessions = {},
                        QWidget* parent = nullptr);
    ~MainWindow() override;

    void openPath(const QString& path); // asks first when there are unsaved changes
    void openSample();
    void applyRecipe(const QString& path);
    // Asks about what a program that was killed has left; true when it is being opened again.
    bool offerRecovery();

    Document& document() { return m_document; }
    Selection& selection() { return m_selection; }
    FoldModel& folds() { return m_folds; }
    FoldPanel& foldPanel() { return *m_foldPanel; }
    WeightsPanel& weights() { return *m_weights; }
    InspectorPanel& inspector() { return *m_inspector; }
    GraphPane& graph() { return *m_graph; }
    MessageBar& messages() { return *m_messages; }
    HistoryPanel& history() { return *m_history; }
    Session& session() { return *m_session; }
    JobRunner& jobs() { return m_jobs; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    // MainWindow.cpp
    void makeParts();
    QDockWidget* addPanel(const QString& name, const QString& title, QWidget* panel, Qt::DockWidgetArea area);
    std::array<QDockWidget*, 4> panels() const;
    void showPanels(); // when the first model is there
    void connectParts();
    void documentOpened();
    void documentChanged();
    void sourceChanged();
    void updateFrozenInputs(); // the box in the panel of folds
    void showModel();          // canvas and find, of what is there now
    void describeModel();      // status bar and inspector, by a job
    SnapshotPointer shownSnapshot() const;
    void updateEmptyText();
    void updateStatus();
    void showError(const QString& what, const Error& error);

    // MainWindowSelection.cpp
    void keepSelection(); // what is selected must be there
    void selectAgain(const Selection::Value& selected, const GraphView& before); // what bears the same names
    void selectionChanged();
    void showInspector();
    void showWeights();
    void followLink(const QString& link);
    void selectNode(NodeId node, bool centre);
    FoldId foldOf(NodeId node) const;

    // MainWindowActions.cpp
    void makeActions();
    void makeMenus();
    void makeToolBar();
    void updateActions();
    void updateIcons();
    void updateTitle();
    void foldChecked();
    void sayWhatWasFolded(int pairs);
    void showShortcuts();
    void showAbout();
    void fillRecentMenu();

    // MainWindowFiles.cpp
    void askForModel();
    void askForExport(bool withOptions = false);
    void exportTo(const QString& path, bool withOptions);
    void exported(const QString& path, const QString& dataFile, const QStringList& notices);
    QStringList beingWritten() const; // names of models and images
    void stopWriting();
    void writingEnded(bool allWritten);             // of exports, or of an image
    void offerRemedy(MessageBar::Message& message); // for the files that changed, where there is one
    void askForImage();
    void load(const QString& path);
    enum class Unsaved { Discard, Export, Stay };
    Unsaved askAboutChanges(); // Discard at once when there are none
    enum class Running { None, Wait, Stop, Stay };
    Running askAboutExport();                          // None at once when nothing is being written
    void whenSaved(const std::function<void()>& then); // goes on after discarding or exporting, or not at all
    bool mayGoOn(const std::function<void()>& later);  // now; else later by itself, or not at all

    // MainWindowRecipes.cpp
    void askForRecipe();
    void askToSaveRecipe();
    void recipeApplied(int applied, int changed, const QString& problem);
    void recover();

    JobRunner m_jobs;
    Document m_document;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<LostSession> m_lost; // while it is being recovered
    QString m_recipeNote;                // what there is to say besides of the recipe that is being applied
    Selection m_selection;
    FoldModel m_folds;
    std::unique_ptr<WindowActions> m_actions;
    std::function<void()> m_afterExport; // what waits for the files to be written
    QString m_imageName;                 // of the image that is being written
    bool m_imageWritten = false;         // it is there, and its job about to end
    QString m_samplePath;                // of the copy on disk, while the sample is open

    std::unique_ptr<ModelFacts> m_facts; // of the model that is shown, once a job has described it

    QStackedWidget* m_pages = nullptr;
    StartPage* m_start = nullptr;
    GraphPane* m_graph = nullptr;
    MessageBar* m_messages = nullptr;
    FoldPanel* m_foldPanel = nullptr;
    WeightsPanel* m_weights = nullptr;
    InspectorPanel* m_inspector = nullptr;
    HistoryPanel* m_history = nullptr;
    FindField* m_find = nullptr;
    StatusLine* m_status = nullptr;
    QDockWidget* m_foldDock = nullptr;
    QDockWidget* m_weightDock = nullptr;
    QDockWidget* m_inspectorDock = nullptr;
    QDockWidget* m_historyDock = nullptr;
};

} // namespace pleat::ui
