// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Constants.h"

#include "core/graph/Attributes.h"
#include "core/graph/ComputedConstants.h"
#include "core/graph/ShapeRules.h"
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
    return TensorView(std::move(name), type, std::move(dims), Payload{Bytes(bytes)});
}

// The tensor that a Constant node holds, in whichever attribute (Constant-13 has eight forms).
tl::expected<TensorView, NotConstant> constantNode(const GraphView& view, NodeIndex node)
{
    const onnx::NodeProto& proto = view.proto(node);
    const std::string name = proto.output_size() ? proto.output(0) : std::string();
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
        if (attribute.name() == "value" && attribute.has_t())
            return tensorView(view.payloads(node), attribute.t());
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

bool isDequantizer(const GraphView& view, NodeIndex node)
{
    return view.op(node) == "DequantizeLinear" &&
           (view.domain(node).empty() || view.domain(node) == "com.microsoft");
}

constexpr std::size_t longestWay = 64; // nodes; each reader of a constant walks it

// The nodes from the storage of a constant to its reader, found by walking up.
struct Way {
    ValueIndex storedAt = ValueIndex::None;
    std::vector<NodeIndex> through; // reader first
    bool acrossCall = false;
    bool computed = false; // storedAt is the output of an operator that computes it
};

tl::expected<Way, NotConstant> walk(const GraphView& view, ValueIndex value, int depth);

// The argument that every call of a function passes for one of its inputs.
tl::expected<Way, NotConstant> walkCalls(const GraphView& view, ValueIndex input, int depth)
{
    constexpr int deepest = 32;
    const std::span<const ValueIndex> arguments = view.arguments(input);
    if (arguments.empty() || depth > deepest)
        return tl::make_unexpected(NotConstant::Computed);
    tl::expected<Way, NotConstant> way = tl::make_unexpected(NotConstant::Computed);
    for (const ValueIndex argument : arguments) {
        way = walk(view, argument, depth + 1);
        if (!way) {
            const bool data = way.error() == NotConstant::Quantized && view.constantDepth(argument) == 0;
            return tl::make_unexpected(data ? NotConstant::Computed : way.error());
        }
    }
    if (arguments.size() > 1)
        return tl::make_unexpected(NotConstant::Disagreeing);
    way->acrossCall = true;
    return way;
}

tl::expected<Way, NotConstant> walk(const GraphView& view, ValueIndex value, int depth)
{
    Way way;
    if (value == ValueIndex::None)
        return tl::make_unexpected(NotConstant::Absent);
    while (way.through.size() <= longestWay) {
        way.storedAt = value;
        if (view.isSparse(value))
            return tl::make_unexpected(NotConstant::Sparse);
        if (view.initializer(value)) {
            // From IR version 4 on, an initializer that is an input too is a default that callers may
            // replace.
            if (view.isGraphInput(value) && view.model().irVersion() >= 4)
                return tl::make_unexpected(NotConstant::Overridable);
            return way;
        }
        const NodeIndex producer = view.producer(value);
        if (producer == NodeIndex::None) {
            if (!view.isGraphInput(value) || view.scopes()[index(view.scope(value))].function < 0)
                return tl::make_unexpected(NotConstant::Computed);
            auto outside = walkCalls(view, value, depth);
            if (outside)
                outside->through.insert(outside->through.begin(), way.through.begin(), way.through.end());
            return outside;
        }
        if (isDequantizer(view, producer))
            return tl::make_unexpected(NotConstant::Quantized);
        if (!view.domain(producer).empty())
            return tl::make_unexpected(NotConstant::Computed);
        const bool fromCall = refersToCall(*view.entry(producer).proto);
        if (view.op(producer) == "Constant" && !refersToCall(view.proto(producer))) {
            way.acrossCall = fromCall; // what the calls pass: not to be replaced by another constant
            return way;
        }
        if (fromCall)
            return tl::make_unexpected(NotConstant::Computed);
        if (!isConstantChainLink(view, producer) || view.input(producer, 0) == ValueIndex::None) {
            if (view.constantDepth(value) == 0)
                return tl::make_unexpected(NotConstant::Computed);
            way.computed = true;
            return way;
        }
        way.through.push_back(producer);
        value = view.input(producer, 0);
    }
    return tl::make_unexpected(NotConstant::Computed);
}

bool isLossless(DataType from, DataType to)
{
    if (from == to || to == DataType::Double)
        return isFoldable(from);
    return to == DataType::Float && (from == DataType::Float16 || from == DataType::BFloat16);
}

// Regroups the axes of a constant for other dimensions, splitting them where the new ones end inside. Nothing
// when the borders do not meet (then no axis tells where a channel lies).
std::optional<std::vector<std::vector<StoredAxis>>>
regrouped(const std::vector<std::vector<StoredAxis>>& order, const std::vector<std::int64_t>& dims)
{
    std::vector<StoredAxis> flat; // innermost first
    for (auto group = order.rbegin(); group != order.rend(); ++group)
        flat.insert(flat.end(), group->rbegin(), group->rend());
    std::vector<std::vector<StoredAxis>> result(dims.size());
    std::size_t at = 0;
    for (std::size_t d = dims.size(); d-- > 0;) {
        for (auto wanted = static_cast<std::uint64_t>(dims[d]); wanted > 1;) {
            while (at < flat.size() && flat[at].extent == 1)
                ++at;
            if (at == flat.size())
                return std::nullopt;
            StoredAxis& axis = flat[at];
            const std::uint64_t part = std::min(wanted, axis.extent);
            if (part == 0 || wanted % part != 0 || axis.extent % part != 0)
                return std::nullopt;
            result[d].insert(result[d].begin(), {part, axis.stride});
            axis = {axis.extent / part, axis.stride * part};
            wanted /= part;
        }
    }
    return result;
}

// The shape after one node of the way; nothing when it is not known.
bool follow(const GraphView& view, NodeIndex node, Constant& constant)
{
    const onnx::NodeProto& proto = view.proto(node);
    const std::string_view op = view.op(node);
    if (op == "Identity")
        return true;
    if (op == "Cast") {
        const auto to = static_cast<DataType>(intAttribute(proto, "to", 0));
        const bool lossless = isLossless(constant.type, to);
        constant.type = to;
        return lossless;
    }
    const KnownShape before(constant.dims.begin(), constant.dims.end());
    const MaybeShape after = outputShape(view, node, 0, {&before});
    const std::vector<std::vector<StoredAxis>> old = axes(constant);
    if (!after || std::ranges::any_of(*after, [](std::int64_t size) { return size < 0; }))
        return false;
    if (op == "Transpose") {
        std::vector<std::int64_t> perm = intsAttribute(proto, "perm");
        std::vector<std::vector<StoredAxis>> order;
        order.reserve(after->size());
        for (std::size_t d = 0; d < after->size(); ++d)
            order.push_back(old[perm.empty() ? after->size() - 1 - d : static_cast<std::size_t>(perm[d])]);
        constant.order = std::move(order);
    } else {
        auto order = regrouped(old, *after);
        if (!order)
            return false;
        constant.order = std::move(*order);
    }
    constant.dims = *after;
    return true;
}

Constant fromStorage(TensorView tensor, const Way& way)
{
    Constant constant;
    constant.tensor = std::move(tensor);
    constant.storedAt = way.storedAt;
    constant.through.assign(way.through.rbegin(), way.through.rend());
    constant.acrossCall = way.acrossCall;
    constant.computed = way.computed;
    constant.type = constant.tensor.type();
    constant.dims = constant.tensor.dims();
    return constant;
}

} // namespace

