// SPDX-License-Identifier: GPL-3.0-or-later
// The middle of the window: the canvas, fed from the Workspace that it watches. It builds and lays out scenes
// in a job and translates between the canvas's nodes, edges and frames and the ids of the rest of the window.
#pragma once

#include "ui/canvas/Drawing.h"
#include "ui/document/Workspace.h"

#include <QWidget>
#include <functional>

class QMenu;

namespace pleat::ui {

class PlainLabel;

class GraphCanvas;
struct CanvasHit;

class GraphPane final : public QWidget {
    Q_OBJECT
public:
    // The workspace outlives the pane.
    explicit GraphPane(Workspace& workspace);

    // Lets the nodes step back whose operator and name do not contain these words; empty: none does.
    void emphasise(const QString& words);

    GraphCanvas& canvas() { return *m_canvas; }
    void toggleDirection();
    const SceneDetails& details() const { return m_details; }
    void setDetails(const SceneDetails& details);
    // Scopes of the network: each is one node, or shown with what is in it.
    void collapseScopes(std::uint32_t level); // all that are so deep, and deeper: 1 for the outermost
    void expandScopes();
    // In a job; `done` hears a sentence that says what went wrong, or nothing. Not at all when cancelled.
    void saveImage(const QString& path, std::function<void(const QString& problem)> done);
    bool isWritingImage() const;
    void cancelImage();

Q_SIGNALS:
    void sceneShown();
    void imageEnded(); // written or not

private:
    struct Wanted {
        NodeId node = NodeId::None;
        std::string value;
        bool centre = false;
        std::uint32_t scope = NameScopes::root; // that is collapsed
    };

    struct Place {
        QString name; // of a node
        QPointF offset;
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
    void present(Drawing drawing);
    std::vector<Place> placesInView() const;
    std::optional<QPointF> centreToReturnTo(const GraphScene& scene);
    void apply(const Wanted& wanted);
    CanvasHit find(const Wanted& wanted) const;
    int sceneNode(NodeIndex node) const;
    void selectionChanged(const CanvasHit& hit);
    void selectValue(const std::string& name);
    void activateMark(int frame);
    void contextMenu(const CanvasHit& hit, QPoint position);
    void addScopeActions(QMenu& menu, int node);
    void activateNode(int node);
    void clearSelection();
    static NodeIndex nodeOf(const GraphView& view, const Wanted& wanted);
    void setScopes(ScopeState scopes, std::uint32_t held);
    void expandTo(const Wanted& wanted); // what hides it
    std::optional<QPointF> centreHolding(const IndexedScene& next) const;

    Workspace& m_workspace;
    JobRunner& m_jobs;
    GraphCanvas* m_canvas = nullptr;
    Direction m_direction = Direction::TopDown;
    SceneDetails m_details;
    std::optional<ScopeState> m_scopes;      // nothing: as the page opens
    std::uint32_t m_held = NameScopes::root; // the scope that was collapsed or expanded: it stays in view
    SnapshotPointer m_shown, m_current;

    std::optional<Drawing> m_drawing; // what the canvas shows
    bool m_isShown = false;           // false while another model is on its way
    int m_marksVersion = 0;           // of the sources of marks
    Wanted m_wanted;
    QString m_emphasised;
    PlainLabel* m_empty = nullptr; // the words over a scene without nodes
    Subject m_subject = Subject::Same;
    std::vector<Place> m_places; // where to return to after reloading, the best one first
    bool m_following = false;    // the canvas is being told, it does not tell
};

} // namespace pleat::ui
