// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/Ordering.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace pleat::layout {

namespace {

// Small sections can afford to look longer.
constexpr std::size_t smallSection = 12000;
constexpr Index smallGraph = 25000, mediumGraph = 60000;
constexpr std::size_t sweepBudget = 8'000'000; // vertices, over all sweeps of one section
constexpr int maximumSweeps = 24, maximumSweepsSmall = 60;
constexpr int patience = 4, patienceSmall = 12; // sweeps without a gain

class Orderer final {
public:
    Orderer(LayeredGraph& graph, const std::stop_token& stop) : m_graph(graph), m_stop(stop) {}

    // Depth first, from the sources or the sinks, meeting the neighbours of each vertex one way round or the
    // other.
    struct Start {
        bool mirrored = false, upwards = false;
    };
    void initialise(Start start);
    // Ranks first … last; the two ends stay as they are where they have width 1.
    std::uint64_t improve(Index first, Index last);
    // Goes back to `order` in every section that had fewer crossings with it; what is left in all.
    std::uint64_t takeBetter(const std::vector<std::vector<Index>>& order,
                             const std::vector<std::uint64_t>& then, const std::vector<std::uint64_t>& now);

private:
    void visitFrom(Index root, Start start);
    void place(Index v);
    std::uint64_t crossingsBelow(Index rank);
    std::uint64_t crossings(Index first, Index last);
    void sortByBarycenter(Index rank, const Adjacency& neighbours, bool reverseTies);
    bool transpose(Index rank, bool swapTies);
    void renumber(Index rank);
    void neighbourPositions(Index rank);

