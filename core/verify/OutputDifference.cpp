// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/OutputDifference.h"

#include "core/model/Assemble.h"
#include "core/model/Model.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr std::size_t few = 5;

// Of the classes of a row, the ones with the highest scores; of equals, the first.
std::vector<std::size_t> best(std::span<const double> row, std::size_t count)
{
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    count = std::min(count, order.size());
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count),
                              [&](auto a, auto b) { return row[a] != row[b] ? row[a] > row[b] : a < b; });
    order.resize(count);
    return order;
}

Agreement agreement(std::span<const double> before, std::span<const double> after, std::size_t classes)
{
    Agreement result;
    for (std::size_t at = 0; at + classes <= before.size(); at += classes) {
        std::vector<std::size_t> a = best(before.subspan(at, classes), few),
                                 b = best(after.subspan(at, classes), few);
        ++result.rows;
        result.first += a.front() == b.front();
        std::ranges::sort(a);
        std::ranges::sort(b);
        result.firstFive += a == b;
    }
    return result;
}

double cosine(std::span<const double> before, std::span<const double> after)
{
    double product = 0, a = 0, b = 0;
    for (std::size_t e = 0; e < before.size(); ++e) {
        if (!std::isfinite(before[e]) || !std::isfinite(after[e]))
            continue;
        product += before[e] * after[e];
        a += before[e] * before[e];
        b += after[e] * after[e];
    }
    if (a == 0 && b == 0)
        return 1;
    return a == 0 || b == 0 ? 0 : product / (std::sqrt(a) * std::sqrt(b));
}

std::vector<ErrorDecade> decadesOf(std::span<const double> before, std::span<const double> after)
{
    std::map<int, std::uint64_t> counts;
    for (std::size_t e = 0; e < before.size(); ++e) {
        const double error = std::abs(after[e] - before[e]);
        if (std::isfinite(error) && error > 0)
            ++counts[static_cast<int>(std::floor(std::log10(error)))];
    }
    std::vector<ErrorDecade> decades;
    decades.reserve(counts.size());
    for (const auto& [exponent, count] : counts)
        decades.push_back({exponent, count});
    return decades;
}

double magnitude(const Range& range)
{
    return std::max(std::abs(range.min), std::abs(range.max));
}

bool areEqualStrings(const onnx::TensorProto& before, const onnx::TensorProto& after)
{
    return std::ranges::equal(before.string_data(), after.string_data());
}

} // namespace

Tolerance usualTolerance(DataType type)
{
    switch (type) {
    case DataType::Float:
        return {0, 1e-5};
    case DataType::Double:
        return {0, 1e-10};
    case DataType::Float16:
        return {0, 1e-2};
    case DataType::BFloat16:
        return {0, 8e-2};
    default:
        return {};
    }
}

std::string sentenceOf(const BesideSteps& steps)
{
    return fmt::format(
        "{} by {:.2g}, and {:.2g} is tolerated{}.",
        steps.biases ? "It rounds biases to integers: with these steps undone, it differs" : "It differs",
        steps.largest, steps.tolerated,
        steps.rounding > 0
            ? fmt::format(", of which {:.2g} is what rounding data to integers makes of it", steps.rounding)
            : std::string());
}

Result<OutputDifference> outputDifference(const onnx::TensorProto& before, const onnx::TensorProto& after,
                                          const std::optional<Tolerance>& tolerance,
                                          const std::stop_token& stop)
{
    OutputDifference result;
    result.name = before.name();
    result.type = static_cast<DataType>(before.data_type());
    result.dims.assign(before.dims().begin(), before.dims().end());
    if (before.data_type() != after.data_type()) {
        result.problem =
            "It was " + name(result.type) + " and is " + name(static_cast<DataType>(after.data_type())) + ".";
        return result;
    }
    if (!std::ranges::equal(before.dims(), after.dims())) {
        result.problem = "It has another shape.";
        return result;
    }
    if (before.data_type() == onnx::TensorProto::STRING) {
        result.isWithin = areEqualStrings(before, after);
        result.problem = result.isWithin ? "" : "Not all strings are the same.";
        return result;
    }
    NoProgress quiet;
    const TensorView a = tensorView(before, nullptr), b = tensorView(after, nullptr);
    const auto numbers = difference(a, b, quiet, stop);
    const auto was = a.doubles(), is = b.doubles();
    for (const auto* problem :
         {numbers ? nullptr : &numbers.error(), was ? nullptr : &was.error(), is ? nullptr : &is.error()}) {
        if (problem)
            return tl::make_unexpected(*problem);
    }
    result.numbers = *numbers;
    const double reach = magnitude(numbers->before);
    const Tolerance allowed = tolerance.value_or(usualTolerance(result.type));
    result.scaled = numbers->largest == 0 ? 0 : numbers->largest / reach;
    result.cosine = cosine(*was, *is);
    result.decades = decadesOf(*was, *is);
    result.tolerated = isFloating(result.type) ? allowed.absolute + allowed.relative * reach : 0;
    result.isWithin = numbers->apart == 0 && numbers->largest <= result.tolerated;
    if (isFloating(result.type) && result.dims.size() == 2 && result.dims[1] >= 2)
        result.classes = agreement(*was, *is, static_cast<std::size_t>(result.dims[1]));
    return result;
}

} // namespace pleat
