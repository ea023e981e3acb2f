// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/About.h"

#include "core/graph/Opsets.h"

#include <algorithm>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

Sentence called(ModelText which)
{
    switch (which) {
    case ModelText::ProducerName:
        return "the producer";
    case ModelText::ProducerVersion:
        return "the version of the producer";
    case ModelText::Domain:
        return "the domain";
    case ModelText::GraphName:
        return "the name of the graph";
    case ModelText::GraphDoc:
        return "the documentation of the graph";
    case ModelText::Doc:
        break;
    }
    return "the documentation of the model";
}

std::string shown(const std::string& domain)
{
    return domain.empty() ? "ai.onnx" : domain;
}

// Nodes of the set whose operator has another definition in this version, or none: the first of them.
NodeIndex changedBy(const GraphView& view, const std::string& domain, std::int64_t version)
{
    for (std::size_t n = 0; n < view.nodeCount(); ++n) {
        const auto node = static_cast<NodeIndex>(n);
        if (!view.exists(node) || view.domain(node) != domain || view.entry(node).proto->op_type().empty())
            continue;
        const auto definition = [&](std::int64_t of) {
            return onnx::OpSchemaRegistry::Schema(
                std::string(view.op(node)), static_cast<int>(std::clamp<std::int64_t>(of, 1, 1000)), domain);
        };
        const auto* const before = definition(opsetOf(view, node));
        const auto* const after = definition(version);
        if (before && (!after || after->SinceVersion() != before->SinceVersion()))
            return node;
    }
    return NodeIndex::None;
}

} // namespace

const std::string& textOf(const GraphView& view, ModelText which)
{
    const onnx::ModelProto& model = *view.model().header;
    const onnx::GraphProto& graph = *view.model().graph->header;
    switch (which) {
    case ModelText::ProducerName:
        return model.producer_name();
    case ModelText::ProducerVersion:
        return model.producer_version();
    case ModelText::Domain:
        return model.domain();
    case ModelText::GraphName:
        return graph.name();
    case ModelText::GraphDoc:
        return graph.doc_string();
    case ModelText::Doc:
        break;
    }
    return model.doc_string();
}

const std::string& docOf(const GraphView& view, NodeIndex node)
{
    return view.entry(node).proto->doc_string();
}

Sentence describe(const SetMetadata& step)
{
    return step.value ? sentence("Set metadata {} to {}", step.key, *step.value)
                      : sentence("Remove metadata {}", step.key);
}

Sentence describe(const SetModelText& step)
{
    return sentence("Set {} to {}", called(step.which), step.text);
}

Sentence describe(const SetNodeDoc& step)
{
    return sentence("Set the documentation of the node that makes {}", step.node);
}

Sentence describe(const SetOpset& step)
{
    return step.version ? sentence("Import version {} of {}", *step.version, shown(step.domain))
                        : sentence("Do not import {}", shown(step.domain));
}

Result<PlannedEdit> plan(const SetMetadata& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto& entries = view.model().header->metadata_props();
    const auto known = std::ranges::find(entries, step.key, &onnx::StringStringEntryProto::key);
    if (step.key.empty())
        return refused("An entry of the metadata is to have no key.");
    if (!step.value && known == entries.end())
        return refused(sentence("The metadata has no key \"{}\".", step.key), step.key);
    PlannedEdit planned;
    planned.what =
        step.value ? sentence("set metadata {}", step.key) : sentence("removed metadata {}", step.key);
    if (!step.value || known == entries.end() || known->value() != *step.value)
        planned.edit.model.metadata.emplace_back(step.key, step.value);
    return planned;
}

Result<PlannedEdit> plan(const SetModelText& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    PlannedEdit planned;
    planned.what = sentence("set {}", called(step.which));
    if (textOf(view, step.which) == step.text)
        return planned;
    ModelChange& model = planned.edit.model;
    switch (step.which) {
    case ModelText::ProducerName:
        model.producerName = step.text;
        break;
    case ModelText::ProducerVersion:
        model.producerVersion = step.text;
        break;
    case ModelText::Domain:
        model.domain = step.text;
        break;
    case ModelText::Doc:
        model.doc = step.text;
        break;
    case ModelText::GraphName:
        if (step.text.empty())
            return refused("The graph is to have no name; ONNX wants one.");
        planned.edit.graph({}).name = step.text;
        break;
    case ModelText::GraphDoc:
        planned.edit.graph({}).doc = step.text;
        break;
    }
    return planned;
}

Result<PlannedEdit> plan(const SetNodeDoc& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    PlannedEdit planned;
    planned.scope = view.scope(*node);
    planned.what = sentence("set the documentation of {}", named(view, *node));
    const onnx::NodeProto& old = *view.entry(*node).proto;
    if (old.doc_string() == step.text)
        return planned;
    const auto message = std::make_shared<onnx::NodeProto>(old);
    message->set_doc_string(step.text);
    planned.edit.changed.push_back({view.id(*node), message});
    return planned;
}

Result<PlannedEdit> plan(const SetOpset& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const std::string domain = step.domain == "ai.onnx" ? "" : step.domain;
    const std::int64_t now = view.model().opset(domain);
    if (!step.version && now == 0)
        return refused(sentence("The model does not import {}.", shown(domain)), domain);
    PlannedEdit planned;
    planned.what = step.version ? sentence("imported version {} of {}", *step.version, shown(domain))
                                : sentence("does not import {} any more", shown(domain));
    if (step.version == now)
        return planned;
    planned.edit.model.opsets.emplace_back(domain, step.version);
    if (step.version) {
        if (const NodeIndex other = changedBy(view, domain, *step.version); other != NodeIndex::None)
            planned.findings.push_back(
                {"not-converted", lastingId(view, other),
                 sentence(
                     "{} has another definition in version {}, and was not converted: the pass opset does "
                     "that",
                     operation(view, other), *step.version)});
    }
    return planned;
}

} // namespace pleat
