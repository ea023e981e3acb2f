// SPDX-License-Identifier: GPL-3.0-or-later
// An index over a Model: who produces a value, who reads it, in which scope. It holds its Model, is built
// once and never changes, so any thread may read. Nodes and values are numbered; the numbers are good for
// this view and for those that after() makes of it (NodeId outlives them). A name that is read in a body and
// defined outside resolves to the outer value: to the body it is an outer-scope value.
#pragma once

#include "core/base/NameTable.h"
#include "core/base/SharedVector.h"
#include "core/model/Model.h"

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

namespace pleat {

class ComputedConstants;

enum class NodeIndex : std::uint32_t { None = 0xffffffff };
enum class ValueIndex : std::uint32_t {
    None = 0xffffffff
}; // None: an optional input or output that is absent ("")
enum class ScopeIndex : std::uint32_t { Main = 0, None = 0xffffffff };

// One reading of a value: input `slot` of `node`. The node may sit in a deeper scope than the
// value, to which it is an outer-scope value then.
struct Use {
    NodeIndex node = NodeIndex::None;
    std::uint32_t slot = 0;
};

struct Scope {
    ScopeIndex parent = ScopeIndex::None; // None for the main graph and for functions
    NodeIndex owner = NodeIndex::None;    // the If/Loop/Scan node whose body this is
    std::int32_t function = -1;           // index in Model::functions
    std::string path; // "" for the main graph; "If_3.then_branch/…"; "function domain::name"
    const Graph* graph = nullptr;
    Sequence<NodeIndex> nodes;      // in the order of the file, at the places of graph->nodes
    std::vector<ValueIndex> inputs; // initializers that are also inputs included
    std::vector<ValueIndex> outputs;
    Sequence<ValueIndex> initializers; // at the places of graph->initializers
};

// What differs between a view and the one that it was made of: nodes that are new, gone or have another
// message, and values that are new, gone, made by another node, read by others or have other numbers.
struct ViewChange {
    std::vector<NodeIndex> nodes;
    std::vector<ValueIndex> values;
};

class GraphView final {
public:
    // The model has passed the validator, so this cannot fail. O(nodes + names).
    static std::shared_ptr<const GraphView> of(Model model);

    // The view of a model that an edit made of that of `before`, at the cost of what differs between the two.
    // Numbers stay as they are, and `change` says what is another; nothing where the view was built anew and
    // numbers mean something else: the edit was large, or of a kind that is not followed (functions, inputs,
    // bodies that come or go).
    struct Updated {
        std::shared_ptr<const GraphView> view;
        std::optional<ViewChange> change;
    };
    static Updated after(const GraphView& before, Model model);

    const Model& model() const { return m_model; }
    std::span<const Scope> scopes() const { return m_scopes; }
    // Numbers are below these. After an edit there may be some that are nobody's.
    std::size_t nodeCount() const { return m_nodes.size(); }
    std::size_t valueCount() const { return m_values.size(); }
    bool exists(NodeIndex node) const { return m_nodes[index(node)].scope != ScopeIndex::None; }
    bool exists(ValueIndex value) const { return m_values[index(value)].scope != ScopeIndex::None; }

    // Nodes.
    NodeIndex find(NodeId id) const; // None when this model has no such node (any more)
    NodeId id(NodeIndex node) const;
    ScopeIndex scope(NodeIndex node) const;
    std::string_view op(NodeIndex node) const;
    std::string_view domain(NodeIndex node) const; // "" is ONNX's own ("ai.onnx" too)
    std::string_view name(NodeIndex node) const;   // may be empty
    std::string
    label(NodeIndex node) const; // the name, or "Conv that makes <first output>" where it has none
    std::span<const ValueIndex> inputs(NodeIndex node) const;
    std::span<const ValueIndex> outputs(NodeIndex node) const;
    ValueIndex input(NodeIndex node, std::size_t slot) const; // None when absent or past the end
    ValueIndex output(NodeIndex node, std::size_t slot) const;
    const Node& entry(NodeIndex node) const;
    Place place(NodeIndex node) const; // in the nodes of its scope
    // In a function with the attributes that all its calls agree on; entry() has them as they are in the
    // file.
    const onnx::NodeProto& proto(NodeIndex node) const;
    std::span<const Payload> payloads(NodeIndex node) const; // of the tensors in proto()

