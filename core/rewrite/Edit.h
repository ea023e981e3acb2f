// SPDX-License-Identifier: GPL-3.0-or-later
// What changes in a model, as a value: by ids and names that last, so that it can be looked at, checked and
// refused before anything is touched. check() says what is wrong; apply() makes the new Model and cannot
// fail. Everything in an edit is said of the model as it was: its parts do not build on each other, and their
// order does not matter. A plain value; messages in it are shared with the models that it makes and are not
// changed any more once it is applied.
#pragma once

#include "core/graph/GraphView.h"

#include <compare>
#include <string>
#include <utility>

namespace onnx {
class TensorAnnotation;
class ValueInfoProto;
} // namespace onnx

namespace pleat {

// A graph: of all defaults the main one; with a `function` its body (index in Model::functions); with an
// `owner` what stands at this attribute of the node, and there at this position (Body in Model.h).
struct ScopeKey {
    NodeId owner = NodeId::None;
    int attribute = 0;
    int position = -1;
    int function = -1;
    auto operator<=>(const ScopeKey&) const = default;
};

ScopeKey keyOf(const GraphView& view, ScopeIndex scope);

// Another message for a node, which keeps its id: other operator, attributes, inputs, outputs, name. A body
// stays with the attribute of its name.
struct NodeChange {
    NodeId node = NodeId::None;
    std::shared_ptr<const onnx::NodeProto> message;
    std::optional<std::vector<Payload>> payloads = {}; // of the tensors in the message; nothing: as they are
    std::optional<std::vector<Body>> bodies = {};      // nothing: as they are
};

// A node right before or behind `neighbour`, in its graph; a removed neighbour still marks the place. Ids in
// it, also in its bodies, are given when the edit is applied.
struct NewNode {
    NodeId neighbour = NodeId::None;
    bool behind = false;
    Node node;
};

// Another tensor for an initializer, which keeps its id. What describes its numbers goes, what declares its
// type and shape follows.
struct TensorChange {
    TensorId tensor = TensorId::None;
    TensorMessage now;
};

// All that reads value `from`, as it is called in the graph of the change, reads `to`, wherever it is: in
// bodies, too, and what bodies return. A node that is changed as well: where its message still reads `from`
// in the same place.
struct Reconnection {
    std::string from, to;
    bool outputsToo = false; // the outputs of the graph itself, which get another name by it
};

// With the payloads that its two tensors refer to.
struct SparseTensor {
    std::shared_ptr<const onnx::SparseTensorProto> tensor;
    std::vector<Payload> payloads;
};

using ValueInfo = std::shared_ptr<const onnx::ValueInfoProto>;

struct GraphChange {
    ScopeKey graph;
    std::vector<TensorMessage> added;      // initializers; in a function, which has none, Constant nodes
    std::vector<SparseTensor> addedSparse; // sparse initializers, not of a function
    std::vector<std::shared_ptr<const onnx::TensorAnnotation>> annotated; // added quantization annotations
    std::vector<Reconnection> reconnected;
    std::optional<std::vector<ValueInfo>> inputs, outputs; // the whole list; of a function only the names
    std::vector<ValueInfo> described;                      // value_info, in place of that of the same name
    std::vector<std::string> undescribed;                  // value_info that goes
    // Values that are called otherwise, by the old name: what describes them goes on to do so. Who makes and
    // reads them is changed and reconnected beside this.
    std::vector<std::pair<std::string, std::string>> renamed;
    std::vector<std::string> renumbered; // values whose numbers are others: quantization_annotation goes
    std::optional<std::string> name, doc;
    bool dropsDocs = false; // of the graph or function and all that its lists name
    bool dropsMetadata = false;
};

struct ModelChange {
    std::vector<std::pair<std::string, std::optional<std::int64_t>>> opsets;  // nothing: the import goes
    std::vector<std::pair<std::string, std::optional<std::string>>> metadata; // nothing: the key goes
    std::optional<std::int64_t> irVersion, modelVersion;
    std::optional<std::string> producerName, producerVersion, domain, doc;
    bool empty() const;
};

struct Edit {
    std::vector<NodeChange> changed;
    std::vector<NodeId> removed;   // with their bodies
    std::vector<NewNode> inserted; // in this order, where several go to one place
    std::vector<TensorChange> replaced;
    std::vector<TensorId> dropped;
    std::vector<GraphChange> graphs;
    std::vector<std::pair<int, Function>> functionsReplaced; // by index in Model::functions
    std::vector<int> functionsRemoved;
    std::vector<Function> functionsAdded;
    ModelChange model;
    // What parts of it were read from: stays open with the model.
    std::vector<FilePointer> sources;
    // Initializers, and the nodes that make constants of constants, which were read before and are read by
    // nobody afterwards, go. What only describes names that vanish always goes.
    bool dropsUnread = true;

    bool empty() const;
    GraphChange& graph(const ScopeKey& key); // that of this graph, added if there is none yet
};

// Whether the edit can be applied to the model of this view: the first thing that is wrong, with the node or
// tensor in `where`, code Usage. At the cost of what the edit touches where a view can follow it
// (GraphView::after), else of the model. It refuses some things that a file may have: a name that is new in
// one graph and known in one around it.
Result<void> check(const Edit& edit, const GraphView& view);

// The model after the edit; the very same one where there is nothing in it. Cannot fail.
// REQUIRES: check() has nothing against it, or whoever made it knows as much.
Model apply(const Edit& edit, const GraphView& view);

} // namespace pleat