bool isConstantChainLink(const GraphView& view, NodeIndex node)
{
    static constexpr std::string_view ops[] = {"Constant", "Identity",  "Cast",      "Reshape",
                                               "Squeeze",  "Unsqueeze", "Transpose", "Flatten"};
    return view.domain(node).empty() && std::ranges::find(ops, view.op(node)) != std::end(ops);
}

namespace {

// Reads the storage and follows the way from it to the reader.
tl::expected<Constant, NotConstant> along(const GraphView& view, const Way& way)
{
    Constant constant;
    if (way.computed) {
        auto tensor = view.computedConstants().of(view, way.storedAt);
        if (!tensor)
            return tl::make_unexpected(tensor.error());
        constant = fromStorage(std::move(*tensor), way);
    } else if (const Initializer* initializer = view.initializer(way.storedAt)) {
        constant = fromStorage(tensorView(initializer->tensor), way);
    } else {
        auto tensor = constantNode(view, view.producer(way.storedAt));
        if (!tensor)
            return tl::make_unexpected(tensor.error());
        constant = fromStorage(std::move(*tensor), way);
    }
    for (std::size_t n = 0; n < constant.through.size(); ++n) {
        if (follow(view, constant.through[n], constant))
            continue;
        // A Cast that loses something, for instance: what it makes is computed, and the way begins there.
        Way rest = way;
        rest.storedAt = view.output(constant.through[n], 0);
        rest.computed = true;
        rest.through.resize(way.through.size() - n - 1); // the reader's end
        return along(view, rest);
    }
    return constant;
}

} // namespace

