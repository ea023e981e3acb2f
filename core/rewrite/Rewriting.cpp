// SPDX-License-Identifier: GPL-3.0-or-later
// apply(): finds what an edit leaves behind, then rebuilds the graphs that it touches and no others.
#include "core/graph/Constants.h"
#include "core/model/TensorWalk.h"
#include "core/rewrite/ConstantNode.h"
#include "core/rewrite/HeaderChange.h"
#include "core/rewrite/NewIds.h"
#include "core/rewrite/ResolvedEdit.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <unordered_set>

namespace pleat {

class Rewriting final {
public:
    explicit Rewriting(const ResolvedEdit& edit) : m_edit(edit), m_view(edit.view), m_model(edit.view.model())
    {
    }

    Model run()
    {
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s)
            m_describing.push_back(describesValues(static_cast<ScopeIndex>(s)));
        collectNewNames();
        if (m_edit.edit.dropsUnread)
            dropOrphans();
        collectVanished();
        collectRestated();
        markTouched();
        m_model.edited = true;
        for (const FilePointer& source : m_edit.edit.sources)
            m_model.keepSource(source);
        if (m_touched.contains(ScopeIndex::Main))
            m_model.graph = rebuilt(ScopeIndex::Main);
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const std::int32_t function = m_view.scopes()[s].function;
            if (function < 0 || !m_touched.contains(static_cast<ScopeIndex>(s)))
                continue;
            Function& target = m_model.functions[static_cast<std::size_t>(function)];
            if (const auto part = m_edit.graphs.find(static_cast<ScopeIndex>(s)); part != m_edit.graphs.end())
                target.header = changed(target.header, part->second);
            target.body = rebuilt(static_cast<ScopeIndex>(s));
            target.source = {};
        }
        changeFunctions();
        if (!m_edit.edit.model.empty())
            m_model.header = changed(*m_model.header, m_edit.edit.model);
        return std::move(m_model);
    }

