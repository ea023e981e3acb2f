// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldLook.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/Translate.h"

#include <set>

namespace pleat::ui {

namespace {

// Makes marks: tens of thousands of the same few words.
class MarkMaker final {
public:
    Mark operator()(const FoldCandidate& candidate, FoldState state) const
    {
        Mark mark;
        mark.look = lookOf(state);
        mark.id = candidate.id;
        if (candidate.layer)
            mark.nodes.push_back(candidate.layer->id);
        for (const auto* part : {&candidate.between, &candidate.affine})
            for (const NodeRef& ref : *part)
                mark.nodes.push_back(ref.id);
        mark.kind = state == FoldState::Folded    ? m_folded
                    : state == FoldState::Blocked ? m_blocked
                                                  : m_canFold;
        mark.badge = state == FoldState::Folded ? m_folded
                     : state == FoldState::Blocked
                         ? (candidate.reason ? toQt(brief(*candidate.reason)) : m_blocked)
                     : candidate.channels ? m_foldChannels.arg(*candidate.channels)
                                          : m_fold;
        mark.tip = toQt(candidate.message.text());
        if (state == FoldState::CanFold)
            mark.action = m_foldThis.arg(foldName(candidate));
        return mark;
    }

private:
    const QString m_folded = tr("folded"), m_blocked = tr("blocked"), m_canFold = tr("can fold"),
                  m_fold = tr("fold"), m_foldChannels = tr("fold %1 ch"), m_foldThis = tr("Fold %1");
};

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
    const MarkMaker markOf;
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

namespace {

// Those of one pair, as above.
void addMarksOf(const FoldId& id, const Shown& of, std::vector<Mark>& marks)
{
    const MarkMaker markOf;
    const FoldCandidate* const candidate = of.shown.candidate(id);
    if (candidate && candidate->foldable)
        marks.push_back(markOf(*candidate, of.current.record(id) ? FoldState::Folded : FoldState::CanFold));
    for (const auto& record : of.shown.folded) {
        if (record->candidate.id == id)
            marks.push_back(markOf(record->candidate, FoldState::Folded));
    }
    if (candidate && !candidate->foldable)
        marks.push_back(markOf(*candidate, FoldState::Blocked));
}

} // namespace

std::optional<MarkChange> foldMarkChange(const Shown& before, const Shown& now)
{
    constexpr std::size_t many = 64; // each looks through what was folded
    const SnapshotChange shown = changeBetween(before.shown, now.shown);
    const SnapshotChange current = changeBetween(before.current, now.current);
    std::set<FoldId> ids;
    for (const auto* candidates : {&shown.gone, &shown.came})
        for (const CandidatePointer& candidate : *candidates)
            ids.insert(candidate->id);
    for (const auto* records : {&shown.unfolded, &shown.folded, &current.unfolded, &current.folded})
        for (const auto& record : *records)
            ids.insert(record->candidate.id);
    if (ids.size() > many)
        return std::nullopt;
    // One that is not found by its id shares it with another.
    for (const auto& [candidates, of] :
         {std::pair(&shown.gone, &before.shown), std::pair(&shown.came, &now.shown)})
        for (const CandidatePointer& candidate : *candidates)
            if (of->candidate(candidate->id) != candidate.get())
                return std::nullopt;
    MarkChange change;
    for (const FoldId& id : ids) {
        addMarksOf(id, before, change.gone);
        addMarksOf(id, now, change.came);
    }
    return change;
}

} // namespace pleat::ui
