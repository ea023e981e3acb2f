// SPDX-License-Identifier: GPL-3.0-or-later
// Builds a GraphView in two passes over the scopes: first every definition gets its number, then every
// reading finds its definition, from the innermost scope outwards.
#include "core/graph/CallAttributes.h"
#include "core/graph/ComputedConstants.h"
#include "core/graph/GraphView.h"
#include "core/model/FunctionCalls.h"
#include "core/model/ScopePath.h"

#include <algorithm>
#include <map>
#include <onnx/onnx_pb.h>

namespace pleat {

class GraphViewBuilder final {
public:
    explicit GraphViewBuilder(Model model) : m_view(new GraphView) { m_view->m_model = std::move(model); }

    std::shared_ptr<const GraphView> build()
    {
        const Model& model = m_view->m_model;
        addScope(*model.graph, ScopeIndex::None, NodeIndex::None, -1, {});
        for (std::size_t f = 0; f < model.functions.size(); ++f) {
            const onnx::FunctionProto& header = *model.functions[f].header;
            const ScopeIndex scope = addScope(
                *model.functions[f].body, ScopeIndex::None, NodeIndex::None, static_cast<std::int32_t>(f),
                functionPath(header.domain(), header.name(), overloadOf(header)));
            addPorts(scope, header);
        }
        resolve();
        m_view->m_functions = std::make_shared<GraphView::Functions>();
        findCalls();
        traceArguments();
        findConstantDepths();
        m_view->m_computed = std::make_shared<ComputedConstants>();
        return std::shared_ptr<const GraphView>(std::move(m_view));
    }

private:
    ScopeIndex addScope(const Graph& graph, ScopeIndex parent, NodeIndex owner, std::int32_t function,
                        std::string path)
    {
        const auto scope = static_cast<ScopeIndex>(m_view->m_scopes.size());
        m_view->m_scopes.push_back({parent, owner, function, std::move(path), &graph, {}, {}, {}, {}});
        m_view->m_names.push_back({std::make_shared<NameIndex>(), {}});
        m_view->m_names.back().built->reserve(graph.nodes.size() + graph.initializers.size() + 8);
        m_firstNode.push_back(m_view->m_nodes.size());
        for (const onnx::ValueInfoProto& input : graph.header->input()) {
            const ValueIndex value = define(scope, input.name());
            record(value).graphInput = true;
            m_view->m_scopes[index(scope)].inputs.push_back(value);
        }
        for (auto at = graph.initializers.begin(); at != graph.initializers.end(); ++at) {
            const ValueIndex value = define(scope, at->tensor.name());
            record(value).initializer = true;
            record(value).slot = static_cast<std::uint32_t>(at.place());
            m_view->m_scopes[index(scope)].initializers.appendAt(at.place(), value);
            if (at->id == TensorId::None)
                continue;
            while (index(at->id) >= m_view->m_initializerById.size())
                m_view->m_initializerById.append(ValueIndex::None);
            m_view->m_initializerById.change(index(at->id)) = value;
        }
        for (int i = 0; i < graph.header->sparse_initializer_size(); ++i) {
            GraphView::ValueRecord& sparse =
                record(define(scope, graph.header->sparse_initializer(i).values().name()));
            sparse.sparse = true;
            sparse.slot = static_cast<std::uint32_t>(i);
        }
        for (auto at = graph.nodes.begin(); at != graph.nodes.end(); ++at)
            addNode(scope, *at, at.place());
        // Bodies come after all nodes of their parent, so that a scope's nodes are numbered without gaps.
        std::size_t n = 0;
        for (const Node& node : graph.nodes) {
            for (const Body& body : node.bodies()) {
                const auto bodyOwner = static_cast<NodeIndex>(m_firstNode[index(scope)] + n);
                const onnx::NodeProto& proto = *node.proto;
                addScope(*body.graph, scope, bodyOwner, -1,
                         bodyPath(m_view->m_scopes[index(scope)].path, proto.name(), proto.op_type(), n,
                                  proto.attribute(body.attribute).name(), body.position));
            }
            ++n;
        }
        return scope;
    }

    void addNode(ScopeIndex scope, const Node& node, Place place)
    {
        const auto self = static_cast<NodeIndex>(m_view->m_nodes.size());
        const auto outputs = static_cast<std::uint32_t>(node.proto->output_size());
        m_view->m_nodes.append({node.proto.get(), scope, place, 0,
                                static_cast<std::uint32_t>(node.proto->input_size()), outputs});
        m_view->m_scopes[index(scope)].nodes.appendAt(place, self);
        if (node.id != NodeId::None) {
            while (index(node.id) >= m_view->m_byId.size())
                m_view->m_byId.append(NodeIndex::None);
            m_view->m_byId.change(index(node.id)) = self;
        }
        for (std::uint32_t slot = 0; slot < outputs; ++slot) {
            const std::string& output = node.proto->output(static_cast<int>(slot));
            m_outputs.push_back(output.empty() ? ValueIndex::None : define(scope, output));
            if (output.empty())
                continue;
            GraphView::ValueRecord& value = record(m_outputs.back());
            value.producer = self;
            value.slot = slot;
        }
    }

