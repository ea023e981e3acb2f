// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/FoldTable.h"

#include "core/fold/FoldRounds.h"
#include "core/fold/Layer.h"
#include "core/fold/Plan.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

void sortUnique(std::vector<NodeIndex>& nodes)
{
    std::ranges::sort(nodes);
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

bool contains(const std::vector<NodeIndex>& sorted, NodeIndex node)
{
    return std::ranges::binary_search(sorted, node);
}

template<class T>
void grow(SharedVector<T>& records, std::size_t size)
{
    while (records.size() < size)
        records.append(T{});
}

void grow(SharedVector<NodeIndex>& nodes, std::size_t size)
{
    while (nodes.size() < size)
        nodes.append(NodeIndex::None);
}

bool annotates(const GraphView& view)
{
    return std::ranges::any_of(view.scopes(), [](const Scope& scope) {
        return scope.graph->header->quantization_annotation_size() > 0;
    });
}

} // namespace

// Fills a table that is not shared yet.
class FoldTableBuilder final {
public:
    FoldTableBuilder(FoldTable& table, std::stop_token stop)
        : m_table(table),
          m_view(*table.m_view),
          m_planner(m_view, *table.m_shapes, table.m_options, stop),
          m_stop(std::move(stop))
    {
        grow(table.m_entries, m_view.nodeCount());
        grow(table.m_chainOf, m_view.nodeCount());
        grow(table.m_restingOn, m_view.nodeCount());
        grow(table.m_changers, m_view.nodeCount());
    }

    Result<void> planAll(Progress& progress)
    {
        std::uint64_t done = 0;
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const std::vector<NodeIndex> order = m_view.topological(static_cast<ScopeIndex>(s));
            for (const NodeIndex node : order) {
                if (m_stop.stop_requested())
                    return cancelled();
                progress.advance(++done, m_view.nodeCount());
                if (!m_planner.isTaken(node) && mayBeAffine(m_view, node))
                    planFrom(node);
            }
        }
        for (std::size_t n = 0; n < m_view.nodeCount(); ++n)
            m_recheck.insert(static_cast<NodeIndex>(n));
        checkSettled();
        return {};
    }

    // REQUIRES: both views are in order.
    void update(const GraphView& old, const ViewChange& change, const std::vector<ValueIndex>& reshaped)
    {
        markTouched(old, change, reshaped);
        std::set<NodeIndex> again = chainsOnTouched();
        addNeighbours(old, again);
        std::vector<NodeIndex> starts;
        starts.reserve(m_touched.size());
        for (const auto& [node, strongly] : m_touched)
            starts.push_back(node);
        for (const NodeIndex first : again) {
            const auto entry = m_table.m_entries[index(first)]; // kept until it is removed
            starts.insert(starts.end(), entry->chain.begin(), entry->chain.end());
            remove(first, *entry);
        }
        std::erase_if(starts, [&](NodeIndex node) { return !m_view.exists(node); });
        const auto position = [&](NodeIndex node) {
            return std::pair(m_view.scope(node), m_view.place(node));
        };
        std::ranges::sort(starts, {}, position);
        for (const NodeIndex node : starts) {
            if (!isTaken(node) && mayBeAffine(m_view, node))
                planAmongOthers(node);
        }
        checkSettled();
    }

    // What was planned, in that order.
    const std::vector<NodeIndex>& planned() const { return m_planned; }

