// SPDX-License-Identifier: GPL-3.0-or-later
// The panel HISTORY: what was done to the model, step by step, over the undo stack. A click goes there. What
// was done can be saved as a recipe, and a recipe be applied.
#pragma once

#include <QWidget>

class QPushButton;
class QUndoStack;
class QUndoView;

namespace pleat::ui {

class PlainLabel;

class HistoryPanel final : public QWidget {
    Q_OBJECT
public:
    // The stack outlives the panel.
    explicit HistoryPanel(QUndoStack& stack, QWidget* parent = nullptr);

    // What it begins with: the name of the file, or nothing while there is none.
    void setModel(const QString& fileName);
    // Nothing can be done while something is being done.
    void setBusy(bool busy);

Q_SIGNALS:
    void saveRequested();
    void applyRequested();

private:
    void update();

    QUndoStack& m_stack;
    QUndoView* m_view = nullptr;
    PlainLabel* m_count = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_apply = nullptr;
    bool m_open = false;
    bool m_busy = false;
};

} // namespace pleat::ui