    void addPorts(ScopeIndex scope, const onnx::FunctionProto& header)
    {
        for (const std::string& input : header.input()) {
            const ValueIndex value = define(scope, input);
            record(value).graphInput = true;
            m_view->m_scopes[index(scope)].inputs.push_back(value);
        }
        m_functionOutputs.emplace_back(scope, &header);
    }

    void resolve()
    {
        std::vector<std::pair<ValueIndex, Use>> uses;
        std::vector<ValueIndex> slots;
        auto output = m_outputs.begin();
        for (std::uint32_t n = 0; n < m_view->m_nodes.size(); ++n) {
            GraphView::NodeRecord& node = m_view->m_nodes.change(n);
            slots.clear();
            for (std::uint32_t slot = 0; slot < node.inputs; ++slot) {
                const ValueIndex value = lookUp(node.scope, node.proto->input(static_cast<int>(slot)));
                slots.push_back(value);
                if (value == ValueIndex::None)
                    continue;
                uses.push_back({value, {static_cast<NodeIndex>(n), slot}});
                const NodeIndex maker = record(value).producer;
                m_view->m_inOrder &=
                    maker == NodeIndex::None || m_view->isBefore(maker, static_cast<NodeIndex>(n));
            }
            slots.insert(slots.end(), output, output + node.outputs);
            output += node.outputs;
            node.firstSlot = static_cast<std::uint32_t>(m_view->m_slots.append(slots));
        }
        for (std::size_t s = 0; s < m_view->m_scopes.size(); ++s) {
            const Scope& scope = m_view->m_scopes[s];
            for (const onnx::ValueInfoProto& output : scope.graph->header->output())
                addOutput(static_cast<ScopeIndex>(s), output.name());
        }
        for (const auto& [scope, header] : m_functionOutputs) {
            for (const std::string& output : header->output())
                addOutput(scope, output);
        }
        groupUses(uses);
    }

    void addOutput(ScopeIndex scope, const std::string& name)
    {
        const ValueIndex value = lookUp(scope, name);
        if (value == ValueIndex::None)
            return;
        record(value).graphOutput = true;
        m_view->m_scopes[index(scope)].outputs.push_back(value);
        const NodeIndex maker = record(value).producer; // a body may return what is made around it
        m_view->m_inOrder &=
            maker == NodeIndex::None || m_view->isBefore(maker, m_view->m_scopes[index(scope)].owner);
    }

    void groupUses(const std::vector<std::pair<ValueIndex, Use>>& uses)
    {
        for (const auto& [value, use] : uses)
            ++record(value).uses;
        std::uint32_t first = 0;
        for (std::size_t v = 0; v < m_view->m_values.size(); ++v) {
            GraphView::ValueRecord& value = m_view->m_values.change(v);
            value.firstUse = first;
            first += value.uses;
            value.uses = 0;
        }
        std::vector<Use> grouped(uses.size());
        for (const auto& [value, use] : uses) {
            GraphView::ValueRecord& target = record(value);
            grouped[target.firstUse + target.uses++] = use;
            if (target.readerInBody == NodeIndex::None && m_view->scope(use.node) != target.scope)
                target.readerInBody = use.node;
        }
        m_view->m_uses = SharedVector<Use>(std::move(grouped));
    }

    void findCalls()
    {
        std::map<std::pair<std::string_view, std::string_view>, std::vector<ScopeIndex>> functions;
        for (const auto& [scope, header] : m_functionOutputs)
            functions[{header->domain(), header->name()}].push_back(scope);
        for (std::size_t n = 0; !functions.empty() && n < m_view->m_nodes.size(); ++n) {
            const onnx::NodeProto& proto = *m_view->m_nodes[n].proto;
            const auto found = functions.find({proto.domain(), proto.op_type()});
            // Overloads share a name, and which one a node means lies in a field that this ONNX may not know.
            if (found != functions.end() && found->second.size() == 1)
                m_view->m_functions->calls[found->second.front()].push_back(static_cast<NodeIndex>(n));
        }
    }

