// SPDX-License-Identifier: GPL-3.0-or-later
// The one place that changes a graph. An edit is collected as values and applied in one go to a Model, which
// gives a new Model that shares everything else: nodes are replaced or removed (never moved), initializers
// added or dropped, and what only described vanished names (value_info, quantization_annotation, IR < 4
// inputs) goes with them. Collecting checks nothing, applying cannot fail: whoever plans has checked.
#pragma once

#include "core/graph/GraphView.h"

#include <map>
#include <set>
#include <unordered_set>

namespace pleat {

class Rewriter final {
public:
    explicit Rewriter(std::shared_ptr<const GraphView> view);
    ~Rewriter();

    // The node as it stands in this edit, to be changed; it keeps its id.
    onnx::NodeProto& change(NodeIndex node);
    void remove(NodeIndex node);
    // A new node right behind / before `neighbour` in its graph.
    void insertAfter(NodeIndex neighbour, const onnx::NodeProto& node);
    void insertBefore(NodeIndex neighbour, const onnx::NodeProto& node);

    // A new initializer in `scope` (a Constant node where the scope is a function's). Returns its name,
    // `wanted` or a variation of it that nothing in the whole model uses.
    std::string add(ScopeIndex scope, const std::string& wanted, DataType type,
                    std::vector<std::int64_t> dims, Payload payload);
    // Gives a stored constant (an initializer, or a Constant node's value) other bytes of the same type and
    // shape.
    void replaceData(ValueIndex storedAt, Payload payload, std::vector<std::int64_t> dims);

    // A name made from `wanted` that nothing in the model uses and that is reserved from now on.
    std::string uniqueName(const std::string& wanted);

    // Initializers and Constant nodes (with the Identity and Cast nodes behind them) that were read before
    // the edit and are read by nobody after it are dropped; so is the description of names that vanished.
    Model apply() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace pleat
