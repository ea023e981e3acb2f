// SPDX-License-Identifier: GPL-3.0-or-later
// The panel FOLDS: the list of candidates with its filter chips, or a sentence where there is nothing to
// list. It tells what was chosen or clicked; the window acts. Follows the selection it is given.
#pragma once

#include "ui/fold/FoldFilter.h"
#include "ui/fold/FoldModel.h"

#include <QWidget>
#include <array>

class QCheckBox;
class QLineEdit;
class QListView;
class QStackedWidget;
class QToolButton;

namespace pleat::ui {

class PlainLabel;

class Selection;

class FoldPanel final : public QWidget {
    Q_OBJECT
public:
    FoldPanel(FoldModel& model, Selection& selection, QWidget* parent = nullptr);

    // What stands there instead of an empty list.
    void setEmptyText(const QString& title, const QString& sentence);
    // The box for inputs that have an initializer: whether it is there, and what it shows.
    struct FrozenInputs {
        bool isOffered = false;
        bool isOn = false;
        bool isUsed = false; // a fold was made with it, so that it cannot be switched off
        bool isEnabled = true;
    };
    void setFrozenInputs(const FrozenInputs& state);
    void showOnly(FoldState state); // by the chips, as if somebody had clicked them
    QListView& list() { return *m_list; }

Q_SIGNALS:
    void freezeRequested(bool frozen);      // the box was clicked; it stays as it was until setFrozenInputs()
    void foldRequested(const QString& id);  // Enter or double-click on a row that can be folded
    void rowActivated(quint32 layer);       // NodeId to centre on
    void culpritRequested(quint32 culprit); // NodeId that a blocked row blames

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeHeader();
    QWidget* makeEmptyPage();
    void updateCounts();
    void updateChips(); // in words, or in signs where these have no room
    void fitFrozenInputs();
    void showSelection();
    void selectRow(const QModelIndex& row);
    void clicked(const QModelIndex& row);
    void foldRow(const QModelIndex& row);
    void contextMenu(QPoint position);

    FoldModel& m_model;
    Selection& m_selection;
    FoldFilter m_filter;
    PlainLabel* m_total = nullptr;
    std::array<QToolButton*, 3> m_chips{};
    QLineEdit* m_words = nullptr;
    QCheckBox* m_frozen = nullptr;
    QStackedWidget* m_pages = nullptr;
    QListView* m_list = nullptr;
    PlainLabel* m_emptyTitle = nullptr;
    PlainLabel* m_emptySentence = nullptr;
    bool m_following = false;
};

} // namespace pleat::ui
