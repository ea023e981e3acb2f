// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that make a tensor out of sizes, indices or fewer numbers.
#include "core/graph/Attributes.h"
#include "core/graph/EvaluateParts.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <onnx/onnx_pb.h>

namespace pleat::evaluating {

namespace {

std::optional<Numbers> numbersOf(const TensorView& tensor)
{
    Constant constant;
    constant.tensor = tensor;
    constant.type = tensor.type();
    constant.dims = tensor.dims();
    return pleat::numbersOf(constant);
}

Computed constantOfShape(const Operation& operation, std::size_t most)
{
    const auto dims = integers(operation, 0);
    if (!dims || !dims->given || dims->values.size() > static_cast<std::size_t>(highestRank) ||
        std::ranges::any_of(dims->values, [](std::int64_t dim) { return dim < 0; }) ||
        elementCount(dims->values) > most)
        return std::nullopt;
    Computed element = Numbers{DataType::Float, {1}, std::vector<double>{0}};
    if (const onnx::AttributeProto* const given = attribute(operation.proto, "value"))
        element = numbersOf(tensorView(operation.payloads, given->t()));
    if (!element || element->size() != 1)
        return std::nullopt;
    return taken(*element, dims->values, std::vector<std::size_t>(elementCount(dims->values)));
}

// Range-11 of integers. Reals are left out: where they end hangs on how they are added up.
Computed range(const Operation& operation, std::size_t most)
{
    const auto start = integers(operation, 0), limit = integers(operation, 1), delta = integers(operation, 2);
    if (!start || !limit || !delta || start->values.size() != 1 || limit->values.size() != 1 ||
        delta->values.size() != 1 || delta->values[0] == 0)
        return std::nullopt;
    const DataType type = operand(operation, 0)->type;
    const std::int64_t step = delta->values[0];
    Numbers result{type, {0}, {}};
    std::int64_t next = start->values[0];
    while (step > 0 ? next < limit->values[0] : next > limit->values[0]) {
        if (result.size() == most)
            return std::nullopt;
        result.integers().push_back(next);
        if (__builtin_add_overflow(next, step, &next))
            break;
    }
    result.dims[0] = static_cast<std::int64_t>(result.size());
    return result;
}

// NonZero-9: the indices of the elements that are not 0, one row for each axis.
Computed nonZero(const Operation& operation, std::size_t most)
{
    const Numbers* const data = operand(operation, 0);
    if (!data || data->dims.empty() || std::ranges::find(data->open, 1) != data->open.end())
        return std::nullopt;
    std::vector<std::size_t> found;
    std::visit(
        [&](const auto& values) {
            for (std::size_t e = 0; e < values.size(); ++e) {
                if (values[e] != 0)
                    found.push_back(e);
            }
        },
        data->values);
    const std::size_t rank = data->dims.size();
    if (found.size() > most / rank)
        return std::nullopt;
    std::vector<std::int64_t> rows(rank * found.size());
    for (std::size_t f = 0; f < found.size(); ++f) {
        std::size_t rest = found[f];
        for (std::size_t a = rank; a-- > 0;) {
            const auto extent = static_cast<std::size_t>(data->dims[a]);
            rows[a * found.size() + f] = static_cast<std::int64_t>(rest % extent);
            rest /= extent;
        }
    }
    return Numbers{DataType::Int64, {std::ssize(data->dims), std::ssize(found)}, std::move(rows)};
}

// EyeLike-9: ones on diagonal k of a matrix.
Computed eyeLike(const Operation& operation, std::size_t)
{
    const Numbers* const like = operand(operation, 0);
    if (!like || like->dims.size() != 2)
        return std::nullopt;
    const auto type =
        static_cast<DataType>(intAttribute(operation.proto, "dtype", static_cast<std::int64_t>(like->type)));
    const std::int64_t k = intAttribute(operation.proto, "k", 0);
    if (!isFoldable(type) && !isInteger(type))
        return std::nullopt;
    std::vector<std::int64_t> values(like->size());
    for (std::int64_t row = 0; row < like->dims[0]; ++row) {
        if (row + k >= 0 && row + k < like->dims[1])
            values[static_cast<std::size_t>(row * like->dims[1] + row + k)] = 1;
    }
    if (isFoldable(type))
        return Numbers{type, like->dims, std::vector<double>(values.begin(), values.end())};
    return Numbers{type, like->dims, std::move(values)};
}

bool fold(std::string_view op, std::int64_t& into, std::int64_t value)
{
    if (op == "ReduceSum")
        return !__builtin_add_overflow(into, value, &into);
    if (op == "ReduceProd")
        return !__builtin_mul_overflow(into, value, &into);
    into = op == "ReduceMax" ? std::max(into, value) : std::min(into, value);
    return true;
}

// Sums and products of reals are left out: they are rounded in the order in which an engine goes.
bool fold(std::string_view op, double& into, double value)
{
    if (std::isnan(into) || std::isnan(value) || (op != "ReduceMax" && op != "ReduceMin"))
        return false;
    into = op == "ReduceMax" ? std::max(into, value) : std::min(into, value);
    return true;
}

// ReduceSum, ReduceProd, ReduceMax, ReduceMin over at least one element.
Computed reduce(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    const auto given = integers(operation, "axes", 1);
    if (!data || !given || data->type == DataType::Bool || data->size() == 0 ||
        std::ranges::find(data->open, 1) != data->open.end())
        return std::nullopt;
    const std::size_t rank = data->dims.size();
    auto axes = frontAxes(given->values, rank);
    if (!axes)
        return std::nullopt;
    if (axes->empty()) {
        if (intAttribute(operation.proto, "noop_with_empty_axes", 0) != 0)
            return *data;
        for (std::size_t a = 0; a < rank; ++a)
            axes->push_back(a);
    }
    const bool keep = intAttribute(operation.proto, "keepdims", 1) != 0;
    std::vector<std::size_t> strides(rank); // in the result; 0 along what goes
    Numbers result{data->type, {}, {}};
    std::size_t total = 1;
    for (std::size_t a = rank; a-- > 0;) {
        const bool goes = std::ranges::find(*axes, a) != axes->end();
        strides[a] = goes ? 0 : total;
        total *= goes ? 1 : static_cast<std::size_t>(data->dims[a]);
        if (keep || !goes)
            result.dims.insert(result.dims.begin(), goes ? 1 : data->dims[a]);
    }
    bool fits = true;
    std::visit(
        [&]<class Values>(const Values& values) {
            Values reduced(total);
            std::vector<bool> begun(total);
            std::vector<std::size_t> at(rank);
            for (std::size_t e = 0; fits && e < values.size(); ++e) {
                std::size_t place = 0;
                for (std::size_t a = 0; a < rank; ++a)
                    place += at[a] * strides[a];
                if (!begun[place])
                    reduced[place] = values[e];
                else
                    fits = fold(operation.proto.op_type(), reduced[place], values[e]);
                begun[place] = true;
                for (std::size_t a = rank; a-- > 0 && ++at[a] == static_cast<std::size_t>(data->dims[a]);)
                    at[a] = 0;
            }
            result.values = std::move(reduced);
        },
        data->values);
    return fits ? Computed(std::move(result)) : std::nullopt;
}

} // namespace

std::span<const Rule> makes()
{
    static constexpr std::array all{
        Rule{"ConstantOfShape", constantOfShape},
        Rule{"Range", range},
        Rule{"NonZero", nonZero},
        Rule{"EyeLike", eyeLike},
        Rule{"ReduceSum", reduce},
        Rule{"ReduceProd", reduce},
        Rule{"ReduceMax", reduce},
        Rule{"ReduceMin", reduce},
    };
    return all;
}

} // namespace pleat::evaluating
