// SPDX-License-Identifier: GPL-3.0-or-later
// The middle of the window: the canvas, fed from snapshots. It builds and lays out scenes in a job and
// translates between the canvas's nodes, edges and frames and the ids of the rest of the window.
#pragma once

#include "ui/canvas/SceneBuilder.h"

#include <QWidget>
#include <functional>

namespace pleat::ui {

class PlainLabel;

class GraphCanvas;
class JobRunner;
struct CanvasHit;

class GraphPane final : public QWidget {
    Q_OBJECT
public:
    explicit GraphPane(JobRunner& jobs, QWidget* parent = nullptr);

    enum class Side { Before, After };
    Side side() const { return m_side; }
    void setSide(Side side);

    enum class Subject {
        Same,     // the model on the canvas, or what an edit made of it: it stays where it is
        Other,    // to be looked at from its beginning
        Reloaded, // the same file read again: nodes of the same names come to lie where they lay
    };
    // Draws these snapshots, on the side that is chosen. What was selected stays selected where it survives.
    void setSnapshots(const SnapshotPointer& opened, const SnapshotPointer& current,
                      const std::shared_ptr<const ValueTypes>& types, Subject subject);
    // Shapes that became known: nothing moves.
    void setTypes(const std::shared_ptr<const ValueTypes>& types);

    // Selects a node, or the value of that name. Waits for the scene if it is being made.
    void select(NodeId node, const std::string& value, bool centre);

    // Lets the nodes step back whose operator and name do not contain these words; empty: none does.
    void emphasise(const QString& words);

    GraphCanvas& canvas() { return *m_canvas; }
    void toggleDirection();
    const SceneDetails& details() const { return m_details; }
    void setDetails(const SceneDetails& details);
    // In a job; `done` hears a sentence that says what went wrong, or nothing. Not at all when cancelled.
    void saveImage(const QString& path, std::function<void(const QString& problem)> done);
    static QString imageLane();

Q_SIGNALS:
    void sideChanged();
    void nodeSelected(quint32 node); // NodeId
    void valueSelected(const QString& name);
    void nothingSelected();
    void foldRequested(const QString& id); // double-click or menu on a framed pair
    void sceneShown();

private:
    struct Wanted {
        NodeId node = NodeId::None;
        std::string value;
        bool centre = false;
    };

    struct Place {
        QString name; // of a node
        QPointF offset;
    };

    SnapshotPointer shown() const { return m_side == Side::Before ? m_opened : m_current; }
    void rebuild();
    struct Drawing; // a built scene with its index
    void present(Drawing drawing);
    std::vector<Place> placesInView() const;
    std::optional<QPointF> centreToReturnTo(const GraphScene& scene);
    void apply(const Wanted& wanted);
    CanvasHit find(const Wanted& wanted) const;
    int sceneNode(NodeIndex node) const;
    void selectionChanged(const CanvasHit& hit);
    void requestFold(int frame);
    void contextMenu(const CanvasHit& hit, QPoint position);

    JobRunner& m_jobs;
    GraphCanvas* m_canvas = nullptr;
    Side m_side = Side::After;
    Direction m_direction = Direction::TopDown;
    SceneDetails m_details;
    SnapshotPointer m_opened, m_current;
    std::shared_ptr<const ValueTypes> m_types;

    SnapshotPointer m_drawn; // what the canvas shows; null while another model is on its way
    std::vector<BuiltScene::Item> m_items;
    std::vector<FoldId> m_frames;
    Wanted m_wanted;
    QString m_emphasised;
    PlainLabel* m_empty = nullptr; // the words over a scene without nodes
    Subject m_subject = Subject::Same;
    std::vector<Place> m_places; // where to return to after reloading, the best one first
    bool m_following = false;    // the canvas is being told, it does not tell
};

} // namespace pleat::ui
