// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/ComputedConstants.h"

#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/model/Limits.h"
#include "core/tensor/Float8.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace pleat {

namespace {

constexpr int deepest = 64; // operators, one behind the other
constexpr std::size_t mostElements = std::size_t{1} << 22;
constexpr std::uint64_t mostRepeated = 0x7fffffff;  // bytes of a ConstantOfShape: what one message can hold
constexpr double largestExact = 9007199254740992.0; // 2^53

using Answer = ComputedConstants::Answer;
using Dims = std::vector<std::int64_t>;

struct Numbers {
    DataType type = DataType::Float;
    Dims dims;
    std::vector<double> values;
};

using Computed = tl::expected<Numbers, NotConstant>;

const tl::unexpected<NotConstant> unevaluated{NotConstant::Unevaluated};

// Of dimensions that are not negative; more than any limit when it does not fit.
std::size_t count(const Dims& dims)
{
    std::size_t product = 1;
    for (const std::int64_t dim : dims) {
        if (__builtin_mul_overflow(product, static_cast<std::size_t>(dim), &product))
            return std::numeric_limits<std::size_t>::max();
    }
    return product;
}

bool isInteger(DataType type)
{
    return type == DataType::Int32 || type == DataType::Int64 || type == DataType::Int8 ||
           type == DataType::UInt8;
}

Computed numbersOf(const Constant& constant)
{
    if (count(constant.dims) > mostElements)
        return unevaluated;
    Numbers numbers{constant.type, constant.dims, {}};
    if (isFloat8(constant.tensor.type()) && !isReordered(constant)) {
        std::vector<std::byte> bytes(constant.tensor.elements());
        if (!constant.tensor.read(0, bytes.size(), bytes))
            return unevaluated;
        for (const std::byte byte : bytes)
            numbers.values.push_back(float8ToDouble(constant.tensor.type(), byte));
        return numbers;
    }
    auto read = values(constant);
    if (!read || (constant.type == DataType::Int64 &&
                  std::ranges::any_of(*read, [](double value) { return std::abs(value) >= largestExact; })))
        return unevaluated;
    numbers.values = std::move(*read);
    return numbers;
}

Computed operand(const GraphView& view, NodeIndex node, std::size_t slot)
{
    const auto constant = constantOf(view, view.input(node, slot));
    return constant ? numbersOf(*constant) : Computed(tl::make_unexpected(constant.error()));
}

// The elements at these positions along each axis; a dimension of 1 may be taken again and again.
Numbers taken(const Numbers& from, const std::vector<Dims>& positions)
{
    Numbers result{from.type, {}, {}};
    for (const Dims& along : positions)
        result.dims.push_back(std::ssize(along));
    const std::size_t total = count(result.dims), rank = positions.size();
    result.values.reserve(total);
    std::vector<std::size_t> at(rank);
    for (std::size_t e = 0; e < total; ++e) {
        std::size_t offset = 0;
        for (std::size_t a = 0; a < rank; ++a)
            offset = offset * static_cast<std::size_t>(from.dims[a]) +
                     static_cast<std::size_t>(positions[a][at[a]]);
        result.values.push_back(from.values[offset]);
        for (std::size_t a = rank; a-- > 0 && ++at[a] == positions[a].size();)
            at[a] = 0;
    }
    return result;
}

Dims allOf(std::int64_t extent)
{
    Dims positions(static_cast<std::size_t>(extent));
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
}

// NumPy's broadcasting to `dims`, which it must fit.
Numbers spread(Numbers from, const Dims& dims)
{
    if (from.dims == dims)
        return from;
    from.dims.insert(from.dims.begin(), dims.size() - from.dims.size(), 1);
    std::vector<Dims> positions;
    positions.reserve(dims.size());
    for (std::size_t a = 0; a < dims.size(); ++a)
        positions.push_back(from.dims[a] == 1 ? Dims(static_cast<std::size_t>(dims[a]), 0) : allOf(dims[a]));
    return taken(from, positions);
}

std::optional<Dims> together(const Dims& a, const Dims& b)
{
    Dims dims = a.size() >= b.size() ? a : b;
    const Dims& shorter = a.size() >= b.size() ? b : a;
    for (std::size_t back = 1; back <= shorter.size(); ++back) {
        std::int64_t& dim = dims[dims.size() - back];
        const std::int64_t other = shorter[shorter.size() - back];
        if (dim != other && dim != 1 && other != 1)
            return std::nullopt;
        dim = dim == 1 ? other : dim;
    }
    if (count(dims) > mostElements)
        return std::nullopt;
    return dims;
}

// The number as the type holds it, rounded once; nothing when an integer type does not hold it.
std::optional<double> asInteger(DataType type, double value)
{
    const double whole = std::trunc(value);
    const double limit = type == DataType::Int64   ? largestExact
                         : type == DataType::Int32 ? 2147483647.0
                         : type == DataType::Int8  ? 127.0
                                                   : 255.0;
    if (!(std::abs(whole) <= limit) || (type == DataType::UInt8 && whole < 0))
        return std::nullopt;
    return whole;
}

std::optional<double> calculate(std::string_view op, double a, double b)
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
    return std::nullopt;
}

