// SPDX-License-Identifier: GPL-3.0-or-later
// Rewriter::apply(): finds what an edit leaves behind, then rebuilds the graphs that it touches and no
// others.
#include "core/graph/Constants.h"
#include "core/rewrite/RewriterState.h"

#include <algorithm>
#include <google/protobuf/repeated_field.h>
#include <unordered_set>

namespace pleat {

class Rewriting final {
public:
    explicit Rewriting(const Rewriter::State& edit)
        : m_edit(edit),
          m_view(*edit.view),
          m_model(edit.view->model())
    {
    }

    Model run()
    {
        collectNewNames();
        dropOrphans();
        collectVanished();
        markTouched();
        m_model.edited = true;
        if (m_touched.contains(ScopeIndex::Main))
            m_model.graph = rebuilt(ScopeIndex::Main);
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const std::int32_t function = m_view.scopes()[s].function;
            if (function < 0 || !m_touched.contains(static_cast<ScopeIndex>(s)))
                continue;
            Function& target = m_model.functions[static_cast<std::size_t>(function)];
            target.body = rebuilt(static_cast<ScopeIndex>(s));
            target.source = {};
        }
        return m_model;
    }

private:
    template<class Visit>
    void forEachNewNode(Visit visit) const
    {
        for (const auto& [node, proto] : m_edit.changed) {
            if (!m_edit.removed.contains(node))
                visit(node, *proto);
        }
        for (const auto* inserted : {&m_edit.before, &m_edit.after}) {
            for (const auto& [neighbour, protos] : *inserted) {
                for (const onnx::NodeProto& proto : protos)
                    visit(neighbour, proto);
            }
        }
    }

    void collectNewNames()
    {
        forEachNewNode([&](NodeIndex node, const onnx::NodeProto& proto) {
            m_newReads.insert(proto.input().begin(), proto.input().end());
            for (const std::string& output : proto.output())
                m_newOutputs.emplace(m_view.scope(node), output);
        });
    }

    bool isGone(NodeIndex node) const
    {
        return m_edit.removed.contains(node) || m_orphanNodes.contains(node);
    }

    void dropOrphans()
    {
        std::vector<ValueIndex> unread;
        // Counts the readings that end with this edit; the last one of a value leaves it unread.
        const auto stopReading = [&](NodeIndex node) {
            for (const ValueIndex value : m_view.inputs(node)) {
                if (value != ValueIndex::None && ++m_endedUses[value] == m_view.uses(value).size())
                    unread.push_back(value);
            }
        };
        for (const NodeIndex node : m_edit.removed)
            stopReading(node);
        for (const auto& [node, proto] : m_edit.changed) {
            if (!m_edit.removed.contains(node))
                stopReading(node); // what it still reads is among the new readings
        }
        while (!unread.empty()) {
            const ValueIndex value = unread.back();
            unread.pop_back();
            if (m_view.isGraphOutput(value) || m_newReads.contains(m_view.name(value)))
                continue;
            const NodeIndex producer = m_view.producer(value);
            if (m_view.initializer(value)) {
                if (isAnnotation(value))
                    continue;
                if (!m_view.isGraphInput(value) || m_model.irVersion() < 4)
                    m_orphans.insert(value);
            } else if (producer != NodeIndex::None && !isGone(producer) && constantOf(m_view, value) &&
                       makesOnly(producer, value)) {
                m_orphanNodes.insert(producer);
                if (!m_edit.changed.contains(producer))
                    stopReading(producer);
            }
        }
    }

    // Scales and zero points that only an annotation names are read by whoever reads the annotation.
    bool isAnnotation(ValueIndex value) const
    {
        const Scope& scope = m_view.scopes()[index(m_view.scope(value))];
        for (const onnx::TensorAnnotation& annotation : scope.graph->header->quantization_annotation()) {
            for (const onnx::StringStringEntryProto& entry : annotation.quant_parameter_tensor_names()) {
                if (entry.value() == m_view.name(value))
                    return true;
            }
        }
        return false;
    }

    // Not so for a node with more outputs than its operator has, which somebody may read.
    bool makesOnly(NodeIndex node, ValueIndex value) const
    {
        const auto outputs = m_view.outputs(node);
        return std::ranges::all_of(
            outputs, [&](ValueIndex output) { return output == value || output == ValueIndex::None; });
    }

