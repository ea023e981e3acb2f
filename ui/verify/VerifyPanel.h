// SPDX-License-Identifier: GPL-3.0-or-later
// The panel VERIFY: whether the model, as it is now, computes what it did before. Both are run in a worker on
// the same inputs, when somebody asks for it; what was found stays, and is marked once it is no more about
// what is shown.
#pragma once

#include "ui/document/Panel.h"
#include "ui/verify/OutputsModel.h"
#include "ui/verify/VerdictLine.h"

class QLineEdit;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace pleat::ui {

class PlainLabel;
class VerifyFields;

class VerifyPanel final : public Panel {
    Q_OBJECT
public:
    explicit VerifyPanel(Workspace& workspace);
    ~VerifyPanel() override;

    const AnswerPointer& answer() const { return m_answer; } // the last one; null: none
    bool isStale() const; // it is about another model or other settings than those at hand

Q_SIGNALS:
    void answered();

private:
    QWidget* makeHeader();
    QWidget* makeSettings();
    QWidget* makeCommand();
    QWidget* makeOutputs();
    void makeAction();
    // What would be asked now; nothing where there is nothing to verify.
    std::optional<VerifyQuestion> question() const;
    void refresh();
    void showVerdict();
    void showFindings();
    void showCommand();
    void ask(); // shows the panel, and runs where the answer is not at hand
    void run();
    void take(const VerifyQuestion& question, Result<AnswerPointer> answer);
    VerdictLine::Content content() const;
    VerdictLine::Content unasked() const;
    bool isRunning() const;

    OutputsModel m_outputs;
    AnswerPointer m_answer;
    VerifyFields* m_fields = nullptr;
    VerdictLine* m_verdict = nullptr;
    PlainLabel* m_note = nullptr;
    PlainLabel* m_findings = nullptr;
    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QLineEdit* m_command = nullptr;
    QToolButton* m_copy = nullptr;
    QAction* m_verify = nullptr;
};

} // namespace pleat::ui
