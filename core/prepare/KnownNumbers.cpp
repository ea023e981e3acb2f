// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/KnownNumbers.h"

#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/SizesByNumbers.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr std::size_t mostOfOne = std::size_t{1} << 16; // elements: shapes and indices are not longer
constexpr std::size_t mostOfAll = std::size_t{1} << 24;

} // namespace

KnownNumbers::KnownNumbers(const GraphView& view, const Shapes& shapes)
    : m_view(view),
      m_shapes(shapes),
      m_open(view),
      m_sizedElsewhere(view.valueCount())
{
}

const Numbers* KnownNumbers::keep(ValueIndex value, std::optional<Numbers> numbers)
{
    if (numbers && m_elements + numbers->size() > mostOfAll)
        numbers.reset();
    const auto& kept = m_known.insert_or_assign(value, std::move(numbers)).first->second;
    if (!kept)
        return nullptr;
    m_elements += kept->size();
    return &*kept;
}

const Numbers* KnownNumbers::of(ValueIndex value)
{
    if (value == ValueIndex::None)
        return nullptr;
    if (const auto known = m_known.find(value); known != m_known.end())
        return known->second ? &*known->second : nullptr;
    const auto constant = constantOf(m_view, value);
    if (!constant || elementCount(constant->dims) > mostOfOne)
        return keep(value, std::nullopt);
    return keep(value, numbersOf(*constant));
}

// Operators of other domains have no rule: their sizes are what somebody wrote down.
bool KnownNumbers::isMadeElsewhere(NodeIndex node) const
{
    return !m_view.domain(node).empty() || std::ranges::any_of(m_view.inputs(node), [&](ValueIndex input) {
        return input != ValueIndex::None && m_sizedElsewhere[index(input)];
    });
}

const KnownShape* KnownNumbers::shapeOf(ValueIndex value) const
{
    if (const auto ahead = m_ahead.find(value); ahead != m_ahead.end())
        return &ahead->second;
    if (const KnownShape* const shape = m_shapes.of(value))
        return shape;
    const auto known = m_known.find(value);
    return known != m_known.end() && known->second ? &known->second->dims : nullptr;
}

// Sizes that the rules leave open are as Shapes say.
void KnownNumbers::deriveShapes(NodeIndex node)
{
    if (!m_view.domain(node).empty() || refersToCall(m_view.proto(node)))
        return;
    const auto inputs = m_view.inputs(node);
    const bool byNumbers = isShapedByNumbers(m_view.op(node));
    if (!byNumbers &&
        std::ranges::none_of(inputs, [this](ValueIndex input) { return m_ahead.contains(input); }))
        return;
    std::vector<const KnownShape*> shapes;
    std::vector<const Numbers*> numbers;
    shapes.reserve(inputs.size());
    numbers.reserve(inputs.size());
    for (const ValueIndex input : inputs) {
        shapes.push_back(shapeOf(input));
        numbers.push_back(byNumbers ? of(input) : nullptr);
    }
    for (std::size_t slot = 0; slot < m_view.outputs(node).size(); ++slot) {
        const ValueIndex output = m_view.output(node, slot);
        if (output == ValueIndex::None)
            continue;
        MaybeShape shape =
            byNumbers && slot == 0 ? shapeByNumbers(m_view.proto(node), shapes, numbers) : std::nullopt;
        if (!shape)
            shape = outputShape(m_view, node, slot, shapes);
        if (shape && m_view.op(node) == "Reshape")
            deriveRest(node, *shape);
        const KnownShape* const known = m_shapes.of(output);
        for (std::size_t d = 0; shape && known && known->size() == shape->size() && d < shape->size(); ++d)
            (*shape)[d] = (*shape)[d] == unknownSize ? (*known)[d] : (*shape)[d];
        if (shape && (!known || *known != *shape))
            m_ahead.insert_or_assign(output, std::move(*shape));
    }
}

// What -1 stands for, where open sizes that are in the data and the target cancel out.
void KnownNumbers::deriveRest(NodeIndex node, KnownShape& shape)
{
    const Numbers* const target = of(m_view.input(node, 1));
    for (std::size_t d = 0; target && !target->isReal() && d < shape.size() && d < target->size(); ++d) {
        if (shape[d] < 0 && !target->isOpen(d) && target->integers()[d] == -1)
            shape[d] = m_open.restOf(node, shape, d, *this).size;
    }
}

std::uint32_t KnownNumbers::openSize(ValueIndex value, std::size_t axis)
{
    const KnownShape* const shape = shapeOf(value);
    return shape && axis < shape->size() ? m_open.of(value, *shape)[axis] : 0;
}

std::optional<Numbers> KnownNumbers::shapeNumbers(NodeIndex node, const KnownShape& shape)
{
    auto numbers = evaluateShape(m_view.proto(node), shape);
    if (!numbers || numbers->open.empty() || m_view.op(node) != "Shape")
        return numbers;
    const SizeNumbers& all = m_open.of(m_view.input(node, 0), shape);
    const auto some = evaluateShape(m_view.proto(node), {all.begin(), all.end()}); // those of start to end
    numbers->sizes.assign(some->integers().begin(), some->integers().end());
    return numbers;
}

void KnownNumbers::derive(NodeIndex node)
{
    const auto outputs = m_view.outputs(node);
    if (isMadeElsewhere(node)) {
        for (const ValueIndex output : outputs) {
            if (output != ValueIndex::None)
                m_sizedElsewhere[index(output)] = true;
        }
    }
    deriveShapes(node);
    m_open.derive(node, *this);
    if (!m_view.domain(node).empty() || !canEvaluate(m_view.op(node)))
        return;
    const std::string_view op = m_view.op(node);
    const ValueIndex data = m_view.input(node, 0);
    if (op == "Shape" || op == "Size") {
        const KnownShape* const shape = shapeOf(data);
        if (shape && !m_sizedElsewhere[index(data)] && m_view.output(node, 0) != ValueIndex::None)
            keep(m_view.output(node, 0), shapeNumbers(node, *shape));
        return;
    }
    Operation operation{m_view.proto(node), m_view.payloads(node), {}, outputs.size()};
    for (const ValueIndex input : m_view.inputs(node)) {
        operation.operands.push_back(of(input));
        if (input != ValueIndex::None && !operation.operands.back())
            return;
    }
    for (std::size_t slot = 0; slot < outputs.size(); ++slot) {
        operation.slot = slot;
        if (outputs[slot] != ValueIndex::None)
            keep(outputs[slot], evaluate(operation, mostOfOne));
    }
}

} // namespace pleat
