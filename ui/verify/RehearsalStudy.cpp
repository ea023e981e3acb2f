// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/RehearsalStudy.h"

#include "ui/document/Convert.h"
#include "ui/verify/VerifyInputs.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

bool areSame(const RehearsalOptions& a, const RehearsalOptions& b)
{
    return a.scheme == b.scheme && a.activations == b.activations && a.sensitivity == b.sensitivity;
}

// "Top-1 as in float: 6 of 8 before folding, 8 of 8 after." Nothing where no output looks like class scores.
QString agreement(const Rehearsal& rehearsal)
{
    const auto scores = [](const RehearsedModel& model) {
        const auto found =
            std::ranges::find_if(model.outputs, [](const OutputLoss& each) { return each.rows > 0; });
        return found == model.outputs.end() ? nullptr : &*found;
    };
    const OutputLoss* const before = scores(rehearsal.before);
    const OutputLoss* const after = scores(rehearsal.after);
    if (!before || !after)
        return {};
    return RehearsalStudy::tr("Top-1 as in float: %1 of %2 before, %3 of %4 after.")
        .arg(before->agree)
        .arg(before->rows)
        .arg(after->agree)
        .arg(after->rows);
}

QString percent(const Accuracy& accuracy)
{
    return RehearsalStudy::tr("%1 %").arg(
        100 * static_cast<double>(accuracy.right) /
            static_cast<double>(std::max<std::uint64_t>(1, accuracy.samples)),
        0, 'f', 1);
}

// Where the samples have labels.
QString accuracy(const Rehearsal& rehearsal)
{
    const auto& [before, after] = std::tie(rehearsal.before, rehearsal.after);
    if (!before.inFloat || !before.rounded || !after.rounded)
        return {};
    return RehearsalStudy::tr("Accuracy: %1 in float, %2 rounded before folding, %3 after.")
        .arg(percent(*before.inFloat), percent(*before.rounded), percent(*after.rounded));
}

} // namespace

RehearsalStudy::RehearsalStudy(Workspace& workspace, QObject* parent)
    : Study(workspace, u"rehearsal"_s,
            {.job = tr("Rehearsing quantization…"),
             .running = tr("Both models run in float and with rounded weights."),
             .unasked = tr("What would quantization cost, before folding and after?"),
             .about = tr("The weights are rounded to few bits and back, and what that does to each layer's "
                         "output is measured."),
             .ask = tr("Rehearse"),
             .askAgain = tr("Rehearse again")},
            parent)
{
}

void RehearsalStudy::setOptions(const RehearsalOptions& options)
{
    m_options = options;
    Q_EMIT changed();
}

bool RehearsalStudy::hasOtherSettings() const
{
    return m_found && !areSame(m_found->options, m_options);
}

void RehearsalStudy::start(const VerifyQuestion& question)
{
    startJob(
        question,
        [question, options = m_options, place = workspace().workerPlace()](
            Progress& progress, const std::stop_token& stop) -> Result<Rehearsal> {
            const auto inputs = inputsFor(question, progress, stop);
            if (!inputs)
                return tl::make_unexpected(inputs.error());
            return rehearse(question.before->view, question.after->view, *inputs, options, place, progress,
                            stop);
        },
        [this, options = m_options](Result<Rehearsal> found) {
            Rehearsal answer;
            answer.options = options;
            if (found)
                answer = std::move(*found);
            else
                answer.problem = std::move(found.error().message);
            m_found = std::make_shared<const Rehearsal>(std::move(answer));
        });
}

VerdictLine::Content RehearsalStudy::found() const
{
    VerdictLine::Content content;
    if (!m_found->problem.empty()) {
        content.sentence = tr("It could not be rehearsed.");
        content.details = toQt(m_found->problem);
        return content;
    }
    content.sentence = toQt(rehearsalSentence(*m_found));
    content.details = (agreement(*m_found) + u' ' + accuracy(*m_found)).trimmed();
    const bool isBetter = m_found->after.ratio >= m_found->before.ratio;
    content.colour = isBetter ? MarkColour::Good : MarkColour::Warning;
    content.symbol = isBetter ? Symbol::Check : Symbol::Attention;
    return content;
}

} // namespace pleat::ui