tl::expected<Constant, NotConstant> constantOf(const GraphView& view, ValueIndex value)
{
    const auto way = walk(view, value, 0);
    if (!way)
        return tl::make_unexpected(way.error());
    return along(view, *way);
}

bool isFixed(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    if (constant)
        return true;
    switch (constant.error()) {
    case NotConstant::Computed:
    case NotConstant::Absent:
        return false;
    case NotConstant::Quantized: // data is quantized and dequantized, too
        return view.constantDepth(value) > 0;
    default:
        return true;
    }
}

namespace {

std::vector<StoredAxis> allAxes(const Constant& constant)
{
    std::vector<StoredAxis> all;
    for (const auto& group : axes(constant))
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

} // namespace

std::optional<std::vector<double>> plainFloats(const GraphView& view, ValueIndex value)
{
    const Initializer* initializer = view.initializer(value);
    if (!initializer || view.isSparse(value) || (view.isGraphInput(value) && view.model().irVersion() >= 4))
        return std::nullopt;
    const std::span<const std::byte> bytes = initializer->tensor.rawData();
    if (initializer->tensor.type() != DataType::Float || bytes.empty())
        return std::nullopt;
    std::vector<double> numbers(bytes.size() / sizeof(float));
    widen(DataType::Float, bytes, numbers);
    return numbers;
}

std::vector<std::vector<StoredAxis>> axes(const Constant& constant)
{
    if (!constant.order.empty())
        return constant.order;
    std::vector<std::vector<StoredAxis>> order(constant.dims.size());
    std::uint64_t stride = 1;
    for (std::size_t d = order.size(); d-- > 0;) {
        const auto extent = static_cast<std::uint64_t>(constant.dims[d]);
        order[d] = {{extent, stride}};
        stride *= extent;
    }
    return order;
}

bool isReordered(const Constant& constant)
{
    if (constant.order.empty())
        return false;
    const std::vector<StoredAxis> axes = allAxes(constant);
    std::uint64_t stride = 1;
    for (std::size_t a = axes.size(); a-- > 0; stride *= axes[a].extent) {
        if (axes[a].extent > 1 && axes[a].stride != stride)
            return true;
    }
    return false;
}

Result<std::vector<double>> values(const Constant& constant)
{
    auto storedValues = constant.tensor.doubles();
    if (!storedValues || !isReordered(constant))
        return storedValues;
    const std::vector<StoredAxis> axes = allAxes(constant);
    std::vector<double> result;
    result.reserve(storedValues->size());
    std::vector<std::uint64_t> at(axes.size());
    for (std::size_t e = 0; e < storedValues->size(); ++e) {
        std::uint64_t offset = 0;
        for (std::size_t a = 0; a < axes.size(); ++a)
            offset += at[a] * axes[a].stride;
        result.push_back((*storedValues)[offset]);
        for (std::size_t a = axes.size(); a-- > 0 && ++at[a] == axes[a].extent;)
            at[a] = 0;
    }
    return result;
}

} // namespace pleat
