// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/PartInputs.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/verify/PartModel.h"
#include "core/verify/RandomInputs.h"

#include <algorithm>
#include <array>
#include <onnx/onnx_pb.h>
#include <string_view>

namespace pleat {

namespace {

constexpr std::int64_t openBatch = 2, openSize = 8;
constexpr std::int64_t furthestReach = 64; // of kernels; what is larger is seen in part only
constexpr std::size_t firstSpatial = 2;

// Their numbers do not hang on how high and wide the data is.
constexpr std::array<std::string_view, 16> anyWidth{"Conv",
                                                    "ConvTranspose",
                                                    "BatchNormalization",
                                                    "Relu",
                                                    "LeakyRelu",
                                                    "Clip",
                                                    "Identity",
                                                    "Dropout",
                                                    "Cast",
                                                    "Sigmoid",
                                                    "Tanh",
                                                    "AveragePool",
                                                    "MaxPool",
                                                    "GlobalAveragePool",
                                                    "GlobalMaxPool",
                                                    "HardSwish"};
constexpr std::array<std::string_view, 4> arithmetic{"Add", "Sub", "Mul", "Div"};

std::int64_t atAxis(std::span<const std::int64_t> values, std::size_t axis, std::int64_t otherwise)
{
    return axis < values.size() ? values[axis] : otherwise;
}

// Of a constant; nothing where it is none.
std::optional<std::vector<std::int64_t>> constantDims(const GraphView& view, NodeIndex node, std::size_t slot)
{
    auto constant = constantOf(view, view.input(node, slot));
    return constant ? std::optional(std::move(constant->dims)) : std::nullopt;
}

// One number, or one a channel.
bool isPerChannel(std::span<const std::int64_t> dims, std::size_t rank)
{
    if (dims.empty() || (dims.size() == 1 && dims[0] == 1))
        return true;
    const std::size_t spatial = rank - std::min(rank, firstSpatial);
    return dims.size() > spatial && std::ranges::all_of(dims.last(spatial), [](auto n) { return n == 1; });
}

class PartShapes final {
public:
    PartShapes(const PartContext& before, const PartContext& after, const Part& part)
        : m_view(before.view),
          m_flow(before.flow),
          m_shapes(before.shapes),
          m_seen(before.seen),
          m_after(after),
          m_side(part.before),
          m_sideAfter(part.after)
    {
    }

    Result<std::vector<std::int64_t>> of(std::size_t position) const
    {
        const ValueIndex input = m_side.inputs[position];
        if (const auto seen = m_seen.find(input); seen != m_seen.end())
            return seen->second;
        KnownShape dims = known(position);
        const bool isScalar = dims.empty() && m_shapes.of(m_view.origin(input));
        if (dims.empty() && !isScalar)
            dims.assign(rankByReaders(input), unknownSize);
        if (dims.empty() && !isScalar)
            return failure(ErrorCode::Unsupported,
                           "Nobody knows how many axes " + std::string(m_view.name(input)) + " has.");
        fillByReaders(input, dims);
        const bool shrinks =
            m_side.inputs.size() == 1 && dims.size() > firstSpatial && canShrink(dims.size());
        for (std::size_t axis = 0; axis < dims.size(); ++axis) {
            std::int64_t& size = dims[axis];
            if (shrinks && axis >= firstSpatial) {
                const std::int64_t needed = reach(axis - firstSpatial);
                size = size == unknownSize ? needed : std::min(size, needed);
            } else if (shrinks && axis == 0) {
                size = 1;
            } else if (size == unknownSize) {
                size = axis == 0 ? openBatch : openSize;
            }
        }
        return dims;
    }

private:
    // What either model tells; no axes where neither does.
    KnownShape known(std::size_t position) const
    {
        const ValueIndex now = m_sideAfter.inputs[position];
        const KnownShape* const was = m_shapes.of(m_view.origin(m_side.inputs[position]));
        const KnownShape* const is =
            now == ValueIndex::None ? nullptr : m_after.shapes.of(m_after.view.origin(now));
        if (!was || !is || was->size() != is->size())
            return was ? *was : is ? *is : KnownShape();
        KnownShape both = *was;
        for (std::size_t axis = 0; axis < both.size(); ++axis)
            if (both[axis] == unknownSize)
                both[axis] = (*is)[axis];
        return both;
    }

    template<class Visit>
    void eachReader(ValueIndex input, const Visit& visit) const
    {
        for (const NodeIndex node : m_side.nodes) {
            const auto inputs = m_view.inputs(node);
            for (std::size_t slot = 0; slot < inputs.size(); ++slot)
                if (inputs[slot] == input)
                    visit(node, slot);
        }
    }

    std::size_t rankByReaders(ValueIndex input) const
    {
        std::size_t rank = 0;
        eachReader(input, [&](NodeIndex node, std::size_t slot) {
            const std::string_view op = m_view.op(node);
            const auto weight = constantDims(m_view, node, 1);
            if (slot != 0 || !weight)
                return;
            if (op == "Conv" || op == "ConvTranspose")
                rank = weight->size();
            else if (op == "Gemm" || op == "MatMul")
                rank = 2;
            else if (op == "BatchNormalization" && rank == 0)
                rank = 4;
        });
        return rank;
    }

