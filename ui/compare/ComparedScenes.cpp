// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/ComparedScenes.h"

#include "core/graph/NameScopes.h"
#include "ui/canvas/KeptPlaces.h"
#include "ui/canvas/ScopeBlocks.h"
#include "ui/document/Convert.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace pleat::ui {

namespace {

constexpr quint32 nobody = 0xffffffff;

// Both scenes in one, with the number of a node as its key.
class Union final {
public:
    // `partner`: of each node of `before` the one of `after`, or nobody.
    Union(const GraphScene& before, const GraphScene& after, std::vector<quint32> partner)
        : m_before(before),
          m_after(after),
          m_partner(std::move(partner))
    {
        number();
        separateCycles();
        gatherEdges();
    }

    // Where one of the models has a way through nodes that the other one has not, that is the way of the
    // other's edge, too; else (`shares` is false) each has a line of its own.
    std::optional<std::pair<ScenePointer, ScenePointer>> place(Direction direction, bool shares,
                                                               const NameScopes& tree,
                                                               const std::vector<std::uint32_t>& scopes,
                                                               const std::stop_token& stop)
    {
        GraphScene before = m_before, after = m_after;
        prepareLayout(before, direction);
        prepareLayout(after, direction);
        GraphScene both;
        for (std::size_t n = 0; n < before.nodes.size(); ++n) {
            before.nodes.change(n).key = m_numberBefore[n];
            both.nodes.push_back(before.nodes[n]);
        }
        for (std::size_t n = 0; n < after.nodes.size(); ++n) {
            after.nodes.change(n).key = m_numberAfter[n];
            if (m_numberAfter[n] == both.nodes.size())
                both.nodes.push_back(after.nodes[n]);
        }
        addEdges(both, after, shares);
        addFrames(both, before.frames, m_numberBefore);
        addFrames(both, after.frames, m_numberAfter);
        layout::LayoutInput input = prepareLayout(both, direction);
        makeRoom(both, after, input);
        auto placed = layOut(input, stop);
        if (!placed)
            return std::nullopt;
        // Zoomed out, scopes are blocks. They are not collapsed here, so they have no outline with a header.
        addGroups(both, tree.scopes(), scopes);
        placeScene(both, std::move(*placed));
        for (std::size_t g = 0; g < both.groups.size(); ++g)
            both.groups.change(g).outline = {};
        const IndexedScene laidOut{both, std::make_shared<const SceneIndex>(both)};
        auto left = keepPlaces(before, laidOut), right = keepPlaces(after, laidOut);
        if (!left || !right)
            return std::nullopt;
        return std::pair(finished(std::move(left->scene), laidOut),
                         finished(std::move(right->scene), laidOut));
    }

    quint32 numberBefore(std::size_t node) const { return m_numberBefore[node]; }
    quint32 numberAfter(std::size_t node) const { return m_numberAfter[node]; }
    std::size_t size() const { return m_size; }

private:
    struct Way {
        quint32 from = 0, to = 0, port = 0; // numbers
    };
    using Port = std::pair<quint32, quint32>; // a node, an input of it

    void number()
    {
        m_numberBefore.clear();
        m_size = static_cast<quint32>(m_before.nodes.size());
        for (quint32 n = 0; n < m_size; ++n)
            m_numberBefore.push_back(n);
        m_numberAfter.assign(m_after.nodes.size(), nobody);
        for (quint32 n = 0; n < m_partner.size(); ++n)
            if (m_partner[n] != nobody)
                m_numberAfter[m_partner[n]] = n;
        for (quint32& each : m_numberAfter)
            if (each == nobody)
                each = m_size++;
    }