    LayeredGraph& m_graph;
    const std::stop_token& m_stop;
    std::vector<char> m_placed;
    std::vector<Index> m_stack;
    std::vector<Index> m_fenwick;
    std::vector<std::pair<double, Index>> m_keyed;
    std::vector<Index> m_kept;
    Adjacency m_above, m_below; // positions of the neighbours of one rank's vertices, sorted
};

void Orderer::place(Index v)
{
    auto& rank = m_graph.order[m_graph.rank[v]];
    m_graph.position[v] = static_cast<Index>(rank.size());
    rank.push_back(v);
    m_placed[v] = 1;
    m_stack.push_back(v);
}

void Orderer::visitFrom(Index root, Start start)
{
    place(root);
    std::vector<std::size_t> at{0};
    while (!m_stack.empty()) {
        const Index v = m_stack.back();
        const auto onwards = (start.upwards ? m_graph.up : m_graph.down).of(v);
        const auto back = (start.upwards ? m_graph.down : m_graph.up).of(v);
        Index next = none;
        while (next == none && at.back() < onwards.size() + back.size()) {
            const std::size_t i = at.back()++;
            const Index candidate = i >= onwards.size() ? back[i - onwards.size()]
                                    : start.mirrored    ? onwards[onwards.size() - 1 - i]
                                                        : onwards[i];
            // What lies behind comes last: it is what cannot be reached the other way.
            if (!m_placed[candidate])
                next = candidate;
        }
        if (next == none) {
            m_stack.pop_back();
            at.pop_back();
        } else {
            place(next);
            at.push_back(0);
        }
    }
}

void Orderer::initialise(Start start)
{
    for (auto& order : m_graph.order)
        order.clear();
    m_placed.assign(m_graph.vertices(), 0);
    for (Index v = 0; v < m_graph.nodes; ++v)
        if ((start.upwards ? m_graph.down : m_graph.up).of(v).empty() && !m_placed[v])
            visitFrom(v, start);
    for (Index v = 0; v < m_graph.vertices(); ++v)
        if (!m_placed[v])
            visitFrom(v, start);
}

void Orderer::renumber(Index rank)
{
    Index i = 0;
    for (const Index v : m_graph.order[rank])
        m_graph.position[v] = i++;
}

// Segments of one gap cross if their ends are in opposite order: inversions, counted with a Fenwick tree.
std::uint64_t Orderer::crossingsBelow(Index rank)
{
    const auto& upper = m_graph.order[rank];
    const std::size_t width = m_graph.order[rank + 1].size();
    if (upper.size() < 2 || width < 2)
        return 0;
    m_fenwick.assign(width + 1, 0);
    std::uint64_t count = 0;
    Index seen = 0;
    for (const Index u : upper) {
        const auto down = m_graph.down.of(u);
        for (const Index v : down) {
            Index notRight = 0; // earlier segments that end at or left of this one
            for (std::size_t i = m_graph.position[v] + 1; i > 0; i &= i - 1)
                notRight += m_fenwick[i];
            count += seen - notRight;
        }
        for (const Index v : down)
            for (std::size_t i = m_graph.position[v] + 1; i <= width; i += i & (~i + 1))
                ++m_fenwick[i];
        seen += static_cast<Index>(down.size());
    }
    return count;
}

std::uint64_t Orderer::crossings(Index first, Index last)
{
    std::uint64_t count = 0;
    for (Index r = first; r < last; ++r)
        count += crossingsBelow(r);
    return count;
}

void Orderer::sortByBarycenter(Index rank, const Adjacency& neighbours, bool reverseTies)
{
    auto& order = m_graph.order[rank];
    if (order.size() < 2)
        return;
    m_keyed.clear();
    m_kept.clear(); // who has no neighbour on that side keeps its place
    for (Index i = 0; i < order.size(); ++i) {
        const auto around = neighbours.of(order[i]);
        if (around.empty()) {
            m_kept.push_back(i);
            continue;
        }
        double sum = 0;
        for (const Index u : around)
            sum += m_graph.position[u];
        m_keyed.emplace_back(sum / static_cast<double>(around.size()), order[i]);
    }
    if (reverseTies)
        std::ranges::reverse(m_keyed);
    std::ranges::stable_sort(m_keyed, {}, &std::pair<double, Index>::first);
    if (m_kept.empty()) {
        for (Index i = 0; i < order.size(); ++i)
            order[i] = m_keyed[i].second;
    } else {
        std::size_t next = 0, kept = 0;
        for (Index i = 0; i < order.size(); ++i) {
            if (kept < m_kept.size() && m_kept[kept] == i)
                ++kept;
            else
                order[i] = m_keyed[next++].second;
        }
    }
    renumber(rank);
}

void Orderer::neighbourPositions(Index rank)
{
    const auto& order = m_graph.order[rank];
    const auto collect = [&](const Adjacency& neighbours, Adjacency& into) {
        into.first.assign(1, 0);
        into.items.clear();
        for (const Index v : order) {
            for (const Index u : neighbours.of(v))
                into.items.push_back(m_graph.position[u]);
            std::sort(into.items.begin() + into.first.back(), into.items.end());
            into.first.push_back(static_cast<Index>(into.items.size()));
        }
    };
    collect(m_graph.up, m_above);
    collect(m_graph.down, m_below);
}

// Crossings between the segments of two vertices when a is left of b; both lists are sorted.
std::uint64_t crossed(std::span<const Index> a, std::span<const Index> b)
{
    std::uint64_t count = 0;
    std::size_t j = 0;
    for (const Index position : a) {
        while (j < b.size() && b[j] < position)
            ++j;
        count += j;
    }
    return count;
}

bool Orderer::transpose(Index rank, bool swapTies)
{
    auto& order = m_graph.order[rank];
    if (order.size() < 2)
        return false;
    neighbourPositions(rank);
    std::vector<Index>& slot = m_kept; // place → index of the vertex's lists
    slot.resize(order.size());
    for (Index i = 0; i < order.size(); ++i)
        slot[i] = i;
    bool any = false;
    for (bool again = true, once = false; again; once = true) {
        again = false;
        for (std::size_t i = 0; i + 1 < order.size(); ++i) {
            const Index a = slot[i], b = slot[i + 1];
            const std::uint64_t now =
                crossed(m_above.of(a), m_above.of(b)) + crossed(m_below.of(a), m_below.of(b));
            if (now == 0)
                continue;
            const std::uint64_t then =
                crossed(m_above.of(b), m_above.of(a)) + crossed(m_below.of(b), m_below.of(a));
            if (then < now || (swapTies && then == now && now > 0)) {
                std::swap(slot[i], slot[i + 1]);
                std::swap(order[i], order[i + 1]);
                any = true;
                again |= then < now;
            }
        }
        again = again && !once; // two passes: the sweeps come back anyway
    }
    if (any)
        renumber(rank);
    return any;
}

std::uint64_t Orderer::improve(Index first, Index last)
{
    std::uint64_t best = crossings(first, last);
    std::vector<std::vector<Index>> bestOrder(m_graph.order.begin() + first,
                                              m_graph.order.begin() + last + 1);
    std::size_t size = 0;
    for (const auto& order : bestOrder)
        size += order.size();
    // A section of millions is no network that anybody could follow: two sweeps, and be done.
    const int sweeps = size < smallSection
                           ? maximumSweepsSmall
                           : std::clamp(static_cast<int>(sweepBudget / size), 2, maximumSweeps);
    // Nor is a graph of so many small ones looked at that closely.
    const int enough = size < smallSection && m_graph.vertices() < mediumGraph ? patienceSmall : patience;
    for (int sweep = 0, idle = 0; best > 0 && sweep < sweeps && idle < enough; ++sweep) {
        if (m_stop.stop_requested())
            return best;
        const bool reverseTies = sweep % 4 >= 2;
        if (sweep % 2 == 0) {
            for (Index r = first + 1; r <= last; ++r)
                sortByBarycenter(r, m_graph.up, reverseTies);
        } else {
            for (Index r = last; r-- > first;)
                sortByBarycenter(r, m_graph.down, reverseTies);
        }
        // A trunk changes sides only if each of its dummies does, and all but the last of those swaps gain
        // nothing.
        const bool swapTies = sweep % 3 == 2;
        for (int round = 0; round < 4; ++round) {
            bool any = false;
            for (Index r = first; r <= last; ++r)
                any |= transpose(r, swapTies && round == 0);
            if (!any)
                break;
        }
        const std::uint64_t count = crossings(first, last);
        if (count < best) {
            best = count;
            std::copy(m_graph.order.begin() + first, m_graph.order.begin() + last + 1, bestOrder.begin());
            idle = 0;
        } else {
            ++idle;
        }
    }
    for (Index r = first; r <= last; ++r) {
        m_graph.order[r].swap(bestOrder[r - first]);
        renumber(r);
    }
    return best;
}

std::uint64_t Orderer::takeBetter(const std::vector<std::vector<Index>>& order,
                                  const std::vector<std::uint64_t>& then,
                                  const std::vector<std::uint64_t>& now)
{
    std::uint64_t count = 0;
    std::size_t section = 0;
    Index first = 0;
    for (Index r = 1; r < m_graph.ranks() && section < std::min(then.size(), now.size()); ++r) {
        if (m_graph.order[r].size() != 1 && r + 1 != m_graph.ranks())
            continue;
        count += std::min(then[section], now[section]);
        if (then[section] <= now[section]) {
            for (Index i = first; i <= r; ++i) {
                m_graph.order[i] = order[i];
                renumber(i);
            }
        }
        ++section;
        first = r;
    }
    return count;
}

// Improves section by section; the crossings left in each are added to `sections`.
void improveSections(Orderer& orderer, const LayeredGraph& graph, const std::stop_token& stop,
                     std::vector<std::uint64_t>& sections)
{
    Index first = 0;
    for (Index r = 1; r < graph.ranks() && !stop.stop_requested(); ++r) {
        if (graph.order[r].size() != 1 && r + 1 != graph.ranks())
            continue;
        sections.push_back(r > first + 1 ? orderer.improve(first, r) : 0);
        first = r;
    }
}

} // namespace