    void collectVanished()
    {
        const auto vanish = [&](NodeIndex node) {
            for (const ValueIndex value : m_view.outputs(node)) {
                if (value == ValueIndex::None)
                    continue;
                const std::pair key(m_view.scope(node), m_view.name(value));
                if (!m_newOutputs.contains(key))
                    m_vanished[key.first].insert(key.second);
            }
        };
        for (const NodeIndex node : m_edit.removed)
            vanish(node);
        for (const NodeIndex node : m_orphanNodes)
            vanish(node);
        for (const auto& [node, proto] : m_edit.changed)
            vanish(node);
        for (const ValueIndex value : m_orphans)
            m_vanished[m_view.scope(value)].insert(m_view.name(value));
    }

    // The scopes with a change in them, and all around them.
    void markTouched()
    {
        const auto touch = [&](ScopeIndex scope) {
            while (scope != ScopeIndex::None && m_touched.insert(scope).second) {
                const Scope& entry = m_view.scopes()[index(scope)];
                if (entry.owner != NodeIndex::None)
                    markChunk(entry.owner);
                scope = entry.parent;
            }
        };
        const auto touchNode = [&](NodeIndex node) {
            markChunk(node);
            touch(m_view.scope(node));
        };
        const auto touchInitializer = [&](ValueIndex value) {
            m_initializerChunks[m_view.scope(value)].insert(
                Sequence<ValueIndex>::chunkOf(m_view.initializerPlace(value)));
            touch(m_view.scope(value));
        };
        forEachNewNode([&](NodeIndex node, const onnx::NodeProto&) { touchNode(node); });
        for (const NodeIndex node : m_edit.removed)
            touchNode(node);
        for (const NodeIndex node : m_orphanNodes)
            touchNode(node);
        for (const ValueIndex value : m_orphans)
            touchInitializer(value);
        for (const auto& [value, tensor] : m_edit.replaced)
            touchInitializer(value);
        for (const auto& [scope, tensors] : m_edit.added)
            touch(scope);
        for (const auto& [scope, names] : m_edit.otherNumbers)
            touch(scope);
        if (m_edit.freezesInputs)
            touch(ScopeIndex::Main);
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const Scope& scope = m_view.scopes()[s];
            if (scope.owner != NodeIndex::None && m_touched.contains(static_cast<ScopeIndex>(s)))
                m_bodies[scope.owner].push_back(static_cast<ScopeIndex>(s));
        }
    }

    void markChunk(NodeIndex node)
    {
        m_nodeChunks[m_view.scope(node)].insert(Sequence<NodeIndex>::chunkOf(m_view.place(node)));
    }

    std::shared_ptr<const Graph> rebuilt(ScopeIndex index_)
    {
        const Scope& scope = m_view.scopes()[index(index_)];
        auto graph = std::make_shared<Graph>(*scope.graph);
        graph->source = {};
        graph->header = rebuiltHeader(index_, scope);
        rebuildInitializers(index_, scope, *graph);
        for (const std::size_t chunk : m_nodeChunks[index_]) {
            graph->nodes.changeChunk(chunk, [&](const std::vector<Node>&) {
                std::vector<Node> nodes;
                for (const NodeIndex node : scope.nodes.chunkAt(chunk)) {
                    insert(m_edit.before, node, nodes);
                    if (!isGone(node))
                        nodes.push_back(rebuiltNode(node));
                    insert(m_edit.after, node, nodes);
                }
                return nodes;
            });
        }
        if (scope.function >= 0)
            addConstants(index_, *graph);
        graph->nodes.level();
        return graph;
    }

    // A node that was changed may have lost an attribute, and with it a body that was in it.
    static bool hasPlaceFor(const Body& body, const onnx::NodeProto& node)
    {
        if (body.attribute >= node.attribute_size())
            return false;
        const onnx::AttributeProto& attribute = node.attribute(body.attribute);
        return body.position < 0 ? attribute.has_g() : body.position < attribute.graphs_size();
    }

    Node rebuiltNode(NodeIndex node)
    {
        Node entry = m_view.entry(node);
        const auto changed = m_edit.changed.find(node);
        const auto bodies = m_bodies.find(node);
        if (changed == m_edit.changed.end() && bodies == m_bodies.end())
            return entry;
        NodeParts parts = entry.parts ? *entry.parts : NodeParts();
        if (changed != m_edit.changed.end()) {
            entry.proto = changed->second;
            entry.source = {};
            const auto others = m_edit.payloads.find(node);
            const auto payloads =
                others == m_edit.payloads.end() ? m_view.payloads(node) : std::span(others->second);
            parts.payloads.assign(payloads.begin(), payloads.end());
        }
        if (bodies != m_bodies.end()) {
            entry.source = {};
            auto body = parts.bodies.begin(); // scopes come in the order of the bodies
            for (const ScopeIndex scope : bodies->second) {
                const Graph* old = m_view.scopes()[index(scope)].graph;
                while (body->graph.get() != old)
                    ++body;
                body->graph = rebuilt(scope);
            }
        }
        std::erase_if(parts.bodies, [&](const Body& body) { return !hasPlaceFor(body, *entry.proto); });
        entry.setParts(std::move(parts));
        return entry;
    }

    void insert(const std::map<NodeIndex, std::vector<onnx::NodeProto>>& inserted, NodeIndex neighbour,
                std::vector<Node>& nodes)
    {
        const auto found = inserted.find(neighbour);
        if (found == inserted.end())
            return;
        for (const onnx::NodeProto& proto : found->second)
            nodes.push_back(fresh(proto));
    }

    Node fresh(onnx::NodeProto proto, std::vector<Payload> payloads = {})
    {
        Node made{m_model.ids->node(), std::make_shared<const onnx::NodeProto>(std::move(proto)), {}, {}};
        made.setParts({{}, std::move(payloads)});
        return made;
    }

    void rebuildInitializers(ScopeIndex index_, const Scope& scope, Graph& graph)
    {
        for (const std::size_t chunk : m_initializerChunks[index_]) {
            graph.initializers.changeChunk(chunk, [&](const std::vector<Initializer>& old) {
                std::vector<Initializer> kept;
                for (std::size_t i = 0; i < old.size(); ++i) {
                    const ValueIndex value = scope.initializers.chunkAt(chunk)[i];
                    if (m_orphans.contains(value))
                        continue;
                    const auto replaced = m_edit.replaced.find(value);
                    kept.push_back(replaced == m_edit.replaced.end()
                                       ? old[i]
                                       : Initializer{old[i].id, replaced->second, {}});
                }
                return kept;
            });
        }
        if (scope.function >= 0)
            return;
        if (const auto added = m_edit.added.find(index_); added != m_edit.added.end()) {
            for (const auto& tensor : added->second)
                graph.initializers.push_back({m_model.ids->tensor(), tensor, {}});
        }
    }

    // A function has no initializers: its new constants are Constant nodes at its start.
    void addConstants(ScopeIndex scope, Graph& graph)
    {
        const auto added = m_edit.added.find(scope);
        if (added == m_edit.added.end())
            return;
        std::vector<Node> constants;
        constants.reserve(added->second.size());
        for (const auto& tensor : added->second) {
            onnx::NodeProto constant;
            constant.set_op_type("Constant");
            constant.add_output(std::string(tensor.name()));
            std::vector<Payload> payloads = setValue(constant, tensor);
            constants.push_back(fresh(std::move(constant), std::move(payloads)));
        }
        graph.nodes.insertAtStart(std::move(constants));
    }

    std::shared_ptr<const onnx::GraphProto> rebuiltHeader(ScopeIndex index_, const Scope& scope)
    {
        const std::shared_ptr<const onnx::GraphProto>& old = scope.graph->header;
        const auto vanished = m_vanished.find(index_);
        const auto added = m_edit.added.find(index_);
        const bool listsInputs = m_model.irVersion() < 4 && scope.function < 0 && index_ == ScopeIndex::Main;
        const auto restated = m_edit.restated.find(index_);
        const bool freezes = m_edit.freezesInputs && index_ == ScopeIndex::Main;
        const auto others = m_edit.otherNumbers.find(index_);
        const bool forgets = others != m_edit.otherNumbers.end() && old->quantization_annotation_size() > 0;
        if (!freezes && !forgets && !(listsInputs && added != m_edit.added.end()) &&
            (vanished == m_vanished.end() || !declaresAny(*old, vanished->second, listsInputs)) &&
            (restated == m_edit.restated.end() || !declaresAny(*old, restated->second)))
            return old;
        auto header = std::make_shared<onnx::GraphProto>(*old);
        if (restated != m_edit.restated.end())
            restate(*header, restated->second);
        if (vanished != m_vanished.end()) {
            const auto gone = [&](const auto& info) { return vanished->second.contains(info.name()); };
            erase(*header->mutable_value_info(), gone);
            erase(*header->mutable_quantization_annotation(), [&](const auto& annotation) {
                return vanished->second.contains(annotation.tensor_name());
            });
            if (listsInputs)
                erase(*header->mutable_input(), gone);
        }
        if (forgets)
            erase(*header->mutable_quantization_annotation(),
                  [&](const auto& annotation) { return others->second.contains(annotation.tensor_name()); });
        if (freezes)
            erase(*header->mutable_input(), [&](const onnx::ValueInfoProto& input) {
                return m_view.initializer(m_view.find(index_, input.name())) != nullptr;
            });
        if (listsInputs && added != m_edit.added.end()) {
            for (const auto& tensor : added->second)
                addInput(*header, tensor);
        }
        return header;
    }

    using Names = std::unordered_set<std::string_view>;
    static bool declaresAny(const onnx::GraphProto& header, const Names& names, bool inputsToo)
    {
        const auto isOne = [&](const onnx::ValueInfoProto& info) { return names.contains(info.name()); };
        return std::ranges::any_of(header.value_info(), isOne) ||
               (inputsToo && std::ranges::any_of(header.input(), isOne)) ||
               std::ranges::any_of(header.quantization_annotation(), [&](const auto& annotation) {
                   return names.contains(annotation.tensor_name());
               });
    }
    static bool declaresAny(const onnx::GraphProto& header, const std::vector<TensorMessage>& tensors)
    {
        Names names;
        for (const auto& tensor : tensors)
            names.insert(tensor.name());
        return declaresAny(header, names, true);
    }

    template<class Message, class Gone>
    static void erase(google::protobuf::RepeatedPtrField<Message>& messages, Gone gone)
    {
        int kept = 0;
        for (int m = 0; m < messages.size(); ++m) {
            if (!gone(messages[m]))
                messages.SwapElements(kept++, m);
        }
        messages.DeleteSubrange(kept, messages.size() - kept);
    }

    static void addInput(onnx::GraphProto& header, const TensorMessage& tensor)
    {
        onnx::ValueInfoProto& input = *header.add_input();
        input.set_name(std::string(tensor.name()));
        setType(input, tensor);
    }

    static void setType(onnx::ValueInfoProto& value, const TensorMessage& tensor)
    {
        onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
        type.set_elem_type(static_cast<std::int32_t>(tensor.type()));
        type.mutable_shape()->clear_dim();
        for (const std::int64_t dim : tensor.dims())
            type.mutable_shape()->add_dim()->set_dim_value(dim);
    }

    // What declares a constant follows it where it got another shape (the C of a Gemm grows, for instance).
    static void restate(onnx::GraphProto& header, const std::vector<TensorMessage>& tensors)
    {
        std::unordered_map<std::string_view, const TensorMessage*> byName;
        for (const TensorMessage& tensor : tensors)
            byName[tensor.name()] = &tensor;
        for (auto* values : {header.mutable_input(), header.mutable_value_info()}) {
            for (onnx::ValueInfoProto& value : *values) {
                if (const auto found = byName.find(value.name()); found != byName.end())
                    setType(value, *found->second);
            }
        }
    }

    const Rewriter::State& m_edit;
    const GraphView& m_view;
    Model m_model;                                   // becomes the result
    std::unordered_set<std::string_view> m_newReads; // names in the messages of the edit
    std::unordered_map<ValueIndex, std::size_t> m_endedUses;
    std::set<std::pair<ScopeIndex, std::string_view>> m_newOutputs;
    std::set<NodeIndex> m_orphanNodes;
    std::set<ValueIndex> m_orphans; // initializers
    std::map<ScopeIndex, std::unordered_set<std::string_view>> m_vanished;
    std::set<ScopeIndex> m_touched;
    std::map<ScopeIndex, std::set<std::size_t>> m_nodeChunks, m_initializerChunks; // to be rebuilt
    std::map<NodeIndex, std::vector<ScopeIndex>> m_bodies; // touched ones, by the node that holds them
};

Model Rewriter::apply() const
{
    return Rewriting(*m_state).run();
}

} // namespace pleat
