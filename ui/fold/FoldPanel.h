// SPDX-License-Identifier: GPL-3.0-or-later
// The panel FOLDS: the list of candidates with its filter chips, or a sentence where there is nothing to
// list, and all that is done with them: what is checked, folding one, some or all, and what there is to say
// after a fold.
#pragma once

#include "ui/document/Panel.h"
#include "ui/fold/FoldFilter.h"
#include "ui/fold/FoldModel.h"

#include <array>

class QCheckBox;
class QLineEdit;
class QListView;
class QStackedWidget;
class QToolButton;

namespace pleat::ui {

class PlainLabel;

class FoldPanel final : public Panel {
    Q_OBJECT
public:
    explicit FoldPanel(Workspace& workspace);

    FoldModel& model() { return m_model; }
    QListView& list() { return *m_list; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void markActivated(const std::string& id) override;

private:
    void makeActions();
    QWidget* makeHeader();
    QWidget* makeEmptyPage();
    void opened();
    void changed();
    void updateActions();
    void updateEmptyText();    // what stands there instead of an empty list
    void updateFrozenInputs(); // the box for inputs that have an initializer
    void sayWhatWasFolded();
    void offerPreparation(MessageBar::Message& message);
    void showOnly(FoldState state); // by the chips, as if somebody had clicked them
    void updateCounts();
    void updateChips(); // in words, or in signs where these have no room
    void fitFrozenInputs();
    void showSelection();
    void step(int rows); // in the list
    void selectRow(const QModelIndex& row);
    void selectCulprit(NodeId culprit); // of the row that is selected
    void clicked(const QModelIndex& row);
    void foldRow(const QModelIndex& row);
    void contextMenu(QPoint position);

    FoldModel m_model;
    FoldFilter m_filter;
    QAction *m_foldAll = nullptr, *m_foldChecked = nullptr, *m_chooseAll = nullptr, *m_chooseNone = nullptr,
            *m_next = nullptr, *m_previous = nullptr;
    PlainLabel* m_total = nullptr;
    std::array<QToolButton*, 3> m_chips{};
    QLineEdit* m_words = nullptr;
    QCheckBox* m_frozen = nullptr;
    QStackedWidget* m_pages = nullptr;
    QListView* m_list = nullptr;
    PlainLabel* m_emptyTitle = nullptr;
    PlainLabel* m_emptySentence = nullptr;
    bool m_following = false;
    int m_foldedPairs = 0;          // by the last fold
    SnapshotPointer m_afterFolding; // what it came to
};

} // namespace pleat::ui