private:
    using Entry = FoldTable::Entry;

    bool isTaken(NodeIndex node) const
    {
        return m_planner.isTaken(node) || m_table.m_chainOf[index(node)] != NodeIndex::None;
    }

    void planFrom(NodeIndex node)
    {
        auto plan = m_planner.planFrom(node);
        Entry entry;
        entry.chain = m_planner.chain();
        entry.rests = m_planner.footprint().nodes();
        entry.layers = m_planner.footprint().passedLayers();
        entry.everything = m_planner.footprint().isOnEverything();
        if (plan) {
            if (plan->candidate.foldable) {
                entry.changes = changedBy(*plan);
                entry.takes = takenBy(*plan);
                entry.byDefault = isTakenByDefault(plan->candidate, m_table.m_options);
                entry.keepsShapes = plan->keepsShapes;
            }
            entry.candidate = std::make_shared<const FoldCandidate>(std::move(plan->candidate));
        }
        for (auto* nodes : {&entry.rests, &entry.layers, &entry.changes, &entry.takes})
            sortUnique(*nodes);
        add(node, std::move(entry));
        m_planned.push_back(node);
    }

    // The chain ends where another one starts.
    void planAmongOthers(NodeIndex node)
    {
        std::vector<NodeIndex> ends{node};
        for (std::size_t n = 0; n < ends.size(); ++n) {
            const auto use = m_view.uses(m_view.output(ends[n], 0));
            if (use.size() != 1)
                break;
            if (isTaken(use.front().node))
                m_planner.take(use.front().node);
            else if (mayBeAffine(m_view, use.front().node))
                ends.push_back(use.front().node);
        }
        planFrom(node);
    }

    void add(NodeIndex first, Entry entry)
    {
        for (const NodeIndex node : entry.chain)
            m_table.m_chainOf.change(index(node)) = first;
        for (const auto* nodes : {&entry.rests, &entry.layers, &entry.changes}) {
            for (const NodeIndex node : *nodes) {
                if (std::ranges::count(m_table.m_restingOn[index(node)], first) == 0)
                    m_table.m_restingOn.change(index(node)).push_back(first);
            }
        }
        if (entry.everything)
            m_table.m_everywhere.insert(first);
        if (entry.byDefault) {
            count(entry, 1);
            ++m_table.m_defaults;
            if (!entry.keepsShapes)
                m_table.m_shapers.insert(first);
        }
        m_recheck.insert(first);
        m_table.m_entries.change(index(first)) = std::make_shared<const Entry>(std::move(entry));
    }

    void remove(NodeIndex first, const Entry& entry)
    {
        for (const NodeIndex node : entry.chain)
            m_table.m_chainOf.change(index(node)) = NodeIndex::None;
        for (const auto* nodes : {&entry.rests, &entry.layers, &entry.changes}) {
            for (const NodeIndex node : *nodes) {
                if (std::ranges::count(m_table.m_restingOn[index(node)], first) > 0)
                    std::erase(m_table.m_restingOn.change(index(node)), first);
            }
        }
        m_table.m_everywhere.erase(first);
        m_table.m_shapers.erase(first);
        m_table.m_unsettled.erase(first);
        if (entry.byDefault) {
            count(entry, -1);
            --m_table.m_defaults;
        }
        m_table.m_entries.change(index(first)) = nullptr;
    }

    void count(const Entry& entry, int by)
    {
        for (const NodeIndex node : entry.changes) {
            std::uint16_t& changers = m_table.m_changers.change(index(node));
            changers = static_cast<std::uint16_t>(changers + by);
            const auto& resting = m_table.m_restingOn[index(node)];
            m_recheck.insert(resting.begin(), resting.end());
        }
    }

    // Whether the verdict may be another one when others are folded. Of those that fold after a layer none
    // waits, unless for another that takes the same layer.
    bool isUnsettled(const Entry& entry) const
    {
        const auto byOthers = [&](NodeIndex node) {
            const bool own = entry.byDefault && contains(entry.changes, node);
            return m_table.m_changers[index(node)] > (own ? 1 : 0);
        };
        const bool first = entry.byDefault && entry.candidate->direction == FoldDirection::After;
        return std::ranges::any_of(entry.takes, byOthers) ||
               (!first && std::ranges::any_of(entry.rests, byOthers));
    }

    void checkSettled()
    {
        for (const NodeIndex first : m_recheck) {
            const FoldTable::EntryPointer& entry = m_table.m_entries[index(first)];
            if (entry && isUnsettled(*entry))
                m_table.m_unsettled.insert(first);
            else
                m_table.m_unsettled.erase(first);
        }
    }

    void touch(NodeIndex node, bool strongly)
    {
        if (node != NodeIndex::None)
            m_touched[node] |= strongly;
    }

    void markTouched(const GraphView& old, const ViewChange& change, const std::vector<ValueIndex>& reshaped)
    {
        for (const NodeIndex node : change.nodes) {
            const bool was = index(node) < old.nodeCount() && old.exists(node);
            const bool staysLayer = was && m_view.exists(node) && isLayer(old, node) &&
                                    isLayer(m_view, node) && old.name(node) == m_view.name(node);
            touch(node, !staysLayer);
        }
        for (const auto* values : {&change.values, &reshaped}) {
            for (const ValueIndex value : *values)
                touchAround(old, value);
        }
        while (!m_handingOn.empty()) {
            const NodeIndex node = m_handingOn.back();
            m_handingOn.pop_back();
            for (const ValueIndex output : m_view.outputs(node)) {
                if (output != ValueIndex::None && m_view.constantDepth(output) > 0)
                    touchAround(old, output);
            }
        }
    }

    // Who makes and who reads a value; what makes constants of it hands the change on.
    void touchAround(const GraphView& old, ValueIndex value)
    {
        if (!m_seen.insert(value).second)
            return;
        if (index(value) < old.valueCount() && old.producer(value) != NodeIndex::None)
            touch(old.producer(value), false);
        touch(m_view.producer(value), false);
        for (const Use& use : m_view.uses(value)) {
            touch(use.node, false);
            m_handingOn.push_back(use.node);
        }
    }

    std::set<NodeIndex> chainsOnTouched() const
    {
        std::set<NodeIndex> again(m_table.m_everywhere);
        for (const auto& [node, strongly] : m_touched) {
            if (m_table.m_chainOf[index(node)] != NodeIndex::None)
                again.insert(m_table.m_chainOf[index(node)]);
            for (const NodeIndex first : m_table.m_restingOn[index(node)]) {
                const Entry& entry = *m_table.m_entries[index(first)];
                if (strongly || contains(entry.rests, node) || contains(entry.changes, node))
                    again.insert(first);
            }
        }
        return again;
    }

    // A chain that is planned again may reach farther, over the start of another one.
    void addNeighbours(const GraphView& old, std::set<NodeIndex>& again) const
    {
        std::vector<NodeIndex> more(again.begin(), again.end());
        while (!more.empty()) {
            const auto entry = m_table.m_entries[index(more.back())];
            more.pop_back();
            const NodeIndex last = entry->chain.back();
            const auto addChainOf = [&](NodeIndex node) {
                const NodeIndex first =
                    index(node) < m_table.m_chainOf.size() ? m_table.m_chainOf[index(node)] : NodeIndex::None;
                if (first != NodeIndex::None && again.insert(first).second)
                    more.push_back(first);
            };
            const auto addReaders = [&](const GraphView& view) {
                if (index(last) < view.nodeCount() && view.exists(last)) {
                    for (const Use& use : view.uses(view.output(last, 0)))
                        addChainOf(use.node);
                }
            };
            addReaders(old);
            addReaders(m_view);
        }
    }

    FoldTable& m_table;
    const GraphView& m_view;
    FoldPlanner m_planner;
    std::stop_token m_stop;
    std::map<NodeIndex, bool> m_touched; // whether it is another node than before, or only another layer
    std::set<ValueIndex> m_seen;
    std::vector<NodeIndex> m_handingOn;
    std::set<NodeIndex> m_recheck;
    std::vector<NodeIndex> m_planned;
};

