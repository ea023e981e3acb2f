// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/ConstantOperand.h"

#include "core/graph/Attributes.h"
#include "core/graph/Opsets.h"

#include <algorithm>
#include <cmath>

namespace pleat {

std::optional<ConstantOperand> constantOperand(const GraphView& view, NodeIndex node)
{
    if (view.inputs(node).size() != 2 || view.outputs(node).size() != 1 || opsetOf(view, node) < 7 ||
        refersToCall(view.proto(node)))
        return std::nullopt;
    std::optional<ConstantOperand> found;
    for (const std::size_t slot : {std::size_t{0}, std::size_t{1}}) {
        auto constant = constantOf(view, view.input(node, slot));
        if (!constant)
            continue;
        if (found || !isFoldable(constant->type))
            return std::nullopt;
        found = {1 - slot, view.input(node, 1 - slot), view.input(node, slot), std::move(*constant)};
    }
    return found && found->data != ValueIndex::None ? std::move(found) : std::nullopt;
}

bool isReadOnlyBy(const GraphView& view, ValueIndex value, NodeIndex node)
{
    const auto uses = view.uses(value);
    return uses.size() == 1 && uses.front().node == node && !view.isGraphOutput(value) &&
           view.scope(value) == view.scope(node);
}

bool areFinite(const std::vector<double>& numbers)
{
    return std::ranges::all_of(numbers, [](double number) { return std::isfinite(number); });
}

bool areNormal(const Numbers& numbers)
{
    const double smallest = numbers.type == DataType::Double    ? 0x1p-1022
                            : numbers.type == DataType::Float16 ? 0x1p-14
                                                                : 0x1p-126;
    return std::ranges::all_of(
        numbers.reals(), [smallest](double number) { return number == 0 || std::abs(number) >= smallest; });
}

std::optional<TensorView> finiteTensorOf(const Numbers& numbers)
{
    if (!numbers.isReal() || !areFinite(rounded(numbers).reals()))
        return std::nullopt;
    return tensorOf({}, numbers);
}

} // namespace pleat
