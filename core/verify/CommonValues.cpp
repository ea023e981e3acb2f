// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/CommonValues.h"

#include "core/fold/Fold.h"
#include "core/graph/ElementTypes.h"

#include <algorithm>
#include <unordered_set>

namespace pleat {

namespace {

using ValueSet = std::unordered_set<ValueIndex>;

// What a fold behind a layer changes is all that its chain reads; one before a layer, all that its chain and
// what lies between give.
void addOnTheWay(const GraphView& view, const FoldCandidate& fold, ValueSet& into)
{
    const auto add = [&](const std::vector<NodeRef>& nodes) {
        for (const NodeRef& reference : nodes) {
            const NodeIndex node = view.find(reference.id);
            if (node == NodeIndex::None)
                continue;
            const auto values =
                fold.direction == FoldDirection::After ? view.inputs(node) : view.outputs(node);
            into.insert(values.begin(), values.end());
        }
    };
    add(fold.affine);
    add(fold.between);
}

} // namespace

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
        addOnTheWay(*before, fold, onTheWay);
    const ElementTypes types(*before), typesAfter(after);
    const auto isComputed = [](const GraphView& view, ValueIndex value) {
        return value != ValueIndex::None && view.scope(value) == ScopeIndex::Main &&
               view.producer(value) != NodeIndex::None && view.constantDepth(value) == 0;
    };
    for (const NodeIndex node : before->topological(ScopeIndex::Main)) {
        for (const ValueIndex value : before->outputs(node)) {
            if (!isComputed(*before, value) || !isFloating(types.of(value)) || onTheWay.contains(value))
                continue;
            const ValueIndex now = after.find(ScopeIndex::Main, before->name(value));
            if (isComputed(after, now) && typesAfter.of(now) == types.of(value))
                common.values.push_back({value, now});
        }
    }
    return common;
}

} // namespace pleat
