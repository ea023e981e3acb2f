// SPDX-License-Identifier: GPL-3.0-or-later
// The panel PREPARE: the passes that write a model more simply before it is folded, with what each would do
// before it is done, and the nodes concerned lit on the canvas. Each pass that is applied is a step of
// undo's.
#pragma once

#include "ui/document/Panel.h"
#include "ui/prepare/PrepareModel.h"

class QPushButton;
class QToolButton;
class QTreeView;

namespace pleat::ui {

class PlainLabel;
class PrepareFields;

class PreparePanel final : public Panel {
    Q_OBJECT
public:
    explicit PreparePanel(Workspace& workspace);
    ~PreparePanel() override;

    const PrepareModel& model() const { return m_model; }

Q_SIGNALS:
    void previewed(); // model().preview() is that of what is shown now

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void changed();
    void look();
    void take(Result<PreviewPointer> preview);
    void showPreview();
    void updateActions();
    void apply();
    void offer(int moreFolds);
    void lookForMoreFolds();
    void selectPlace(const QModelIndex& index);
    void hideIdlePasses();
    void takeFields();

    PrepareModel m_model;
    QTreeView* m_tree = nullptr;
    PrepareFields* m_fields = nullptr;
    PlainLabel* m_count = nullptr;
    PlainLabel* m_summary = nullptr;
    QPushButton* m_button = nullptr;
    QToolButton* m_showAll = nullptr;
    QAction* m_show = nullptr;
    QAction* m_apply = nullptr;
    SnapshotPointer m_looked; // what the last look was or is at
    bool m_offered = false;   // of this document
    bool m_takingFields = false;
};

} // namespace pleat::ui