    void gatherEdges()
    {
        const auto gather = [](const GraphScene& scene, const std::vector<quint32>& numbers) {
            std::vector<Way> ways;
            for (const SceneEdge& edge : scene.edges)
                ways.push_back({numbers[edge.from], numbers[edge.to], edge.toPort});
            return ways;
        };
        m_ways[0] = gather(m_before, m_numberBefore);
        m_ways[1] = gather(m_after, m_numberAfter);
        for (auto& has : m_has)
            has.assign(m_size, 0);
        for (const quint32 n : m_numberBefore)
            m_has[0][n] = 1;
        for (const quint32 n : m_numberAfter)
            m_has[1][n] = 1;
        for (int side = 0; side < 2; ++side) {
            m_in[side].assign(m_size, {});
            for (const Way& way : m_ways[side])
                m_in[side][way.to].push_back(way.from);
        }
    }

    // Two graphs without a cycle may have one together, where what belongs together stands in another order.
    // What may be on one (nothing before it and nothing behind it is left over) is not put together then.
    void separateCycles()
    {
        gatherEdges();
        std::vector<char> isLeft(m_size, 1);
        for (const bool forwards : {true, false}) {
            std::vector<std::vector<quint32>> next(m_size);
            std::vector<int> open(m_size, 0);
            for (const auto& ways : m_ways)
                for (const Way& way : ways)
                    if (isLeft[way.from] && isLeft[way.to]) {
                        next[forwards ? way.from : way.to].push_back(forwards ? way.to : way.from);
                        ++open[forwards ? way.to : way.from];
                    }
            std::vector<quint32> ready;
            for (quint32 n = 0; n < m_size; ++n)
                if (isLeft[n] && open[n] == 0)
                    ready.push_back(n);
            while (!ready.empty()) {
                const quint32 n = ready.back();
                ready.pop_back();
                isLeft[n] = 0;
                for (const quint32 to : next[n])
                    if (--open[to] == 0)
                        ready.push_back(to);
            }
        }
        for (quint32 n = 0; n < m_partner.size(); ++n)
            if (isLeft[n])
                m_partner[n] = nobody;
        number();
    }

    // Whether this side comes from `from` to `end` through nodes that it has alone, `end` one of them.
    bool leadsThere(int side, quint32 from, quint32 end) const
    {
        constexpr std::size_t most = 12; // as far as KeptPlaces looks
        std::vector<quint32> seen{end};
        for (std::size_t at = 0; at < seen.size() && seen.size() < most; ++at) {
            if (m_has[1 - side][seen[at]])
                return false;
            for (const quint32 before : m_in[side][seen[at]]) {
                if (before == from)
                    return true;
                if (!m_has[1 - side][before] && std::ranges::find(seen, before) == seen.end())
                    seen.push_back(before);
            }
        }
        return false;
    }

    void addEdges(GraphScene& both, GraphScene& after, bool shares)
    {
        constexpr quint32 otherPorts = 1u << 24; // for a second line to the same input
        std::map<Port, std::size_t> entering;    // edges of before
        for (std::size_t e = 0; e < m_ways[0].size(); ++e)
            entering.emplace(Port(m_ways[0][e].to, m_ways[0][e].port), e);
        std::vector<char> isCovered(m_ways[0].size(), 0); // by a way of after
        std::vector<std::size_t> own;                     // edges of after
        for (std::size_t e = 0; e < m_ways[1].size(); ++e) {
            const Way& way = m_ways[1][e];
            const auto other = entering.find({way.to, way.port});
            if (other == entering.end()) {
                own.push_back(e);
                continue;
            }
            const quint32 from = m_ways[0][other->second].from;
            if (from == way.from || (shares && leadsThere(0, way.from, from)))
                continue;
            if (shares && leadsThere(1, from, way.from))
                isCovered[other->second] = 1;
            else
                after.edges.change(e).toPort = way.port + otherPorts;
            own.push_back(e);
        }
        const auto add = [&both](SceneEdge edge, const Way& way) {
            edge.from = way.from;
            edge.to = way.to;
            both.edges.push_back(edge);
        };
        for (std::size_t e = 0; e < m_ways[0].size(); ++e)
            if (!isCovered[e])
                add(m_before.edges[e], m_ways[0][e]);
        for (const std::size_t e : own)
            add(after.edges[e], m_ways[1][e]);
    }

