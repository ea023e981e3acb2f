// SPDX-License-Identifier: GPL-3.0-or-later
// The element type of each value: what is stored, what an operator's definition says of its results (ONNX's
// schemas: most of them give back the type of an input), and where neither tells, what the file declares.
// What is no tensor (sequences, maps) has none. An immutable value of a view.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

class ElementTypes final {
public:
    // O(nodes); of every scope.
    explicit ElementTypes(const GraphView& view);

    // Undefined where it is not known.
    DataType of(ValueIndex value) const
    {
        return index(value) < m_types.size() ? m_types[index(value)] : DataType::Undefined;
    }

private:
    void deriveScope(const GraphView& view, ScopeIndex scope);
    DataType ofOutput(const GraphView& view, NodeIndex node, std::size_t slot) const;
    DataType bySchema(const GraphView& view, NodeIndex node, std::size_t slot) const;

    std::vector<DataType> m_types;                                   // by value
    std::unordered_map<NodeIndex, std::vector<ScopeIndex>> m_bodies; // while they are derived
};

} // namespace pleat
