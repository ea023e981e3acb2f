// SPDX-License-Identifier: GPL-3.0-or-later
// The one place that changes a graph. An edit is collected as values and applied in one go, which gives a new
// Model that shares everything else: nodes are changed, removed or put beside others, initializers are added
// or get other bytes, and what only described vanished names (value_info, quantization_annotation, the inputs
// of IR < 4) goes with them. Collecting checks nothing and applying cannot fail: whoever plans has checked.
// One thread, one owner.
#pragma once

#include "core/graph/GraphView.h"

#include <memory>

namespace pleat {

class Rewriter final {
public:
    explicit Rewriter(std::shared_ptr<const GraphView> view);
    ~Rewriter();

    // The node as it stands in this edit, to be changed in place; it keeps its id.
    // REQUIRES, as the next four: the node is one of the view.
    onnx::NodeProto& change(NodeIndex node);
    // The same for its inputs and outputs alone: the attributes, most of a node, stay the view's own and must
    // not be touched. A later change() of the node ends the reference.
    onnx::NodeProto& rewire(NodeIndex node);
    void remove(NodeIndex node);
    // A new node right before or behind `neighbour` in its graph; it gets an id of its own. No tensor in it
    // is a left-out one.
    void insertBefore(NodeIndex neighbour, onnx::NodeProto node);
    void insertAfter(NodeIndex neighbour, onnx::NodeProto node);

    // A new initializer in `scope` (in a function, which has none: a Constant node). Returns its name:
    // `wanted`, or a variation of it that nothing else in the model is called.
    // REQUIRES: the payload has the bytes of such a tensor.
    std::string add(ScopeIndex scope, const std::string& wanted, DataType type,
                    std::vector<std::int64_t> dims, Payload payload);

    // Other bytes, and perhaps another shape, for a stored constant.
    // REQUIRES: it is an initializer, or what a Constant node makes; the payload has the bytes of such a
    // tensor.
    void replaceData(ValueIndex storedAt, DataType type, std::vector<std::int64_t> dims, Payload payload);

    // The value keeps its name and type, but its numbers are others from now on: what describes them
    // (quantization_annotation) goes. Replaced data is such a value anyway.
    void changeNumbers(ValueIndex value);

    // The inputs of the main graph that have an initializer are inputs no more, so that nobody can replace
    // it. Only from IR version 4 on: before it, all initializers are listed as inputs, and none can be
    // replaced.
    void freezeInputs();

    // `wanted`, or a variation of it that nothing in the model is called; reserved from now on.
    std::string uniqueName(const std::string& wanted);

    // The model after the edit. Initializers, and the nodes that make constants of constants, which were read
    // before it and are read by nobody after it are dropped. The messages of the edit become the model's own:
    // nothing is changed after this.
    Model apply() const;

private:
    struct State;
    friend class Rewriting;
    std::unique_ptr<State> m_state;
};

// The same model without replaceable initializers (freezeInputs()); the view itself where it has none.
std::shared_ptr<const GraphView> withFrozenInputs(const std::shared_ptr<const GraphView>& view);

} // namespace pleat