    static void addFrames(GraphScene& both, const SceneVector<SceneFrame>& frames,
                          const std::vector<quint32>& numbers)
    {
        for (SceneFrame frame : frames) {
            for (quint32& node : frame.nodes)
                node = numbers[node];
            both.frames.push_back(frame);
        }
    }

    // A node is as large as the larger of the two.
    void makeRoom(GraphScene& both, const GraphScene& after, layout::LayoutInput& input) const
    {
        for (std::size_t n = 0; n < after.nodes.size(); ++n) {
            SceneNode& node = both.nodes.change(m_numberAfter[n]);
            node.rect.setSize(node.rect.size().expandedTo(after.nodes[n].rect.size()));
            input.nodes[m_numberAfter[n]] = {node.rect.width(), node.rect.height()};
        }
    }

    // A trunk ends where the last of its branches that is still there leaves.
    static ScenePointer finished(GraphScene scene, const IndexedScene& laidOut)
    {
        std::vector<std::size_t> reach(scene.layout.trunks.size(), 0);
        for (std::size_t e = 0; e < scene.edges.size(); ++e) {
            const layout::Branch& branch = scene.layout.branches[e];
            if (!scene.edges[e].gone)
                reach[branch.trunk] = std::max<std::size_t>(reach[branch.trunk], branch.leaves + 1);
        }
        for (std::size_t t = 0; t < reach.size(); ++t) {
            if (reach[t] == 0 || reach[t] >= scene.layout.trunks[t].points.size())
                continue;
            layout::Trunk trunk = scene.layout.trunks[t];
            trunk.points.resize(reach[t]);
            scene.layout.setTrunk(t, std::move(trunk));
        }
        return std::make_shared<const IndexedScene>(IndexedScene{std::move(scene), laidOut.index});
    }

    const GraphScene &m_before, &m_after;
    std::vector<quint32> m_partner;
    std::vector<quint32> m_numberBefore, m_numberAfter;
    quint32 m_size = 0;
    std::vector<Way> m_ways[2]; // of before and of after
    std::vector<char> m_has[2]; // of each number, whether that side has it
    std::vector<std::vector<quint32>> m_in[2];
};

std::vector<Mark> marksOf(const Comparison& comparison, const GraphView& view, bool before)
{
    std::vector<Mark> marks;
    for (const Change& change : comparison.changes)
        if (const NodeIndex node = before ? change.before : change.after; node != NodeIndex::None)
            marks.push_back({{view.id(node)},
                             lookOf(change.kind),
                             change.brief,
                             {},
                             change.details.isEmpty() ? change.brief : change.details.join(u'\n'),
                             {},
                             {}});
    return marks;
}

// Of each node of `before` the one of `after`: nodes that belong together, and inputs and outputs of the page
// by their names, else by their places.
std::vector<quint32> partnersOf(const Comparison& comparison, const BuiltScene& before,
                                const BuiltScene& after)
{
    const GraphView &old = *comparison.before->view, &now = *comparison.after->view;
    std::unordered_map<NodeId, quint32> nodes;
    std::map<std::pair<Category, std::string>, quint32> ports;
    std::map<Category, std::vector<quint32>> left; // ports that nobody has taken
    for (quint32 n = 0; n < after.items.size(); ++n) {
        if (after.items[n].node != NodeId::None)
            nodes.emplace(after.items[n].node, n);
        else
            ports.emplace(std::pair(after.scene.nodes[n].category, after.items[n].value), n);
    }
    std::vector<quint32> partner(before.items.size(), nobody);
    std::map<Category, std::vector<quint32>> alone;
    for (quint32 n = 0; n < before.items.size(); ++n) {
        const BuiltScene::Item& item = before.items[n];
        if (item.node != NodeId::None) {
            const auto known = comparison.afterOf.find(old.find(item.node));
            const auto found =
                known == comparison.afterOf.end() ? nodes.end() : nodes.find(now.id(known->second));
            if (found != nodes.end())
                partner[n] = found->second;
        } else if (const auto port = ports.find({before.scene.nodes[n].category, item.value});
                   port != ports.end()) {
            partner[n] = port->second;
            ports.erase(port);
        } else {
            alone[before.scene.nodes[n].category].push_back(n);
        }
    }
    for (const auto& [port, n] : ports)
        left[port.first].push_back(n);
    for (auto& [category, numbers] : left) {
        std::ranges::sort(numbers);
        const std::vector<quint32>& others = alone[category];
        for (std::size_t i = 0; i < std::min(numbers.size(), others.size()); ++i)
            partner[others[i]] = numbers[i];
    }
    return partner;
}

std::optional<BuiltScene> gather(const Comparison& comparison, ScopeIndex page, const ComparedTypes& types,
                                 const SceneDetails& details, bool before, const std::stop_token& stop)
{
    const GraphView& view = *(before ? comparison.before : comparison.after)->view;
    if (page == ScopeIndex::None)
        return BuiltScene();
    return gatherScene({view, page}, marksOf(comparison, view, before),
                       *(before ? types.before : types.after), details, stop);
}

// Of the page before where there is one.
NameScopes treeOf(const Comparison& comparison, const ComparedPage& page)
{
    return page.before != ScopeIndex::None ? NameScopes(*comparison.before->view, page.before)
                                           : NameScopes(*comparison.after->view, page.after);
}

// Of each number its scope in that tree; what the other page has alone is where its name says.
std::vector<std::uint32_t> scopesOf(const Comparison& comparison, const ComparedPage& page,
                                    const std::vector<ComparedScenes::Item>& items, const NameScopes& tree)
{
    const bool isOfBefore = page.before != ScopeIndex::None;
    const GraphView& own = *(isOfBefore ? comparison.before : comparison.after)->view;
    const GraphView& other = *(isOfBefore ? comparison.after : comparison.before)->view;
    std::vector<std::uint32_t> scopes;
    for (const ComparedScenes::Item& item : items) {
        const NodeId mine = isOfBefore ? item.before.node : item.after.node;
        const NodeId others = isOfBefore ? item.after.node : item.before.node;
        if (mine != NodeId::None)
            scopes.push_back(tree.of(mine, scopedName(own, own.find(mine))));
        else if (others != NodeId::None)
            scopes.push_back(tree.of(NodeId::None, scopedName(other, other.find(others))));
        else
            scopes.push_back(NameScopes::root); // a port
    }
    return scopes;
}

} // namespace

