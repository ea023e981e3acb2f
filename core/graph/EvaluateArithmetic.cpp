// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that compute element by element. Integers are exact, and what does not fit is refused; a real
// result is that of double arithmetic, rounded once into its type, which for +, −, ×, ÷ and √ of float and
// the 16-bit types is the correctly rounded one (S. A. Figueroa, When is double rounding innocuous?, 1995).
#include "core/graph/Attributes.h"
#include "core/graph/EvaluateParts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <onnx/onnx_pb.h>

namespace pleat::evaluating {

namespace {

using Int = std::int64_t;
using MaybeInt = std::optional<Int>;
using MaybeReal = std::optional<double>;

// Before opset 7 attributes say how operands are lined up.
bool isLinedUpByAttributes(const Operation& operation)
{
    return attribute(operation.proto, "broadcast") || attribute(operation.proto, "axis");
}

// Two operands of the same shape; the open elements of the result.
struct Pair {
    Numbers a, b;
    std::vector<std::uint8_t> open;
};

std::optional<Pair> pairOf(const Numbers& a, const Numbers& b, std::size_t most)
{
    const auto dims = together(a.dims, b.dims, most);
    if (!dims)
        return std::nullopt;
    Pair pair{spread(a, *dims), spread(b, *dims), {}};
    if (!a.open.empty() || !b.open.empty()) {
        for (std::size_t e = 0; e < pair.a.size(); ++e)
            pair.open.push_back(pair.a.isOpen(e) || pair.b.isOpen(e));
    }
    return pair;
}

// `use` for each pair of elements that are known.
template<class Value, class Result, class Use>
bool forEach(const std::vector<Value>& a, const std::vector<Value>& b, const std::vector<std::uint8_t>& open,
             std::vector<Result>& results, Use use)
{
    results.assign(a.size(), Result{});
    for (std::size_t e = 0; e < a.size(); ++e) {
        if (!open.empty() && open[e])
            continue;
        const std::optional<Result> value = use(a[e], b[e]);
        if (!value)
            return false;
        results[e] = *value;
    }
    return true;
}

template<class Whole, class Real>
Computed combined(const Numbers& a, const Numbers& b, DataType type, std::size_t most, Whole whole, Real real)
{
    const auto pair = a.isReal() == b.isReal() ? pairOf(a, b, most) : std::nullopt;
    if (!pair)
        return std::nullopt;
    Numbers result{type, pair->a.dims, {}, pair->open};
    bool done = false;
    if (a.isReal()) {
        std::vector<typename decltype(real(0.0, 0.0))::value_type> values;
        done = forEach(pair->a.reals(), pair->b.reals(), pair->open, values, real);
        result.values = std::move(values);
    } else {
        std::vector<Int> values;
        done = forEach(pair->a.integers(), pair->b.integers(), pair->open, values, whole);
        result.values = std::move(values);
    }
    return done ? Computed(std::move(result)) : std::nullopt;
}

MaybeInt dividedTowardsZero(Int a, Int b)
{
    if (b == 0 || (a == std::numeric_limits<Int>::min() && b == -1))
        return std::nullopt;
    return a / b;
}

// By squaring, while it fits.
MaybeInt power(Int base, Int exponent)
{
    if (exponent < 0)
        return std::nullopt;
    Int result = 1;
    for (; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
            return std::nullopt;
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
            return std::nullopt;
    }
    return result;
}

MaybeInt calculate(std::string_view op, Int a, Int b)
{
    Int result = 0;
    if (op == "Add" || op == "Sum")
        return __builtin_add_overflow(a, b, &result) ? std::nullopt : MaybeInt(result);
    if (op == "Sub")
        return __builtin_sub_overflow(a, b, &result) ? std::nullopt : MaybeInt(result);
    if (op == "Mul")
        return __builtin_mul_overflow(a, b, &result) ? std::nullopt : MaybeInt(result);
    if (op == "Div")
        return dividedTowardsZero(a, b);
    if (op == "Pow")
        return power(a, b);
    return op == "Max" ? std::max(a, b) : std::min(a, b);
}

MaybeReal calculate(std::string_view op, double a, double b)
{
    if (op == "Add" || op == "Sum")
        return a + b;
    if (op == "Sub")
        return a - b;
    if (op == "Mul")
        return a * b;
    if (op == "Div")
        return a / b;
    if (op == "Pow")
        return std::pow(a, b);
    if (std::isnan(a) || std::isnan(b)) // engines differ
        return std::nullopt;
    return op == "Max" ? std::max(a, b) : std::min(a, b);
}

// Add, Sub, Mul, Div, and the operators of any number of operands: Sum, Max, Min.
Computed arithmeticOf(const Operation& operation, std::size_t most)
{
    const std::string_view op = operation.proto.op_type();
    const bool any = op == "Sum" || op == "Max" || op == "Min";
    const Numbers* const first = operand(operation, 0);
    if (!first || isLinedUpByAttributes(operation) || first->type == DataType::Bool ||
        (!any && operation.operands.size() != 2) || (first->isReal() && !isFoldable(first->type)))
        return std::nullopt;
    // A sum of three is rounded as often as an engine happens to.
    if (op == "Sum" && first->isReal() && operation.operands.size() > 2)
        return std::nullopt;
    Numbers result = *first;
    for (std::size_t slot = 1; slot < operation.operands.size(); ++slot) {
        const Numbers* const other = operand(operation, slot);
        if (!other || other->type != first->type)
            return std::nullopt;
        auto next = combined(
            result, *other, first->type, most, [op](Int a, Int b) { return calculate(op, a, b); },
            [op](double a, double b) { return calculate(op, a, b); });
        if (!next)
            return std::nullopt;
        result = std::move(*next);
    }
    return result;
}

// Pow-12: the exponent may be of another type; the result has that of the base.
Computed powerOf(const Operation& operation, std::size_t most)
{
    const Numbers *const base = operand(operation, 0), *const exponent = operand(operation, 1);
    if (!base || !exponent)
        return std::nullopt;
    if (!base->isReal() || exponent->isReal())
        return arithmeticOf(operation, most);
    Numbers wide{base->type, exponent->dims, {}, exponent->open};
    wide.values = std::vector<double>(exponent->integers().begin(), exponent->integers().end());
    Operation same{operation.proto, operation.payloads, {base, &wide}, operation.outputs, operation.slot};
    return arithmeticOf(same, most);
}

// Mod-10: of integers with the sign of the divisor, or as C's fmod.
Computed modulo(const Operation& operation, std::size_t most)
{
    const Numbers *const a = operand(operation, 0), *const b = operand(operation, 1);
    const bool asC = intAttribute(operation.proto, "fmod", 0) != 0;
    if (!a || !b || a->type != b->type || a->type == DataType::Bool || (a->isReal() && !asC))
        return std::nullopt;
    const auto whole = [asC](Int dividend, Int divisor) -> MaybeInt {
        if (divisor == 0)
            return std::nullopt;
        const Int rest = divisor == -1 ? 0 : dividend % divisor;
        return !asC && rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
    };
    return combined(*a, *b, a->type, most, whole,
                    [](double dividend, double divisor) { return MaybeReal(std::fmod(dividend, divisor)); });
}

template<class Value>
bool holdsBetween(std::string_view op, Value a, Value b)
{
    if (op == "Equal")
        return a == b;
    if (op == "Less")
        return a < b;
    if (op == "LessOrEqual")
        return a <= b;
    return op == "Greater" ? a > b : a >= b;
}

Computed comparison(const Operation& operation, std::size_t most)
{
    const Numbers *const a = operand(operation, 0), *const b = operand(operation, 1);
    if (!a || !b || a->type != b->type || isLinedUpByAttributes(operation))
        return std::nullopt;
    const auto compare = [op = std::string_view(operation.proto.op_type())](auto x, auto y) {
        return MaybeInt(holdsBetween(op, x, y));
    };
    return combined(*a, *b, DataType::Bool, most, compare, compare);
}

Computed logic(const Operation& operation, std::size_t most)
{
    const Numbers *const a = operand(operation, 0), *const b = operand(operation, 1);
    if (!a || !b || a->type != DataType::Bool || b->type != DataType::Bool ||
        isLinedUpByAttributes(operation))
        return std::nullopt;
    const std::string_view op = operation.proto.op_type();
    const auto whole = [op](Int x, Int y) {
        return MaybeInt(op == "And" ? x & y : op == "Or" ? x | y : x ^ y);
    };
    return combined(*a, *b, DataType::Bool, most, whole, [](double, double) { return MaybeInt(); });
}

double calculate(std::string_view op, double value)
{
    if (op == "Neg")
        return -value;
    if (op == "Abs")
        return std::abs(value);
    if (op == "Sqrt")
        return std::sqrt(value);
    if (op == "Reciprocal")
        return 1 / value;
    if (op == "Floor")
        return std::floor(value);
    if (op == "Ceil")
        return std::ceil(value);
    if (op == "Round") // halves to even, as Round-11 says
        return std::nearbyint(value);
    return (value > 0) - (value < 0);
}

Computed unary(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    const std::string_view op = operation.proto.op_type();
    if (!data || (data->type == DataType::Bool) != (op == "Not") ||
        (data->isReal() && !isFoldable(data->type)))
        return std::nullopt;
    Numbers result = *data;
    result.sizes.clear();
    if (result.isReal()) {
        for (double& value : result.reals()) {
            if (op == "Sign" && std::isnan(value)) // engines differ
                return std::nullopt;
            value = calculate(op, value);
        }
        return result;
    }
    if (op != "Neg" && op != "Abs" && op != "Sign" && op != "Not")
        return std::nullopt;
    for (Int& value : result.integers()) {
        if (value == std::numeric_limits<Int>::min() && op != "Sign")
            return std::nullopt;
        value = op == "Neg"   ? -value
                : op == "Abs" ? std::abs(value)
                : op == "Not" ? !value
                              : (value > 0) - (value < 0);
    }
    return result;
}

// Integers that a real type holds as they are, so that it does not matter how they get there.
bool areExact(const Numbers& numbers, DataType to)
{
    const Int limit = to == DataType::Double    ? Int{1} << 53
                      : to == DataType::Float   ? Int{1} << 24
                      : to == DataType::Float16 ? Int{1} << 11
                                                : Int{1} << 8;
    return std::ranges::all_of(numbers.integers(),
                               [limit](Int value) { return value >= -limit && value <= limit; });
}

// Cast-6 and later, whose `to` is a number. What does not fit, no page defines.
Computed cast(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    const auto to = static_cast<DataType>(intAttribute(operation.proto, "to", 0));
    if (!data || (!isFoldable(to) && !isInteger(to)))
        return std::nullopt;
    Numbers result{to, data->dims, {}, data->open};
    if (to == DataType::Int64 || to == DataType::Int32)
        result.sizes = data->sizes;
    if (isFoldable(to)) {
        if (data->isReal()) {
            result.values = data->reals();
            return result;
        }
        if (!areExact(*data, to))
            return std::nullopt;
        result.values = std::vector<double>(data->integers().begin(), data->integers().end());
        return result;
    }
    std::vector<Int> integers;
    if (!data->isReal()) {
        integers = data->integers();
    } else {
        integers.reserve(data->size());
        for (const double value : data->reals()) {
            constexpr double limit = 9007199254740992.0; // 2^53
            if (to != DataType::Bool && !(std::abs(value) <= limit))
                return std::nullopt;
            integers.push_back(to == DataType::Bool ? value != 0 : static_cast<Int>(value));
        }
    }
    if (to == DataType::Bool)
        std::ranges::transform(integers, integers.begin(), [](Int value) { return Int{value != 0}; });
    result.values = std::move(integers);
    return result;
}

} // namespace

std::span<const Rule> arithmetic()
{
    static constexpr std::array all{
        Rule{"Add", arithmeticOf},   Rule{"Sub", arithmeticOf},
        Rule{"Mul", arithmeticOf},   Rule{"Div", arithmeticOf},
        Rule{"Sum", arithmeticOf},   Rule{"Max", arithmeticOf},
        Rule{"Min", arithmeticOf},   Rule{"Pow", powerOf},
        Rule{"Mod", modulo},         Rule{"Equal", comparison},
        Rule{"Less", comparison},    Rule{"LessOrEqual", comparison},
        Rule{"Greater", comparison}, Rule{"GreaterOrEqual", comparison},
        Rule{"And", logic},          Rule{"Or", logic},
        Rule{"Xor", logic},          Rule{"Not", unary},
        Rule{"Neg", unary},          Rule{"Abs", unary},
        Rule{"Sqrt", unary},         Rule{"Reciprocal", unary},
        Rule{"Floor", unary},        Rule{"Ceil", unary},
        Rule{"Round", unary},        Rule{"Sign", unary},
        Rule{"Cast", cast},
    };
    return all;
}

} // namespace pleat::evaluating