Computed binary(const GraphView& view, NodeIndex node)
{
    auto a = operand(view, node, 0), b = operand(view, node, 1);
    if (!a || !b)
        return a ? std::move(b) : std::move(a);
    const auto dims = together(a->dims, b->dims);
    // Before opset 7 an attribute says how the operands are lined up.
    if (view.inputs(node).size() != 2 || !dims || a->type != b->type ||
        attribute(view.proto(node), "broadcast") ||
        (!isFoldable(a->type) && (!isInteger(a->type) || view.op(node) == "Pow")))
        return unevaluated;
    Numbers result = spread(std::move(*a), *dims);
    const Numbers other = spread(std::move(*b), *dims);
    for (std::size_t e = 0; e < result.values.size(); ++e) {
        const auto value = calculate(view.op(node), result.values[e], other.values[e]);
        if (!value)
            return unevaluated;
        result.values[e] = *value;
    }
    return result;
}

Computed unary(const GraphView& view, NodeIndex node)
{
    auto numbers = operand(view, node, 0);
    if (!numbers)
        return numbers;
    const std::string_view op = view.op(node);
    if (!isFoldable(numbers->type) && (!isInteger(numbers->type) || op == "Sqrt" || op == "Reciprocal"))
        return unevaluated;
    for (double& value : numbers->values)
        value = op == "Neg"    ? -value
                : op == "Abs"  ? std::abs(value)
                : op == "Sqrt" ? std::sqrt(value)
                               : 1 / value;
    return numbers;
}

Computed cast(const GraphView& view, NodeIndex node)
{
    auto numbers = operand(view, node, 0);
    if (!numbers)
        return numbers;
    const auto to = static_cast<DataType>(intAttribute(view.proto(node), "to", 0));
    if (!isFoldable(to) && !isInteger(to))
        return unevaluated;
    numbers->type = to;
    return numbers;
}

Computed concat(const GraphView& view, NodeIndex node)
{
    std::vector<Numbers> parts;
    Numbers result;
    std::size_t axis = 0;
    for (std::size_t slot = 0; slot < view.inputs(node).size(); ++slot) {
        auto part = operand(view, node, slot);
        if (!part)
            return part;
        if (slot == 0) {
            const std::int64_t given = intAttribute(view.proto(node), "axis", 1);
            const std::int64_t front = given < 0 ? given + std::ssize(part->dims) : given;
            if (front < 0 || front >= std::ssize(part->dims))
                return unevaluated;
            axis = static_cast<std::size_t>(front);
            result = {part->type, part->dims, {}};
            result.dims[axis] = 0;
        }
        Dims others = part->dims;
        if (part->type != result.type || others.size() != result.dims.size())
            return unevaluated;
        others[axis] = result.dims[axis];
        if (others != result.dims)
            return unevaluated;
        result.dims[axis] += part->dims[axis];
        if (count(result.dims) > mostElements)
            return unevaluated;
        parts.push_back(std::move(*part));
    }
    const auto at = result.dims.begin() + static_cast<std::ptrdiff_t>(axis);
    const std::size_t before = count({result.dims.begin(), at});
    for (std::size_t outer = 0; outer < before; ++outer) {
        for (const Numbers& part : parts) {
            const auto length = static_cast<std::ptrdiff_t>(part.values.size() / before);
            const auto from = part.values.begin() + static_cast<std::ptrdiff_t>(outer) * length;
            result.values.insert(result.values.end(), from, from + length);
        }
    }
    return result;
}

