// SPDX-License-Identifier: GPL-3.0-or-later
// The panel HISTORY: what was done to the model, step by step, over the undo stack. A click goes there. What
// was done can be saved as a recipe, and a recipe be applied.
#pragma once

#include "ui/document/Panel.h"

class QPushButton;
class QUndoView;

namespace pleat::ui {

class PlainLabel;

class HistoryPanel final : public Panel {
    Q_OBJECT
public:
    explicit HistoryPanel(Workspace& workspace);

    // Reads the file and does what it says; the workspace says what became of it.
    void applyRecipe(const QString& path);

private:
    QWidget* makeButtons();
    void askForRecipe();
    void askToSaveRecipe();
    void showName(); // of the model that was opened
    void updateState();

    QUndoView* m_view = nullptr;
    PlainLabel* m_count = nullptr;
    QAction* m_save = nullptr;
    QAction* m_apply = nullptr;
    QPushButton* m_saveButton = nullptr;
    QPushButton* m_applyButton = nullptr;
};

} // namespace pleat::ui
