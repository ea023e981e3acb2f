// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyStudy.h"

#include "ui/document/Verdict.h"
#include "ui/verify/VerifyInputs.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

VerifyStudy::VerifyStudy(Workspace& workspace, QObject* parent)
    : Study(workspace, u"verify"_s,
            {.job = tr("Verifying…"),
             .running = tr("Both models run in ONNX Runtime, in a process of its own."),
             .unasked = tr("Not verified yet"),
             .about = tr("Both models are run on the same inputs, and what they give is compared."),
             .ask = tr("Verify"),
             .askAgain = tr("Verify again")},
            parent)
{
}

void VerifyStudy::start(const VerifyQuestion& question)
{
    startJob(
        question,
        [question, place = workspace().workerPlace()](Progress& progress,
                                                      const std::stop_token& stop) -> Result<Verification> {
            const auto options = optionsFor(question, progress, stop);
            if (!options)
                return tl::make_unexpected(options.error());
            return verify(*question.before->view, *question.after->view, *options, place, progress, stop);
        },
        [this, question](Result<Verification> found) {
            Verification answer;
            if (found)
                answer = std::move(*found);
            else // what keeps it from being asked is an answer, too
                answer.problem = std::move(found.error().message);
            m_found = std::make_shared<const Verification>(std::move(answer));
            if (m_found->divergence)
                Q_EMIT diverged(question, *m_found->divergence);
        });
}

VerdictLine::Content VerifyStudy::found() const
{
    const Verdict verdict = verdictOf(*m_found);
    VerdictLine::Content content;
    content.sentence = verdict.sentence;
    content.details = verdict.details;
    if (verdict.kind == Equivalence::Same) {
        content.colour = MarkColour::Good;
        content.symbol = Symbol::Check;
    } else if (verdict.kind == Equivalence::Different) {
        content.colour = MarkColour::Warning;
        content.symbol = Symbol::Attention;
    }
    return content;
}

} // namespace pleat::ui
