// SPDX-License-Identifier: GPL-3.0-or-later
// Ids for what an edit brings in: whatever ids it has, here it is new, unless it takes the place of something
// whose parts may come back.
#pragma once

#include "core/model/Model.h"

#include <unordered_set>

namespace pleat {

class NewIds final {
public:
    explicit NewIds(IdSource& source) : m_source(source) {}

    // Ids in here may be taken over, each once.
    void keep(const Graph& graph);
    void keep(const std::vector<Body>& bodies);

    // The same with ids; the very same graph where all of them could be kept.
    Node given(Node node);
    std::vector<Body> given(std::vector<Body> bodies);
    std::shared_ptr<const Graph> given(const std::shared_ptr<const Graph>& graph);

private:
    IdSource& m_source;
    std::unordered_set<NodeId> m_nodes;
    std::unordered_set<TensorId> m_tensors;
};

} // namespace pleat
