// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/Study.h"

namespace pleat::ui {

Study::Study(Workspace& workspace, QString lane, Words words, QObject* parent)
    : QObject(parent),
      m_workspace(workspace),
      m_lane(std::move(lane)),
      m_words(std::move(words))
{
    connect(&workspace.jobs(), &JobRunner::laneFinished, this,
            [this](const QObject* owner, const QString& finished) {
                if (owner == this && finished == m_lane)
                    Q_EMIT changed();
            });
}

Study::~Study()
{
    blockSignals(true); // whoever listens has begun to go
    m_workspace.jobs().cancel(this, m_lane);
}

void Study::setQuestion(std::optional<VerifyQuestion> question, Nothing why)
{
    m_question = std::move(question);
    m_nothing = std::move(why);
    Q_EMIT changed();
}

void Study::run()
{
    if (!m_question)
        return;
    start(*m_question);
    Q_EMIT changed();
}

void Study::stop()
{
    m_workspace.jobs().cancel(this, m_lane);
}

void Study::forget()
{
    stop();
    m_answered.reset();
    clear();
    Q_EMIT changed();
}

void Study::setAnswered(const VerifyQuestion& question)
{
    m_answered = question;
    Q_EMIT changed();
    Q_EMIT answered();
}

bool Study::isRunning() const
{
    return m_workspace.jobs().isBusy(this, m_lane);
}

bool Study::isStale() const
{
    return m_answered && (m_question != m_answered || hasOtherSettings());
}

QString Study::staleness() const
{
    if (!isStale())
        return {};
    const bool sameModels =
        m_question && m_question->before == m_answered->before && m_question->after == m_answered->after;
    return sameModels ? tr("This is with other settings.")
                      : tr("This is of the model before your last change.");
}

VerdictLine::Content Study::content() const
{
    VerdictLine::Content content;
    content.canPress = m_question.has_value();
    content.button = m_answered ? m_words.askAgain : m_words.ask;
    if (isRunning()) {
        content.sentence = m_words.job;
        content.details = m_words.running;
        content.button = tr("Stop");
        content.means = VerdictLine::Button::Stop;
        content.canPress = true;
    } else if (m_answered) {
        const VerdictLine::Content answer = found();
        content.colour = answer.colour;
        content.symbol = answer.symbol;
        content.sentence = answer.sentence;
        content.details = answer.details;
        content.stale = staleness();
    } else {
        content.sentence = m_question ? m_words.unasked : m_nothing.sentence;
        content.details = m_question ? m_words.about : m_nothing.details;
    }
    return content;
}

} // namespace pleat::ui
