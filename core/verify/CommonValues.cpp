// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/CommonValues.h"

#include "core/fold/Fold.h"
#include "core/verify/DataFlow.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace pleat {

namespace {

using ValueSet = std::unordered_set<ValueIndex>;

constexpr std::size_t furthest = 256; // nodes between a layer and what is folded into it

bool isLayerOperator(const GraphView& view, NodeIndex node)
{
    const std::string_view op = view.op(node);
    return view.domain(node).empty() &&
           (op == "Conv" || op == "ConvTranspose" || op == "Gemm" || op == "MatMul");
}

// A number that a node makes of the data.
bool isComputed(const GraphView& view, const DataFlow& flow, ValueIndex value)
{
    return value != ValueIndex::None && view.producer(value) != NodeIndex::None && flow.isData(value);
}

std::vector<ValueIndex> readBy(const GraphView& view, const std::vector<NodeRef>& nodes)
{
    std::vector<ValueIndex> values;
    for (const NodeRef& reference : nodes)
        if (const NodeIndex node = view.find(reference.id); node != NodeIndex::None)
            std::ranges::copy(view.inputs(node), std::back_inserter(values));
    return values;
}

// Behind layers: all that lies between the chain and the layers above it.
void addBehind(const GraphView& view, const DataFlow& flow, const FoldCandidate& fold, ValueSet& into)
{
    std::vector<ValueIndex> waiting = readBy(view, fold.affine);
    for (std::size_t n = 0; n < waiting.size() && n < furthest; ++n) {
        const ValueIndex value = waiting[n];
        if (!isComputed(view, flow, value) || !into.insert(value).second)
            continue;
        if (const NodeIndex node = view.producer(value); !isLayerOperator(view, node))
            std::ranges::copy(view.inputs(node), std::back_inserter(waiting));
    }
}

// Before layers: all that lies between the chain and the layers below it. What a matrix product makes is
// another number, too, where the Add behind it takes the shift.
void addAhead(const GraphView& view, const DataFlow& flow, const FoldCandidate& fold, ValueSet& into)
{
    std::vector<NodeIndex> waiting;
    for (const NodeRef& reference : fold.affine)
        if (const NodeIndex node = view.find(reference.id); node != NodeIndex::None)
            waiting.push_back(node);
    for (std::size_t n = 0; n < waiting.size() && n < furthest; ++n) {
        const bool isProduct = view.op(waiting[n]) == "MatMul";
        if (isLayerOperator(view, waiting[n]) && !isProduct)
            continue;
        for (const ValueIndex value : view.outputs(waiting[n])) {
            const auto uses = view.uses(value);
            if (isProduct && (uses.size() != 1 || view.op(uses[0].node) != "Add"))
                continue;
            if (!isComputed(view, flow, value) || !into.insert(value).second || isProduct)
                continue;
            for (const Use& use : uses)
                waiting.push_back(use.node);
        }
    }
}

std::vector<ScopeIndex> matchedScopes(const GraphView& before, const GraphView& after)
{
    std::vector<ScopeIndex> matched(before.scopes().size(), ScopeIndex::None);
    matched[index(ScopeIndex::Main)] = ScopeIndex::Main;
    for (std::size_t s = 1; s < matched.size(); ++s) { // parents come first
        const Scope& scope = before.scopes()[s];
        if (scope.parent == ScopeIndex::None) {
            const auto function = std::ranges::find(after.scopes(), scope.path, &Scope::path);
            if (function != after.scopes().end())
                matched[s] = static_cast<ScopeIndex>(function - after.scopes().begin());
            continue;
        }
        const ScopeIndex parent = matched[index(scope.parent)];
        if (parent == ScopeIndex::None)
            continue;
        const ValueIndex made = after.find(parent, before.name(before.output(scope.owner, 0)));
        const NodeIndex owner = made == ValueIndex::None ? NodeIndex::None : after.producer(made);
        if (owner == NodeIndex::None || after.op(owner) != before.op(scope.owner))
            continue;
        const auto was = bodiesOf(before, scope.owner), is = bodiesOf(after, owner);
        const auto place = std::ranges::find(was, static_cast<ScopeIndex>(s)) - was.begin();
        if (was.size() == is.size())
            matched[s] = is[static_cast<std::size_t>(place)];
    }
    return matched;
}

constexpr std::array<std::string_view, 10> sameTypes{
    "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Add", "Sub", "Mul", "Div", "PRelu"};

// The type of a float among the inputs of one of these; Undefined where nobody knows any.
DataType typeByInputs(const GraphView& view, const ElementTypes& types, NodeIndex node, ValueIndex but)
{
    if (node == NodeIndex::None || !view.domain(node).empty() ||
        std::ranges::find(sameTypes, view.op(node)) == sameTypes.end())
        return DataType::Undefined;
    for (const ValueIndex input : view.inputs(node))
        if (input != but && input != ValueIndex::None)
            if (const DataType type = types.of(view.origin(input)); isFloating(type))
                return type;
    return DataType::Undefined;
}

} // namespace

