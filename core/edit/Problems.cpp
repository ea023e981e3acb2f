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

struct Problem {
    NodeId node = NodeId::None; // that has it, or makes the value: names may be others before and after
    ValueIndex value = ValueIndex::None; // what it makes or, where there is no node, what does not fit
    Finding finding;
};
using Problems = std::vector<Problem>;

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
                 view.output(node, 0),
                 {"type", lastingId(view, node),
                  sentence("{} reads {}. {}", operation(view, node), named(view, inputs[slot]), *why)}});
            return;
        }
    }
    if (auto why = whyNotTogether(view, node, types, *definition.schema))
        problems.push_back(
            {view.id(node), view.output(node, 0), {"type", lastingId(view, node), std::move(*why)}});
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
             each.value,
             {"shape", lastingId(view, each.value),
              sentence("{} is declared as {}, and {} follows from the model", named(view, each.value),
                       shapeText(each.declared), shapeText(each.derived))}});
    }
    return problems;
}

// What is computed from something that does not fit need not fit either: finds the problem that each lies
// behind.
class Causes final {
public:
    Causes(const GraphView& view, const Problems& problems)
        : m_view(view),
          m_problems(problems),
          m_of(problems.size(), nobody),
          m_behind(view.valueCount(), nobody)
    {
        for (std::size_t p = 0; p < problems.size(); ++p) {
            if (problems[p].node != NodeId::None)
                m_at[view.find(problems[p].node)].push_back(p);
            else if (problems[p].value != ValueIndex::None)
                m_behind[index(problems[p].value)] = p;
        }
        for (const Scope& scope : view.scopes())
            if (scope.owner != NodeIndex::None)
                m_bodies[scope.owner].push_back(scopeIndex(scope));
        for (const Scope& scope : view.scopes())
            if (scope.owner == NodeIndex::None)
                visit(scopeIndex(scope));
    }

    static constexpr std::size_t nobody = ~std::size_t{0};
    // The problem that this one lies behind: one that lies behind none.
    std::size_t of(std::size_t problem) const { return m_of[problem]; }

private:
    ScopeIndex scopeIndex(const Scope& scope) const
    {
        return ScopeIndex{static_cast<std::uint32_t>(&scope - m_view.scopes().data())};
    }

    template<class Values>
    std::size_t firstBehind(const Values& values) const
    {
        const auto found = std::ranges::find_if(values, [this](ValueIndex value) {
            return value != ValueIndex::None && m_behind[index(value)] != nobody;
        });
        return found == values.end() ? nobody : m_behind[index(*found)];
    }

    void visit(ScopeIndex scope) // bodies in bodies: no deeper than the reader takes
    {
        for (const NodeIndex node : m_view.topological(scope)) {
            std::size_t cause = firstBehind(m_view.inputs(node));
            if (const auto bodies = m_bodies.find(node); bodies != m_bodies.end()) {
                for (const ScopeIndex body : bodies->second) {
                    const Scope& inner = m_view.scopes()[index(body)];
                    for (const ValueIndex input : inner.inputs)
                        m_behind[index(input)] = cause;
                    visit(body);
                    if (cause == nobody)
                        cause = firstBehind(inner.outputs);
                }
            }
            if (const auto problems = m_at.find(node); problems != m_at.end()) {
                for (const std::size_t problem : problems->second) {
                    m_of[problem] = cause;
                    if (cause == nobody)
                        cause = problem;
                }
            }
            if (cause == nobody)
                continue;
            const auto outputs = m_view.outputs(node);
            for (std::size_t slot = 0; slot < outputs.size(); ++slot)
                if (outputs[slot] != ValueIndex::None && !isOfItsOwnType(node, slot, cause))
                    m_behind[index(outputs[slot])] = cause;
        }
    }

    // A Cast, a Shape, a comparison: whatever types it reads, what it makes is of the right one.
    bool isOfItsOwnType(NodeIndex node, std::size_t slot, std::size_t cause) const
    {
        const auto* const schema =
            m_problems[cause].finding.code == "type" ? definitionOf(m_view, node).schema : nullptr;
        if (!schema || schema->outputs().empty())
            return false;
        const auto& made = schema->outputs()[std::min(slot, schema->outputs().size() - 1)];
        return std::ranges::none_of(
            schema->inputs(), [&made](const auto& input) { return input.GetTypeStr() == made.GetTypeStr(); });
    }

    const GraphView& m_view;
    const Problems& m_problems;
    std::vector<std::size_t> m_of;     // a problem each
    std::vector<std::size_t> m_behind; // a value each
    std::map<NodeIndex, std::vector<std::size_t>> m_at;
    std::map<NodeIndex, std::vector<ScopeIndex>> m_bodies;
};

} // namespace

std::vector<Finding> problemsOf(const GraphView& view)
{
    std::vector<Finding> problems;
    for (Problem& problem : allOf(view))
        problems.push_back(std::move(problem.finding));
    return problems;
}

std::vector<Finding> newProblems(const GraphView& before, const GraphView& after)
{
    Problems now = allOf(after);
    if (now.empty())
        return {};
    std::set<std::pair<NodeId, std::string>> old;
    for (const Problem& problem : allOf(before))
        old.emplace(problem.node, problem.finding.code);
    std::erase_if(now, [&old](const Problem& problem) {
        return old.contains({problem.node, problem.finding.code});
    });
    const Causes causes(after, now);
    std::vector<std::size_t> follow(now.size(), 0);
    for (std::size_t p = 0; p < now.size(); ++p)
        if (causes.of(p) != Causes::nobody)
            ++follow[causes.of(p)];
    std::vector<Finding> problems;
    for (std::size_t p = 0; p < now.size(); ++p) {
        if (causes.of(p) != Causes::nobody)
            continue;
        Finding& finding = problems.emplace_back(std::move(now[p].finding));
        if (follow[p] > 0)
            finding.message =
                sentence("{}; what follows from it does not fit in {} more {}", std::move(finding.message),
                         follow[p], follow[p] == 1 ? "place" : "places");
    }
    return problems;
}

} // namespace pleat
