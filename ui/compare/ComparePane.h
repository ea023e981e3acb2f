// SPDX-License-Identifier: GPL-3.0-or-later
// In place of the one canvas: two of them side by side with one view, and the panel of what differs. It
// shows what Workspace::compared() has, as long as it is seen; what is selected in it is selected in the
// workspace, where the panels know it. UI thread only.
#pragma once

#include "ui/canvas/GraphCanvas.h"
#include "ui/compare/ComparedScenes.h"
#include "ui/document/Workspace.h"

#include <QWidget>
#include <array>

class QSplitter;
class QToolButton;

namespace pleat::ui {

class CanvasBar;
class ChangesPanel;
class PlainLabel;

class ComparePane final : public QWidget {
    Q_OBJECT
public:
    // The workspace outlives the pane.
    explicit ComparePane(Workspace& workspace);
    ~ComparePane() override;

    GraphCanvas& before() const { return *m_sides[0].canvas; }
    GraphCanvas& after() const { return *m_sides[1].canvas; }
    // Of those that are seen; both have the same view.
    GraphCanvas& canvas() const { return *m_sides[m_sides[1].column->isHidden() ? 0 : 1].canvas; }
    CanvasBar& bar() const { return *m_bar; }
    ChangesPanel* changes() const { return m_changes; } // whose place is somebody else's business
    // Of what is compared now; null: it is being made.
    const ComparisonPointer& comparison() const { return m_comparison; }

    int numberOf(const Change& change) const; // of its node in the scenes; -1: on another page, or none

    void setDetails(const SceneDetails& details);
    void toggleDirection();
    void leavePage(); // to the one around it

Q_SIGNALS:
    void compared(); // and shown

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Column {
        QWidget* column = nullptr;
        PlainLabel* title = nullptr;
        GraphCanvas* canvas = nullptr;
        // Of what is drawn on it.
        std::unordered_map<NodeId, int> numbers;
    };
    QWidget* makeColumn(int side);
    void connectBar();
    void connectCanvas(int side);
    void refresh(); // what is compared is another
    void compare();
    void draw(); // the page
    void present(ComparedScenes scenes);
    bool isCurrent() const { return m_comparison && m_drawn == m_comparison; } // what is on the canvases
    void tellPartners();
    void showSides();
    void showPages();
    void openPage(const ComparedPage& page);
    void leaveTo(std::size_t outer); // of the pages around it, from the outermost on
    void activateNode(int side, int node);
    void contextMenu(int side, const CanvasHit& hit, QPoint position);
    void goToChange(std::size_t change);
    void mark(int number, bool centre); // selects the node on both sides; -1: nothing

    void tell(int side, int number); // what was selected
    void tellNode(bool before, NodeIndex node);
    void followWorkspace(bool centre);

    Workspace& m_workspace;
    CanvasBar* m_bar = nullptr;
    ChangesPanel* m_changes = nullptr;
    QToolButton* m_leave = nullptr;
    QSplitter* m_columns = nullptr; // beside each other, or below each other where they go from left to right
    std::array<Column, 2> m_sides;
    Workspace::Compared m_compared;            // what is shown or on its way
    ComparisonPointer m_comparison, m_drawn;   // the latter is on the canvases
    std::vector<ComparedScenes::Item> m_items; // one a node of the scenes
    ComparedPage m_page, m_drawnPage;
    std::optional<std::size_t> m_wanted; // the change to go to, once its page is drawn
    SceneDetails m_details;
    Direction m_direction = Direction::TopDown;
    bool m_isFitted = false;  // it was drawn before, and keeps its view
    bool m_following = false; // a canvas is being told, it does not tell
};

} // namespace pleat::ui
