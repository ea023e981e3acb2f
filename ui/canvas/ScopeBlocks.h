// SPDX-License-Identifier: GPL-3.0-or-later
// Scopes in a scene: what a collapsed one says about the nodes that it stands for, and which nodes the
// expanded ones go round. For SceneBuilder.
#pragma once

#include "ui/canvas/SceneReader.h"
#include "ui/canvas/ScopeState.h"
#include "ui/document/Mark.h"

#include <span>
#include <utility>
#include <vector>

namespace pleat::ui {

// A collapsed scope, as it is put together node by node.
class ScopeBlock final {
public:
    static quint32 key(std::uint32_t scope); // apart from the ids of nodes and the keys of ports
    static SceneNode node(const NameScope& scope, std::uint32_t number); // without rows

    void add(const GraphView& view, NodeIndex node);
    void add(const Mark& mark); // once for each
    // "24 nodes" and its parameters, its operators, its marks: "12 can fold".
    std::vector<WeightRow> rows() const;

private:
    struct Count {
        QString kind;
        MarkLook look;
        int marks = 0;
    };
    int m_nodes = 0;
    std::vector<std::pair<ValueIndex, std::uint64_t>> m_weights; // and their elements; some more than once
    std::vector<std::pair<std::string_view, int>> m_operators;
    std::vector<Count> m_marks;
};

// Fills scene.groups and scene.groupOf. `scopes`: of each node the innermost one; the root for ports.
void addGroups(GraphScene& scene, std::span<const NameScope> all, const std::vector<std::uint32_t>& scopes);

} // namespace pleat::ui
