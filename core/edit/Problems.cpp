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

void addTypes(const GraphView& view, NodeIndex node, const ElementTypes& types,
              std::vector<Finding>& problems)
{
    const auto* const schema = definitionOf(view, node).schema;
    if (!schema)
        return;
    const auto inputs = view.inputs(node);
    for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
        if (inputs[slot] == ValueIndex::None)
            continue;
        if (const auto why = whyNotInput(*schema, slot, types.of(inputs[slot]))) {
            problems.push_back(
                {"type", lastingId(view, node),
                 sentence("{} reads {}. {}", operation(view, node), named(view, inputs[slot]), *why)});
            return;
        }
    }
    if (auto why = whyNotTogether(view, node, types, *schema))
        problems.push_back({"type", lastingId(view, node), std::move(*why)});
}

} // namespace

std::vector<Finding> problemsOf(const GraphView& view)
{
    std::vector<Finding> problems;
    const ElementTypes types(view);
    for (const Scope& scope : view.scopes()) {
        for (const NodeIndex node : scope.nodes)
            addTypes(view, node, types, problems);
    }
    const Shapes shapes(view);
    for (const ShapeContradiction& each : shapes.contradictions())
        problems.push_back(
            {"shape", std::string(view.name(each.value)),
             sentence("{} is declared as {}, and {} follows from the model", named(view, each.value),
                      shapeText(each.declared), shapeText(each.derived))});
    return problems;
}

std::vector<Finding> newProblems(const GraphView& before, const GraphView& after)
{
    std::vector<Finding> problems = problemsOf(after);
    if (problems.empty())
        return problems;
    std::set<std::string> old;
    for (const Finding& each : problemsOf(before))
        old.insert(each.message.text());
    std::erase_if(problems, [&](const Finding& each) { return old.contains(each.message.text()); });
    return problems;
}

} // namespace pleat