std::vector<Dims> everywhere(const Dims& dims)
{
    std::vector<Dims> positions;
    for (const std::int64_t dim : dims)
        positions.push_back(allOf(dim));
    return positions;
}

Computed gather(const GraphView& view, NodeIndex node)
{
    auto data = operand(view, node, 0), indices = operand(view, node, 1);
    if (!data || !indices)
        return data ? std::move(indices) : std::move(data);
    const std::int64_t given = intAttribute(view.proto(node), "axis", 0);
    const std::int64_t front = given < 0 ? given + std::ssize(data->dims) : given;
    if (front < 0 || front >= std::ssize(data->dims) || !isInteger(indices->type))
        return unevaluated;
    const auto axis = static_cast<std::size_t>(front);
    std::vector<Dims> positions = everywhere(data->dims);
    positions[axis].clear();
    for (const double index : indices->values) {
        const auto position =
            static_cast<std::int64_t>(index < 0 ? index + static_cast<double>(data->dims[axis]) : index);
        if (position < 0 || position >= data->dims[axis])
            return unevaluated;
        positions[axis].push_back(position);
    }
    Dims dims = data->dims;
    dims.erase(dims.begin() + front);
    dims.insert(dims.begin() + front, indices->dims.begin(), indices->dims.end());
    if (dims.size() > highestRank || count(dims) > mostElements)
        return unevaluated;
    Numbers result = taken(*data, positions);
    result.dims = std::move(dims);
    return result;
}

Computed slice(const GraphView& view, NodeIndex node)
{
    auto data = operand(view, node, 0);
    if (!data)
        return data;
    const auto starts = intsOrInput(view, node, "starts", 1), ends = intsOrInput(view, node, "ends", 2);
    auto axes = intsOrInput(view, node, "axes", 3), steps = constantInts(view, view.input(node, 4));
    const bool hasAxes = axes.has_value(), hasSteps = view.input(node, 4) != ValueIndex::None;
    if (!starts || !ends || starts->size() != ends->size() || starts->size() > data->dims.size() ||
        (!hasAxes && view.input(node, 3) != ValueIndex::None) || (hasSteps && !steps) ||
        (hasAxes && axes->size() != starts->size()) || (hasSteps && steps->size() != starts->size()))
        return unevaluated;
    std::vector<Dims> positions = everywhere(data->dims);
    for (std::size_t i = 0; i < starts->size(); ++i) {
        const std::int64_t given = hasAxes ? (*axes)[i] : static_cast<std::int64_t>(i);
        const std::int64_t axis = given < 0 ? given + std::ssize(data->dims) : given;
        const std::int64_t step = hasSteps ? (*steps)[i] : 1;
        if (axis < 0 || axis >= std::ssize(data->dims) || step == 0)
            return unevaluated;
        const std::int64_t extent = data->dims[static_cast<std::size_t>(axis)];
        const auto limited = [&](std::int64_t position) {
            const std::int64_t front = position < 0 ? position + extent : position;
            return step > 0 ? std::clamp<std::int64_t>(front, 0, extent)
                            : std::clamp<std::int64_t>(front, -1, extent - 1);
        };
        Dims& along = positions[static_cast<std::size_t>(axis)];
        along.clear();
        const std::int64_t end = limited((*ends)[i]);
        for (std::int64_t p = limited((*starts)[i]); step > 0 ? p < end : p > end; p += step)
            along.push_back(p);
    }
    return taken(*data, positions);
}

Computed expand(const GraphView& view, NodeIndex node)
{
    auto data = operand(view, node, 0);
    if (!data)
        return data;
    const auto shape = constantInts(view, view.input(node, 1));
    if (!shape || std::ranges::any_of(*shape, [](std::int64_t dim) { return dim < 0; }))
        return unevaluated;
    const auto dims = together(data->dims, *shape);
    if (!dims || dims->size() > highestRank)
        return unevaluated;
    return spread(std::move(*data), *dims);
}

Computed shape(const GraphView& view, NodeIndex node)
{
    const auto constant = constantOf(view, view.input(node, 0));
    if (!constant)
        return tl::make_unexpected(constant.error());
    const onnx::NodeProto& proto = view.proto(node);
    if (attribute(proto, "start") || attribute(proto, "end"))
        return unevaluated;
    Numbers result{DataType::Int64, {std::ssize(constant->dims)}, {}};
    for (const std::int64_t dim : constant->dims)
        result.values.push_back(static_cast<double>(dim));
    return result;
}

