// SPDX-License-Identifier: GPL-3.0-or-later
// The status bar: what the model is, how much of it is folded, and the progress of the work behind the window
// with its Cancel button.
#pragma once

#include "ui/jobs/Job.h"

#include <QStatusBar>

class QProgressBar;
class QToolButton;

namespace pleat::ui {

class PlainLabel;

class StatusLine final : public QStatusBar {
    Q_OBJECT
public:
    StatusLine(JobRunner& jobs, QWidget* parent = nullptr);

    void setFacts(const QStringList& facts);               // from left to right
    void setProblems(int count);                           // 0: nothing is said of them
    void setHint(const QString& hint, const QString& tip); // at the right, while nothing is running

Q_SIGNALS:
    void problemsClicked();

private:
    PlainLabel* m_facts = nullptr;
    QToolButton* m_problems = nullptr;
    PlainLabel* m_label = nullptr;
    QProgressBar* m_bar = nullptr;
    QToolButton* m_cancel = nullptr;
    QString m_hint;
};

} // namespace pleat::ui
