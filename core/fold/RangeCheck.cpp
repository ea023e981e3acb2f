// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/RangeCheck.h"

#include "core/fold/NewConstants.h"
#include "core/fold/ShiftSums.h"
#include "core/tensor/Blocks.h"
#include "core/tensor/Kernels.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <tuple>

namespace pleat {

namespace {

// Above this ratio the folded weights span too many binades for one scale per tensor
// (resources/guide/folding.md, "Numbers").
constexpr double wideRatio = 1e4;

// Numbers of 32 and 64 bits are read only where they could overflow: no weight is taken for larger than
// 2^100, and a factor for harmless up to 2^28; what a small tensor holds is soon seen.
constexpr double largestWeight = 0x1p100, harmlessFactor = 0x1p28;
constexpr std::uint64_t smallTensor = 4096; // elements

struct Damage {
    std::uint64_t overflows = 0, constants = 0, flushed = 0, subnormal = 0;
    std::uint64_t flushedScales = 0, subnormalScales = 0; // of a DequantizeLinear
    double largest = 0, largestConstant = 0;              // of those that overflow
};

bool hasSixteenBits(DataType type)
{
    return type == DataType::Float16 || type == DataType::BFloat16;
}

double smallestNormal(DataType type)
{
    return type == DataType::Float16 ? 0x1p-14 : type == DataType::Double ? 0x1p-1022 : 0x1p-126;
}

double largestOf(std::span<const double> values)
{
    double largest = 0;
    for (const double value : values)
        largest = std::max(largest, std::abs(value));
    return largest;
}

bool mustRead(const GraphView& view, const FoldTarget& target, double factor)
{
    const DataType type = target.layer.type();
    // What is computed at once is not looked at again when it is saved. Larger tensors are not computed.
    if (target.layer.weight.tensor.elements() <= TensorView::mostAtOnce && isComputedAtOnce(view, target))
        return true;
    // float's exponents reach to 2^127; double's reach so much farther that the same bound serves.
    return hasSixteenBits(type) ||
           factor > (target.layer.weight.tensor.elements() <= smallTensor ? 1 : harmlessFactor);
}

// Counts what becomes of the weights, each before and after.
Result<void> judgeWeights(const FoldTarget& target, FoldDirection direction, const std::stop_token& stop,
                          Damage& found)
{
    const std::span<const double> s(target.s), none;
    const bool after = direction == FoldDirection::After;
    const DataType type = target.layer.type();
    const double factor = largestOf(target.s);
    const TensorView& weight = target.layer.weight.tensor;
    std::vector<double> old;
    return forEachBlock(weight, stop, [&](std::uint64_t first, std::span<double> values) {
        // Mostly the largest number tells enough.
        if (!hasSixteenBits(type) && std::isfinite(rounded(type, largestOf(values) * factor)))
            return;
        old.assign(values.begin(), values.end());
        // An earlier fold's overflow counts where this one writes it out.
        if (weight.payload().isScaled() && !std::isfinite(largestOf(values)))
            std::ignore = withoutFactors(weight).readDoubles(first, old);
        scale(DataType::Double, std::as_writable_bytes(values), first, target.layer.layout, after ? s : none,
              after ? none : s);
        for (std::size_t e = 0; e < values.size(); ++e) {
            const double exact = values[e], kept = rounded(type, exact);
            if (!std::isfinite(kept) && std::isfinite(old[e])) {
                ++found.overflows;
                found.largest = std::max(found.largest, std::abs(exact));
            }
            if (!hasSixteenBits(type))
                continue;
            // Only what the fold makes worse counts.
            found.flushed += kept == 0 && exact != 0;
            found.subnormal += kept != 0 && std::abs(kept) < smallestNormal(type) &&
                               std::abs(old[e]) >= smallestNormal(type);
        }
    });
}

void judgeConstant(DataType type, double exact, Damage& found)
{
    if (std::isfinite(rounded(type, exact)))
        return;
    ++found.constants;
    found.largestConstant = std::max(found.largestConstant, std::abs(exact));
}

// A scale of 0 makes all weights of its channels 0; a subnormal one has fewer digits than a float.
void judgeScales(const FoldTarget& target, Damage& found)
{
    const std::vector<double>& scales = target.layer.quantizedWeight->scales;
    for (std::size_t c = 0; c < target.s.size(); ++c) {
        const double old = scales[scales.size() == 1 ? 0 : c], exact = old * std::abs(target.s[c]);
        const double kept = rounded(DataType::Float, exact), smallest = smallestNormal(DataType::Float);
        judgeConstant(DataType::Float, exact, found);
        found.flushedScales += kept == 0 && exact != 0;
        found.subnormalScales += kept != 0 && kept < smallest && old >= smallest;
    }
}

// A new bias that is not finite where the old one was.
Result<void> judgeBias(const GraphView& view, const FoldTarget& target, FoldDirection direction,
                       const std::stop_token& stop, Damage& found)
{
    std::vector<double> values = target.bias.values;
    const DataType type = target.layer.dataType();
    const double taps = static_cast<double>(target.layer.weight.tensor.elements()) /
                        static_cast<double>(std::max<std::uint64_t>(target.layer.layout.outputs, 1));
    const double shift = largestOf(target.t) * std::abs(target.layer.gain) * taps;
    if (direction == FoldDirection::Before && shift > 0 &&
        (mustRead(view, target, shift) || largestOf(values) > largestWeight)) {
        const auto sums = shiftOfOutputs(target, stop);
        if (!sums)
            return tl::make_unexpected(sums.error());
        for (std::size_t v = 0; v < values.size(); ++v)
            values[v] += (*sums)[v % sums->size()];
    }
    const auto isLost = [type](double value) { return !std::isfinite(rounded(type, value)); };
    if (std::ranges::none_of(values, isLost))
        return {};
    const std::size_t channels = target.layer.layout.outputs;
    const auto old =
        biasAfter(view, target.layer, std::vector<double>(channels, 1.0), std::vector<double>(channels, 0.0));
    for (std::size_t v = 0; v < values.size(); ++v) {
        if (!old || v >= old->values.size() || std::isfinite(old->values[v]))
            judgeConstant(type, values[v], found);
    }
    return {};
}

Verdict<Damage> damage(const GraphView& view, const FoldPlan& plan, const std::stop_token& stop)
{
    Damage found;
    const FoldDirection direction = *plan.candidate.direction;
    for (const FoldTarget& target : plan.targets) {
        const auto unread = [&](const Error& error) {
            return refuse(Reason::MissingData, sentence("{}", error.message),
                          blame(view, target.layer.weight.storedAt));
        };
        if (target.layer.quantizedWeight)
            judgeScales(target, found);
        // The integers have scales to take the factors; the floats that are quantized while the model runs
        // not.
        const bool ofIntegers =
            target.layer.quantizedWeight && target.layer.quantizedWeight->quantize == NodeIndex::None;
        if (!ofIntegers && mustRead(view, target, largestOf(target.s))) {
            if (auto judged = judgeWeights(target, direction, stop, found); !judged)
                return unread(judged.error());
        }
        if (auto judged = judgeBias(view, target, direction, stop, found); !judged)
            return unread(judged.error());
        if (target.padWith)
            judgeConstant(target.layer.dataType(), *target.padWith, found);
    }
    for (const PadChange& change : plan.pads) {
        if (std::isfinite(change.value))
            judgeConstant(plan.targets.front().layer.dataType(), change.value, found);
    }
    for (const ConstantChange& change : plan.constants) {
        const ValueIndex value = view.input(change.reader, change.slot);
        const auto after = changed(view, change);
        if (!after)
            return refuse(Reason::MissingData, sentence("{}", after.error().message), blame(view, value));
        for (std::size_t e = 0; e < after->values.size(); ++e) {
            if (std::isfinite(after->old[e]))
                judgeConstant(plan.targets.front().layer.dataType(), after->values[e], found);
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
    const std::string type = name(layer.dataType());
    std::vector<FoldWarning>& warnings = plan.candidate.warnings;
    const auto lost = [&](const Sentence& what) -> Verdict<void> {
        if (!options.allowOverflow)
            return refuse(Reason::Overflow, what, blame(view, layer.weight.storedAt));
        warnings.push_back({"overflow", what});
        return {};
    };
    if (found->overflows > 0) {
        if (auto told = lost(sentence("{} weights would overflow {} (largest {})", found->overflows, type,
                                      fmt::format("{:.4g}", found->largest)));
            !told)
            return told;
    }
    if (found->constants > 0) {
        if (auto told = lost(sentence("{} new constants would overflow {} (largest {})", found->constants,
                                      type, fmt::format("{:.4g}", found->largestConstant)));
            !told)
            return told;
    }
    if (found->flushed + found->subnormal > 0)
        warnings.push_back({"underflow", sentence("{} weights become 0 and {} subnormal in {}",
                                                  found->flushed, found->subnormal, type)});
    if (found->flushedScales + found->subnormalScales > 0)
        warnings.push_back(
            {"underflow", sentence("{} scales of the quantized weight become 0 and {} subnormal "
                                   "in float",
                                   found->flushedScales, found->subnormalScales)});
    if (options.allowOverflow) {
        for (FoldTarget& target : plan.targets)
            target.overflow = Overflow::IsWanted;
    }
    return {};
}

} // namespace pleat
