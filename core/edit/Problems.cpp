// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Problems.h"

#include "core/edit/AttributeValue.h"
#include "core/edit/Declarations.h"
#include "core/graph/ElementTypes.h"

#include <algorithm>
#include <map>
#include <onnx/defs/schema.h>
#include <set>

namespace pleat {

namespace {

// Inputs that share a variable of the schema must be of one type (ONNX's IR specification, "Operators").
std::optional<Sentence> whyNotTogether(const GraphView& view, NodeIndex node, const ElementTypes& types,
                                       const onnx::OpSchema& schema)
{
    std::map<std::string, ValueIndex> first;
    const auto inputs = view.inputs(node);
    for (std::size_t slot = 0; slot < inputs.size() && !schema.inputs().empty(); ++slot) {
        const auto& formal = schema.inputs()[std::min(slot, schema.inputs().size() - 1)];
        const bool isOfMany = formal.GetOption() == onnx::OpSchema::Variadic && !formal.GetIsHomogeneous();
        if (inputs[slot] == ValueIndex::None || isOfMany || types.of(inputs[slot]) == DataType::Undefined)
            continue;
        const auto [other, isFirst] = first.emplace(formal.GetTypeStr(), inputs[slot]);
        if (!isFirst && types.of(other->second) != types.of(inputs[slot]))
            return sentence("{} reads {} of {} and {} of {}, which must be of one type",
                            operation(view, node), named(view, other->second), name(types.of(other->second)),
                            named(view, inputs[slot]), name(types.of(inputs[slot])));
    }
    return std::nullopt;
}

// Each with the node that has it, or that makes the value: names may be others before and after.
using Problems = std::vector<std::pair<NodeId, Finding>>;

void addTypes(const GraphView& view, NodeIndex node, const ElementTypes& types, Problems& problems)
{
    const Definition definition = definitionOf(view, node);
    if (!definition.schema)
        return;
    const auto inputs = view.inputs(node);
    for (std::size_t slot = 0; definition.isCurrent && slot < inputs.size(); ++slot) {
        if (inputs[slot] == ValueIndex::None)
            continue;
        if (const auto why = whyNotInput(*definition.schema, slot, types.of(inputs[slot]))) {
            problems.push_back(
                {view.id(node),
                 {"type", lastingId(view, node),
                  sentence("{} reads {}. {}", operation(view, node), named(view, inputs[slot]), *why)}});
            return;
        }
    }
    if (auto why = whyNotTogether(view, node, types, *definition.schema))
        problems.push_back({view.id(node), {"type", lastingId(view, node), std::move(*why)}});
}

Problems allOf(const GraphView& view)
{
    Problems problems;
    const ElementTypes types(view);
    for (const Scope& scope : view.scopes()) {
        for (const NodeIndex node : scope.nodes)
            addTypes(view, node, types, problems);
    }
    const Shapes shapes(view);
    for (const ShapeContradiction& each : shapes.contradictions()) {
        const NodeIndex maker = view.producer(each.value);
        problems.push_back(
            {maker == NodeIndex::None ? NodeId::None : view.id(maker),
             {"shape", lastingId(view, each.value),
              sentence("{} is declared as {}, and {} follows from the model", named(view, each.value),
                       shapeText(each.declared), shapeText(each.derived))}});
    }
    return problems;
}

} // namespace

std::vector<Finding> problemsOf(const GraphView& view)
{
    std::vector<Finding> problems;
    for (auto& [node, problem] : allOf(view))
        problems.push_back(std::move(problem));
    return problems;
}

std::vector<Finding> newProblems(const GraphView& before, const GraphView& after)
{
    Problems now = allOf(after);
    std::vector<Finding> problems;
    if (now.empty())
        return problems;
    std::set<std::pair<NodeId, std::string>> old;
    for (const auto& [node, problem] : allOf(before))
        old.emplace(node, problem.code);
    for (auto& [node, problem] : now) {
        if (!old.contains({node, problem.code}))
            problems.push_back(std::move(problem));
    }
    return problems;
}

} // namespace pleat
