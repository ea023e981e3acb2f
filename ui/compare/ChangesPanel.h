// SPDX-License-Identifier: GPL-3.0-or-later
// The panel CHANGES, beside two graphs: how many changes of each kind there are, which of them are listed,
// and all that there is to say of the one that is selected. Says which one that is, and is told what is
// compared.
#pragma once

#include "ui/compare/ChangesModel.h"

#include "ui/document/Panel.h"

class QLineEdit;
class QListView;
class QPlainTextEdit;
class QToolButton;

namespace pleat::ui {

class PlainLabel;

class ChangesPanel final : public Panel {
    Q_OBJECT
public:
    explicit ChangesPanel(Workspace& workspace);

    // Null: there is none, or it is being made. The same change stays selected where there is one of that
    // name.
    void setComparison(const ComparisonPointer& comparison);
    const ChangesModel& model() const { return m_model; }
    void select(std::optional<std::size_t> change); // of the comparison; nothing: none

Q_SIGNALS:
    void selected(std::size_t change);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void step(int by); // to the next or the one before of those that are listed
    void nameChips();
    QWidget* makeHeader();
    void showCounts();
    void showDetails();

    ChangesModel m_model;
    ChangesFilter m_filter;
    std::array<QToolButton*, changeKindCount> m_chips{};
    PlainLabel* m_total = nullptr;
    PlainLabel* m_summary = nullptr;
    QLineEdit* m_words = nullptr;
    QListView* m_list = nullptr;
    QPlainTextEdit* m_details = nullptr;
    QAction *m_next = nullptr, *m_previous = nullptr;
    bool m_following = false; // it is being told, it does not tell
};

} // namespace pleat::ui
