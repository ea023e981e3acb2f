// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/compare/CompareTensors.h"

#include "core/base/Text.h"
#include "core/graph/StoredTensors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pleat {

namespace {

constexpr std::uint64_t blockElements = 1 << 16;

void widen(Range& range, double value, bool isFirst)
{
    range.min = isFirst ? value : std::min(range.min, value);
    range.max = isFirst ? value : std::max(range.max, value);
}

class Comparison final {
public:
    void add(double a, double b)
    {
        ++m_result.count;
        if (std::isfinite(a)) {
            widen(m_result.before, a, m_before == 0);
            ++m_before;
        }
        if (std::isfinite(b)) {
            widen(m_result.after, b, m_after == 0);
            ++m_after;
        }
        const bool same = a == b || (std::isnan(a) && std::isnan(b));
        m_result.differing += !same;
        if (!std::isfinite(a) || !std::isfinite(b)) {
            m_result.apart += !same;
            return;
        }
        ++m_finite;
        const double off = std::fabs(b - a);
        m_result.largest = std::max(m_result.largest, off);
        if (off > 0)
            m_result.largestRelative = std::max(m_result.largestRelative, off / std::fabs(a));
        m_blockSignal += a * a;
        m_blockNoise += off * off;
    }

    // Sums of blocks, so that a billion elements lose no more digits than one block does.
    void endBlock()
    {
        m_signal += m_blockSignal;
        m_noise += m_blockNoise;
        m_blockSignal = m_blockNoise = 0;
    }

    Difference result()
    {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        m_result.sqnr = m_finite == 0  ? std::numeric_limits<double>::quiet_NaN()
                        : m_noise == 0 ? infinity
                                       : 10 * std::log10(m_signal / m_noise);
        return m_result;
    }

private:
    Difference m_result;
    std::uint64_t m_before = 0, m_after = 0, m_finite = 0; // finite values so far; m_finite: both are
    double m_signal = 0, m_noise = 0, m_blockSignal = 0, m_blockNoise = 0;
};

std::vector<std::int64_t> squeezed(const std::vector<std::int64_t>& dims)
{
    std::vector<std::int64_t> rest;
    rest.reserve(dims.size());
    std::ranges::copy_if(dims, std::back_inserter(rest), [](std::int64_t dim) { return dim != 1; });
    return rest;
}

std::optional<TensorSide> sideOf(const GraphView& view, ValueIndex value,
                                 const std::optional<TensorView>& tensor)
{
    if (value == ValueIndex::None)
        return std::nullopt;
    TensorSide side{std::string(view.name(value)),
                    view.scopes()[index(view.scope(value))].path,
                    DataType::Undefined,
                    {},
                    tensor};
    if (tensor) {
        side.type = tensor->type();
        side.dims = tensor->dims();
    }
    return side;
}

} // namespace

bool ComparedTensor::isSame() const
{
    return before && after && difference && difference->differing == 0 && before->type == after->type &&
           before->dims == after->dims;
}

void sortWorstFirst(std::vector<ComparedTensor>& tensors)
{
    std::ranges::stable_sort(tensors, {}, [](const ComparedTensor& row) {
        const bool known = row.difference && row.difference->apart == 0 && !std::isnan(row.difference->sqnr);
        return known ? row.difference->sqnr : -std::numeric_limits<double>::infinity();
    });
}

Result<Difference> difference(const TensorView& before, const TensorView& after, Progress& progress,
                              const std::stop_token& stop)
{
    const std::uint64_t count = before.elements();
    std::vector<double> old(std::min(count, blockElements)), now(old.size());
    Comparison comparison;
    for (std::uint64_t first = 0; first < count; first += old.size()) {
        if (stop.stop_requested())
            return cancelled();
        old.resize(std::min(count - first, blockElements));
        now.resize(old.size());
        if (auto read = before.readDoubles(first, old); !read)
            return tl::make_unexpected(read.error());
        if (auto read = after.readDoubles(first, now); !read)
            return tl::make_unexpected(read.error());
        for (std::size_t e = 0; e < old.size(); ++e)
            comparison.add(old[e], now[e]);
        comparison.endBlock();
        progress.advance(first + old.size(), count);
    }
    return comparison.result();
}

Result<void> compareTensors(const GraphView& before, const GraphView& after, std::span<const NodeMatch> nodes,
                            const std::function<Result<void>(ComparedTensor)>& take, Progress& progress,
                            const std::stop_token& stop)
{
    const std::vector<TensorMatch> matches = matchTensors(before, after, nodes);
    for (std::size_t m = 0; m < matches.size(); ++m) {
        const TensorMatch& match = matches[m];
        if (stop.stop_requested())
            return cancelled();
        const auto old = storedTensor(before, match.before), now = storedTensor(after, match.after);
        ComparedTensor row{
            sideOf(before, match.before, old), sideOf(after, match.after, now), match.by, {}, {}};
        if (match.by != MatchedBy::Nobody) {
            if (!old || !now)
                row.problem = "It is not stored as a tensor.";
            else if (squeezed(old->dims()) != squeezed(now->dims()))
                row.problem = "The shapes differ.";
            if (row.problem.empty()) {
                NoProgress quiet;
                auto measured = difference(*old, *now, quiet, stop);
                if (!measured && measured.error().code == ErrorCode::Cancelled)
                    return cancelled();
                if (measured)
                    row.difference = *measured;
                else
                    row.problem = std::move(measured.error().message);
            }
        }
        if (auto taken = take(std::move(row)); !taken)
            return taken;
        progress.advance(m + 1, matches.size());
    }
    return {};
}

} // namespace pleat
