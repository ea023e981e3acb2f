// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/TraceStudy.h"

#include "core/verify/OneRun.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/verify/TraceModel.h"
#include "ui/verify/VerifyInputs.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

TracePointer tracePointer(Divergence divergence, const GraphView& after)
{
    auto trace = std::make_shared<Trace>();
    trace->makers.reserve(divergence.values.size());
    for (const TracedValue& value : divergence.values) {
        const ValueIndex at = after.find(ScopeIndex::Main, value.difference.name);
        const NodeIndex maker = at == ValueIndex::None ? NodeIndex::None : after.producer(at);
        trace->makers.push_back(maker == NodeIndex::None ? NodeId::None : after.id(maker));
    }
    trace->divergence = std::move(divergence);
    return trace;
}

constexpr double decades = 4; // of errors that the colours tell apart

QString timesTolerated(double share)
{
    return TraceStudy::tr("%1 × tolerated").arg(number(share));
}

} // namespace

TraceStudy::TraceStudy(Workspace& workspace, QObject* parent)
    : Study(workspace, u"trace"_s,
            {.job = tr("Tracing…"),
             .running = tr("What both models compute on the way to their outputs is compared."),
             .unasked = tr("Where does a difference begin?"),
             .about = tr("What both models compute on the way is compared, value by value. Where an output "
                         "differs, verifying does it by itself."),
             .ask = tr("Trace"),
             .askAgain = tr("Trace again")},
            parent)
{
}

void TraceStudy::clear()
{
    m_found.reset();
    m_problem.clear();
}

void TraceStudy::adopt(const VerifyQuestion& question, const Divergence& found)
{
    clear();
    m_found = tracePointer(found, *question.after->view);
    setAnswered(question);
}

void TraceStudy::start(const VerifyQuestion& question)
{
    startJob(
        question,
        [question, place = workspace().workerPlace()](Progress& progress,
                                                      const std::stop_token& stop) -> Result<Divergence> {
            const auto options = optionsFor(question, progress, stop);
            if (!options)
                return tl::make_unexpected(options.error());
            return traceAlone(question.before->view, *question.after->view, *options, place, progress, stop);
        },
        [this, question](Result<Divergence> found) {
            clear();
            if (found)
                m_found = tracePointer(std::move(*found), *question.after->view);
            else
                m_problem = toQt(found.error().message);
        });
}

VerdictLine::Content TraceStudy::found() const
{
    VerdictLine::Content content;
    if (!m_found) {
        content.sentence = tr("It could not be traced.");
        content.details = m_problem;
        return content;
    }
    const int values = static_cast<int>(m_found->divergence.values.size());
    if (!m_found->divergence.first) {
        content.colour = MarkColour::Good;
        content.symbol = Symbol::Check;
        content.sentence = tr("Nothing differs by more than is tolerated.");
        content.details =
            values == 1
                ? tr("Both compute one value on the way, and it was compared.")
                : tr("Both compute %n values on the way, and all of them were compared.", nullptr, values);
        return content;
    }
    const TracedValue& first = m_found->divergence.values[*m_found->divergence.first];
    content.colour = MarkColour::Warning;
    content.symbol = Symbol::Attention;
    content.sentence = tr("It begins at %1 (%2).")
                           .arg(oneLine(moduleName(toQt(first.node.name), toQt(first.node.op))),
                                oneLine(toQt(first.node.op)));
    content.details = tr("Value %1 of %n differs by up to %2, and %3 is tolerated.", nullptr, values)
                          .arg(QString::number(*m_found->divergence.first + 1),
                               number(first.difference.numbers.largest), number(first.difference.tolerated));
    return content;
}

HeatPointer heatOf(const Trace& trace)
{
    const std::vector<TracedValue>& values = trace.divergence.values;
    double most = 1;
    for (const TracedValue& value : values)
        if (const double share = overTolerated(value.difference); std::isfinite(share))
            most = std::max(most, share);
    auto heat = std::make_shared<Heat>();
    heat->title = TraceStudy::tr("Largest difference of what a node makes");
    heat->low = timesTolerated(most * std::pow(10, -decades));
    heat->high = timesTolerated(most);
    heat->from = 0;
    for (std::size_t v = 0; v < values.size(); ++v) {
        const double share = overTolerated(values[v].difference);
        if (std::isnan(share))
            continue;
        const double colour = share > 0 ? std::clamp(1 + std::log10(share / most) / decades, 0.0, 1.0) : 0;
        for (const NodeId id : {values[v].node.id, trace.makers[v]}) {
            Heat::Node& node = heat->nodes[id];
            if (node.words.isEmpty() || colour > node.share)
                node = {colour, number(values[v].difference.numbers.largest)};
        }
    }
    return heat->nodes.empty() ? nullptr : heat;
}

} // namespace pleat::ui