Result<FoldTablePointer> FoldTable::of(std::shared_ptr<const GraphView> view, const FoldOptions& options,
                                       Progress& progress, std::stop_token stop)
{
    auto table = planned(std::move(view), options, progress, stop);
    if (!table)
        return tl::make_unexpected(std::move(table.error()));
    if (auto settled = (*table)->settle(*table, progress, stop); !settled)
        return tl::make_unexpected(std::move(settled.error()));
    return *table;
}

Result<std::shared_ptr<FoldTable>> FoldTable::planned(std::shared_ptr<const GraphView> view,
                                                      const FoldOptions& options, Progress& progress,
                                                      const std::stop_token& stop)
{
    auto table = std::make_shared<FoldTable>();
    table->m_view = std::move(view);
    table->m_shapes = std::make_shared<const Shapes>(*table->m_view);
    table->m_options = options;
    if (auto done = FoldTableBuilder(*table, stop).planAll(progress); !done)
        return tl::make_unexpected(std::move(done.error()));
    return table;
}

Result<FoldTable::Update> FoldTable::updated(const FoldTable& before, Model model, Progress& progress,
                                             const std::stop_token& stop)
{
    const bool sameHeader = model.header == before.m_view->model().header;
    const GraphView::Updated now = GraphView::after(*before.m_view, std::move(model));
    const bool follows = now.change && sameHeader && before.m_view->isInOrder() && now.view->isInOrder() &&
                         !annotates(*before.m_view) && !annotates(*now.view);
    if (follows) {
        auto table = std::make_shared<FoldTable>(before);
        std::vector<ValueIndex> reshaped;
        table->m_view = now.view;
        table->m_shapes = std::make_shared<const Shapes>(*before.m_shapes, *now.view, *now.change, reshaped);
        table->m_settled.clear();
        table->m_late.clear();
        FoldTableBuilder builder(*table, stop);
        if (stop.stop_requested())
            return cancelled();
        builder.update(*before.m_view, *now.change, reshaped);
        return Update{std::move(table), builder.planned()};
    }
    auto anew = planned(now.view, before.m_options, progress, stop);
    if (!anew)
        return tl::make_unexpected(std::move(anew.error()));
    return Update{std::move(*anew), std::nullopt};
}