ValueIndex CommonValues::counterpart(const GraphView& before, const GraphView& after, ValueIndex value) const
{
    const ScopeIndex now = scopes[index(before.scope(value))];
    const ValueIndex found = now == ScopeIndex::None ? ValueIndex::None : after.find(now, before.name(value));
    return found != ValueIndex::None && after.scope(found) == now ? found : ValueIndex::None;
}

std::vector<ScopeIndex> bodiesOf(const GraphView& view, NodeIndex node)
{
    std::vector<ScopeIndex> bodies;
    if (view.entry(node).bodies().empty())
        return bodies;
    for (std::size_t s = 0; s < view.scopes().size(); ++s)
        if (view.scopes()[s].owner == node)
            bodies.push_back(static_cast<ScopeIndex>(s));
    return bodies;
}

DataType typeOrWhatReadersWant(const GraphView& view, const ElementTypes& types, ValueIndex value)
{
    if (const DataType known = types.of(view.origin(value)); known != DataType::Undefined)
        return known;
    for (const Use& use : view.uses(value))
        if (const DataType type = typeByInputs(view, types, use.node, value); type != DataType::Undefined)
            return type;
    return typeByInputs(view, types, view.producer(value), ValueIndex::None);
}

Result<CommonValues> commonValues(const std::shared_ptr<const GraphView>& before, const GraphView& after,
                                  Progress& progress, const std::stop_token& stop)
{
    auto folds =
        findFolds(before, {.constantsToo = true, .quantizedToo = true, .padUniform = true}, progress, stop);
    if (!folds)
        return tl::make_unexpected(std::move(folds.error()));
    CommonValues common;
    std::ranges::copy_if(*folds, std::back_inserter(common.folds), &FoldCandidate::foldable);
    common.scopes = matchedScopes(*before, after);
    const DataFlow flow(*before), flowAfter(after);
    ValueSet onTheWay;
    for (const FoldCandidate& fold : common.folds)
        fold.direction == FoldDirection::After ? addBehind(*before, flow, fold, onTheWay)
                                               : addAhead(*before, flow, fold, onTheWay);
    const ElementTypes types(*before), typesAfter(after);
    for (std::size_t s = 0; s < common.scopes.size(); ++s) {
        if (common.scopes[s] == ScopeIndex::None)
            continue;
        for (const NodeIndex node : before->topological(static_cast<ScopeIndex>(s))) {
            for (const ValueIndex value : before->outputs(node)) {
                if (!isComputed(*before, flow, value) || onTheWay.contains(value))
                    continue;
                const DataType type = typeOrWhatReadersWant(*before, types, value);
                const ValueIndex now = common.counterpart(*before, after, value);
                if (isFloating(type) && isComputed(after, flowAfter, now) &&
                    typeOrWhatReadersWant(after, typesAfter, now) == type)
                    common.values.push_back({value, now});
            }
        }
    }
    return common;
}

} // namespace pleat
