// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/ComputedConstants.h"

#include "core/graph/Attributes.h"
#include "core/graph/Evaluate.h"
#include "core/model/Limits.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr int deepest = 64;                        // operators, one behind the other
constexpr std::uint64_t mostRepeated = 0x7fffffff; // bytes of a ConstantOfShape: what one message can hold

using Answer = ComputedConstants::Answer;

const tl::unexpected<NotConstant> unevaluated{NotConstant::Unevaluated};

tl::expected<Numbers, NotConstant> operand(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    if (!constant)
        return tl::make_unexpected(constant.error());
    auto numbers = numbersOf(*constant);
    if (!numbers)
        return unevaluated;
    return std::move(*numbers);
}

// One number of any type, as often as the shape says; it is not written out.
Answer constantOfShape(const GraphView& view, NodeIndex node, std::string name)
{
    const auto numbers = operand(view, view.input(node, 0));
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    if (numbers->type != DataType::Int64 || numbers->dims.size() != 1 || numbers->size() > highestRank ||
        std::ranges::any_of(numbers->integers(), [](std::int64_t dim) { return dim < 0; }))
        return unevaluated;
    TensorView value("", DataType::Float, {}, stored(DataType::Float, {0}));
    if (const onnx::AttributeProto* given = attribute(view.proto(node), "value"))
        value = tensorView(view.payloads(node), given->t());
    const std::uint64_t width = storedBytes(value.type(), 1);
    auto element = std::make_shared<std::vector<std::byte>>(width);
    const std::size_t count = elementCount(numbers->integers());
    if (elementBits(value.type()) < 8 || value.elements() != 1 || count > mostRepeated / width ||
        !value.read(0, 1, *element))
        return unevaluated;
    return TensorView(std::move(name), value.type(), numbers->integers(),
                      repeated(Bytes(std::move(element)), count));
}

Answer evaluateOutput(const GraphView& view, ValueIndex value)
{
    const NodeIndex node = view.producer(value);
    const std::string name(view.name(value));
    const std::string_view op = view.op(node);
    if (refersToCall(view.proto(node)))
        return tl::make_unexpected(NotConstant::Computed);
    if (op == "ConstantOfShape")
        return constantOfShape(view, node, name);
    const bool known = view.domain(node).empty() && canEvaluate(op);
    std::vector<Numbers> numbers;
    numbers.reserve(view.inputs(node).size());
    Operation operation{
        view.proto(node), view.payloads(node), {}, view.outputs(node).size(), view.producerSlot(value)};
    for (const ValueIndex input : view.inputs(node)) {
        if (input == ValueIndex::None) {
            operation.operands.push_back(nullptr);
            continue;
        }
        // What is not known of an operand is more telling than what is not known of the operator.
        const auto constant = constantOf(view, input);
        if (!constant)
            return tl::make_unexpected(constant.error());
        if (known && (op == "Shape" || op == "Size")) {
            const auto shape = evaluateShape(view.proto(node), constant->dims);
            auto tensor = shape ? tensorOf(name, *shape) : std::nullopt;
            return tensor ? Answer(std::move(*tensor)) : unevaluated;
        }
        auto operand = known ? numbersOf(*constant) : std::nullopt;
        if (known && !operand)
            return unevaluated;
        if (known)
            operation.operands.push_back(&numbers.emplace_back(std::move(*operand)));
    }
    const auto result = known ? evaluate(operation) : std::nullopt;
    auto tensor = result ? tensorOf(name, *result) : std::nullopt;
    return tensor ? Answer(std::move(*tensor)) : unevaluated;
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
        if (m_bytes > mostKept)
            return unevaluated;
    }
    Answer answer = evaluateOutput(view, value);
    const std::scoped_lock lock(m_mutex);
    const auto [kept, isNew] = m_answers.try_emplace(value, std::move(answer));
    if (isNew && kept->second && std::holds_alternative<Bytes>(kept->second->payload().content))
        m_bytes += kept->second->payload().size();
    return kept->second;
}

} // namespace pleat
