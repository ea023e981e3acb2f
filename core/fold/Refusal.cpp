// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Refusal.h"

#include "core/base/Text.h"
#include "core/fold/Layer.h"
#include "core/graph/CallAttributes.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <onnx/onnx_pb.h>

namespace pleat {

// A layer that has no name is called by what it makes, which a fold may rename.
void Footprint::addUnlessLayer(const GraphView& view, NodeIndex node)
{
    if (node != NodeIndex::None)
        (view.name(node).empty() || !isLayer(view, node) ? m_nodes : m_layers).push_back(node);
}

void Footprint::addReaders(const GraphView& view, ValueIndex value)
{
    for (const Use& use : view.uses(value))
        addUnlessLayer(view, use.node);
}

void Footprint::clear()
{
    m_nodes.clear();
    m_layers.clear();
    m_everything = false;
}

void Footprint::add(const Footprint& other)
{
    m_nodes.insert(m_nodes.end(), other.m_nodes.begin(), other.m_nodes.end());
    m_layers.insert(m_layers.end(), other.m_layers.begin(), other.m_layers.end());
    m_everything |= other.m_everything;
}

bool Footprint::isOn(const std::vector<bool>& nodes) const
{
    return m_everything ||
           std::ranges::any_of(m_nodes, [&](NodeIndex node) { return bool(nodes[index(node)]); });
}

Blame blame(const GraphView& view, NodeIndex node)
{
    return {Blame::Kind::Node, view.label(node), view.id(node)};
}

Blame blame(const GraphView& view, ValueIndex value)
{
    const NodeIndex producer = view.producer(value);
    return {Blame::Kind::Tensor, std::string(view.name(value)),
            producer == NodeIndex::None ? NodeId::None : view.id(producer)};
}

namespace {

ScopeIndex outermost(const GraphView& view, ScopeIndex scope)
{
    while (view.scopes()[index(scope)].parent != ScopeIndex::None)
        scope = view.scopes()[index(scope)].parent;
    return scope;
}

// Where a value comes from that is only handed on: a constant's chain upwards.
ValueIndex handedOn(const GraphView& view, ValueIndex value)
{
    constexpr int longest = 64;
    for (int step = 0; step < longest; ++step) {
        const NodeIndex producer = view.producer(value);
        if (producer == NodeIndex::None || !isConstantChainLink(view, producer) ||
            view.input(producer, 0) == ValueIndex::None)
            break;
        value = view.input(producer, 0);
    }
    return value;
}

// A parameter that is an argument of a function whose calls pass different ones, perhaps by way of others
// that call it once.
tl::unexpected<Refusal> sharedFunction(const GraphView& view, NodeIndex node, ValueIndex value)
{
    constexpr int deepest = 32;
    value = handedOn(view, value);
    for (int depth = 0; depth < deepest && view.arguments(value).size() == 1; ++depth)
        value = handedOn(view, view.arguments(value).front());
    const ScopeIndex scope = value == ValueIndex::None ? ScopeIndex::None : view.scope(value);
    const auto arguments = view.arguments(value);
    if (scope == ScopeIndex::None || arguments.size() < 2)
        return refuse(Reason::SharedFunction,
                      sentence("{} is inside {}, whose calls differ", named(view, node),
                               view.scopes()[index(outermost(view, view.scope(node)))].path),
                      blame(view, node));
    // The calls that pass one and the other.
    const std::vector<ValueIndex>& inputs = view.scopes()[index(scope)].inputs;
    const auto slot = static_cast<std::size_t>(std::ranges::find(inputs, value) - inputs.begin());
    std::array<NodeIndex, 2> callers{NodeIndex::None, NodeIndex::None};
    for (const NodeIndex call : view.calls(scope)) {
        const ValueIndex traced = view.origin(view.input(call, slot));
        for (std::size_t a = 0; a < callers.size(); ++a)
            callers[a] = callers[a] == NodeIndex::None && traced == arguments[a] ? call : callers[a];
    }
    auto refusal = refuse(
        Reason::SharedFunction,
        sentence("{} is inside {}, which is called {} times with different parameters ({} and {} differ)",
                 named(view, node), view.scopes()[index(scope)].path, view.calls(scope).size(),
                 named(view, callers[0]), named(view, callers[1])),
        blame(view, node));
    for (const NodeIndex call : callers)
        refusal.value().blame.push_back(blame(view, call));
    return refusal;
}

// An attribute that the calls of the node's function do not agree on, perhaps by way of functions that call
// it once.
tl::unexpected<Refusal> fromCall(const GraphView& view, NodeIndex node, const onnx::AttributeProto& reference)
{
    constexpr int deepest = 32;
    std::string name = reference.ref_attr_name();
    ScopeIndex scope = outermost(view, view.scope(node));
    for (int depth = 0; depth < deepest; ++depth) {
        const Scope& entry = view.scopes()[index(scope)];
        const auto calls = view.calls(scope);
        if (entry.function < 0 || calls.empty())
            break;
        const onnx::FunctionProto& function =
            *view.model().functions[static_cast<std::size_t>(entry.function)].header;
        const auto first = givenBy({view.proto(calls.front()), view.payloads(calls.front())}, function, name);
        for (const NodeIndex call : calls) {
            if (sameValue(first, givenBy({view.proto(call), view.payloads(call)}, function, name)))
                continue;
            auto refusal = refuse(Reason::SharedFunction,
                                  sentence("{} takes its {} from the calls of {}, and {} and {} differ",
                                           named(view, node), reference.name(), entry.path,
                                           named(view, calls.front()), named(view, call)),
                                  blame(view, node));
            refusal.value().blame.push_back(blame(view, calls.front()));
            refusal.value().blame.push_back(blame(view, call));
            return refusal;
        }
        if (!first || first->attribute.ref_attr_name().empty())
            break;
        name = first->attribute.ref_attr_name();
        scope = outermost(view, view.scope(calls.front()));
    }
    return refuse(Reason::SharedFunction,
                  sentence("{} takes its {} from the call of {}, which cannot be followed", named(view, node),
                           reference.name(), view.scopes()[index(outermost(view, view.scope(node)))].path),
                  blame(view, node));
}

} // namespace

Verdict<Constant> requireConstant(const GraphView& view, NodeIndex node, std::size_t slot,
                                  const std::string& role)
{
    const ValueIndex value = view.input(node, slot);
    auto constant = constantOf(view, value);
    if (constant)
        return std::move(*constant);
    const Argument label = named(view, node);
    switch (constant.error()) {
    case NotConstant::Absent:
        return refuse(Reason::NotConstant, sentence("{} has no {}", label, role), blame(view, node));
    case NotConstant::Overridable:
        return refuse(
            Reason::OverridableInput,
            sentence("{} of {}, {}, is also a model input, so a caller may replace it (--freeze-inputs "
                     "takes it for the constant that it holds)",
                     role, label, named(view, value)),
            blame(view, value));
    case NotConstant::Quantized:
        return refuse(Reason::Quantized, sentence("{} of {} comes from DequantizeLinear", role, label),
                      blame(view, value));
    case NotConstant::Sparse:
        return refuse(Reason::Sparse, sentence("{} of {} is stored sparse", role, label), blame(view, value));
    case NotConstant::Disagreeing:
        return sharedFunction(view, node, value);
    case NotConstant::Unevaluated:
        return refuse(Reason::NotConstant,
                      sentence("{} of {} is computed from constants, in a way that is not followed: run "
                               "constant folding first",
                               role, label),
                      blame(view, value));
    case NotConstant::Computed:
        break;
    }
    const ValueIndex origin = handedOn(view, value);
    if (view.isGraphInput(origin)) {
        const Scope& scope = view.scopes()[index(view.scope(origin))];
        return refuse(
            Reason::NotConstant,
            scope.path.empty()
                ? sentence("{} of {}, {}, is an input of the model", role, label, named(view, origin))
                : sentence("{} of {}, {}, is an input of {}", role, label, named(view, origin), scope.path),
            blame(view, origin));
    }
    return refuse(Reason::NotConstant, sentence("{} of {} is computed at run time", role, label),
                  blame(view, value));
}

Verdict<void> requireReadable(const GraphView& view, const Constant& constant, const std::string& role,
                              NodeIndex node)
{
    if (!isFoldable(constant.type) || !isFoldable(constant.tensor.type()))
        return refuse(Reason::Dtype,
                      sentence("{} {} values ({} of {}) are not supported", name(constant.tensor.type()),
                               role, named(view, constant.storedAt), named(view, node)),
                      blame(view, constant.storedAt));
    if (const std::string problem(constant.tensor.payload().problem()); !problem.empty())
        return refuse(Reason::MissingData, sentence("{}", problem), blame(view, constant.storedAt));
    return {};
}

Verdict<std::vector<double>> requireNumbers(const GraphView& view, const Constant& constant,
                                            const std::string& role, NodeIndex node)
{
    if (auto readable = requireReadable(view, constant, role, node); !readable)
        return tl::make_unexpected(readable.error());
    if (constant.tensor.elements() > static_cast<std::uint64_t>(mostChannels))
        return refuse(Reason::ChannelMismatch,
                      sentence("{} of {} has {}, and Pleat folds at most {} channels", role,
                               named(view, node), counted(constant.tensor.elements(), "value"),
                               grouped(static_cast<std::uint64_t>(mostChannels))),
                      blame(view, constant.storedAt));
    auto numbers = values(constant);
    if (!numbers)
        return refuse(Reason::MissingData, sentence("{}", numbers.error().message),
                      blame(view, constant.storedAt));
    return std::move(*numbers);
}

Verdict<void> requireOwnAttributes(const GraphView& view, NodeIndex node)
{
    for (const onnx::AttributeProto& attribute : view.proto(node).attribute()) {
        if (!attribute.ref_attr_name().empty())
            return fromCall(view, node, attribute);
    }
    return {};
}

} // namespace pleat
