// SPDX-License-Identifier: GPL-3.0-or-later
// The window: puts the panels round the canvas, their actions into its menus, and remembers where they lay.
// What they have in common is the Workspace, which the window owns; they tell each other nothing but through
// it. The window itself has what belongs to files: opening, exporting, closing, what a program that was
// killed has left. UI thread only. Its sources are split by subject: MainWindow.cpp (parts),
// MainWindowActions.cpp (menus, tool bar), MainWindowFiles.cpp (open, export, close, drop, files that
// changed) and MainWindowRecovery.cpp.
#pragma once

#include "ui/document/Workspace.h"

#include <QMainWindow>
#include <functional>
#include <memory>

class QDockWidget;
class QStackedWidget;

namespace pleat::ui {

class ComparePane;
class EditActions;
class FindField;
class GraphCanvas;
class GraphPane;
class Panel;
class Session;
class StartPage;
class StatusLine;
struct GraphImageOptions;
struct LostSession;
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
    // Opens the first, and the second beside it.
    void openBeside(const QString& before, const QString& after);
    void openSample();
    // Asks about what a program that was killed has left; true when it is being opened again.
    bool offerRecovery();

    // Gives it a place of its own, and its actions one in the menus. The window owns it from now on; it goes
    // before the workspace.
    void addPanel(Panel* panel);
    // The panel of this kind. REQUIRES: there is one.
    template<class Kind>
    Kind& panel() const
    {
        return *findChild<Kind*>();
    }

    Workspace& workspace() { return m_workspace; }
    GraphPane& graph() { return *m_graph; }
    ComparePane& comparison() { return *m_compare; }
    MessageBar& messages() { return *m_messages; }
    Session& session() { return *m_session; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    // MainWindow.cpp
    void makeParts();
    void showPanels(); // when the first model is there
    void connectParts();
    void documentOpened();
    void documentChanged();
    void showMiddle();
    GraphCanvas& canvas() const; // that is seen
    void updateStatus();
    void showError(const QString& what, const Error& error);

    // MainWindowActions.cpp
    void makeActions();
    void makeMenus();
    void makeToolBar();
    void addEntries(const Panel& panel); // into menus and tool bar
    void addButton(QAction* action, bool main);
    void updateActions();
    void updateIcons();
    void updateTitle();
    void showShortcuts();
    void showAbout();
    void fillRecentMenu();

    // MainWindowFiles.cpp
    void askForModel();
    void askForOther();
    void compareWith(const QString& path);
    void openDropped(const QString& path); // or compares with it, as asked
    void askToAppend();
    void append(const QString& path);
    void askForExport(bool withOptions = false);
    bool exportsAnyway(); // in spite of problems, if there are
    void exportTo(const QString& path, bool withOptions);
    void exported(const QString& path, const QString& dataFile, const QStringList& notices);
    void sourceChanged();
    void otherSourceChanged();
    QStringList beingWritten() const; // names of models and images
    void stopWriting();
    void writingEnded(bool allWritten); // of exports, or of an image
    // For the files that changed, where there is one.
    void offerRemedy(MessageBar::Message& message, const Document& changed);
    void askForImage();
    void writeImage(const QString& path, const GraphImageOptions& chosen);
    void askToExtract();
    void askForReport();
    void askForWeights();
    void keep(const QString& path, const QString& label,
              std::function<Result<QString>(Progress& progress, const std::stop_token& stop)> write,
              std::function<void()> open = {});
    void load(const QString& path);
    enum class Unsaved { Discard, Export, Stay };
    Unsaved askAboutChanges(); // Discard at once when there are none
    enum class Running { None, Wait, Stop, Stay };
    Running askAboutExport();                          // None at once when nothing is being written
    void whenSaved(const std::function<void()>& then); // goes on after discarding or exporting, or not at all
    bool mayGoOn(const std::function<void()>& later);  // now; else later by itself, or not at all

    // MainWindowRecovery.cpp
    void recover();
    void recovered(int applied);

    Workspace m_workspace;
    Document& m_document; // the workspace's
    std::unique_ptr<Session> m_session;
    std::unique_ptr<LostSession> m_lost; // while it is being recovered
    std::unique_ptr<WindowActions> m_actions;
    std::function<void()> m_afterExport; // what waits for the files to be written
    QString m_imageName;                 // of the image that is being written
    bool m_imageWritten = false;         // it is there, and its job about to end
    QString m_samplePath;                // of the copy on disk, while the sample is open
    QString m_openBeside;                // the file to compare with, once the model is there

    QStackedWidget* m_pages = nullptr;
    StartPage* m_start = nullptr;
    GraphPane* m_graph = nullptr;
    ComparePane* m_compare = nullptr;
    MessageBar* m_messages = nullptr;
    FindField* m_find = nullptr;
    EditActions* m_edits = nullptr;
    StatusLine* m_status = nullptr;
    struct Place {
        QDockWidget* dock;
        Panel* panel;
    };
    std::vector<Place> m_panels; // in the order of the menu
};

} // namespace pleat::ui