struct Evaluator {
    std::string_view op;
    Computed (*compute)(const GraphView&, NodeIndex);
};

constexpr std::array evaluators{
    Evaluator{"Add", binary},       Evaluator{"Sub", binary},  Evaluator{"Mul", binary},
    Evaluator{"Div", binary},       Evaluator{"Pow", binary},  Evaluator{"Sum", binary},
    Evaluator{"Neg", unary},        Evaluator{"Abs", unary},   Evaluator{"Sqrt", unary},
    Evaluator{"Reciprocal", unary}, Evaluator{"Cast", cast},   Evaluator{"Concat", concat},
    Evaluator{"Gather", gather},    Evaluator{"Slice", slice}, Evaluator{"Expand", expand},
    Evaluator{"Shape", shape},
};

Answer tensorOf(std::string name, Numbers numbers)
{
    if (isFoldable(numbers.type)) {
        Payload payload = stored(numbers.type, numbers.values);
        return TensorView(std::move(name), numbers.type, std::move(numbers.dims), std::move(payload));
    }
    for (double& value : numbers.values) {
        const auto integer = asInteger(numbers.type, value);
        if (!integer)
            return unevaluated;
        value = *integer;
    }
    Payload payload = storedIntegers(numbers.type, numbers.values);
    return TensorView(std::move(name), numbers.type, std::move(numbers.dims), std::move(payload));
}

// One number of any type, as often as the shape says; it is not written out.
Answer constantOfShape(const GraphView& view, NodeIndex node, std::string name)
{
    const ValueIndex input = view.input(node, 0);
    if (const auto given = constantOf(view, input); !given)
        return tl::make_unexpected(given.error());
    const auto numbers = operand(view, node, 0);
    if (!numbers || numbers->type != DataType::Int64 || numbers->dims.size() != 1 ||
        numbers->values.size() > highestRank ||
        std::ranges::any_of(numbers->values, [](double dim) { return dim < 0; }))
        return unevaluated;
    Dims dims;
    for (const double dim : numbers->values)
        dims.push_back(static_cast<std::int64_t>(dim));
    TensorView value("", DataType::Float, {}, stored(DataType::Float, {0}));
    if (const onnx::AttributeProto* given = attribute(view.proto(node), "value"))
        value = tensorView(view.payloads(node), given->t());
    const std::uint64_t width = storedBytes(value.type(), 1);
    auto element = std::make_shared<std::vector<std::byte>>(width);
    if (elementBits(value.type()) < 8 || value.elements() != 1 || count(dims) > mostRepeated / width ||
        !value.read(0, 1, *element))
        return unevaluated;
    return TensorView(std::move(name), value.type(), dims, repeated(Bytes(std::move(element)), count(dims)));
}

Answer evaluate(const GraphView& view, ValueIndex value)
{
    const NodeIndex node = view.producer(value);
    if (refersToCall(view.proto(node)))
        return tl::make_unexpected(NotConstant::Computed);
    if (view.op(node) == "ConstantOfShape")
        return constantOfShape(view, node, std::string(view.name(value)));
    const auto found = std::ranges::find(evaluators, view.op(node), &Evaluator::op);
    if (found != evaluators.end() && view.producerSlot(value) == 0) {
        auto numbers = found->compute(view, node);
        return numbers ? tensorOf(std::string(view.name(value)), std::move(*numbers))
                       : Answer(tl::make_unexpected(numbers.error()));
    }
    // What is not known of an operand is more telling than what is not known of the operator.
    for (const ValueIndex input : view.inputs(node)) {
        if (input == ValueIndex::None)
            continue;
        if (const auto constant = constantOf(view, input); !constant)
            return tl::make_unexpected(constant.error());
    }
    return unevaluated;
}

} // namespace

ComputedConstants::Answer ComputedConstants::of(const GraphView& view, ValueIndex value)
{
    const int depth = view.constantDepth(value);
    if (depth == 0 || depth > deepest)
        return tl::make_unexpected(depth == 0 ? NotConstant::Computed : NotConstant::Unevaluated);
    {
        const std::scoped_lock lock(m_mutex);
        if (const auto known = m_answers.find(value); known != m_answers.end())
            return known->second;
    }
    Answer answer = evaluate(view, value);
    const std::scoped_lock lock(m_mutex);
    return m_answers.try_emplace(value, std::move(answer)).first->second;
}

} // namespace pleat
