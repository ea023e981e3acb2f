// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Refusal.h"

#include "core/base/Text.h"
#include "core/model/Limits.h"

#include <onnx/onnx_pb.h>

namespace pleat {

Argument named(const GraphView& view, NodeIndex node)
{
    return {Argument::Kind::Node, view.label(node), std::string(view.op(node)), view.id(node)};
}

Argument named(const GraphView& view, ValueIndex value)
{
    return {Argument::Kind::Tensor, std::string(view.name(value)), {}, NodeId::None};
}

Argument operation(const GraphView& view, NodeIndex node)
{
    return {Argument::Kind::Operation, view.label(node), std::string(view.op(node)), view.id(node)};
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

tl::unexpected<Refusal> sharedFunction(const GraphView& view, NodeIndex node)
{
    ScopeIndex scope = view.scope(node);
    while (view.scopes()[index(scope)].parent != ScopeIndex::None)
        scope = view.scopes()[index(scope)].parent;
    return refuse(Reason::SharedFunction,
                  sentence("{} is inside {}, which is called {} times with different parameters",
                           named(view, node), view.scopes()[index(scope)].path, view.calls(scope).size()),
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
        return sharedFunction(view, node);
    case NotConstant::Unevaluated:
        return refuse(Reason::NotConstant,
                      sentence("{} of {} is computed from constants, in a way that is not followed: run "
                               "constant folding first",
                               role, label),
                      blame(view, value));
    case NotConstant::Computed:
        break;
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
            return sharedFunction(view, node);
    }
    return {};
}

std::int64_t opsetOf(const GraphView& view, NodeIndex node)
{
    ScopeIndex scope = view.scope(node);
    while (view.scopes()[index(scope)].parent != ScopeIndex::None)
        scope = view.scopes()[index(scope)].parent;
    const std::int32_t function = view.scopes()[index(scope)].function;
    if (function < 0)
        return view.model().opset(std::string(view.domain(node)));
    for (const auto& import :
         view.model().functions[static_cast<std::size_t>(function)].header->opset_import()) {
        if (import.domain() == view.domain(node) ||
            (view.domain(node).empty() && import.domain() == "ai.onnx"))
            return import.version();
    }
    return 0;
}

} // namespace pleat
