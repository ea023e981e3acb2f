// SPDX-License-Identifier: GPL-3.0-or-later
// The middle of the window: the canvas and the bar above it, fed from the Workspace that it watches. It
// builds and lays out scenes in a job and translates between the canvas's nodes, edges and frames and the ids
// of the rest of the window. It knows which page is shown (GraphPanePages.cpp), and where one has been.
#pragma once

#include "core/graph/FindQuery.h"
#include "core/graph/Pages.h"
#include "ui/canvas/Drawing.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphImage.h"
#include "ui/document/Workspace.h"

#include <QWidget>
#include <functional>
#include <map>
#include <set>

class QMenu;

namespace pleat::ui {

class PlainLabel;
class CanvasBar;
class Legend;

class GraphPane final : public QWidget {
    Q_OBJECT
public:
    // The workspace outlives the pane.
    explicit GraphPane(Workspace& workspace);

    // Lets the nodes step back that are not what these words ask for (FindQuery); empty: none does.
    void emphasise(const QString& words);

    GraphCanvas& canvas() { return *m_canvas; }
    CanvasBar& bar() { return *m_bar; }
    void toggleDirection();
    const SceneDetails& details() const { return m_details; }
    void setDetails(const SceneDetails& details);
    // Scopes of the network: each is one node, or shown with what is in it.
    void collapseScopes(std::uint32_t level); // all that are so deep, and deeper: 1 for the outermost
    void expandScopes();
    // Closes the gaps that edits left; once more: as it lay before.
    void tidy();
    bool hasGaps() const;
    bool canUntidy() const; // tidy() would do that
    // In a job; `done` hears a sentence that says what went wrong, or nothing. Not at all when cancelled.
    void saveImage(const QString& path, GraphImageOptions options,
                   std::function<void(const QString& problem)> done);
    // Which page of the model is shown, or on its way.
    const PageId& page() const { return m_page; }
    void openPage(const PageId& page); // as it was left, or from its beginning
    void showLegend();                 // of the page
    void goBack();                     // to where one was, else to the page around this one
    bool isWritingImage() const;
    void cancelImage();

    // The nodes that are chosen, else the selected one; those of a collapsed scope, too.
    std::vector<NodeId> chosenNodes() const;

Q_SIGNALS:
    void sceneShown();
    void imageEnded();       // written or not
    void extractRequested(); // of chosenNodes()
    // Others add to the menu of what is selected; `reader`: the node at the end of a clicked edge, or None.
    void menuWanted(QMenu& menu, NodeId reader);

private:
    struct Wanted {
        NodeId node = NodeId::None;
        std::string scope, value; // of a value: the path of its scope, and its name
        bool centre = false;
        std::uint32_t block = NameScopes::root; // a collapsed scope of names
    };

    struct Place {
        QString name; // of a node
        QPointF offset;
    };

    struct LeftPage {
        Drawing drawing;
        GraphCanvas::View view;
    };

    struct Visit {
        PageId page;
        GraphCanvas::View view;
        Selection::Value selected;
        bool isAt(const Visit& other) const { return page == other.page && view == other.view; }
    };

    enum class Subject {
        Same,     // the model on the canvas, or what an edit made of it: it stays where it is
        Other,    // to be looked at from its beginning
        Reloaded, // the same file read again: nodes of the same names come to lie where they lay
    };
    // Draws what the workspace shows. What was selected stays selected where it survives.
    void show(Subject subject);
    void colourNodes(); // by Workspace::heat()
    void labelEdges();  // shapes became known: nothing moves
    // What is selected in the workspace; waits for the scene if it is being made.
    void followSelection(bool centre);
    void rebuild();
    void rebuild(const Drawing* previous); // that keeps its places; null: all is laid out anew
    void present(Drawing drawing);
    // GraphPanePages.cpp
    void connectBar();
    PageId drawnPage() const;               // which may not be page() yet
    const Drawing* previousDrawing() const; // of page()
    void keepPage();                        // where the shown model has no such page: the one around it
    void samePageOfReloaded();
    void forgetPages();
    void showPages();
    void remember(); // where one is, to come back to
    void activateNode(int node);
    PageId pageOf(const Selection::Value& selected) const;
    std::vector<Place> placesInView() const;
    std::optional<QPointF> centreToReturnTo(const GraphScene& scene);
    bool isFound(const FindQuery& query, const BuiltScene::Item& item) const;
    std::set<std::uint32_t> blocksWith(const FindQuery& query) const;
    void applyWanted(); // to the scene that is shown
    CanvasHit find(const Wanted& wanted) const;
    int sceneNode(NodeIndex node) const;
    void selectionChanged(const CanvasHit& hit);
    void selectValue(const std::string& name);
    void activateMark(int frame);
    void light(const std::set<std::string>& ops); // GraphPaneLegend.cpp
    // GraphPaneMenu.cpp
    void contextMenu(const CanvasHit& hit, QPoint position);
    NodeId readerAt(int edge) const;
    void addPageActions(QMenu& menu, const CanvasHit& hit);
    // GraphPaneScopes.cpp
    void addScopeActions(QMenu& menu, int node);
    std::optional<ScopeState> scopesOf(const PageId& page) const;
    std::map<std::uint32_t, Heat::Node> hottestInScopes(const Heat& heat) const; // that are collapsed
    void setScopes(ScopeState scopes, std::uint32_t held);
    void expandScope(std::uint32_t scope);
    void collapseScope(std::uint32_t scope);
    bool expandToWanted(); // what hides it; false: nothing does
    std::optional<QPointF> centreHolding(const IndexedScene& next) const;
    void clearSelection();
    NodeIndex nodeOf(const Wanted& wanted) const;

    Workspace& m_workspace;
    JobRunner& m_jobs;
    CanvasBar* m_bar = nullptr;
    GraphCanvas* m_canvas = nullptr;
    Direction m_direction = Direction::TopDown;
    SceneDetails m_details;
    std::map<PageId, ScopeState> m_scopes;   // of the pages that were shown
    std::uint32_t m_held = NameScopes::root; // the scope that was collapsed or expanded: it stays in view
    SnapshotPointer m_shown, m_current;

    std::optional<Drawing> m_drawing; // what the canvas shows
    bool m_isShown = false;           // false while another model is on its way
    std::optional<Drawing> m_untidy;  // as it lay before tidy()
    int m_marksVersion = 0;           // of the sources of marks
    Wanted m_wanted;
    QString m_emphasised;
    Legend* m_legend = nullptr;    // once somebody asked for it
    PlainLabel* m_empty = nullptr; // the words over a scene without nodes
    Subject m_subject = Subject::Same;
    std::vector<Place> m_places; // where to return to after reloading, the best one first
    bool m_following = false;    // the canvas is being told, it does not tell

    PageId m_page;
    std::map<PageId, LeftPage> m_left; // pages that were looked at before, and how they lay
    std::vector<Visit> m_visits;       // the last one at the end
    std::optional<GraphCanvas::View> m_viewToReturnTo;
};

} // namespace pleat::ui
