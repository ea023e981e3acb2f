// SPDX-License-Identifier: GPL-3.0-or-later
// The panel VERIFY: whether the model, as it is now, computes what it did before. Both are run in a worker on
// the same inputs, when somebody asks for it; what was found stays, and is marked once it is no more about
// what is shown.
#pragma once

#include "ui/document/Panel.h"
#include "ui/verify/RehearsalStudy.h"
#include "ui/verify/SpeedStudy.h"
#include "ui/verify/TraceStudy.h"
#include "ui/verify/VerifyStudy.h"

#include <vector>

class QLineEdit;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace pleat::ui {

class OutputsPage;
class PartsPage;
class PlainLabel;
class VerifyFields;

class VerifyPanel final : public Panel {
    Q_OBJECT
public:
    explicit VerifyPanel(Workspace& workspace);

    const VerifyStudy& study() const { return m_study; }
    const TraceStudy& trace() const { return m_trace; }
    const SpeedStudy& speed() const { return m_speed; }
    const RehearsalStudy& rehearsal() const { return m_rehearsal; }

private:
    QWidget* makeHeader();
    QWidget* makeSettings();
    QWidget* makeCommand();
    void makePages();
    void makeAction();
    void addPage(const QString& name, const QString& tip, QWidget* page, Study& study);
    // What would be asked now; nothing where there is nothing to verify.
    std::optional<VerifyQuestion> question() const;
    Study::Nothing whyNothing() const;
    void ask();     // shows the panel, and runs where the answer is not at hand
    void refresh(); // the question is another
    void showVerdict();
    void showFound();
    void showCommand();

    VerifyStudy m_study;
    TraceStudy m_trace;
    SpeedStudy m_speed;
    RehearsalStudy m_rehearsal;
    VerifyFields* m_fields = nullptr;
    VerdictLine* m_verdict = nullptr;
    PlainLabel* m_runtime = nullptr;
    OutputsPage* m_outputs = nullptr;
    PartsPage* m_parts = nullptr;
    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    std::vector<Study*> m_studies; // by page
    QLineEdit* m_command = nullptr;
    QToolButton* m_copy = nullptr;
    QAction* m_verify = nullptr;
};

} // namespace pleat::ui
