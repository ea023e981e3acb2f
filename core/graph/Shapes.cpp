// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Shapes.h"

#include "core/graph/Constants.h"
#include "core/graph/ShapeRules.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <unordered_map>

namespace pleat {

namespace {

MaybeShape declared(const onnx::ValueInfoProto& info)
{
    if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape())
        return std::nullopt;
    KnownShape shape;
    for (const auto& dim : info.type().tensor_type().shape().dim())
        shape.push_back(dim.has_dim_value() ? dim.dim_value() : unknownSize);
    return believable(std::move(shape));
}

using Declarations = std::unordered_map<ValueIndex, KnownShape>;

// Whether all inputs of the model have one size. Where they have not, exporters often leave the sizes of the
// example in the declarations: those are true of one run only.
bool hasFixedInputs(const GraphView& view)
{
    for (const ValueIndex input : view.scopes().front().inputs) {
        if (view.initializer(input))
            continue;
        const auto& inputs = view.scopes().front().graph->header->input();
        const auto info = std::ranges::find(inputs, view.name(input), &onnx::ValueInfoProto::name);
        const MaybeShape shape = info == inputs.end() ? std::nullopt : declared(*info);
        if (!shape || std::ranges::find(*shape, unknownSize) != shape->end())
            return false;
    }
    return true;
}

// What a scope's file says about the values that its nodes make; without `sizes` only how many axes they
// have.
Declarations declarations(const GraphView& view, ScopeIndex scope, bool sizes)
{
    Declarations result;
    const auto take = [&](const auto& infos) {
        for (const onnx::ValueInfoProto& info : infos) {
            const ValueIndex value = view.find(scope, info.name());
            // A name that is not of this scope says nothing about the outer value that bears it.
            if (value == ValueIndex::None || view.scope(value) != scope)
                continue;
            if (MaybeShape shape = declared(info))
                result.try_emplace(value, sizes ? std::move(*shape) : KnownShape(shape->size(), unknownSize));
        }
    };
    const Scope& entry = view.scopes()[index(scope)];
    take(entry.graph->header->value_info());
    take(entry.graph->header->output());
    // Functions say it since IR 10; an older library does not know the field.
    const auto takeFunction = [&]<class Function>([[maybe_unused]] const Function& function) {
        if constexpr (requires { function.value_info(); })
            take(function.value_info());
    };
    if (entry.function >= 0)
        takeFunction(*view.model().functions[static_cast<std::size_t>(entry.function)].header);
    return result;
}

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

} // namespace

Shapes::Shapes(const GraphView& view) : m_shapes(view.valueCount())
{
    const bool sizes = hasFixedInputs(view);
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const auto scope = static_cast<ScopeIndex>(s);
        for (const onnx::ValueInfoProto& input : view.scopes()[s].graph->header->input()) {
            if (const ValueIndex value = view.find(scope, input.name()); value != ValueIndex::None)
                m_shapes[index(value)] = declared(input);
        }
        for (const ValueIndex value : view.scopes()[s].initializers) {
            // A caller may replace the default of an input by a tensor of any shape that the input declares.
            if (view.isGraphInput(value) && view.model().irVersion() >= 4)
                continue;
            const auto& dims = view.initializer(value)->proto->dims();
            m_shapes[index(value)] = believable(KnownShape(dims.begin(), dims.end()));
        }
        // An input of a function has the shape of what all calls pass.
        for (const ValueIndex input : view.scopes()[s].inputs) {
            const auto arguments = view.arguments(input);
            if (!of(input) && arguments.size() == 1 && of(arguments.front()))
                m_shapes[index(input)] = *of(arguments.front());
        }
        const Declarations said = declarations(view, scope, sizes);
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
                if (const auto declaration = said.find(output); declaration != said.end()) {
                    if (shape && contradict(*shape, declaration->second))
                        m_contradicted.push_back(output);
                    else
                        shape =
                            shape ? completed(std::move(*shape), declaration->second) : declaration->second;
                }
                m_shapes[index(output)] = std::move(shape);
            }
        }
    }
}

const KnownShape* Shapes::of(ValueIndex value) const
{
    if (index(value) >= m_shapes.size() || !m_shapes[index(value)])
        return nullptr;
    return &*m_shapes[index(value)];
}

std::optional<std::size_t> Shapes::rank(ValueIndex value) const
{
    const KnownShape* shape = of(value);
    return shape ? std::optional(shape->size()) : std::nullopt;
}

std::int64_t Shapes::size(ValueIndex value, std::size_t axis) const
{
    const KnownShape* shape = of(value);
    return shape && axis < shape->size() ? (*shape)[axis] : unknownSize;
}

} // namespace pleat
