// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Find.h"

#include "core/rewrite/Transplant.h"

namespace pleat {

namespace {

// The main graph comes first: its names may look like those of another scope.
ValueIndex lastingValue(const GraphView& view, std::string_view id)
{
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const std::string& path = view.scopes()[s].path;
        const bool isMain = path.empty();
        if (!isMain && !(id.starts_with(path) && id.substr(path.size()).starts_with(':')))
            continue;
        const auto scope = static_cast<ScopeIndex>(s);
        const ValueIndex value = view.find(scope, isMain ? id : id.substr(path.size() + 1));
        if (value != ValueIndex::None && view.scope(value) == scope)
            return value;
    }
    return ValueIndex::None;
}

} // namespace

tl::unexpected<Error> refused(const Sentence& why, std::string where)
{
    return failure(ErrorCode::Usage, why.text(), std::move(where));
}

Result<NodeIndex> findNode(const GraphView& view, const std::string& id)
{
    const ValueIndex value = lastingValue(view, id);
    const NodeIndex node = value == ValueIndex::None ? NodeIndex::None : view.producer(value);
    if (node == NodeIndex::None)
        return refused(sentence("No node of the model makes a tensor called \"{}\".", id), id);
    return node;
}

Result<ValueIndex> findTensor(const GraphView& view, const std::string& id)
{
    const ValueIndex value = lastingValue(view, id);
    if (value == ValueIndex::None)
        return refused(sentence("The model has no tensor called \"{}\".", id), id);
    return value;
}

ValueIndex holderOf(const GraphView& view, ScopeIndex scope, std::string_view name)
{
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        if (!isWithin(view, static_cast<ScopeIndex>(s), scope))
            continue;
        if (const ValueIndex value = view.find(static_cast<ScopeIndex>(s), name); value != ValueIndex::None)
            return value;
    }
    return ValueIndex::None;
}

std::optional<CalledFunction> functionAround(const GraphView& view, ScopeIndex scope)
{
    const ScopeIndex root = rootOf(view, scope);
    const Scope& function = view.scopes()[index(root)];
    if (function.function < 0)
        return std::nullopt;
    return CalledFunction{function.path, view.calls(root).size()};
}

Result<std::string> idOfNodeCalled(const GraphView& view, const std::string& called)
{
    NodeIndex only = NodeIndex::None;
    std::size_t many = 0;
    for (std::size_t n = 0; n < view.nodeCount(); ++n) {
        const auto node = static_cast<NodeIndex>(n);
        if (view.exists(node) && view.name(node) == called) {
            only = node;
            ++many;
        }
    }
    if (many > 1)
        return refused(
            sentence("{} nodes are called \"{}\": name one by the tensor that it makes, \"{}\" for "
                     "instance.",
                     many, called, lastingId(view, only)),
            called);
    if (many == 1)
        return lastingId(view, only);
    if (const auto found = findNode(view, called); !found)
        return refused(
            sentence("The model has no node called \"{}\", nor one that makes a tensor of that name.",
                     called),
            called);
    return called;
}

} // namespace pleat
