// SPDX-License-Identifier: GPL-3.0-or-later
// The middle of the window: the canvas with what floats over it (Before | After, zoom, minimap). It builds and
// lays out the scene of a snapshot in a job and translates between the canvas's items and the ids of the rest
// of the window.
#pragma once

#include "core/model/ShapeInference.h"
#include "ui/document/Snapshot.h"

#include <QWidget>

namespace pleat::ui {

class GraphCanvas;
class JobRunner;
class SegmentedControl;
struct BuiltScene;

class GraphPane final : public QWidget {
    Q_OBJECT
public:
    explicit GraphPane(JobRunner& jobs, QWidget* parent = nullptr);
    ~GraphPane() override;

    enum class Side { Before, After };
    Side side() const;
    void setSide(Side side);

    // Draws these snapshots, on the side that is chosen. What was selected stays selected where it survives;
    // `fresh`: another model, to be fitted into view.
    void setSnapshots(const SnapshotPointer& opened, const SnapshotPointer& current,
                      const std::shared_ptr<const ValueTypes>& types, bool fresh);

    void select(NodeId node, const std::string& value, bool centre);

    void zoomIn();
    void zoomOut();
    void fit();
    void actualSize();
    void toggleDirection();
    bool saveImage(const QString& path, QString* error); // svg, png, pdf by the name's ending

Q_SIGNALS:
    void sideChanged();
    void nodeSelected(quint32 node); // NodeId
    void valueSelected(const QString& name);
    void nothingSelected();
    void foldRequested(const QString& id); // double-click or menu on a framed pair
    void sceneShown();
};

} // namespace pleat::ui
