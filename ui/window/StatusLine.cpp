// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/StatusLine.h"
#include "ui/widgets/PlainText.h"

#include <QProgressBar>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace pleat::ui {

StatusLine::StatusLine(JobRunner& jobs, QWidget* parent) : QStatusBar(parent)
{
    setSizeGripEnabled(false);
    m_facts = new PlainLabel;
    m_facts->setElided(Qt::ElideRight);
    m_facts->setObjectName(u"statusFacts"_s);
    m_problems = new QToolButton;
    m_problems->setObjectName(u"statusProblems"_s);
    m_problems->setProperty("chip", u"blocked"_s);
    m_problems->setToolTip(tr("See what does not fit together any more since it was edited"));
    m_problems->hide();
    m_label = new PlainLabel;
    m_label->setElided(Qt::ElideMiddle);
    m_label->setObjectName(u"statusLabel"_s);
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(170);
    m_bar->setAccessibleName(tr("Progress"));
    m_cancel = new QToolButton;
    m_cancel->setText(tr("Cancel"));
    m_cancel->setToolTip(tr("Stop what is running; nothing is changed by it"));
    m_cancel->setObjectName(u"statusCancel"_s);
    addWidget(m_facts, 1);
    addPermanentWidget(m_problems);
    addPermanentWidget(m_label);
    addPermanentWidget(m_bar);
    addPermanentWidget(m_cancel);
    m_bar->hide();
    m_cancel->hide();
    setMinimumHeight(30);

    connect(m_problems, &QToolButton::clicked, this, &StatusLine::problemsClicked);
    connect(m_cancel, &QToolButton::clicked, &jobs, &JobRunner::cancelShown);
    connect(&jobs, &JobRunner::statusChanged, this, [this](const JobRunner::Status& status) {
        m_label->setText(oneLine(status.label));
        if (status.fraction < 0) {
            m_bar->setRange(0, 0);
        } else {
            m_bar->setRange(0, 1000);
            m_bar->setValue(static_cast<int>(status.fraction * 1000));
        }
        m_bar->show();
        m_cancel->show();
    });
    connect(&jobs, &JobRunner::statusCleared, this, [this] {
        m_label->setText(m_hint);
        m_bar->hide();
        m_cancel->hide();
    });
}

void StatusLine::setFacts(const QStringList& facts)
{
    m_facts->setText(oneLine(facts.join(u"      "_s)));
}

void StatusLine::setProblems(int count)
{
    m_problems->setText(count == 1 ? tr("! 1 problem") : tr("! %n problems", nullptr, count));
    m_problems->setVisible(count > 0);
}

void StatusLine::setHint(const QString& hint, const QString& tip)
{
    m_hint = hint;
    m_label->setToolTip(tip);
    if (!m_bar->isVisible())
        m_label->setText(hint);
}

} // namespace pleat::ui
