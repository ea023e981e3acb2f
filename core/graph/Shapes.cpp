// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Shapes.h"

#include "core/graph/DeclaredShapes.h"
#include "core/graph/ShapeRules.h"

#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// The two agree where both know a size.
bool contradict(const KnownShape& rule, const KnownShape& said)
{
    if (rule.size() != said.size())
        return true;
    for (std::size_t d = 0; d < rule.size(); ++d) {
        if (rule[d] != unknownSize && said[d] != unknownSize && rule[d] != said[d])
            return true;
    }
    return false;
}

KnownShape completed(KnownShape rule, const KnownShape& said)
{
    for (std::size_t d = 0; d < rule.size(); ++d)
        rule[d] = rule[d] == unknownSize ? said[d] : rule[d];
    return rule;
}

// What all calls of a function pass for input `slot`, where the shapes of all are known: sizes that differ
// are not.
std::optional<KnownShape> passedByAll(const GraphView& view, const Shapes& known, ScopeIndex function,
                                      std::size_t slot)
{
    std::optional<KnownShape> agreed;
    for (const NodeIndex call : view.calls(function)) {
        const KnownShape* shape = known.of(view.input(call, slot));
        if (!shape || (agreed && agreed->size() != shape->size()))
            return std::nullopt;
        if (!agreed)
            agreed = *shape;
        for (std::size_t d = 0; d < shape->size(); ++d) {
            if ((*agreed)[d] != (*shape)[d])
                (*agreed)[d] = unknownSize;
        }
    }
    return agreed;
}

} // namespace

Shapes::Shapes(const GraphView& view) : m_declaredMore(view.valueCount()), m_shapes(view.valueCount())
{
    TrueSizes sizes(view, *this);
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const auto scope = static_cast<ScopeIndex>(s);
        for (auto& [value, shape] : declaredInputs(view, scope))
            set(value, shape);
        for (const ValueIndex value : view.scopes()[s].initializers) {
            // A caller may replace the default of an input by a tensor of any shape that the input declares.
            if (view.isGraphInput(value) && view.model().irVersion() >= 4)
                continue;
            const auto dims = view.initializer(value)->tensor.dims();
            set(value, believable(KnownShape(dims.begin(), dims.end())));
        }
        // An input of a function has the shape of what all calls pass.
        const std::vector<ValueIndex>& ports = view.scopes()[s].inputs;
        for (std::size_t slot = 0; slot < ports.size(); ++slot) {
            const auto arguments = view.arguments(ports[slot]);
            if (of(ports[slot]) || arguments.empty())
                continue;
            if (arguments.size() == 1 && of(arguments.front()))
                set(ports[slot], *of(arguments.front()));
            else
                set(ports[slot], passedByAll(view, *this, scope, slot));
        }
        const Declarations said = declaredOutputs(view, scope);
        std::vector<const KnownShape*> inputs;
        for (const NodeIndex node : view.topological(scope)) {
            inputs.clear();
            for (const ValueIndex input : view.inputs(node))
                inputs.push_back(of(input));
            for (std::size_t slot = 0; slot < view.outputs(node).size(); ++slot) {
                const ValueIndex output = view.output(node, slot);
                if (output == ValueIndex::None)
                    continue;
                MaybeShape shape = outputShape(view, node, slot, inputs);
                const auto declaration = said.find(output);
                // Where the two contradict each other, the rule is right.
                if (declaration != said.end() && shape && contradict(*shape, declaration->second)) {
                    m_contradictions.push_back({output, *shape, declaration->second});
                } else if (declaration != said.end()) {
                    m_declaredMore[index(output)] =
                        !shape || completed(*shape, declaration->second) != *shape;
                    if (sizes.follow(node))
                        shape =
                            shape ? completed(std::move(*shape), declaration->second) : declaration->second;
                    else if (!shape)
                        shape = withoutSizes(declaration->second);
                }
                set(output, std::move(shape));
            }
        }
    }
}

const KnownShape* Shapes::of(ValueIndex value) const
{
    return index(value) < m_shapes.size() ? m_shapes[index(value)] : nullptr;
}

void Shapes::set(ValueIndex value, MaybeShape shape)
{
    m_shapes[index(value)] = shape ? &*m_kept.insert(std::move(*shape)).first : nullptr;
}

std::optional<std::size_t> Shapes::rank(ValueIndex value) const
{
    const KnownShape* shape = of(value);
    return shape ? std::optional(shape->size()) : std::nullopt;
}

bool Shapes::followsFromRule(ValueIndex value) const
{
    return index(value) < m_declaredMore.size() && !m_declaredMore[index(value)];
}

std::int64_t Shapes::size(ValueIndex value, std::size_t axis) const
{
    const KnownShape* shape = of(value);
    return shape && axis < shape->size() ? (*shape)[axis] : unknownSize;
}

} // namespace pleat
