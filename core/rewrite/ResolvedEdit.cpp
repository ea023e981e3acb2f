// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/ResolvedEdit.h"

#include "core/rewrite/Borrower.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

ResolvedEdit::ResolvedEdit(const Edit& of, const GraphView& on) : edit(of), view(on)
{
    resolveNodes();
    resolveTensors();
    resolveGraphs();
    if (!wrong)
        rewireNodes();
}

void ResolvedEdit::refuse(std::string message, std::string where)
{
    if (!wrong)
        wrong = Error{ErrorCode::Usage, std::move(message), std::move(where)};
}

NodeIndex ResolvedEdit::nodeOf(NodeId id, const char* what)
{
    const NodeIndex node = view.find(id);
    if (node == NodeIndex::None)
        refuse(fmt::format("A node that is to {} is not in the model (any more).", what));
    return node;
}

ValueIndex ResolvedEdit::tensorOf(TensorId id, const char* what)
{
    const ValueIndex tensor = view.find(id);
    if (tensor == ValueIndex::None)
        refuse(fmt::format("An initializer that is to {} is not in the model (any more).", what));
    return tensor;
}

void ResolvedEdit::resolveNodes()
{
    for (const NodeId id : edit.removed)
        removed.push_back(nodeOf(id, "be removed"));
    std::ranges::sort(removed);
    if (const auto twice = std::ranges::adjacent_find(removed); !wrong && twice != removed.end())
        refuse(fmt::format("{} is removed twice.", view.label(*twice)), view.label(*twice));
    for (const NodeChange& change : edit.changed)
        changed.add(nodeOf(change.node, "be changed"), {change.message, &change});
    changed.sort();
    if (const auto twice = changed.twice(); !wrong && twice)
        refuse(fmt::format("{} is changed twice.", view.label(*twice)), view.label(*twice));
    for (const NewNode& made : edit.inserted)
        (made.behind ? behind : before).add(nodeOf(made.neighbour, "have another beside it"), &made.node);
    before.sort();
    behind.sort();
}

void ResolvedEdit::resolveTensors()
{
    for (const TensorChange& change : edit.replaced)
        replaced.add(tensorOf(change.tensor, "get other numbers"), &change.now);
    replaced.sort();
    for (const TensorId id : edit.dropped)
        dropped.push_back(tensorOf(id, "be dropped"));
    std::ranges::sort(dropped);
    if (wrong)
        return;
    const auto refuseTwice = [&](ValueIndex value, const char* what) {
        refuse(fmt::format("Initializer \"{}\" is {}.", view.name(value), what),
               std::string(view.name(value)));
    };
    if (const auto twice = replaced.twice())
        refuseTwice(*twice, "replaced twice");
    if (const auto twice = std::ranges::adjacent_find(dropped); twice != dropped.end())
        refuseTwice(*twice, "dropped twice");
    for (const ValueIndex value : dropped) {
        if (replaced.contains(value))
            refuseTwice(value, "both replaced and dropped");
    }
}

ScopeIndex ResolvedEdit::find(const ScopeKey& key)
{
    if (key == ScopeKey())
        return ScopeIndex::Main;
    if (m_scopes.empty()) {
        std::map<NodeIndex, std::size_t> bodies; // so many of this node there have been
        for (std::size_t s = 1; s < view.scopes().size(); ++s) {
            const Scope& scope = view.scopes()[s];
            ScopeKey known{.function = scope.function};
            if (scope.owner != NodeIndex::None) { // scopes come in the order of the bodies
                const Body& body = view.entry(scope.owner).bodies()[bodies[scope.owner]++];
                known = {view.id(scope.owner), body.attribute, body.position, -1};
            }
            m_scopes.emplace(known, static_cast<ScopeIndex>(s));
        }
    }
    const auto found = m_scopes.find(key);
    if (found == m_scopes.end())
        refuse("A body or function that is to be changed is not in the model (any more).");
    return found == m_scopes.end() ? ScopeIndex::None : found->second;
}

void ResolvedEdit::resolveGraphs()
{
    for (const GraphChange& change : edit.graphs) {
        const ScopeIndex scope = find(change.graph);
        if (wrong)
            return;
        if (std::exchange(graphs[scope].change, &change) != nullptr)
            refuse(fmt::format("Graph \"{}\" is changed in two places of the edit.",
                               view.scopes()[index(scope)].path));
        for (const Reconnection& reconnection : change.reconnected)
            reconnect(scope, reconnection);
    }
}

void ResolvedEdit::reconnect(ScopeIndex scope, const Reconnection& reconnection)
{
    const ValueIndex value = view.find(scope, reconnection.from);
    if (value == ValueIndex::None || view.scope(value) != scope) {
        refuse(fmt::format("What reads \"{}\" is to read \"{}\", but nothing in {} is called \"{}\".",
                           reconnection.from, reconnection.to,
                           scope == ScopeIndex::Main ? "the main graph" : view.scopes()[index(scope)].path,
                           reconnection.from),
               reconnection.from);
        return;
    }
    for (const Use& use : view.uses(value))
        m_readings.push_back({use.node, use.slot, &reconnection});
    for (std::size_t s = 0; view.isGraphOutput(value) && s < view.scopes().size(); ++s) {
        const Scope& reader = view.scopes()[s];
        const bool isBody = reader.owner != NodeIndex::None; // it returns values by position
        if ((isBody || reconnection.outputsToo) && std::ranges::count(reader.outputs, value) > 0)
            graphs[static_cast<ScopeIndex>(s)].outputRenames[reconnection.from] = reconnection.to;
    }
}

void ResolvedEdit::rewireNodes()
{
    std::ranges::stable_sort(m_readings, {}, &Reading::node);
    std::vector<std::pair<NodeIndex, std::shared_ptr<const onnx::NodeProto>>> onlyRewired;
    for (auto reading = m_readings.begin(); reading != m_readings.end();) {
        const NodeIndex node = reading->node;
        const auto end =
            std::find_if(reading, m_readings.end(), [&](const Reading& r) { return r.node != node; });
        if (isRemoved(node)) {
            reading = end;
            continue;
        }
        Changed* const known = changed.find(node);
        const auto& old = known ? known->message : view.entry(node).proto;
        std::shared_ptr<onnx::NodeProto> rewired = old ? borrowing(old) : nullptr;
        for (; reading != end; ++reading) {
            const int slot = static_cast<int>(reading->slot);
            if (rewired && slot < rewired->input_size() &&
                rewired->input(slot) == reading->reconnection->from)
                rewired->set_input(slot, reading->reconnection->to);
        }
        if (known)
            known->message = std::move(rewired);
        else
            onlyRewired.emplace_back(node, std::move(rewired));
    }
    for (auto& [node, message] : onlyRewired)
        changed.add(node, {std::move(message), nullptr});
    changed.sort();
}

} // namespace pleat
