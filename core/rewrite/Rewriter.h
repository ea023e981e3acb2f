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
    // The same with bodies and left-out tensors; all in it get ids of their own. What the bodies read is not
    // followed by replace().
    void insertBefore(NodeIndex neighbour, Node node);

    // A new initializer in `scope` (in a function, which has none: a Constant node). Returns its name:
    // What else is to change in a graph, beside what was written, and in the model around it. REQUIRES: of a
    // graph no initializers, reconnections or inputs.
    GraphChange& graph(ScopeIndex scope);
    ModelChange& model();

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

    // All that reads `from` reads `to` from now on, in bodies too. An output of a graph keeps its name:
    // there, what makes `to` makes it under that name. Links of links are followed, whichever was written
    // first. REQUIRES: canReplace(); the node that makes `from` is removed.
    void replace(ValueIndex from, ValueIndex to);
    // Whether it can: not where an output of a graph would have to be an input of it, an initializer, what is
    // another output already, or what another graph makes.
    bool canReplace(ValueIndex from, ValueIndex to) const;
    // The node that replace() would change, as it makes `to` under another name; None: it changes none.
    NodeIndex renamedMaker(ValueIndex from, ValueIndex to) const;

    // The value is stored from now on, under its name, in place of being computed.
    // REQUIRES: the node that makes it is removed; the tensor has its name.
    void store(ValueIndex value, TensorMessage tensor);

    // A new initializer in `scope`. REQUIRES: its name is free there, as one of uniqueName() is.
    void store(ScopeIndex scope, TensorMessage tensor);

    // Another message for an initializer, with the same numbers, type and shape, beside which it may say
    // other things. REQUIRES: no annotation of quantized tensors names it.
    void restate(ValueIndex initializer, TensorMessage tensor);

    // The initializer goes.
    // REQUIRES: nothing reads it any more.
    void drop(ValueIndex initializer);

    // By its index in Model::functions.
    void removeFunction(int function);

    // `wanted`, or a variation of it that nothing in the model is called; reserved from now on.
    std::string uniqueName(const std::string& wanted);

    // What was written. Its messages are those that were handed out: nothing is changed after this.
    Edit edit() const;
    // The model after it.
    Model apply() const { return pleat::apply(edit(), view()); }

private:
    const GraphView& view() const;
    void insert(NodeIndex neighbour, bool behind, Node node);
    ValueIndex replacement(ValueIndex value) const;
    std::string_view nameAfter(ValueIndex value) const;
    void reconnect(onnx::NodeProto& message, ScopeIndex scope) const;
    struct State;
    std::unique_ptr<State> m_state;
};

// The same model without replaceable initializers (freezeInputs()); the view itself where it has none.
std::shared_ptr<const GraphView> withFrozenInputs(const std::shared_ptr<const GraphView>& view);

} // namespace pleat
