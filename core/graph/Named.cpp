// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Named.h"

namespace pleat {

namespace {

Argument nodeArgument(const GraphView& view, NodeIndex node, Argument::Kind kind)
{
    return {kind, view.label(node), std::string(view.op(node)), view.id(node)};
}

} // namespace

Argument named(const GraphView& view, NodeIndex node)
{
    return nodeArgument(view, node, Argument::Kind::Node);
}

Argument named(const GraphView& view, ValueIndex value)
{
    return {Argument::Kind::Tensor, std::string(view.name(value)), {}, NodeId::None};
}

Argument operation(const GraphView& view, NodeIndex node)
{
    // What a node without a name is called says its operator already.
    return nodeArgument(view, node,
                        view.name(node).empty() ? Argument::Kind::Node : Argument::Kind::Operation);
}

std::string lastingId(const GraphView& view, NodeIndex node)
{
    if (node == NodeIndex::None)
        return {};
    const std::string& scope = view.scopes()[index(view.scope(node))].path;
    const ValueIndex output = view.output(node, 0);
    const std::string tensor(output == ValueIndex::None ? std::string_view() : view.name(output));
    return scope.empty() ? tensor : scope + ":" + tensor;
}

} // namespace pleat