Result<FoldTablePointer> FoldTable::after(const FoldTablePointer& before, Model model, Progress& progress,
                                          std::stop_token stop)
{
    auto update = updated(*before, std::move(model), progress, stop);
    if (!update)
        return tl::make_unexpected(std::move(update.error()));
    if (auto settled = update->table->settle(update->table, progress, stop); !settled)
        return tl::make_unexpected(std::move(settled.error()));
    return update->table;
}

const FoldTable::Entry* FoldTable::entryOf(NodeIndex node) const
{
    return index(node) < m_entries.size() ? m_entries[index(node)].get() : nullptr;
}

NodeIndex FoldTable::firstOf(const FoldId& id) const
{
    const auto isCalled = [&](NodeIndex first) {
        const Entry* const entry = entryOf(first);
        return entry && entry->candidate && entry->candidate->id == id;
    };
    for (std::size_t s = 0; s < m_view->scopes().size(); ++s) {
        const std::string& path = m_view->scopes()[s].path;
        const bool fits = path.empty() ? s == 0 : id.size() > path.size() && id.starts_with(path);
        if (!fits)
            continue;
        const std::string_view tensor = std::string_view(id).substr(path.empty() ? 0 : path.size() + 1);
        const NodeIndex maker = m_view->producer(m_view->find(static_cast<ScopeIndex>(s), tensor));
        if (maker != NodeIndex::None && isCalled(m_chainOf[index(maker)]))
            return m_chainOf[index(maker)];
    }
    // A chain that makes nothing has the name of nothing.
    for (std::size_t n = 0; id.empty() || id.ends_with(':'); ++n) {
        if (n == m_entries.size())
            break;
        if (isCalled(static_cast<NodeIndex>(n)))
            return static_cast<NodeIndex>(n);
    }
    return NodeIndex::None;
}

std::vector<NodeIndex> FoldTable::firsts() const
{
    std::vector<NodeIndex> all;
    for (std::size_t s = 0; s < m_view->scopes().size(); ++s) {
        const auto add = [&](NodeIndex node) {
            if (entryOf(node))
                all.push_back(node);
        };
        if (m_view->isInOrder())
            std::ranges::for_each(m_view->scopes()[s].nodes, add);
        else
            std::ranges::for_each(m_view->topological(static_cast<ScopeIndex>(s)), add);
    }
    return all;
}