ComparedPage pageBefore(const Comparison& comparison, ScopeIndex before)
{
    const auto found = comparison.pageAfter.find(before);
    return {before, found == comparison.pageAfter.end() ? ScopeIndex::None : found->second};
}

ComparedPage pageAfter(const Comparison& comparison, ScopeIndex after)
{
    const auto found = comparison.pageBefore.find(after);
    return {found == comparison.pageBefore.end() ? ScopeIndex::None : found->second, after};
}

std::optional<ComparedScenes> sideBySide(const Comparison& comparison, const ComparedPage& page,
                                         const ComparedTypes& types, const SceneDetails& details,
                                         Direction direction, const std::stop_token& stop)
{
    const auto before = gather(comparison, page.before, types, details, true, stop);
    const auto after = gather(comparison, page.after, types, details, false, stop);
    if (!before || !after)
        return std::nullopt;
    Union both(before->scene, after->scene, partnersOf(comparison, *before, *after));
    ComparedScenes scenes{page, {}, {}, {}};
    scenes.items.resize(both.size());
    for (std::size_t n = 0; n < before->items.size(); ++n)
        scenes.items[both.numberBefore(n)].before = before->items[n];
    for (std::size_t n = 0; n < after->items.size(); ++n)
        scenes.items[both.numberAfter(n)].after = after->items[n];
    const NameScopes tree = treeOf(comparison, page);
    const std::vector<std::uint32_t> inScopes = scopesOf(comparison, page, scenes.items, tree);
    auto placed = both.place(direction, true, tree, inScopes, stop);
    if (!placed && !stop.stop_requested())
        placed = both.place(direction, false, tree, inScopes, stop);
    if (!placed)
        return std::nullopt;
    std::tie(scenes.before, scenes.after) = std::move(*placed);
    return scenes;
}

} // namespace pleat::ui