    // Values. None is nobody's: no name, no producer, no uses.
    std::string_view name(ValueIndex value) const;
    ScopeIndex scope(ValueIndex value) const; // where it is defined
    NodeIndex producer(ValueIndex value) const;
    std::size_t producerSlot(ValueIndex value) const;  // which output of its producer it is
    std::span<const Use> uses(ValueIndex value) const; // readers in bodies included, in file order
    NodeIndex
    readerInBody(ValueIndex value) const; // the first node that reads it from a body; None: nobody does
    bool isGraphInput(ValueIndex value) const;
    bool isGraphOutput(ValueIndex value) const;
    bool isSparse(ValueIndex value) const;                                    // a sparse initializer
    const onnx::SparseTensorProto* sparseInitializer(ValueIndex value) const; // null unless it is one
    // How many operators deep it is computed from constants and functions' inputs alone: 0 where it depends
    // on the data, or on chance; 255 for all that is deeper.
    int constantDepth(ValueIndex value) const;
    ComputedConstants& computedConstants() const { return *m_computed; } // filled by Constants.cpp
    const Initializer* initializer(ValueIndex value) const;              // null unless it is one
    ValueIndex find(TensorId id) const;             // None when this model has no such initializer (any more)
    Place initializerPlace(ValueIndex value) const; // among those of its scope; None unless it is one
    ValueIndex find(ScopeIndex scope, std::string_view name) const; // looks outwards too; None when unknown
    bool isValueName(std::string_view name) const;                  // in any scope

    // The nodes that call the function of this scope, in all scopes; none where two functions bear the same
    // name.
    std::span<const NodeIndex> calls(ScopeIndex function) const;

    // What the calls of a function pass for `input`, one of its inputs, traced to its origin(): one value
    // when it is the same in all calls, else the first two that differ; none where nobody calls it, or
    // calls() is empty.
    std::span<const ValueIndex> arguments(ValueIndex input) const;

    // Where a value comes from: out of Identity, and out of functions whose calls all pass the same; the
    // value itself where it is neither.
    ValueIndex origin(ValueIndex value) const;

    // Every node is known to stand behind those that it reads from, in all scopes; so there is no cycle.
    bool isInOrder() const { return m_inOrder; }
    // Nodes of a scope so that producers come before consumers (the file's order where that is one already).
    std::vector<NodeIndex> topological(ScopeIndex scope) const;

    // What this view has of its own beside another, in bytes.
    std::size_t bytesBeside(const GraphView& other) const;

private:
    struct NodeRecord {
        const onnx::NodeProto* proto = nullptr; // the node's, or one of Functions::resolved
        ScopeIndex scope = ScopeIndex::None;    // None: nobody's number
        Place place = Place::None;
        std::uint32_t firstSlot = 0; // inputs, then outputs, in m_slots
        std::uint32_t inputs = 0;
        std::uint32_t outputs = 0;
    };
    struct ValueRecord {
        const char* nameStart = ""; // in a message of m_model
        std::uint32_t nameLength = 0;
        ScopeIndex scope = ScopeIndex::None; // None: nobody's number
        NodeIndex producer = NodeIndex::None;
        std::uint32_t slot = 0; // of the producer; of an initializer, which has none, the Place; of a sparse
                                // one where it stands
        NodeIndex readerInBody = NodeIndex::None;
        std::uint32_t firstUse = 0; // in m_uses
        std::uint32_t uses = 0;
        bool initializer : 1 = false;
        bool graphInput : 1 = false;
        bool graphOutput : 1 = false;
        bool sparse : 1 = false;
        std::uint8_t constantDepth = 0;

        std::string_view name() const { return {nameStart, nameLength}; }
        void setName(std::string_view name)
        {
            nameStart = name.data();
            nameLength = static_cast<std::uint32_t>(name.size());
        }
    };
    // The values of a scope by name: those that were there when the view was built, and those since.
    struct Names {
        std::shared_ptr<NameIndex> built;
        NameIndex since;
    };
    struct Functions {
        std::unordered_map<ScopeIndex, std::vector<NodeIndex>> calls;
        std::unordered_map<ValueIndex, std::vector<ValueIndex>> arguments; // of functions' inputs
        std::vector<std::unique_ptr<const onnx::NodeProto>> resolved;      // with the attributes of the calls
        std::unordered_map<NodeIndex, std::vector<Payload>> resolvedPayloads; // of those that have any
    };
    friend class GraphViewBuilder;
    friend class GraphViewUpdate;
    GraphView() = default;
    const ValueRecord& record(ValueIndex value) const;
    std::uint32_t findHere(const Names& names, std::string_view name) const; // NameIndex::none: nothing
    std::uint8_t constantDepthOf(NodeIndex node) const;                      // of what it makes
    bool isBefore(NodeIndex maker, NodeIndex reader) const; // the reader may sit in a body behind it
    auto nameOf() const
    {
        return [this](std::uint32_t value) { return m_values[value].name(); };
    }

    Model m_model;
    std::vector<Scope> m_scopes;
    SharedVector<NodeRecord> m_nodes;
    SharedVector<ValueRecord> m_values;
    SharedVector<ValueIndex> m_slots; // the nodes' inputs and outputs, side by side
    SharedVector<Use> m_uses;         // the values' uses, side by side
    SharedVector<NodeIndex> m_byId;
    SharedVector<ValueIndex> m_initializerById;
    bool m_inOrder = true;
    std::shared_ptr<Functions> m_functions;
    std::vector<Names> m_names; // per scope; numbers are values
    std::shared_ptr<ComputedConstants> m_computed;
};

} // namespace pleat
