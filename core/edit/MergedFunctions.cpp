// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/MergedFunctions.h"

#include "core/model/FunctionCalls.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

Operator operatorOf(const onnx::FunctionProto& function)
{
    return {function.domain() == "ai.onnx" ? std::string() : function.domain(), function.name()};
}

// The same to the byte. What holds graphs or large tensors is taken for another one.
bool isSame(const Function& a, const Function& b)
{
    const auto isSameNode = [](const Node& one, const Node& other) {
        return !one.parts && !other.parts &&
               one.proto->SerializeAsString() == other.proto->SerializeAsString();
    };
    return a.header->SerializeAsString() == b.header->SerializeAsString() &&
           std::equal(a.body->nodes.begin(), a.body->nodes.end(), b.body->nodes.begin(), b.body->nodes.end(),
                      isSameNode);
}

bool isThere(const Model& model, const Function& function)
{
    return std::ranges::any_of(model.functions, [&](const Function& each) { return isSame(each, function); });
}

} // namespace

std::set<Operator> operatorsOf(const GraphView& view)
{
    std::set<Operator> all;
    for (std::size_t n = 0; n < view.nodeCount(); ++n) {
        if (const auto node = static_cast<NodeIndex>(n); view.exists(node))
            all.emplace(view.domain(node), view.op(node));
    }
    return all;
}

MergedFunctions mergedFunctions(const GraphView& first, const GraphView& second)
{
    MergedFunctions merged;
    std::set<Operator> theirs, ours, taken = operatorsOf(first);
    for (const Function& function : first.model().functions)
        ours.insert(operatorOf(*function.header));
    taken.insert(ours.begin(), ours.end());
    std::set<Operator> differ;
    const auto callsOther = [&](ScopeIndex scope) {
        return std::ranges::any_of(second.scopes()[index(scope)].nodes, [&](NodeIndex node) {
            return differ.contains({std::string(second.domain(node)), std::string(second.op(node))});
        });
    };
    const auto functionOf = [&](ScopeIndex scope) -> const Function& {
        return second.model().functions[static_cast<std::size_t>(second.scopes()[index(scope)].function)];
    };
    std::vector<ScopeIndex> scopes;
    for (std::size_t s = 0; s < second.scopes().size(); ++s) {
        const Scope& scope = second.scopes()[s];
        if (scope.function < 0 || scope.parent != ScopeIndex::None)
            continue;
        scopes.push_back(static_cast<ScopeIndex>(s));
        theirs.insert(operatorOf(*functionOf(scopes.back()).header));
        if (!isThere(first.model(), functionOf(scopes.back())))
            differ.insert(operatorOf(*functionOf(scopes.back()).header));
    }
    // Whoever calls one that is another one is another one, too.
    for (bool grows = true; std::exchange(grows, false);) {
        for (const ScopeIndex scope : scopes)
            grows |= callsOther(scope) && differ.insert(operatorOf(*functionOf(scope).header)).second;
    }
    for (const Operator& each : differ) {
        if (!taken.contains(each))
            continue;
        int number = 1;
        Operator free = each;
        while (taken.contains(free) || theirs.contains(free))
            free.second = each.second + "_" + std::to_string(number++);
        taken.insert(free);
        merged.renamed.emplace(each, free.second);
    }
    for (const ScopeIndex scope : scopes) {
        if (differ.contains(operatorOf(*functionOf(scope).header)))
            merged.added.push_back(scope);
    }
    std::ranges::set_intersection(operatorsOf(second), ours, std::back_inserter(merged.captured));
    std::erase_if(merged.captured, [&](const Operator& each) { return theirs.contains(each); });
    return merged;
}

} // namespace pleat
