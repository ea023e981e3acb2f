// SPDX-License-Identifier: GPL-3.0-or-later
// One thing that can be found out about two models, in a job, when somebody asks: what is asked now, what was
// found of what, and how that is said. It belongs to the panel; UI thread only.
#pragma once

#include "ui/document/Workspace.h"
#include "ui/verify/VerdictLine.h"
#include "ui/verify/VerifyQuestion.h"

#include <optional>

namespace pleat::ui {

class Study : public QObject {
    Q_OBJECT
public:
    ~Study() override;

    // What would be asked now; where it is nothing, `why` says it.
    struct Nothing {
        QString sentence, details;
    };
    void setQuestion(std::optional<VerifyQuestion> question, Nothing why);

    void run(); // where there is something to ask
    void stop();
    void forget(); // it is about no model that is still there
    bool isRunning() const;
    bool hasAnswer() const { return m_answered.has_value(); }
    bool isStale() const; // the answer is about other models or settings than those at hand
    VerdictLine::Content content() const;

Q_SIGNALS:
    void changed(); // content(), or the answer
    void answered();

protected:
    struct Words {
        QString job, running; // for the status bar; what is being done, in the panel
        QString unasked, about;
        QString ask, askAgain; // on the button
    };
    Study(Workspace& workspace, QString lane, Words words, QObject* parent);

    Workspace& workspace() const { return m_workspace; }
    // Starts the job by startJob().
    virtual void start(const VerifyQuestion& question) = 0;
    virtual VerdictLine::Content found() const = 0; // of the answer; stale and button are not its business
    virtual void clear() = 0;                       // the answer
    // Of the study's own; those of the question are compared already.
    virtual bool hasOtherSettings() const { return false; }

    void setAnswered(const VerifyQuestion& question); // the answer is there

    // `work` gets progress and stop token, `take` the Result with anything but Cancelled.
    template<class Work, class Take>
    void startJob(const VerifyQuestion& question, Work work, Take take)
    {
        using Value = std::invoke_result_t<Work&, Progress&, std::stop_token>;
        m_workspace.jobs().start(m_lane, m_words.job, this, std::move(work),
                                 [this, question, take = std::move(take)](Value found) mutable {
                                     if (!found && found.error().code == ErrorCode::Cancelled)
                                         return;
                                     take(std::move(found));
                                     setAnswered(question);
                                 });
    }

private:
    QString staleness() const;

    Workspace& m_workspace;
    QString m_lane;
    Words m_words;
    std::optional<VerifyQuestion> m_question, m_answered;
    Nothing m_nothing;
};

} // namespace pleat::ui
