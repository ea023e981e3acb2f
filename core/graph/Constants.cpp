// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Constants.h"

#include "core/graph/Attributes.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <cstring>

namespace pleat {

namespace {

template<class Values>
TensorView owned(std::string name, DataType type, const Values& values, bool scalar)
{
    using Value = typename Values::value_type;
    auto bytes =
        std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(values.size()) * sizeof(Value));
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), bytes->size());
    std::vector<std::int64_t> dims;
    if (!scalar)
        dims.push_back(static_cast<std::int64_t>(values.size()));
    return TensorView(std::move(name), type, std::move(dims), Payload{Bytes(bytes), {}});
}

// The tensor that a Constant node holds, in whichever attribute (Constant-13 has eight forms).
tl::expected<TensorView, NotConstant> constantNode(const GraphView& view, NodeIndex node)
{
    const onnx::NodeProto& proto = view.proto(node);
    const std::string name = proto.output_size() ? proto.output(0) : std::string();
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
        if (attribute.name() == "value" && attribute.has_t())
            return tensorView(view.model(), attribute.t());
        if (attribute.name() == "value_float")
            return owned(name, DataType::Float, std::vector<float>{attribute.f()}, true);
        if (attribute.name() == "value_int")
            return owned(name, DataType::Int64, std::vector<std::int64_t>{attribute.i()}, true);
        if (attribute.name() == "value_floats")
            return owned(name, DataType::Float,
                         std::vector<float>(attribute.floats().begin(), attribute.floats().end()), false);
        if (attribute.name() == "value_ints")
            return owned(name, DataType::Int64,
                         std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end()), false);
        if (attribute.name() == "sparse_value")
            return tl::make_unexpected(NotConstant::Sparse);
    }
    return tl::make_unexpected(NotConstant::Computed);
}

} // namespace

bool isConstantPlumbing(const GraphView& view, NodeIndex node)
{
    static constexpr std::string_view ops[] = {"Constant", "Identity",  "Cast",      "Reshape",
                                               "Squeeze",  "Unsqueeze", "Transpose", "Flatten"};
    return view.domain(node).empty() && std::ranges::find(ops, view.op(node)) != std::end(ops);
}

tl::expected<Constant, NotConstant> constantOf(const GraphView& view, ValueIndex value)
{
    if (value == ValueIndex::None)
        return tl::make_unexpected(NotConstant::Absent);
    std::vector<NodeIndex> through;
    for (std::size_t steps = 0; steps <= view.nodeCount(); ++steps) {
        if (view.isSparse(value))
            return tl::make_unexpected(NotConstant::Sparse);
        if (const Initializer* initializer = view.initializer(value)) {
            // From IR version 4 on, an initializer that is an input too is a default that callers may
            // replace.
            if (view.isGraphInput(value) && view.model().irVersion() >= 4)
                return tl::make_unexpected(NotConstant::Overridable);
            std::ranges::reverse(through);
            return Constant{tensorView(view.model(), *initializer->proto), value, std::move(through)};
        }
        const NodeIndex producer = view.producer(value);
        if (producer == NodeIndex::None || !view.domain(producer).empty())
            return tl::make_unexpected(NotConstant::Computed);
        if (view.op(producer) == "Constant") {
            auto tensor = constantNode(view, producer);
            if (!tensor)
                return tl::make_unexpected(tensor.error());
            std::ranges::reverse(through);
            return Constant{std::move(*tensor), value, std::move(through)};
        }
        if (view.op(producer) == "DequantizeLinear")
            return tl::make_unexpected(NotConstant::Quantized);
        if (view.op(producer) != "Identity" || view.input(producer, 0) == ValueIndex::None)
            return tl::make_unexpected(NotConstant::Computed);
        through.push_back(producer);
        value = view.input(producer, 0);
    }
    return tl::make_unexpected(NotConstant::Computed);
}

} // namespace pleat
