// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/SpeedStudy.h"

#include "core/verify/OneRun.h"
#include "ui/document/Convert.h"
#include "ui/verify/VerifyInputs.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

bool overlap(const Quartiles& a, const Quartiles& b)
{
    return std::max(a.lower, b.lower) <= std::min(a.upper, b.upper);
}

} // namespace

QString milliseconds(std::chrono::nanoseconds time)
{
    return SpeedStudy::tr("%1 ms").arg(number(std::chrono::duration<double, std::milli>(time).count()));
}

SpeedStudy::SpeedStudy(Workspace& workspace, QObject* parent)
    : Study(workspace, u"speed"_s,
            {.job = tr("Measuring…"),
             .running = tr("Both models run in turns, with ONNX Runtime's optimisations off and on."),
             .unasked = tr("How long do both take?"),
             .about =
                 tr("Both models run in turns on one thread, with ONNX Runtime's optimisations off and on."),
             .ask = tr("Measure"),
             .askAgain = tr("Measure again")},
            parent)
{
}

void SpeedStudy::clear()
{
    m_found.reset();
    m_problem.clear();
}

void SpeedStudy::start(const VerifyQuestion& question)
{
    startJob(
        question,
        [question, place = workspace().workerPlace()](Progress& progress,
                                                      const std::stop_token& stop) -> Result<Speed> {
            const auto options = optionsFor(question, progress, stop);
            if (!options)
                return tl::make_unexpected(options.error());
            return speedAlone(*question.before->view, *question.after->view, *options, place, progress, stop);
        },
        [this](const Result<Speed>& found) {
            clear();
            if (found)
                m_found = std::make_shared<const Speed>(*found);
            else
                m_problem = toQt(found.error().message);
        });
}

VerdictLine::Content SpeedStudy::found() const
{
    VerdictLine::Content content;
    if (!m_found) {
        content.sentence = tr("It could not be measured.");
        content.details = m_problem;
        return content;
    }
    const Quartiles& before = m_found->before.optimised;
    const Quartiles& after = m_found->after.optimised;
    const bool isFaster = after.median < before.median;
    const double times =
        static_cast<double>(before.median.count()) / static_cast<double>(after.median.count());
    if (overlap(before, after)) {
        content.sentence = tr("As ONNX Runtime optimises them, both take as long.");
    } else if (isFaster) {
        content.colour = MarkColour::Good;
        content.symbol = Symbol::Check;
        content.sentence = tr("It is %1 times as fast as before.").arg(times, 0, 'f', 2);
    } else {
        content.colour = MarkColour::Warning;
        content.symbol = Symbol::Attention;
        content.sentence = tr("It takes %1 times as long as before.").arg(1 / times, 0, 'f', 2);
    }
    content.details =
        tr("Medians of %1 runs on one thread: %2 before, %3 after; with the optimisations off %4 and %5.")
            .arg(before.runs)
            .arg(milliseconds(before.median), milliseconds(after.median),
                 milliseconds(m_found->before.plain.median), milliseconds(m_found->after.plain.median));
    return content;
}

} // namespace pleat::ui