    void fillByReaders(ValueIndex input, KnownShape& dims) const
    {
        const auto fill = [&](std::size_t axis, std::int64_t size) {
            if (axis < dims.size() && dims[axis] == unknownSize)
                dims[axis] = size;
        };
        eachReader(input, [&](NodeIndex node, std::size_t slot) {
            const auto other = constantDims(m_view, node, slot == 0 ? 1 : 0);
            if (!other || slot > 1 || other->empty())
                return;
            const onnx::NodeProto& message = m_view.proto(node);
            const std::vector<std::int64_t>& weight = *other;
            const std::string_view op = m_view.op(node);
            if (op == "Conv" && slot == 0)
                fill(1, atAxis(weight, 1, 1) * intAttribute(message, "group", 1));
            else if ((op == "ConvTranspose" || op == "BatchNormalization") && slot == 0)
                fill(1, weight[0]);
            else if (op == "Gemm" && slot == 0)
                fill(intAttribute(message, "transA", 0) == 0 ? 1 : 0,
                     atAxis(weight, intAttribute(message, "transB", 0) == 0 ? 0 : 1, 1));
            else if (op == "MatMul" && weight.size() >= 2 && !dims.empty())
                fill(slot == 0 ? dims.size() - 1 : dims.size() - 2,
                     slot == 0 ? weight[weight.size() - 2] : weight.back());
        });
    }

    bool canShrink(std::size_t rank) const
    {
        return std::ranges::all_of(m_side.nodes, [&](NodeIndex node) {
            const std::string_view op = m_view.op(node);
            if (stringAttribute(m_view.proto(node), "auto_pad", "").starts_with("SAME"))
                return false;
            if (!m_flow.isData(m_view.output(node, 0)) || std::ranges::find(anyWidth, op) != anyWidth.end())
                return true;
            if (std::ranges::find(arithmetic, op) == arithmetic.end())
                return false;
            for (const std::size_t slot : {std::size_t{0}, std::size_t{1}}) {
                const auto constant = constantDims(m_view, node, slot);
                if (constant ? !isPerChannel(*constant, rank) : !m_flow.isData(m_view.input(node, slot)))
                    return false;
            }
            return true;
        });
    }

    // Of the data along a spatial axis, so that there are two steps of all strides together.
    std::int64_t reach(std::size_t axis) const
    {
        std::int64_t size = 1, steps = 2;
        for (const NodeIndex node : m_side.nodes) {
            const onnx::NodeProto& message = m_view.proto(node);
            std::int64_t kernel = atAxis(intsAttribute(message, "kernel_shape"), axis, 0);
            const bool isConvolution = m_view.op(node) == "Conv" || m_view.op(node) == "ConvTranspose";
            if (const auto weight = isConvolution ? constantDims(m_view, node, 1) : std::nullopt)
                kernel = atAxis(*weight, firstSpatial + axis, 1);
            if (kernel == 0)
                continue;
            size += (kernel - 1) * atAxis(intsAttribute(message, "dilations"), axis, 1);
            steps *= std::max<std::int64_t>(atAxis(intsAttribute(message, "strides"), axis, 1), 1);
            size = std::min(size, furthestReach);
            steps = std::min(steps, furthestReach);
        }
        return size + steps;
    }

    const GraphView& m_view;
    const DataFlow& m_flow;
    const Shapes& m_shapes;
    const std::map<ValueIndex, KnownShape>& m_seen;
    const PartContext& m_after;
    const PartSide& m_side;
    const PartSide& m_sideAfter;
};

} // namespace

PartContext::PartContext(const GraphView& of) : view(of), shapes(of), types(of), flow(of), seen() {}

Result<std::vector<PartInput>> partInputs(const PartContext& before, const PartContext& after,
                                          const Part& part)
{
    const GraphView& view = before.view;
    const PartShapes sizes(before, after, part);
    std::vector<PartInput> inputs;
    inputs.reserve(part.before.inputs.size());
    for (std::size_t i = 0; i < part.before.inputs.size(); ++i) {
        const ValueIndex input = part.before.inputs[i];
        auto dims = sizes.of(i);
        if (!dims)
            return tl::make_unexpected(std::move(dims.error()));
        const DataType type = typeOrWhatReadersWant(view, before.types, input);
        if (type == DataType::Undefined)
            return failure(ErrorCode::Unsupported,
                           "Nobody knows of which type " + std::string(view.name(input)) + " is.");
        inputs.push_back({type, std::move(*dims)});
    }
    return inputs;
}

Result<std::vector<onnx::TensorProto>> partTensors(const std::vector<PartInput>& inputs, std::size_t number,
                                                   std::uint64_t seed, bool asFloat)
{
    std::vector<onnx::TensorProto> tensors;
    tensors.reserve(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const DataType type = computedType(inputs[i].type, asFloat);
        auto tensor = randomTensor(PartModel::nameOf(number, i), type, inputs[i].dims, seed + number + i);
        if (!tensor)
            return tl::make_unexpected(std::move(tensor.error()));
        tensors.push_back(std::move(*tensor));
    }
    return tensors;
}

} // namespace pleat