    // Callers come before the functions that they call, so that an argument that is handed on is traced
    // already.
    void traceArguments()
    {
        const auto function = [&](NodeIndex node) {
            ScopeIndex scope = m_view->scope(node);
            while (m_view->m_scopes[index(scope)].parent != ScopeIndex::None)
                scope = m_view->m_scopes[index(scope)].parent;
            return scope;
        };
        std::unordered_map<ScopeIndex, std::vector<ScopeIndex>> callees;
        std::unordered_map<ScopeIndex, std::size_t> missing; // calls from functions that are not traced yet
        for (const auto& [callee, calls] : m_view->m_functions->calls) {
            for (const NodeIndex call : calls) {
                callees[function(call)].push_back(callee);
                ++missing[callee];
            }
        }
        std::vector<ScopeIndex> traced;
        for (std::size_t s = 0; s < m_view->m_scopes.size() && !callees.empty(); ++s) {
            if (m_view->m_scopes[s].parent == ScopeIndex::None &&
                !missing.contains(static_cast<ScopeIndex>(s)))
                traced.push_back(static_cast<ScopeIndex>(s));
        }
        for (std::size_t t = 0; t < traced.size(); ++t) {
            for (const ScopeIndex callee : callees[traced[t]]) {
                if (--missing[callee] > 0)
                    continue;
                traceArguments(callee);
                if (m_view->m_scopes[index(callee)].function >= 0)
                    resolveAttributes(callee);
                traced.push_back(callee);
            }
        }
    }

    void traceArguments(ScopeIndex function)
    {
        const std::vector<ValueIndex>& inputs = m_view->m_scopes[index(function)].inputs;
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            std::vector<ValueIndex>& different = m_view->m_functions->arguments[inputs[slot]];
            for (const NodeIndex call : m_view->calls(function)) {
                const ValueIndex argument = m_view->origin(m_view->input(call, slot));
                if (std::ranges::find(different, argument) == different.end())
                    different.push_back(argument);
                if (different.size() == 2)
                    break;
            }
        }
    }

    void findConstantDepths()
    {
        for (std::size_t v = 0; v < m_view->m_values.size(); ++v) {
            GraphView::ValueRecord& value = m_view->m_values.change(v);
            const bool functionInput = value.graphInput && m_view->m_scopes[index(value.scope)].function >= 0;
            value.constantDepth = value.initializer || value.sparse || functionInput;
        }
        for (std::size_t n = 0; n < m_view->m_nodes.size(); ++n) {
            const auto node = static_cast<NodeIndex>(n);
            const std::uint8_t depth = m_view->constantDepthOf(node);
            for (const ValueIndex value : m_view->outputs(node)) {
                if (value != ValueIndex::None && depth > 0)
                    record(value).constantDepth = depth;
            }
        }
    }

    // What the nodes of a function, those in bodies included, take from its calls.
    void resolveAttributes(ScopeIndex function)
    {
        const auto number = static_cast<std::size_t>(m_view->m_scopes[index(function)].function);
        const onnx::FunctionProto& header = *m_view->m_model.functions[number].header;
        std::vector<NodeMessage> calls;
        for (const NodeIndex call : m_view->calls(function))
            calls.push_back({m_view->proto(call), m_view->payloads(call)});
        // Bodies come right behind the function that they are in.
        std::size_t end = index(function) + 1;
        while (end < m_view->m_scopes.size() && m_view->m_scopes[end].parent != ScopeIndex::None)
            ++end;
        const std::size_t last = end < m_firstNode.size() ? m_firstNode[end] : m_view->m_nodes.size();
        for (std::size_t n = m_firstNode[index(function)]; n < last; ++n) {
            const auto self = static_cast<NodeIndex>(n);
            if (!m_view->entry(self).bodies().empty())
                continue;
            const NodeMessage own{*m_view->m_nodes[n].proto, m_view->payloads(self)};
            if (auto resolved = asCalled(own, header, calls)) {
                auto& all = m_view->m_functions->resolved;
                all.push_back(std::make_unique<const onnx::NodeProto>(std::move(resolved->proto)));
                m_view->m_nodes.change(n).proto = all.back().get();
                if (!resolved->payloads.empty())
                    m_view->m_functions->resolvedPayloads[self] = std::move(resolved->payloads);
            }
        }
    }

    // The value of that name in this very scope, made if it is new.
    ValueIndex define(ScopeIndex scope, std::string_view name)
    {
        const auto next = static_cast<std::uint32_t>(m_view->m_values.size());
        const std::uint32_t value = m_view->m_names[index(scope)].built->add(name, next, m_view->nameOf());
        if (value == next) {
            GraphView::ValueRecord made;
            made.setName(name);
            made.scope = scope;
            m_view->m_values.append(made);
        }
        return static_cast<ValueIndex>(value);
    }

    ValueIndex lookUp(ScopeIndex scope, std::string_view name)
    {
        if (name.empty())
            return ValueIndex::None;
        const ValueIndex found = m_view->find(scope, name);
        return found != ValueIndex::None ? found : define(scope, name);
    }

    GraphView::ValueRecord& record(ValueIndex value) { return m_view->m_values.change(index(value)); }

    std::unique_ptr<GraphView> m_view;
    std::vector<std::size_t> m_firstNode; // by scope
    std::vector<ValueIndex> m_outputs;    // of the nodes, one after the other
    std::vector<std::pair<ScopeIndex, const onnx::FunctionProto*>> m_functionOutputs;
};

std::shared_ptr<const GraphView> GraphView::of(Model model)
{
    return GraphViewBuilder(std::move(model)).build();
}

} // namespace pleat
