// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

BodyScopes bodyScopes(const GraphView& view)
{
    BodyScopes bodies;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) { // they come in the order of the bodies
        if (const NodeIndex owner = view.scopes()[s].owner; owner != NodeIndex::None)
            bodies[owner].push_back(static_cast<ScopeIndex>(s));
    }
    return bodies;
}

bool isWithin(const GraphView& view, ScopeIndex scope, ScopeIndex around)
{
    while (scope != ScopeIndex::None && scope != around)
        scope = view.scopes()[index(scope)].parent;
    return scope == around;
}

ScopeIndex rootOf(const GraphView& view, ScopeIndex scope)
{
    while (view.scopes()[index(scope)].parent != ScopeIndex::None)
        scope = view.scopes()[index(scope)].parent;
    return scope;
}

void Transplant::nameRest(ScopeIndex scope)
{
    const auto give = [this](ValueIndex value) {
        if (value != ValueIndex::None && !isNamed(value))
            name(value, newName(value));
    };
    const Scope& entry = m_view.scopes()[index(scope)];
    std::ranges::for_each(entry.inputs, give);
    for (const ValueIndex value : entry.initializers)
        give(value);
    for (const auto& sparse : entry.graph->header->sparse_initializer())
        give(m_view.find(scope, sparse.values().name()));
    for (const NodeIndex node : entry.nodes) {
        std::ranges::for_each(m_view.outputs(node), give);
        const auto bodies = m_bodies.find(node);
        for (std::size_t b = 0; bodies != m_bodies.end() && b < bodies->second.size(); ++b)
            nameRest(bodies->second[b]);
    }
}

std::string Transplant::nameOf(ValueIndex value) const
{
    if (value == ValueIndex::None)
        return {};
    const auto named = m_names.find(value);
    return named == m_names.end() ? std::string(m_view.name(value)) : named->second;
}

bool Transplant::copyNodes(ScopeIndex scope, std::vector<Node>& into)
{
    return std::ranges::all_of(m_view.topological(scope),
                               [&](NodeIndex node) { return copyNode(node, into); });
}

std::optional<Transplant::Message> Transplant::message(NodeIndex node)
{
    const Node& entry = m_view.entry(node);
    return Message{*entry.proto, {entry.payloads().begin(), entry.payloads().end()}};
}

bool Transplant::put(NodeIndex, Node copy, std::vector<Node>& into)
{
    into.push_back(std::move(copy));
    return true;
}

bool Transplant::copyNode(NodeIndex node, std::vector<Node>& into)
{
    std::optional<Message> copied = message(node);
    if (!copied)
        return false;
    onnx::NodeProto& proto = copied->proto;
    const auto inputs = m_view.inputs(node), outputs = m_view.outputs(node);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        proto.set_input(static_cast<int>(i), nameOf(inputs[i]));
    for (std::size_t o = 0; o < outputs.size(); ++o)
        proto.set_output(static_cast<int>(o), nameOf(outputs[o]));
    if (!proto.name().empty())
        proto.set_name(newNodeName(node));
    const Node& old = m_view.entry(node);
    std::vector<Body> bodies(old.bodies().begin(), old.bodies().end());
    const auto scopes = m_bodies.find(node);
    for (std::size_t b = 0; b < bodies.size(); ++b) {
        const std::string& attribute = old.proto->attribute(bodies[b].attribute).name();
        const auto kept = std::ranges::find(proto.attribute(), attribute, &onnx::AttributeProto::name);
        if (kept == proto.attribute().end() || scopes == m_bodies.end() || b >= scopes->second.size())
            return false;
        bodies[b].attribute = static_cast<int>(kept - proto.attribute().begin());
        bodies[b].graph = copyBody(scopes->second[b]);
        if (!bodies[b].graph)
            return false;
    }
    Node copy;
    copy.proto = std::make_shared<const onnx::NodeProto>(std::move(proto));
    copy.setParts({std::move(bodies), std::move(copied->payloads)});
    return put(node, std::move(copy), into);
}

// Null: one of its nodes cannot be copied.
std::shared_ptr<const Graph> Transplant::copyBody(ScopeIndex scope)
{
    const Scope& entry = m_view.scopes()[index(scope)];
    auto graph = std::make_shared<Graph>();
    graph->payloads = entry.graph->payloads;
    auto header = std::make_shared<onnx::GraphProto>(*entry.graph->header);
    const auto rename = [&](std::string* text) {
        const ValueIndex value = m_view.find(scope, *text);
        if (value != ValueIndex::None)
            *text = nameOf(value);
    };
    for (auto* const infos : {header->mutable_input(), header->mutable_output()}) {
        for (onnx::ValueInfoProto& info : *infos)
            rename(info.mutable_name());
    }
    for (const Description& description : entry.graph->descriptions) {
        const auto info = std::make_shared<onnx::ValueInfoProto>(*description.proto);
        rename(info->mutable_name());
        graph->descriptions.push_back(Description(info));
    }
    for (onnx::SparseTensorProto& sparse : *header->mutable_sparse_initializer())
        rename(sparse.mutable_values()->mutable_name());
    for (onnx::TensorAnnotation& annotation : *header->mutable_quantization_annotation()) {
        rename(annotation.mutable_tensor_name());
        for (onnx::StringStringEntryProto& entryOf : *annotation.mutable_quant_parameter_tensor_names())
            rename(entryOf.mutable_value());
    }
    graph->header = std::move(header);
    for (const Initializer& initializer : entry.graph->initializers) {
        const ValueIndex value = m_view.find(scope, initializer.tensor.name());
        graph->initializers.push_back({initializer.id, renamed(initializer.tensor, nameOf(value)), {}});
    }
    std::vector<Node> nodes;
    if (!copyNodes(scope, nodes))
        return nullptr;
    for (Node& node : nodes)
        graph->nodes.push_back(std::move(node));
    return graph;
}

} // namespace pleat
