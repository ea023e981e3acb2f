// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Nodes.h"

#include "core/edit/AttributeValue.h"
#include "core/edit/Declarations.h"
#include "core/graph/ElementTypes.h"
#include "core/rewrite/Rewriter.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <unordered_set>

namespace pleat {

namespace {

bool isInFunction(const GraphView& view, NodeIndex node)
{
    return view.scopes()[index(rootOf(view, view.scope(node)))].function >= 0;
}

// A body or function gives back what it makes; the model just has one output less.
bool isReturned(const GraphView& view, ValueIndex value)
{
    return std::ranges::any_of(view.scopes().subspan(1), [&](const Scope& scope) {
        return std::ranges::count(scope.outputs, value) > 0;
    });
}

using Gone = std::unordered_set<NodeIndex>;

// Whether the node is in one of these or within the bodies of one.
bool goesWith(const GraphView& view, NodeIndex node, const Gone& gone)
{
    while (node != NodeIndex::None && !gone.contains(node))
        node = view.scopes()[index(view.scope(node))].owner;
    return node != NodeIndex::None;
}

bool feedsOnly(const GraphView& view, NodeIndex node, const Gone& gone)
{
    return std::ranges::all_of(view.outputs(node), [&](ValueIndex output) {
        return output == ValueIndex::None ||
               (!view.isGraphOutput(output) && std::ranges::all_of(view.uses(output), [&](const Use& use) {
                   return goesWith(view, use.node, gone);
               }));
    });
}

Gone withFeeders(const GraphView& view, NodeIndex node)
{
    Gone gone{node};
    std::vector<NodeIndex> waiting{node};
    while (!waiting.empty()) {
        const NodeIndex next = waiting.back();
        waiting.pop_back();
        for (const ValueIndex input : view.inputs(next)) {
            const NodeIndex maker = input == ValueIndex::None ? NodeIndex::None : view.producer(input);
            if (maker != NodeIndex::None && view.scope(maker) == view.scope(node) && !gone.contains(maker) &&
                feedsOnly(view, maker, gone)) {
                gone.insert(maker);
                waiting.push_back(maker);
            }
        }
    }
    return gone;
}

// The first input that hangs on the data, else the first.
ValueIndex handedOn(const GraphView& view, NodeIndex node)
{
    const auto inputs = view.inputs(node);
    const auto found = std::ranges::find_if(inputs, [&](ValueIndex input) {
        return input != ValueIndex::None && !view.initializer(input) && view.constantDepth(input) == 0;
    });
    return found != inputs.end() ? *found : view.input(node, 0);
}

// The node hands on its input: for an output of a graph that no other node can make under its name.
void becomeIdentity(const GraphView& view, NodeIndex node, ValueIndex input, ValueIndex output, Edit& edit)
{
    const auto message = std::make_shared<onnx::NodeProto>();
    message->set_name(std::string(view.name(node)));
    message->set_op_type("Identity");
    message->add_input(std::string(view.name(input)));
    message->add_output(std::string(view.name(output)));
    edit.changed.push_back({view.id(node), message, std::vector<Payload>(), std::vector<Body>()});
}

} // namespace

Sentence describe(const RemoveNode& step)
{
    return step.feeders ? sentence("Remove the node that makes {}, with all that only feeds it", step.node)
                        : sentence("Remove the node that makes {}", step.node);
}

Sentence describe(const BypassNode& step)
{
    return sentence("Bypass the node that makes {}", step.node);
}

Sentence describe(const DuplicateNode& step)
{
    return sentence("Duplicate the node that makes {}", step.node);
}

Sentence describe(const ConnectInput& step)
{
    return step.tensor.empty()
               ? sentence("Leave out input {} of the node that makes {}", step.input, step.node)
               : sentence("Connect {} to input {} of the node that makes {}", step.tensor, step.input,
                          step.node);
}

Result<PlannedEdit> plan(const RemoveNode& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const Gone gone = step.feeders ? withFeeders(view, *node) : Gone{*node};
    PlannedEdit planned;
    planned.scope = view.scope(*node);
    planned.what = gone.size() == 1 ? sentence("removed {}", operation(view, *node))
                                    : sentence("removed {} and {} that only fed it", operation(view, *node),
                                               gone.size() - 1);
    std::vector<ValueInfo> outputs;
    const auto& header = view.model().graph->header;
    for (const onnx::ValueInfoProto& output : header->output())
        outputs.emplace_back(header, &output);
    const std::size_t before = outputs.size();
    for (const ValueIndex output : view.outputs(*node)) {
        if (output == ValueIndex::None)
            continue;
        for (const Use& use : view.uses(output)) {
            if (!goesWith(view, use.node, gone))
                return refused(sentence("{} reads {}, which {} makes: bypass that, or remove what reads it "
                                        "first.",
                                        operation(view, use.node), named(view, output),
                                        operation(view, *node)),
                               step.node);
        }
        if (isReturned(view, output))
            return refused(sentence("{} makes {}, which the graph around it needs: bypass it.",
                                    operation(view, *node), named(view, output)),
                           step.node);
        std::erase_if(outputs, [&](const ValueInfo& info) { return info->name() == view.name(output); });
    }
    if (outputs.empty())
        return refused(sentence("{} makes the only output of the model: make another tensor an output first.",
                                operation(view, *node)),
                       step.node);
    if (outputs.size() < before) {
        for (const ValueIndex output : view.outputs(*node)) {
            if (view.isGraphOutput(output))
                planned.findings.push_back(
                    {"output-gone", step.node, sentence("{} is no output any more", named(view, output))});
        }
        planned.edit.graph({}).outputs = std::move(outputs);
    }
    for (const NodeIndex each : gone)
        planned.edit.removed.push_back(view.id(each));
    std::ranges::sort(planned.edit.removed);
    return planned;
}

Result<PlannedEdit> plan(const BypassNode& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const ValueIndex from = view.output(*node, 0), to = handedOn(view, *node);
    if (from == ValueIndex::None || to == ValueIndex::None)
        return refused(sentence("{} reads nothing that it could hand on.", operation(view, *node)),
                       step.node);
    for (const ValueIndex output : view.outputs(*node).subspan(1)) {
        if (output != ValueIndex::None && (!view.uses(output).empty() || view.isGraphOutput(output)))
            return refused(
                sentence("{} also makes {}, which is read.", operation(view, *node), named(view, output)),
                step.node);
    }
    const ElementTypes types(view);
    const DataType given = types.of(to), wanted = types.of(from);
    if (given != wanted && given != DataType::Undefined && wanted != DataType::Undefined)
        return refused(sentence("{} makes {} of {}: what reads it would get another type.",
                                operation(view, *node), name(wanted), name(given)),
                       step.node);
    PlannedEdit planned;
    planned.scope = view.scope(*node);
    planned.what = sentence("bypassed {}: what read {} reads {}", operation(view, *node), named(view, from),
                            named(view, to));
    const Shapes shapes(view);
    const KnownShape* const old = shapes.of(from);
    const KnownShape* const now = shapes.of(to);
    if (old && now && *old != *now) {
        planned.findings.push_back(
            {"shape-changed", step.node,
             sentence("What was {} is {} from now on", shapeText(*old), shapeText(*now))});
    }
    Rewriter pen(of);
    const bool renamesMaker = pen.renamedMaker(from, to) != NodeIndex::None;
    if (pen.canReplace(from, to) && !(renamesMaker && isInFunction(view, *node))) {
        pen.replace(from, to);
        pen.remove(*node);
        planned.edit = pen.edit();
    } else {
        becomeIdentity(view, *node, to, from, planned.edit);
        planned.findings.push_back(
            {"identity", step.node,
             sentence("{} is an output and stays: an Identity makes it", named(view, from))});
    }
    if (!old || !now || *old != *now)
        planned.reshaped.emplace_back(renamesMaker ? view.name(from) : view.name(to));
    return planned;
}

Result<PlannedEdit> plan(const DuplicateNode& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const Node& old = view.entry(*node);
    Rewriter pen(of);
    auto message = std::make_shared<onnx::NodeProto>(*old.proto);
    if (!message->name().empty())
        message->set_name(pen.uniqueName(message->name()));
    for (std::string& output : *message->mutable_output()) {
        if (!output.empty())
            output = pen.uniqueName(output);
    }
    Node copy;
    copy.proto = message;
    copy.parts = old.parts; // names in graphs of its own are nobody else's: both may have them
    PlannedEdit planned;
    planned.scope = view.scope(*node);
    planned.what = sentence("duplicated {}: the copy makes {}", operation(view, *node), message->output(0));
    planned.edit.inserted.push_back({view.id(*node), true, std::move(copy)});
    return planned;
}

Result<PlannedEdit> plan(const ConnectInput& step, const ViewPointer& of)
{
    constexpr std::int64_t mostInputs = 1'000'000;
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    if (step.input < 0 || step.input > mostInputs)
        return refused(sentence("{} can have no input {}.", operation(view, *node), step.input), step.node);
    const int slot = static_cast<int>(step.input);
    const auto message = std::make_shared<onnx::NodeProto>(*view.entry(*node).proto);
    const Definition definition = definitionOf(view, *node);
    const auto* const schema = definition.isCurrent ? definition.schema : nullptr;
    PlannedEdit planned;
    planned.scope = view.scope(*node);
    std::string name;
    if (!step.tensor.empty()) {
        const auto value = findTensor(view, step.tensor);
        if (!value)
            return tl::make_unexpected(value.error());
        name = view.name(*value);
        if (view.find(planned.scope, name) != *value)
            return refused(sentence("{} is in another graph, which {} does not see.", named(view, *value),
                                    operation(view, *node)),
                           step.tensor);
        if (schema) {
            if (const auto why =
                    whyNotInput(*schema, static_cast<std::size_t>(slot), ElementTypes(view).of(*value)))
                return refused(*why, step.tensor);
        }
        planned.what = sentence("connected {} to input {} of {}", named(view, *value), step.input,
                                operation(view, *node));
    } else {
        if (schema && slot < schema->min_input())
            return refused(sentence("{} needs its input {}.", operation(view, *node), step.input), step.node);
        planned.what = sentence("left out input {} of {}", step.input, operation(view, *node));
    }
    if (slot < message->input_size() ? message->input(slot) == name : name.empty())
        return planned;
    while (message->input_size() <= slot)
        message->add_input();
    message->set_input(slot, name);
    while (message->input_size() > 0 && message->input(message->input_size() - 1).empty())
        message->mutable_input()->RemoveLast();
    planned.edit.changed.push_back({view.id(*node), message});
    for (const ValueIndex output : view.outputs(*node)) {
        if (output != ValueIndex::None)
            planned.reshaped.emplace_back(view.name(output));
    }
    return planned;
}

} // namespace pleat
