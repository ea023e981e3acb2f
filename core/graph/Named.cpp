// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Named.h"

namespace pleat {

namespace {

Argument nodeArgument(const GraphView& view, NodeIndex node, Argument::Kind kind)
{
    return {kind, view.label(node), std::string(view.op(node)), view.id(node)};
}

std::string idIn(const GraphView& view, ScopeIndex scope, std::string_view tensor)
{
    const std::string& path = view.scopes()[index(scope)].path;
    return path.empty() ? std::string(tensor) : path + ":" + std::string(tensor);
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
    return idIn(view, view.scope(node), view.name(view.output(node, 0)));
}

std::string lastingId(const GraphView& view, ValueIndex value)
{
    return value == ValueIndex::None ? std::string() : idIn(view, view.scope(value), view.name(value));
}

} // namespace pleat
