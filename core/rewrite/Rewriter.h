// SPDX-License-Identifier: GPL-3.0-or-later
// The pen for edits: whoever works on a view writes with it, node by node, and it collects an Edit. It gives
// names that are free, finds where a constant is stored, and copies of a node only what changes. Collecting
// checks nothing; whoever plans has checked, or asks check(). One thread, one owner.
#pragma once

#include "core/rewrite/Edit.h"

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

    // What was written. Its messages are those that were handed out: nothing is changed after this.
    Edit edit() const;
    // The model after it.
    Model apply() const { return pleat::apply(edit(), view()); }

private:
    const GraphView& view() const;
    void insert(NodeIndex neighbour, bool behind, onnx::NodeProto node);
    struct State;
    std::unique_ptr<State> m_state;
};

// The same model without replaceable initializers (freezeInputs()); the view itself where it has none.
std::shared_ptr<const GraphView> withFrozenInputs(const std::shared_ptr<const GraphView>& view);

} // namespace pleat
