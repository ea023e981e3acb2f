// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/FoldRounds.h"

#include "core/base/NameTable.h"
#include "core/rewrite/FixedPoint.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

namespace pleat {

Result<void> FoldRounds::fold(const std::optional<std::vector<FoldId>>& chosen, Progress& progress)
{
    const auto step = [&](int number) -> Result<bool> {
        std::vector<NodeIndex> wanted;
        const auto want = [&](NodeIndex first, bool isWanted) {
            const Entry* const entry = m_table->entryOf(first);
            if (isWanted && entry && entry->candidate && entry->candidate->foldable)
                wanted.push_back(first);
        };
        if (chosen) {
            for (const FoldId& id : *chosen)
                want(m_table->firstOf(id), true);
            std::ranges::sort(wanted);
            wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
        } else {
            for (const NodeIndex first : m_table->firsts())
                want(first, m_table->entryOf(first)->byDefault);
        }
        return number < mostRounds ? round(std::move(wanted), progress) : false;
    };
    return toFixedPoint(step, m_stop);
}

Result<void> FoldRounds::settle(const std::set<NodeIndex>& questions, Progress& progress)
{
    for (const NodeIndex first : questions)
        ask(first);
    const auto step = [&](int number) -> Result<bool> {
        std::vector<NodeIndex> open;
        const auto add = [&](NodeIndex first) {
            if (m_table->entryOf(first))
                open.push_back(first);
        };
        for (const FoldId& id : m_asked)
            add(m_table->firstOf(id));
        for (const FoldId& id : m_late)
            add(m_table->firstOf(id));
        for (const NodeId node : m_unlisted)
            add(m_table->view()->find(node));
        return number < mostRounds ? round(neededFor(open), progress) : false;
    };
    return toFixedPoint(step, m_stop);
}

void FoldRounds::ask(NodeIndex first)
{
    const Entry* const entry = m_table->entryOf(first);
    if (!entry)
        return;
    if (!entry->candidate)
        m_unlisted.insert(m_table->view()->id(first));
    else if (const FoldId& id = entry->candidate->id; m_start->firstOf(id) != NodeIndex::None)
        m_asked.insert(id);
    else if (std::ranges::count(m_late, id) == 0)
        m_late.push_back(id);
}

CandidatePointer FoldRounds::verdict(const FoldId& id) const
{
    if (const auto folded = m_folded.find(id); folded != m_folded.end())
        return folded->second;
    const Entry* const entry = m_table->entryOf(m_table->firstOf(id));
    return entry ? entry->candidate : nullptr;
}

std::vector<CandidatePointer> FoldRounds::late() const
{
    std::vector<CandidatePointer> all;
    for (const FoldId& id : m_late) {
        if (CandidatePointer candidate = verdict(id))
            all.push_back(std::move(candidate));
    }
    return all;
}

// What is folded by default and changes something that one of these rests on, or one of those that are needed
// themselves.
std::vector<NodeIndex> FoldRounds::neededFor(const std::vector<NodeIndex>& questions) const
{
    const FoldTable& table = *m_table;
    std::set<NodeIndex> asked(questions.begin(), questions.end()), needed;
    std::vector<NodeIndex> open = questions;
    const auto need = [&](NodeIndex first) {
        if (table.entryOf(first)->byDefault && needed.insert(first).second && asked.insert(first).second)
            open.push_back(first);
    };
    if (!questions.empty())
        std::ranges::for_each(std::set(table.m_shapers), need);
    while (!open.empty()) {
        const NodeIndex first = open.back();
        const Entry& entry = *table.entryOf(first);
        open.pop_back();
        need(first);
        if (entry.everything)
            std::ranges::for_each(table.firsts(), need);
        for (const auto* nodes : {&entry.rests, &entry.takes}) {
            for (const NodeIndex node : *nodes) {
                if (table.m_changers[index(node)] == 0)
                    continue;
                for (const NodeIndex other : table.m_restingOn[index(node)]) {
                    if (std::ranges::binary_search(table.entryOf(other)->changes, node))
                        need(other);
                }
            }
        }
    }
    return {needed.begin(), needed.end()};
}

void FoldRounds::putInOrder(std::vector<NodeIndex>& firsts) const
{
    const GraphView& view = *m_table->view();
    if (view.isInOrder()) {
        const auto position = [&](NodeIndex node) { return std::pair(view.scope(node), view.place(node)); };
        if (!std::ranges::is_sorted(firsts, {}, position))
            std::ranges::sort(firsts, {}, position);
        return;
    }
    std::unordered_map<NodeIndex, std::size_t> position;
    for (const NodeIndex first : m_table->firsts())
        position.emplace(first, position.size());
    std::ranges::sort(firsts, {}, [&](NodeIndex node) { return position.at(node); });
}

Result<bool> FoldRounds::round(std::vector<NodeIndex> wanted, Progress& progress)
{
    if (wanted.empty())
        return false;
    putInOrder(wanted);
    const auto isAfter = [&](NodeIndex first) {
        return m_table->entryOf(first)->candidate->direction == FoldDirection::After;
    };
    if (std::ranges::any_of(wanted, isAfter))
        std::erase_if(wanted, [&](NodeIndex first) { return !isAfter(first); });
    const std::shared_ptr<const GraphView>& view = m_table->view();
    FoldPlanner planner(*view, m_table->shapes(), m_table->options(), m_stop);
    Folding folding(view, m_sums, m_stop);
    Busy busy(*view);
    std::uint64_t done = 0;
    for (const NodeIndex first : wanted) {
        if (m_stop.stop_requested())
            return cancelled();
        progress.advance(++done, wanted.size());
        // The chain is as long as it was found.
        const Entry& entry = *m_table->entryOf(first);
        for (const Use& use : view->uses(view->output(entry.chain.back(), 0)))
            planner.take(use.node);
        auto plan = planner.planFrom(first);
        if (!plan || !plan->candidate.foldable || !busy.reserve(*plan))
            continue;
        auto pair = folding.fold(std::move(*plan));
        if (!pair)
            return tl::make_unexpected(std::move(pair.error()));
        const Entry* const start = m_start->entryOf(m_start->firstOf(pair->candidate.id));
        if (!start || !start->candidate || !start->candidate->foldable)
            pair->candidate.warnings.push_back(
                {"needs-others", "only possible when the batch norms on its way are folded too"});
        if (m_sums == Sums::Compute) { // whoever wants them wants the pairs
            m_pairs.push_back(std::move(*pair));
            continue;
        }
        FoldId id = pair->candidate.id;
        m_folded.try_emplace(std::move(id),
                             std::make_shared<const FoldCandidate>(std::move(pair->candidate)));
    }
    if (busy.empty())
        return false;
    auto update = FoldTable::updated(*m_table, folding.apply(), progress, m_stop);
    if (!update)
        return tl::make_unexpected(std::move(update.error()));
    m_table = std::move(update->table);
    if (m_sums == Sums::LeaveOut)
        std::ranges::for_each(update->planned ? *update->planned : m_table->firsts(),
                              [&](NodeIndex first) { ask(first); });
    return true;
}

Result<FoldTable::Folded> FoldTable::fold(const FoldTablePointer& before,
                                          const std::optional<std::vector<FoldId>>& chosen,
                                          Progress& progress, std::stop_token stop)
{
    FoldRounds rounds(before, Sums::Compute, stop);
    if (auto folded = rounds.fold(chosen, progress); !folded)
        return tl::make_unexpected(std::move(folded.error()));
    NameSet folded;
    for (std::size_t p = 0; chosen && p < rounds.pairs().size(); ++p)
        folded.insert(rounds.pairs()[p].candidate.id);
    for (std::size_t i = 0; chosen && i < chosen->size(); ++i) {
        const FoldId& id = (*chosen)[i];
        if (folded.contains(id))
            continue;
        const CandidatePointer candidate = rounds.verdict(id);
        return tl::make_unexpected(notFolded(id, candidate.get()));
    }
    auto table = std::make_shared<FoldTable>(*rounds.table());
    if (auto settled = table->settle(table, progress, stop); !settled)
        return tl::make_unexpected(std::move(settled.error()));
    return Folded{std::move(table), std::move(rounds.pairs())};
}

} // namespace pleat
