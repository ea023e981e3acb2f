// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/RangeCheck.h"

#include "core/tensor/Blocks.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace pleat {

namespace {

// Above this ratio the folded weights span too many binades for one scale per tensor (FOLDING.md, "Numbers").
constexpr double wideRatio = 1e4;

struct Damage {
    std::uint64_t overflows = 0, flushed = 0, subnormal = 0;
    double largest = 0;
};

double smallestNormal(DataType type)
{
    return type == DataType::Float16 ? 0x1p-14 : 0x1p-126;
}

// Compares a value before rounding with what its type makes of it.
void judge(DataType type, double exact, Damage& damage)
{
    const double kept = type == DataType::Float16 ? halfToDouble(roundToHalf(exact))
                                                  : bfloat16ToDouble(roundToBFloat16(exact));
    damage.largest = std::max(damage.largest, std::abs(exact));
    damage.overflows += std::isinf(kept) && std::isfinite(exact);
    damage.flushed += kept == 0 && exact != 0;
    damage.subnormal += kept != 0 && std::abs(kept) < smallestNormal(type);
}

Result<void> judgeWeights(const FoldTarget& target, FoldDirection direction, const std::stop_token& stop,
                          Damage& found)
{
    const std::span<const double> s(target.s), none;
    const bool after = direction == FoldDirection::After;
    return forEachBlock(target.layer.weight.tensor, stop, [&](std::uint64_t first, std::span<double> values) {
        scale(DataType::Double, std::as_writable_bytes(values), first, target.layer.layout, after ? s : none,
              after ? none : s);
        for (const double value : values)
            judge(target.layer.type(), value, found);
    });
}

Verdict<Damage> damage(const GraphView& view, const FoldPlan& plan, const std::stop_token& stop)
{
    Damage found;
    for (const FoldTarget& target : plan.targets) {
        const DataType type = target.layer.type();
        if (type != DataType::Float16 && type != DataType::BFloat16)
            continue;
        if (auto judged = judgeWeights(target, *plan.candidate.direction, stop, found); !judged)
            return refuse(Reason::MissingData, sentence("{}", judged.error().message),
                          blame(view, target.layer.weight.storedAt));
        if (plan.candidate.direction != FoldDirection::After)
            continue; // the new bias takes a sum over the weights: it is known when it is folded
        if (const auto bias = biasAfter(view, target.layer, target.s, target.t)) {
            for (const double value : bias->values)
                judge(type, value, found);
        }
    }
    return found;
}

void warnOfScale(FoldPlan& plan)
{
    double smallest = INFINITY, largest = 0;
    std::size_t zeros = 0;
    for (const double s : plan.affine.s) {
        zeros += s == 0;
        if (s != 0)
            smallest = std::min(smallest, std::abs(s));
        largest = std::max(largest, std::abs(s));
    }
    std::vector<FoldWarning>& warnings = plan.candidate.warnings;
    if (largest / smallest > wideRatio)
        warnings.push_back({"wide-scale", sentence("the largest |s| is {} times the smallest: the folded "
                                                   "weights will quantize badly per tensor",
                                                   fmt::format("{:.3g}", largest / smallest))});
    if (zeros > 0)
        warnings.push_back({"zero-scale", sentence("{} of {} channels have scale 0: their weights become 0",
                                                   zeros, plan.affine.channels())});
}

} // namespace

Verdict<void> checkRanges(const GraphView& view, const FoldOptions& options, FoldPlan& plan,
                          std::stop_token stop)
{
    warnOfScale(plan);
    const auto found = damage(view, plan, stop);
    if (!found)
        return tl::make_unexpected(found.error());
    const Layer& layer = plan.targets.front().layer;
    const std::string type = name(layer.type());
    std::vector<FoldWarning>& warnings = plan.candidate.warnings;
    if (found->overflows > 0) {
        const Sentence overflows = sentence("{} weights would overflow {} (largest {})", found->overflows,
                                            type, fmt::format("{:.4g}", found->largest));
        if (!options.allowOverflow)
            return refuse(Reason::Overflow, overflows, blame(view, layer.weight.storedAt));
        warnings.push_back({"overflow", overflows});
    }
    if (found->flushed + found->subnormal > 0)
        warnings.push_back({"underflow", sentence("{} weights become 0 and {} subnormal in {}",
                                                  found->flushed, found->subnormal, type)});
    return {};
}

} // namespace pleat
