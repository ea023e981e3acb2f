// SPDX-License-Identifier: GPL-3.0-or-later
// An edit by the numbers of a view, for Check.cpp and Rewriting.cpp: what is known by id becomes what is
// known by number, sorted, and reconnections become messages of the nodes that read. It refers to the edit
// and the view, which outlive it. One thread.
#pragma once

#include "core/rewrite/Edit.h"

#include <algorithm>
#include <map>

namespace pleat {

// Collected first, then sorted, then asked: a hundred thousand entries must not cost a node each.
template<class Key, class T>
class SortedMap final {
public:
    using Entries = std::vector<std::pair<Key, T>>;

    void add(Key key, T value) { m_entries.emplace_back(key, std::move(value)); }
    void sort()
    {
        if (!std::ranges::is_sorted(m_entries, {}, keyOf))
            std::ranges::stable_sort(m_entries, {}, keyOf);
    }
    // A key that is there twice, once sorted.
    std::optional<Key> twice() const
    {
        const auto found = std::ranges::adjacent_find(m_entries, {}, keyOf);
        return found == m_entries.end() ? std::nullopt : std::optional(found->first);
    }
    const T* find(Key key) const
    {
        const auto found = std::ranges::lower_bound(m_entries, key, {}, keyOf);
        return found != m_entries.end() && found->first == key ? &found->second : nullptr;
    }
    T* find(Key key) { return const_cast<T*>(std::as_const(*this).find(key)); }
    bool contains(Key key) const { return find(key) != nullptr; }
    auto all(Key key) const { return std::ranges::equal_range(m_entries, key, {}, keyOf); }
    bool empty() const { return m_entries.empty(); }
    auto begin() const { return m_entries.begin(); }
    auto end() const { return m_entries.end(); }

private:
    static Key keyOf(const typename Entries::value_type& entry) { return entry.first; }

    Entries m_entries;
};

struct ResolvedEdit {
    struct Changed {
        std::shared_ptr<const onnx::NodeProto> message;
        const NodeChange* change = nullptr; // null: only reconnected
    };
    struct GraphPart {
        const GraphChange* change = nullptr;                        // null: only outputs get other names
        std::map<std::string_view, std::string_view> outputRenames; // by the old name
    };

    ResolvedEdit(const Edit& edit, const GraphView& view);

    bool isRemoved(NodeIndex node) const { return std::ranges::binary_search(removed, node); }

    const Edit& edit;
    const GraphView& view;
    // What is unknown, or there twice. Then there is nothing more to be read here.
    std::optional<Error> wrong;

    SortedMap<NodeIndex, Changed> changed;
    std::vector<NodeIndex> removed;                   // sorted
    SortedMap<NodeIndex, const Node*> before, behind; // inserted nodes, by neighbour
    SortedMap<ValueIndex, const TensorMessage*> replaced;
    std::vector<ValueIndex> dropped; // sorted
    std::map<ScopeIndex, GraphPart> graphs;

private:
    ScopeIndex find(const ScopeKey& key);
    NodeIndex nodeOf(NodeId id, const char* what);
    ValueIndex tensorOf(TensorId id, const char* what);
    void resolveNodes();
    void resolveTensors();
    void resolveGraphs();
    void reconnect(ScopeIndex scope, const Reconnection& reconnection);
    void rewireNodes();
    void refuse(std::string message, std::string where = {});

    struct Reading {
        NodeIndex node;
        std::uint32_t slot;
        const Reconnection* reconnection;
    };
    std::vector<Reading> m_readings;
    std::map<ScopeKey, ScopeIndex> m_scopes; // filled when first asked for a body or a function
};

// apply(). REQUIRES: nothing is wrong with it.
Model applied(const ResolvedEdit& edit);

} // namespace pleat