private:
    template<class Visit>
    void forEachNewNode(Visit visit) const
    {
        for (const auto& [node, changed] : m_edit.changed) {
            if (!m_edit.isRemoved(node))
                visit(node, *changed.message);
        }
        for (const auto* inserted : {&m_edit.before, &m_edit.behind}) {
            for (const auto& [neighbour, made] : *inserted)
                visit(neighbour, *made->proto);
        }
    }

    // Whether a node goes on reading there what it reads now.
    bool readsOn(NodeIndex node, std::size_t slot, const onnx::NodeProto& now) const
    {
        const ValueIndex value = m_view.input(node, slot);
        return value != ValueIndex::None && slot < static_cast<std::size_t>(now.input_size()) &&
               now.input(static_cast<int>(slot)) == m_view.name(value);
    }

    // Where no value is described, names that vanish matter to nobody.
    bool describesValues(ScopeIndex scope) const
    {
        const Scope& entry = m_view.scopes()[index(scope)];
        const onnx::GraphProto& header = *entry.graph->header;
        return entry.function < 0 && (!entry.graph->descriptions.empty() ||
                                      header.quantization_annotation_size() > 0 || listsInputs(scope));
    }

    // Before IR version 4 all initializers are inputs, too.
    bool listsInputs(ScopeIndex scope) const
    {
        return m_edit.edit.model.irVersion.value_or(m_view.model().irVersion()) < 4 &&
               scope == ScopeIndex::Main;
    }

    void collectNewNames()
    {
        const auto read = [&](const onnx::NodeProto& proto, auto isNew) {
            for (int slot = 0; slot < proto.input_size(); ++slot) {
                if (isNew(static_cast<std::size_t>(slot)))
                    m_newReads.insert(proto.input(slot));
            }
        };
        for (const auto& [node, changed] : m_edit.changed) {
            const auto isNew = [&, at = node, now = changed.message.get()](std::size_t slot) {
                return !readsOn(at, slot, *now);
            };
            if (!m_edit.isRemoved(node))
                read(*changed.message, isNew);
        }
        for (const auto* inserted : {&m_edit.before, &m_edit.behind}) {
            for (const auto& [neighbour, made] : *inserted)
                read(*made->proto, [](std::size_t) { return true; });
        }
        forEachNewNode([&](NodeIndex node, const onnx::NodeProto& proto) {
            if (!m_describing[index(m_view.scope(node))])
                return;
            NameSet& names = m_newNames[m_view.scope(node)];
            for (const std::string& output : proto.output())
                names.insert(output);
        });
        for (const auto* inserted : {&m_edit.before, &m_edit.behind}) {
            for (const auto& [neighbour, made] : *inserted)
                collectReads(made->bodies());
        }
        for (const auto& [node, changed] : m_edit.changed) {
            if (changed.change && changed.change->bodies)
                collectReads(*changed.change->bodies);
        }
        for (const auto& [value, tensor] : m_edit.replaced)
            m_newNames[m_view.scope(value)].insert(tensor->name());
        for (const auto& [scope, part] : m_edit.graphs) {
            for (const auto& [from, to] : part.outputRenames)
                m_newReads.insert(to);
            if (!part.change)
                continue;
            for (const TensorMessage& tensor : part.change->added)
                m_newNames[scope].insert(tensor.name());
            for (std::size_t i = 0; part.change->inputs && i < part.change->inputs->size(); ++i)
                m_newNames[scope].insert((*part.change->inputs)[i]->name());
            for (std::size_t o = 0; part.change->outputs && o < part.change->outputs->size(); ++o)
                m_newReads.insert((*part.change->outputs)[o]->name());
        }
    }

    void collectReads(std::span<const Body> bodies)
    {
        for (const Body& body : bodies) {
            for (const onnx::ValueInfoProto& output : body.graph->header->output())
                m_newReads.insert(output.name());
            for (const Node& node : body.graph->nodes) {
                for (const std::string& input : node.proto->input())
                    m_newReads.insert(input);
                collectReads(node.bodies());
            }
        }
    }

    bool isGone(NodeIndex node) const { return m_edit.isRemoved(node) || m_orphanNodes.contains(node); }

    void dropOrphans()
    {
        std::vector<ValueIndex> unread;
        // Counts the readings that end with this edit; the last one of a value leaves it unread. Most have
        // but one.
        std::unordered_map<ValueIndex, std::size_t> ended;
        const auto stopReading = [&](ValueIndex value) {
            const std::size_t uses = m_view.uses(value).size();
            if (value != ValueIndex::None && (uses == 1 || ++ended[value] == uses))
                unread.push_back(value);
        };
        const auto stopReadings = [&](NodeIndex node) {
            std::ranges::for_each(m_view.inputs(node), stopReading);
        };
        for (const NodeIndex node : m_edit.removed)
            stopReadings(node);
        for (const auto& [node, changed] : m_edit.changed) {
            if (m_edit.isRemoved(node))
                continue;
            const auto inputs = m_view.inputs(node);
            for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
                if (!readsOn(node, slot, *changed.message))
                    stopReading(inputs[slot]);
            }
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
                if (!isStillInput(value))
                    m_orphans.push_back(value);
            } else if (producer != NodeIndex::None && !isGone(producer) && constantOf(m_view, value) &&
                       makesOnly(producer, value)) {
                m_orphanNodes.insert(producer);
                if (const auto* const changed = m_edit.changed.find(producer)) {
                    const auto inputs = m_view.inputs(producer);
                    for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
                        if (readsOn(producer, slot, *changed->message))
                            stopReading(inputs[slot]);
                    }
                } else {
                    stopReadings(producer);
                }
            }
        }
        std::ranges::sort(m_orphans);
    }

    // From IR version 4 on an initializer may go and its input stay.
    bool isStillInput(ValueIndex value) const
    {
        return m_view.isGraphInput(value) && m_model.irVersion() >= 4;
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

    // It is described on, under another name.
    bool isRenamed(ValueIndex value) const
    {
        const GraphChange* const change = changeOf(m_view.scope(value));
        return change && std::ranges::any_of(change->renamed, [&](const auto& renamed) {
                   return renamed.first == m_view.name(value);
               });
    }

    void collectVanished()
    {
        const auto vanish = [&](ValueIndex value) {
            if (value == ValueIndex::None || !m_describing[index(m_view.scope(value))])
                return;
            const auto names = m_newNames.find(m_view.scope(value));
            if (isRenamed(value))
                return;
            if (names == m_newNames.end() || !names->second.contains(m_view.name(value)))
                m_vanished[m_view.scope(value)].insert(m_view.name(value));
        };
        for (const NodeIndex node : m_edit.removed)
            std::ranges::for_each(m_view.outputs(node), vanish);
        for (const NodeIndex node : m_orphanNodes)
            std::ranges::for_each(m_view.outputs(node), vanish);
        for (const auto& [node, changed] : m_edit.changed)
            std::ranges::for_each(m_view.outputs(node), vanish);
        for (const ValueIndex value : m_orphans)
            vanish(value);
        for (const ValueIndex value : m_edit.dropped) {
            if (!isStillInput(value))
                vanish(value);
        }
        for (const auto& [value, tensor] : m_edit.replaced)
            vanish(value);
    }

    void collectRestated()
    {
        for (const auto& [value, tensor] : m_edit.replaced) {
            const TensorMessage& old = m_view.initializer(value)->tensor;
            if (old.type() != tensor->type() || !std::ranges::equal(old.dims(), tensor->dims()))
                m_restated[m_view.scope(value)].push_back(
                    {tensor->name(), tensor->type(), {tensor->dims().begin(), tensor->dims().end()}});
        }
        for (const auto& [node, changed] : m_edit.changed) {
            const onnx::TensorProto* const value = valueOf(*changed.message);
            if (value && changed.message->output_size() > 0)
                m_restated[m_view.scope(node)].push_back({changed.message->output(0),
                                                          static_cast<DataType>(value->data_type()),
                                                          {value->dims().begin(), value->dims().end()}});
        }
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
        for (const ValueIndex value : m_edit.dropped)
            touchInitializer(value);
        for (const auto& [value, tensor] : m_edit.replaced)
            touchInitializer(value);
        for (const auto& [scope, part] : m_edit.graphs)
            touch(scope);
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
        if (scope.function < 0) {
            graph->header = rebuiltHeader(index_, *scope.graph);
            addSparse(index_, *graph);
            change(graph->descriptions, m_restated[index_], vanishedIn(index_), changeOf(index_));
        }
        rebuildInitializers(index_, scope, *graph);
        for (const std::size_t chunk : m_nodeChunks[index_]) {
            graph->nodes.changeChunk(chunk, [&](const std::vector<Node>&) {
                std::vector<Node> nodes;
                for (const NodeIndex node : scope.nodes.chunkAt(chunk)) {
                    insert(m_edit.before, node, nodes);
                    if (!isGone(node))
                        nodes.push_back(rebuiltNode(node));
                    insert(m_edit.behind, node, nodes);
                }
                return nodes;
            });
        }
        if (scope.function >= 0)
            addConstants(index_, *graph);
        graph->nodes.level();
        return graph;
    }

    // Where a body of the old message is in the new one: with the attribute of its name.
    static std::optional<int> attributeOf(const Body& body, const onnx::NodeProto& old,
                                          const onnx::NodeProto& now)
    {
        const std::string& name = old.attribute(body.attribute).name();
        for (int a = 0; a < now.attribute_size(); ++a) {
            const onnx::AttributeProto& attribute = now.attribute(a);
            if (attribute.name() == name &&
                (body.position < 0 ? attribute.has_g() : body.position < attribute.graphs_size()))
                return a;
        }
        return std::nullopt;
    }

    Node rebuiltNode(NodeIndex node)
    {
        Node entry = m_view.entry(node);
        const ResolvedEdit::Changed* const changed = m_edit.changed.find(node);
        const auto bodies = m_bodies.find(node);
        if (!changed && bodies == m_bodies.end())
            return entry;
        NodeParts parts = entry.parts ? *entry.parts : NodeParts();
        entry.source = {};
        if (bodies != m_bodies.end()) {
            auto body = parts.bodies.begin(); // scopes come in the order of the bodies
            for (const ScopeIndex scope : bodies->second) {
                const Graph* old = m_view.scopes()[index(scope)].graph;
                while (body->graph.get() != old)
                    ++body;
                body->graph = rebuilt(scope);
            }
        }
        if (changed) {
            const NodeChange* const change = changed->change;
            if (change && change->payloads)
                parts.payloads = *change->payloads;
            if (change && change->bodies) {
                NewIds ids(*m_model.ids);
                ids.keep(parts.bodies);
                parts.bodies = ids.given(*change->bodies);
            } else if (!parts.bodies.empty()) {
                std::vector<Body> kept;
                for (Body& body : parts.bodies) {
                    if (const auto attribute = attributeOf(body, *entry.proto, *changed->message)) {
                        body.attribute = *attribute;
                        kept.push_back(std::move(body));
                    }
                }
                parts.bodies = std::move(kept);
            }
            entry.proto = changed->message;
        }
        entry.setParts(std::move(parts));
        return entry;
    }

    void insert(const SortedMap<NodeIndex, const Node*>& inserted, NodeIndex neighbour,
                std::vector<Node>& nodes)
    {
        if (inserted.empty())
            return;
        for (const auto& [at, made] : inserted.all(neighbour))
            nodes.push_back(NewIds(*m_model.ids).given(*made));
    }

    void changeFunctions()
    {
        const Edit& edit = m_edit.edit;
        for (const auto& [number, function] : edit.functionsReplaced) {
            Function& target = m_model.functions[static_cast<std::size_t>(number)];
            NewIds ids(*m_model.ids);
            ids.keep(*target.body);
            target = {function.header, ids.given(function.body), {}};
        }
        std::vector<int> removed = edit.functionsRemoved;
        std::ranges::sort(removed, std::greater());
        for (const int number : removed)
            m_model.functions.erase(m_model.functions.begin() + number);
        for (const Function& function : edit.functionsAdded)
            m_model.functions.push_back({function.header, NewIds(*m_model.ids).given(function.body), {}});
    }

    void rebuildInitializers(ScopeIndex index_, const Scope& scope, Graph& graph)
    {
        for (const std::size_t chunk : m_initializerChunks[index_]) {
            graph.initializers.changeChunk(chunk, [&](const std::vector<Initializer>& old) {
                std::vector<Initializer> kept;
                for (std::size_t i = 0; i < old.size(); ++i) {
                    const ValueIndex value = scope.initializers.chunkAt(chunk)[i];
                    if (std::ranges::binary_search(m_orphans, value) ||
                        std::ranges::binary_search(m_edit.dropped, value))
                        continue;
                    const auto* const replaced = m_edit.replaced.find(value);
                    kept.push_back(replaced ? Initializer{old[i].id, **replaced, {}} : old[i]);
                }
                return kept;
            });
        }
        if (scope.function >= 0)
            return;
        for (const TensorMessage& tensor : added(index_))
            graph.initializers.push_back({m_model.ids->tensor(), tensor, {}});
    }

    void addSparse(ScopeIndex scope, Graph& graph) const
    {
        const GraphChange* const change = changeOf(scope);
        if (!change || change->addedSparse.empty())
            return;
        auto header = std::make_shared<onnx::GraphProto>(*graph.header);
        for (const auto& [tensor, payloads] : change->addedSparse) {
            onnx::SparseTensorProto& made = *header->add_sparse_initializer();
            made = *tensor;
            movePayload(*made.mutable_values(), payloads, graph.payloads);
            movePayload(*made.mutable_indices(), payloads, graph.payloads);
        }
        graph.header = std::move(header);
    }

    std::span<const TensorMessage> added(ScopeIndex scope) const
    {
        const GraphChange* const change = changeOf(scope);
        return change ? std::span(change->added) : std::span<const TensorMessage>();
    }

    const GraphChange* changeOf(ScopeIndex scope) const
    {
        const auto found = m_edit.graphs.find(scope);
        return found == m_edit.graphs.end() ? nullptr : found->second.change;
    }

    // A function has no initializers: its new constants are Constant nodes at its start.
    void addConstants(ScopeIndex scope, Graph& graph)
    {
        std::vector<Node> constants;
        for (const TensorMessage& tensor : added(scope)) {
            constants.push_back(constantNode(tensor));
            constants.back().id = m_model.ids->node();
        }
        if (!constants.empty())
            graph.nodes.insertAtStart(std::move(constants));
    }

    const NameSet& vanishedIn(ScopeIndex scope) const
    {
        static const NameSet none;
        const auto found = m_vanished.find(scope);
        return found == m_vanished.end() ? none : found->second;
    }

    std::shared_ptr<const onnx::GraphProto> rebuiltHeader(ScopeIndex scope, const Graph& graph)
    {
        const std::shared_ptr<const onnx::GraphProto>& old = graph.header;
        const bool withInputs = listsInputs(scope);
        const NameSet& vanished = vanishedIn(scope);
        const std::vector<Restated>& restated = m_restated[scope];
        NameSet restatedNames;
        for (const Restated& constant : restated)
            restatedNames.insert(constant.name);
        const auto part = m_edit.graphs.find(scope);
        const NameSet renumbered = old->quantization_annotation_size() > 0 ? renumberedIn(scope) : NameSet();
        const bool lists = withInputs && !added(scope).empty();
        const bool changes = part != m_edit.graphs.end() && changesHeader(part->second);
        if (renumbered.empty() && !lists && !changes && !declaresAny(*old, vanished, withInputs) &&
            !declaresAny(*old, restatedNames, true))
            return old;
        auto header = std::make_shared<onnx::GraphProto>(*old);
        restate(*header, restated);
        forget(*header, vanished, withInputs);
        forgetAnnotations(*header, renumbered);
        if (changes)
            change(*header, part->second);
        if (lists) {
            for (const TensorMessage& tensor : added(scope))
                addInput(*header, tensor);
        }
        return header;
    }

    // Values whose numbers are others.
    NameSet renumberedIn(ScopeIndex scope) const
    {
        NameSet names;
        if (const GraphChange* const change = changeOf(scope)) {
            for (const std::string& name : change->renumbered)
                names.insert(name);
        }
        for (const auto& [value, tensor] : m_edit.replaced) {
            if (m_view.scope(value) == scope && !isRenamed(value))
                names.insert(m_view.name(value));
        }
        return names;
    }

    const ResolvedEdit& m_edit;
    const GraphView& m_view;
    Model m_model;                  // becomes the result
    std::vector<bool> m_describing; // by scope: where names that vanish may be described
    NameSet m_newReads;             // names that are read in the messages of the edit and were not, there
    std::unordered_map<ScopeIndex, NameSet> m_newNames; // that are defined by the edit
    std::unordered_set<NodeIndex> m_orphanNodes;
    std::vector<ValueIndex> m_orphans; // initializers, sorted
    std::unordered_map<ScopeIndex, NameSet> m_vanished;
    std::unordered_map<ScopeIndex, std::vector<Restated>> m_restated;
    std::set<ScopeIndex> m_touched;
    std::map<ScopeIndex, std::set<std::size_t>> m_nodeChunks, m_initializerChunks; // to be rebuilt
    std::map<NodeIndex, std::vector<ScopeIndex>> m_bodies; // touched ones, by the node that holds them
};

Model apply(const Edit& edit, const GraphView& view)
{
    if (edit.empty())
        return view.model();
    const ResolvedEdit resolved(edit, view);
    assert(!resolved.wrong);
    return applied(resolved);
}

Model applied(const ResolvedEdit& edit)
{
    return Rewriting(edit).run();
}

} // namespace pleat
