// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/RehearsalStudy.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/verify/VerifyInputs.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>
#include <tuple>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double asGood = 0.5; // dB that nobody notices

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

// rehearsalSentence() with the short name of the layer.
QString sentence(const Rehearsal& rehearsal)
{
    const auto worst = byLoss(rehearsal.after);
    const QString both = RehearsalStudy::tr("%1: %2 dB before folding, %3 dB after")
                             .arg(toQt(schemeText(rehearsal.options)), ratioText(rehearsal.before.ratio),
                                  ratioText(rehearsal.after.ratio));
    return worst.empty() ? both + u'.'
                         : RehearsalStudy::tr("%1; worst layer %2.")
                               .arg(both, oneLine(moduleName(toQt(worst.front()->layer.name),
                                                             toQt(worst.front()->layer.op))));
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
    const auto all = [](const RehearsalOptions& options) {
        return std::tuple(options.scheme.bits, options.scheme.perChannel, options.scheme.symmetric,
                          options.activations, options.sensitivity);
    };
    return m_found && all(m_found->options) != all(m_options);
}

Result<RehearsalStudy::Answer> RehearsalStudy::ask(const VerifyQuestion& question,
                                                   const RehearsalOptions& options, const WorkerPlace& place,
                                                   Progress& progress, const std::stop_token& stop)
{
    auto inputs = inputsFor(question, progress, stop);
    if (!inputs)
        return tl::make_unexpected(std::move(inputs.error()));
    auto found =
        rehearse(question.before->view, question.after->view, *inputs, options, place, progress, stop);
    if (!found)
        return tl::make_unexpected(std::move(found.error()));
    return Answer{std::move(*found), std::move(inputs->notes)};
}

void RehearsalStudy::start(const VerifyQuestion& question)
{
    startJob(
        question,
        [question, options = m_options, place = workspace().workerPlace()](Progress& progress,
                                                                           const std::stop_token& stop) {
            return ask(question, options, place, progress, stop);
        },
        [this, options = m_options](Result<Answer> found) {
            Answer answer;
            answer.rehearsal.options = options;
            if (found)
                answer = std::move(*found);
            else
                answer.rehearsal.problem = std::move(found.error().message);
            m_notes = std::move(answer.notes);
            m_found = std::make_shared<const Rehearsal>(std::move(answer.rehearsal));
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
    content.sentence = sentence(*m_found);
    QStringList details{agreement(*m_found), accuracy(*m_found)};
    for (const std::string& note : m_notes)
        details += toQt(note);
    details.removeAll(QString());
    content.details = details.join(u' ');
    const bool isBetter = m_found->after.ratio + asGood >= m_found->before.ratio;
    content.colour = isBetter ? MarkColour::Good : MarkColour::Warning;
    content.symbol = isBetter ? Symbol::Check : Symbol::Attention;
    return content;
}

} // namespace pleat::ui
