// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Rename.h"

#include "core/rewrite/Symbols.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// What a name that is taken stands for.
Sentence inWords(const GraphView& view, ValueIndex value)
{
    if (const NodeIndex maker = view.producer(value); maker != NodeIndex::None)
        return sentence("what {} makes", operation(view, maker));
    return view.isGraphInput(value) ? Sentence("an input") : Sentence("an initializer");
}

// The inputs of a graph or function, one of them under another name.
std::vector<ValueInfo> inputsWith(const Scope& scope, std::string_view from, const std::string& to)
{
    std::vector<ValueInfo> inputs;
    const auto add = [&](onnx::ValueInfoProto info) {
        if (info.name() == from)
            info.set_name(to);
        inputs.push_back(std::make_shared<const onnx::ValueInfoProto>(std::move(info)));
    };
    std::ranges::for_each(scope.graph->header->input(), add);
    return inputs;
}

std::vector<ValueInfo> functionInputsWith(const onnx::FunctionProto& function, std::string_view from,
                                          const std::string& to)
{
    std::vector<ValueInfo> inputs;
    for (const std::string& name : function.input()) {
        const auto info = std::make_shared<onnx::ValueInfoProto>();
        info->set_name(name == from ? to : name);
        inputs.push_back(info);
    }
    return inputs;
}

} // namespace

Sentence describe(const RenameTensor& step)
{
    return sentence("Rename tensor {} to {}", step.tensor, step.to);
}

Sentence describe(const RenameNode& step)
{
    return sentence("Rename the node that makes {} to {}", step.node, step.to);
}

Sentence describe(const RenameSymbol& step)
{
    return sentence("Rename size {} to {}", step.symbol, step.to);
}

Result<PlannedEdit> plan(const RenameTensor& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto value = findTensor(view, step.tensor);
    if (!value)
        return tl::make_unexpected(value.error());
    if (step.to.empty())
        return refused(sentence("Tensor {} is to have no name.", step.tensor), step.tensor);
    const std::string from(view.name(*value));
    PlannedEdit planned;
    planned.scope = view.scope(*value);
    planned.what = sentence("renamed {} to {}", named(view, *value), step.to);
    if (from == step.to)
        return planned;
    if (const ValueIndex taken = holderOf(view, planned.scope, step.to); taken != ValueIndex::None)
        return refused(sentence("The name \"{}\" is taken: it is {}.", step.to, inWords(view, taken)),
                       step.to);
    const Scope& scope = view.scopes()[index(planned.scope)];
    planned.edit.dropsUnread = false;
    GraphChange& graph = planned.edit.graph(keyOf(view, planned.scope));
    graph.reconnected.push_back({from, step.to, true});
    graph.renamed.emplace_back(from, step.to);
    if (const NodeIndex maker = view.producer(*value); maker != NodeIndex::None) {
        const auto message = std::make_shared<onnx::NodeProto>(*view.entry(maker).proto);
        message->set_output(static_cast<int>(view.producerSlot(*value)), step.to);
        planned.edit.changed.push_back({view.id(maker), message});
    }
    if (const Initializer* const initializer = view.initializer(*value))
        planned.edit.replaced.push_back({initializer->id, renamed(initializer->tensor, step.to)});
    if (view.isGraphInput(*value)) {
        const bool isFunction = scope.function >= 0 && scope.parent == ScopeIndex::None;
        graph.inputs =
            isFunction
                ? functionInputsWith(*view.model().functions[static_cast<std::size_t>(scope.function)].header,
                                     from, step.to)
                : inputsWith(scope, from, step.to);
    }
    return planned;
}

Result<PlannedEdit> plan(const RenameNode& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    PlannedEdit planned;
    planned.scope = view.scope(*node);
    planned.what = sentence("renamed {} to {}", named(view, *node), step.to);
    if (view.name(*node) == step.to)
        return planned;
    for (const NodeIndex other : view.scopes()[index(planned.scope)].nodes) {
        if (!step.to.empty() && view.name(other) == step.to)
            return refused(sentence("The name \"{}\" is taken by the {} that makes {}.", step.to,
                                    std::string(view.op(other)), lastingId(view, other)),
                           step.to);
    }
    const auto message = std::make_shared<onnx::NodeProto>(*view.entry(*node).proto);
    message->set_name(step.to);
    planned.edit.changed.push_back({view.id(*node), message});
    return planned;
}

Result<PlannedEdit> plan(const RenameSymbol& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto symbols = declaredSymbols(view);
    if (!symbols.contains(step.symbol))
        return refused(sentence("No size of the model is called \"{}\".", step.symbol), step.symbol);
    if (step.to.empty())
        return refused(sentence("Size {} is to have no name.", step.symbol), step.symbol);
    PlannedEdit planned;
    planned.what = sentence("renamed size {} to {}", step.symbol, step.to);
    if (step.symbol == step.to)
        return planned;
    if (symbols.contains(step.to))
        return refused(
            sentence("The name \"{}\" is taken by another size: they would be said to be the same.", step.to),
            step.to);
    for (auto& [scope, change] : redeclared(view, {{step.symbol, step.to}}))
        planned.edit.graphs.push_back(std::move(change));
    return planned;
}

} // namespace pleat
