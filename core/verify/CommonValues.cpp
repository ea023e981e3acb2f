// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/CommonValues.h"

#include "core/fold/Fold.h"

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

bool isData(const GraphView& view, ValueIndex value)
{
    return value != ValueIndex::None && view.producer(value) != NodeIndex::None &&
           view.constantDepth(value) == 0;
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
void addBehind(const GraphView& view, const FoldCandidate& fold, ValueSet& into)
{
    std::vector<ValueIndex> waiting = readBy(view, fold.affine);
    for (std::size_t n = 0; n < waiting.size() && n < furthest; ++n) {
        const ValueIndex value = waiting[n];
        if (!isData(view, value) || !into.insert(value).second)
            continue;
        if (const NodeIndex node = view.producer(value); !isLayerOperator(view, node))
            std::ranges::copy(view.inputs(node), std::back_inserter(waiting));
    }
}

// Before layers: all that lies between the chain and the layers below it. What a matrix product makes is
// another number, too, where the Add behind it takes the shift.
void addAhead(const GraphView& view, const FoldCandidate& fold, ValueSet& into)
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
            if (!isData(view, value) || !into.insert(value).second || isProduct)
                continue;
            for (const Use& use : uses)
                waiting.push_back(use.node);
        }
    }
}

} // namespace

DataType typeOrWhatReadersWant(const GraphView& view, const ElementTypes& types, ValueIndex value)
{
    if (const DataType known = types.of(value); known != DataType::Undefined)
        return known;
    static constexpr std::array<std::string_view, 10> sameTypes{
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Add", "Sub", "Mul", "Div", "PRelu"};
    for (const Use& use : view.uses(value)) {
        if (!view.domain(use.node).empty() ||
            std::ranges::find(sameTypes, view.op(use.node)) == sameTypes.end())
            continue;
        for (const ValueIndex other : view.inputs(use.node))
            if (const DataType type = types.of(other); other != value && isFloating(type))
                return type;
    }
    return DataType::Undefined;
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
    ValueSet onTheWay;
    for (const FoldCandidate& fold : common.folds)
        fold.direction == FoldDirection::After ? addBehind(*before, fold, onTheWay)
                                               : addAhead(*before, fold, onTheWay);
    const ElementTypes types(*before), typesAfter(after);
    const auto isComputed = [](const GraphView& view, ValueIndex value) {
        return value != ValueIndex::None && view.scope(value) == ScopeIndex::Main &&
               view.producer(value) != NodeIndex::None && view.constantDepth(value) == 0;
    };
    for (const NodeIndex node : before->topological(ScopeIndex::Main)) {
        for (const ValueIndex value : before->outputs(node)) {
            const DataType type = typeOrWhatReadersWant(*before, types, value);
            if (!isComputed(*before, value) || !isFloating(type) || onTheWay.contains(value))
                continue;
            const ValueIndex now = after.find(ScopeIndex::Main, before->name(value));
            if (isComputed(after, now) && typeOrWhatReadersWant(after, typesAfter, now) == type)
                common.values.push_back({value, now});
        }
    }
    return common;
}

} // namespace pleat
