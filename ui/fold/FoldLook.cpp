// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldLook.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"

#include <QCoreApplication>

namespace pleat::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Canvas", text);
}

Mark markOf(const FoldCandidate& candidate, FoldState state)
{
    Mark mark;
    mark.look = lookOf(state);
    mark.id = candidate.id;
    if (candidate.layer)
        mark.nodes.push_back(candidate.layer->id);
    for (const auto* part : {&candidate.between, &candidate.affine})
        for (const NodeRef& ref : *part)
            mark.nodes.push_back(ref.id);
    mark.badge = state == FoldState::Folded ? tr("folded")
                 : state == FoldState::Blocked
                     ? (candidate.reason ? toQt(brief(*candidate.reason)) : tr("blocked"))
                 : candidate.channels ? tr("fold %1 ch").arg(*candidate.channels)
                                      : tr("fold");
    mark.tip = toQt(candidate.message.text());
    if (state == FoldState::CanFold)
        mark.action = tr("Fold %1").arg(foldName(candidate));
    return mark;
}

} // namespace

MarkLook lookOf(FoldState state)
{
    switch (state) {
    case FoldState::CanFold:
        return {MarkColour::Good, Outline::Solid, Symbol::Fold};
    case FoldState::Blocked:
        return {MarkColour::Warning, Outline::Dashed, Symbol::Attention};
    case FoldState::Folded:
        break;
    }
    return {MarkColour::Done, Outline::Dotted, Symbol::Check};
}

// What can still be done comes first, then what was done, then what cannot be: a node has one mark.
std::vector<Mark> foldMarks(const Snapshot& shown, const Snapshot& current, const std::stop_token& stop)
{
    std::vector<Mark> marks;
    const auto done = current.recordsById();
    const std::vector<const FoldCandidate*> candidates = shown.candidates();
    marks.reserve(candidates.size() + shown.folded.size());
    const auto add = [&](const FoldCandidate& candidate, FoldState state) {
        if (!stop.stop_requested())
            marks.push_back(markOf(candidate, state));
    };
    for (const FoldCandidate* candidate : candidates)
        if (candidate->foldable)
            add(*candidate, done.contains(candidate->id) ? FoldState::Folded : FoldState::CanFold);
    for (const auto& record : shown.folded)
        add(record->candidate, FoldState::Folded);
    for (const FoldCandidate* candidate : candidates)
        if (!candidate->foldable)
            add(*candidate, FoldState::Blocked);
    return marks;
}

} // namespace pleat::ui
