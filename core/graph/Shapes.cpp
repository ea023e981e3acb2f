// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Shapes.h"

#include "core/graph/Constants.h"
#include "core/graph/ShapeRules.h"

#include <onnx/onnx_pb.h>

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

} // namespace

Shapes::Shapes(const GraphView& view) : m_shapes(view.valueCount())
{
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const auto scope = static_cast<ScopeIndex>(s);
        for (const onnx::ValueInfoProto& input : view.scopes()[s].graph->header->input()) {
            if (const ValueIndex value = view.find(scope, input.name()); value != ValueIndex::None)
                m_shapes[index(value)] = declared(input);
        }
        for (const Initializer& initializer : view.scopes()[s].graph->initializers) {
            const ValueIndex value = view.find(scope, initializer.proto->name());
            // A caller may replace the default of an input by a tensor of any shape that the input declares.
            if (view.isGraphInput(value) && view.model().irVersion() >= 4)
                continue;
            m_shapes[index(value)] =
                believable(KnownShape(initializer.proto->dims().begin(), initializer.proto->dims().end()));
        }
        for (const NodeIndex node : view.topological(scope)) {
            std::vector<const KnownShape*> inputs;
            for (const ValueIndex input : view.inputs(node))
                inputs.push_back(of(input));
            for (std::size_t slot = 0; slot < view.outputs(node).size(); ++slot) {
                const ValueIndex output = view.output(node, slot);
                if (output != ValueIndex::None)
                    m_shapes[index(output)] = outputShape(view, node, slot, inputs);
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