std::vector<CandidatePointer> FoldTable::candidates() const
{
    std::vector<CandidatePointer> all;
    for (const NodeIndex first : firsts()) {
        const auto settled = m_settled.find(first);
        const CandidatePointer& candidate =
            settled == m_settled.end() ? entryOf(first)->candidate : settled->second;
        if (candidate)
            all.push_back(candidate);
    }
    all.insert(all.end(), m_late.begin(), m_late.end());
    return all;
}

CandidatePointer FoldTable::candidate(const FoldId& id) const
{
    const NodeIndex first = firstOf(id);
    if (const auto settled = m_settled.find(first); settled != m_settled.end())
        return settled->second;
    if (first != NodeIndex::None)
        return entryOf(first)->candidate;
    const auto late = std::ranges::find(m_late, id, [](const auto& candidate) { return candidate->id; });
    return late == m_late.end() ? nullptr : *late;
}

CandidatePointer FoldTable::verdictOn(NodeIndex first) const
{
    const Entry* const entry = entryOf(first);
    if (!entry || !m_view->exists(first))
        return nullptr;
    const auto settled = m_settled.find(first);
    return settled == m_settled.end() ? entry->candidate : settled->second;
}

FoldTable::Change FoldTable::since(const FoldTable& before) const
{
    std::set<NodeIndex> firsts;
    const auto add = [&firsts](std::size_t node) { firsts.insert(static_cast<NodeIndex>(node)); };
    m_entries.visitBeside(before.m_entries, [&](std::size_t node) {
        if (entryOf(static_cast<NodeIndex>(node)) != before.entryOf(static_cast<NodeIndex>(node)))
            add(node);
    });
    before.m_entries.visitBeside(m_entries, [&](std::size_t node) {
        if (entryOf(static_cast<NodeIndex>(node)) != before.entryOf(static_cast<NodeIndex>(node)))
            add(node);
    });
    for (const auto* table : {this, &before}) {
        for (const auto& [first, verdict] : table->m_settled)
            firsts.insert(first);
    }
    Change change;
    for (const NodeIndex first : firsts) {
        CandidatePointer was = before.verdictOn(first), now = verdictOn(first);
        if (was == now)
            continue;
        if (was)
            change.gone.push_back(std::move(was));
        if (now)
            change.came.push_back(std::move(now));
    }
    if (this != &before) {
        change.gone.insert(change.gone.end(), before.m_late.begin(), before.m_late.end());
        change.came.insert(change.came.end(), m_late.begin(), m_late.end());
    }
    return change;
}

std::size_t FoldTable::bytesBeside(const FoldTable& other) const
{
    return sizeof(*this) + m_view->bytesBeside(*other.m_view) + m_shapes->bytesBeside(*other.m_shapes) +
           m_entries.bytesBeside(other.m_entries) + m_chainOf.bytesBeside(other.m_chainOf) +
           m_restingOn.bytesBeside(other.m_restingOn) + m_changers.bytesBeside(other.m_changers);
}

// Folds in memory, round by round, what the verdicts in question hang on, and no more.
Result<void> FoldTable::settle(const FoldTablePointer& self, Progress& progress, const std::stop_token& stop)
{
    std::set<NodeIndex> unsettled = m_unsettled;
    const auto waits = [](const Entry& entry) {
        return !entry.byDefault || entry.candidate->direction != FoldDirection::After;
    };
    if (m_defaults > 0) {
        for (const NodeIndex first : m_everywhere) {
            if (waits(*entryOf(first)))
                unsettled.insert(first);
        }
    }
    if (!m_shapers.empty()) {
        for (const NodeIndex first : firsts()) {
            if (waits(*entryOf(first)))
                unsettled.insert(first);
        }
    }
    if (unsettled.empty())
        return {};
    FoldRounds rounds(self, Sums::LeaveOut, stop);
    if (auto ran = rounds.settle(unsettled, progress); !ran)
        return ran;
    for (const FoldId& id : rounds.asked())
        m_settled.emplace(firstOf(id), rounds.verdict(id));
    m_late = rounds.late();
    return {};
}

} // namespace pleat