bool orderRanks(LayeredGraph& graph, std::uint64_t& crossings, const std::stop_token& stop)
{
    Orderer orderer(graph, stop);
    std::vector<std::uint64_t> best;
    orderer.initialise({});
    improveSections(orderer, graph, stop, best);
    crossings = std::accumulate(best.begin(), best.end(), std::uint64_t{0});
    // Where sweeps end depends on where they began: another start is often the better one.
    const std::size_t starts = graph.vertices() < smallGraph ? 4 : graph.vertices() < mediumGraph ? 2 : 1;
    const std::array<Orderer::Start, 4> start{{{}, {true, false}, {false, true}, {true, true}}};
    for (std::size_t i = 1; i < starts && crossings > 0 && !stop.stop_requested(); ++i) {
        const auto order = graph.order;
        std::vector<std::uint64_t> others;
        orderer.initialise(start[i]);
        improveSections(orderer, graph, stop, others);
        const std::uint64_t before = std::exchange(crossings, orderer.takeBetter(order, best, others));
        if (i == 1 && crossings == before)
            break; // most drawings are as good as they get at once
        for (std::size_t s = 0; s < std::min(best.size(), others.size()); ++s)
            best[s] = std::min(best[s], others[s]);
    }
    return !stop.stop_requested();
}

} // namespace pleat::layout
