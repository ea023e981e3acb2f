// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/Pass.h"

#include <algorithm>

namespace pleat {

Round::Round(const Subject& subject, const PrepareOptions& options, Engine* engine, const Refused& refused,
             std::size_t most)
    : m_subject(subject),
      m_options(options),
      m_engine(engine),
      m_refused(refused),
      m_most(most),
      m_pen(subject.viewPointer())
{
}

std::vector<NodeIndex> Round::nodes() const
{
    std::vector<NodeIndex> all;
    all.reserve(view().nodeCount());
    for (std::size_t s = 0; s < view().scopes().size(); ++s) {
        const auto scope = view().topological(static_cast<ScopeIndex>(s));
        all.insert(all.end(), scope.begin(), scope.end());
    }
    return all;
}

bool Round::claim(std::initializer_list<NodeIndex> nodes, Sentence what)
{
    return claim(std::span(nodes.begin(), nodes.size()), std::move(what));
}

bool Round::claim(std::span<const NodeIndex> nodes, Sentence what)
{
    if (m_done.size() >= m_most ||
        !std::ranges::all_of(nodes, [this](NodeIndex node) { return isFree(node); }))
        return false;
    const auto refused = nodes.empty() ? m_refused.end() : m_refused.find(view().id(nodes.front()));
    if (refused != m_refused.end()) {
        leave(nodes.front(), "refused", refused->second);
        return false;
    }
    PreparedPlace& place = m_done.emplace_back(PreparedPlace{std::move(what), {}});
    place.nodes.reserve(nodes.size());
    for (const NodeIndex node : nodes) {
        m_claimed.insert(node);
        place.nodes.push_back(view().id(node));
    }
    return true;
}

bool Round::bypass(NodeIndex node, ValueIndex from, ValueIndex to, Sentence what)
{
    if (!m_pen.canReplace(from, to)) {
        leave(node, "graph-output",
              sentence(
                  "{} stays: its result {} is an output of the graph, which must have a node that makes it",
                  operation(view(), node), named(view(), from)));
        return false;
    }
    const NodeIndex maker = m_pen.renamedMaker(from, to);
    if (maker == NodeIndex::None ? !claim({node}, std::move(what)) : !claim({node, maker}, std::move(what)))
        return false;
    m_pen.replace(from, to);
    m_pen.remove(node);
    return true;
}

void Round::leave(NodeIndex node, std::string code, Sentence why)
{
    m_left.push_back({std::move(code), view().id(node), std::move(why)});
}

bool Round::isKnownByName(ValueIndex value, ValueIndex readers) const
{
    return std::ranges::all_of(view().uses(readers), [&](const Use& use) {
        return view().find(view().scope(use.node), view().name(value)) == value;
    });
}

} // namespace pleat
