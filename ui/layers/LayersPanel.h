// SPDX-License-Identifier: GPL-3.0-or-later
// The panel LAYERS: the weights of the whole model, a row a layer, before folding and with all that can be
// folded folded, the layer that stands rounding worst first. Measured in a job while the panel is seen; rows
// come as they are measured, and after an edit only those are measured again that it changed.
#pragma once

#include "ui/document/Panel.h"
#include "ui/layers/LayersModel.h"

#include <QTimer>
#include <memory>

class QComboBox;
class QLineEdit;
class QTableView;

namespace pleat::ui {

class PlainLabel;

class LayersPanel final : public Panel {
    Q_OBJECT
public:
    explicit LayersPanel(Workspace& workspace);
    ~LayersPanel() override;

    const LayersModel& model() const { return m_model; }
    bool isComplete() const { return m_measured && m_measured == document().current(); }

Q_SIGNALS:
    void completed();

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Feed; // rows on their way
    QWidget* makeHeader();
    void changed();
    void colour(); // the graph, by what is measured
    void measure();
    void takeRows();
    void finish(const Result<void>& result, const SnapshotPointer& current);
    void selectRow(const QModelIndex& row);
    void showSelection();

    LayersModel m_model;
    LayersFilter m_filter;
    QLineEdit* m_words = nullptr;
    QComboBox* m_colours = nullptr; // LayersHeat
    PlainLabel* m_note = nullptr;
    QTableView* m_table = nullptr;
    SnapshotPointer m_measured; // what the rows are of; null: not all are there
    std::shared_ptr<Feed> m_feed;
    QTimer m_poll;
    bool m_streams = false;   // rows are shown as they come
    bool m_following = false; // the table is being told, it does not tell
};

} // namespace pleat::ui
