// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Tensors.h"

#include "core/edit/ArrayFile.h"
#include "core/edit/StoredTensor.h"
#include "core/model/TensorWalk.h"
#include "core/rewrite/ConstantNode.h"
#include "core/rewrite/Rewriter.h"
#include "core/tensor/Kernels.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// The tensor that is stored under this name. Error Usage: it is computed, or stored in another way.
Result<TensorView> storedAt(const GraphView& view, ValueIndex value)
{
    if (const Initializer* const initializer = view.initializer(value); initializer && !view.isSparse(value))
        return tensorView(initializer->tensor);
    const NodeIndex maker = view.producer(value);
    if (const auto* const tensor = maker == NodeIndex::None ? nullptr : valueOf(*view.entry(maker).proto))
        return tensorView(view.entry(maker).payloads(), *tensor);
    return refused(
        sentence("{} is not stored in the model: it has no numbers of its own.", named(view, value)),
        std::string(view.name(value)));
}

Result<FoundTensor> findFloats(const GraphView& view, const std::string& id)
{
    auto found = findStored(view, id);
    if (found && !isFoldable(found->tensor.type()))
        return refused(sentence("{} is of {}; this is for floats.", named(view, found->value),
                                name(found->tensor.type())),
                       id);
    return found;
}

// What became of numbers that did not fit into their type.
struct Losses {
    std::uint64_t infinite = 0, zero = 0;
};

// Each number by `change`, in this type. The bytes stay with the model file or beside it, as they were.
template<class Change>
Result<Payload> changedNumbers(const TensorView& tensor, DataType type, Change change, Losses& losses)
{
    constexpr std::size_t atOnce = std::size_t{1} << 16;
    const std::uint64_t count = tensor.elements();
    const std::uint64_t size = static_cast<std::uint64_t>(elementBits(type)) / 8;
    auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(storedBytes(type, count)));
    std::vector<double> block(static_cast<std::size_t>(std::min<std::uint64_t>(count, atOnce))),
        back(block.size());
    for (std::uint64_t first = 0; first < count; first += block.size()) {
        const auto many = static_cast<std::size_t>(std::min<std::uint64_t>(count - first, block.size()));
        const std::span numbers = std::span(block).first(many), now = std::span(back).first(many);
        if (auto read = tensor.readDoubles(first, numbers); !read)
            return tl::make_unexpected(std::move(read.error()));
        for (double& number : numbers)
            number = change(number);
        const std::span into = std::span(*bytes).subspan(static_cast<std::size_t>(first * size),
                                                         static_cast<std::size_t>(many * size));
        narrow(type, numbers, into);
        widen(type, into, now);
        for (std::size_t n = 0; n < many; ++n) {
            losses.infinite += std::isfinite(numbers[n]) && !std::isfinite(now[n]);
            losses.zero += numbers[n] != 0 && now[n] == 0;
        }
    }
    return Payload{Bytes(std::move(bytes)), tensor.payload().external};
}

void addLosses(const Losses& losses, Argument tensor, const std::string& id, DataType type,
               std::vector<Finding>& findings)
{
    if (losses.infinite > 0)
        findings.push_back(
            {"overflow", id,
             losses.infinite == 1
                 ? sentence("One number of {} is infinite as {}", tensor, name(type))
                 : sentence("{} numbers of {} are infinite as {}", losses.infinite, tensor, name(type))});
    if (losses.zero > 0)
        findings.push_back({"underflow", id,
                            losses.zero == 1
                                ? sentence("One number of {} is 0 as {}", tensor, name(type))
                                : sentence("{} numbers of {} are 0 as {}", losses.zero, tensor, name(type))});
}

// The tensor with other numbers of the same type.
template<class Change>
Result<PlannedEdit> changing(const ViewPointer& of, const FoundTensor& found, Sentence what, Change change)
{
    const GraphView& view = *of;
    Losses losses;
    auto payload = changedNumbers(found.tensor, found.tensor.type(), change, losses);
    if (!payload)
        return tl::make_unexpected(std::move(payload.error()));
    PlannedEdit planned;
    planned.scope = view.scope(found.value);
    planned.what = std::move(what);
    addLosses(losses, named(view, found.value), std::string(view.name(found.value)), found.tensor.type(),
              planned.findings);
    Rewriter pen(of);
    pen.replaceData(found.value, found.tensor.type(), found.tensor.dims(), std::move(*payload));
    planned.edit = pen.edit();
    return planned;
}

// The number as an element of the type; nothing where it is none.
std::optional<Bytes> elementOf(DataType type, double value)
{
    if (isFoldable(type))
        return std::get<Bytes>(stored(type, {value}).content);
    const auto within = [&]<class Integer>(Integer) {
        return value == std::floor(value) &&
               value >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
               value <= static_cast<double>(std::numeric_limits<Integer>::max());
    };
    const bool fits = type == DataType::Int8    ? within(std::int8_t())
                      : type == DataType::UInt8 ? within(std::uint8_t())
                      : type == DataType::Int32 ? within(std::int32_t())
                      : type == DataType::Int64
                          ? std::abs(value) <= 9007199254740992.0 && within(std::int64_t())
                          : false;
    if (!fits)
        return std::nullopt;
    return std::get<Bytes>(storedIntegers(type, {value}).content);
}

// A Cast to `type` for who reads the tensor, which is of another one from now on.
void castBack(const GraphView& view, ValueIndex value, DataType type, Rewriter& pen, Edit& edit)
{
    const std::string name(view.name(value));
    const ScopeIndex scope = view.scope(value);
    onnx::NodeProto cast;
    cast.set_op_type("Cast");
    cast.set_name(pen.uniqueName(name + "/Cast"));
    cast.add_input(name);
    cast.add_output(pen.uniqueName(name + "_" + pleat::name(type)));
    onnx::AttributeProto& to = *cast.add_attribute();
    to.set_name("to");
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(static_cast<std::int64_t>(type));
    edit.graph(keyOf(view, scope)).reconnected.push_back({name, cast.output(0)});
    const NodeIndex maker = view.producer(value);
    Node node;
    node.proto = std::make_shared<const onnx::NodeProto>(std::move(cast));
    edit.inserted.push_back(
        {view.id(maker != NodeIndex::None ? maker : view.scopes()[index(scope)].nodes.front()),
         maker != NodeIndex::None, std::move(node)});
}

std::optional<Sentence> whyNotStored(const GraphView& view, ValueIndex value)
{
    if (view.isGraphInput(value) && view.model().irVersion() >= 4)
        return sentence("{} is also an input, whose type callers know.", named(view, value));
    if (view.isGraphOutput(value))
        return sentence("{} is an output, whose type callers know.", named(view, value));
    if (view.scopes()[index(view.scope(value))].nodes.empty())
        return sentence("There is no node in the graph of {}.", named(view, value));
    return std::nullopt;
}

} // namespace

Result<FoundTensor> findStored(const GraphView& view, const std::string& id)
{
    const auto value = findTensor(view, id);
    if (!value)
        return tl::make_unexpected(value.error());
    auto tensor = storedAt(view, *value);
    if (!tensor)
        return tl::make_unexpected(std::move(tensor.error()));
    return FoundTensor{*value, std::move(*tensor)};
}

Result<Payload> storedIn(const TensorView& tensor, DataType type, const Argument& called,
                         const std::string& id, std::vector<Finding>& findings)
{
    Losses losses;
    auto payload = changedNumbers(
        tensor, type, [](double number) { return number; }, losses);
    if (payload)
        addLosses(losses, called, id, type, findings);
    return payload;
}

Sentence describe(const FillTensor& step)
{
    return sentence("Fill {} with {}", step.tensor, step.value);
}

Sentence describe(const ScaleTensor& step)
{
    return sentence("Multiply {} by {}", step.tensor, step.factor);
}

Sentence describe(const PruneTensor& step)
{
    return sentence("Prune {} below {}", step.tensor, step.threshold);
}

Sentence describe(const StoreTensorAs& step)
{
    return step.tensor.empty() ? sentence("Store all weights as {}", name(step.type))
                               : sentence("Store {} as {}", step.tensor, name(step.type));
}

Sentence describe(const ReplaceTensor& step)
{
    return sentence("Replace {} by an array of {}", step.tensor, step.file);
}

Result<PlannedEdit> plan(const FillTensor& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto found = findStored(view, step.tensor);
    if (!found)
        return tl::make_unexpected(found.error());
    const DataType type = found->tensor.type();
    auto element = std::isfinite(step.value) ? elementOf(type, step.value) : std::nullopt;
    if (!element)
        return refused(
            sentence("{} is of {}, which cannot be {}.", named(view, found->value), name(type), step.value),
            step.tensor);
    PlannedEdit planned;
    planned.scope = view.scope(found->value);
    planned.what = sentence("filled {} with {}", named(view, found->value), step.value);
    Rewriter pen(of);
    Payload payload = repeated(std::move(*element), found->tensor.elements());
    payload.external = found->tensor.payload().external;
    pen.replaceData(found->value, type, found->tensor.dims(), std::move(payload));
    planned.edit = pen.edit();
    return planned;
}

Result<PlannedEdit> plan(const ScaleTensor& step, const ViewPointer& of)
{
    const auto found = findFloats(*of, step.tensor);
    if (!found)
        return tl::make_unexpected(found.error());
    if (!std::isfinite(step.factor))
        return refused(sentence("The factor is to be {}; it must be finite.", step.factor), step.tensor);
    return changing(of, *found, sentence("multiplied {} by {}", named(*of, found->value), step.factor),
                    [&](double number) { return number * step.factor; });
}

Result<PlannedEdit> plan(const PruneTensor& step, const ViewPointer& of)
{
    const auto found = findFloats(*of, step.tensor);
    if (!found)
        return tl::make_unexpected(found.error());
    if (!std::isfinite(step.threshold))
        return refused(sentence("The threshold is to be {}; it must be finite.", step.threshold),
                       step.tensor);
    std::uint64_t pruned = 0;
    auto planned = changing(of, *found, {}, [&](double number) {
        const bool goes = std::abs(number) < step.threshold && number != 0;
        pruned += goes;
        return goes ? 0 : number;
    });
    if (planned)
        planned->what = sentence("pruned {}: {} of {} numbers became 0", named(*of, found->value), pruned,
                                 found->tensor.elements());
    if (planned && pruned == 0)
        planned->edit = {};
    return planned;
}

Result<PlannedEdit> plan(const StoreTensorAs& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    if (!isFoldable(step.type))
        return refused(sentence("Weights can be stored as float, double, float16 or bfloat16; not as {}.",
                                name(step.type)));
    std::vector<FoundTensor> all;
    if (!step.tensor.empty()) {
        auto found = findFloats(view, step.tensor);
        if (!found)
            return tl::make_unexpected(std::move(found.error()));
        if (const auto why = whyNotStored(view, found->value))
            return refused(*why, step.tensor);
        all.push_back(std::move(*found));
    }
    for (std::size_t s = 0; step.tensor.empty() && s < view.scopes().size(); ++s) {
        for (const ValueIndex value : view.scopes()[s].initializers) {
            const bool isMeant =
                view.initializer(value) && !view.isSparse(value) && !whyNotStored(view, value) &&
                isFoldable(view.initializer(value)->tensor.type()) && !view.uses(value).empty();
            if (isMeant)
                all.push_back({value, tensorView(view.initializer(value)->tensor)});
        }
    }
    std::erase_if(all, [&](const FoundTensor& each) { return each.tensor.type() == step.type; });
    PlannedEdit planned;
    planned.what = all.size() == 1
                       ? sentence("stored {} as {}", named(view, all.front().value), name(step.type))
                       : sentence("stored {} tensors as {}", all.size(), name(step.type));
    Rewriter pen(of);
    Edit casts;
    for (const FoundTensor& each : all) {
        auto payload = storedIn(each.tensor, step.type, named(view, each.value),
                                std::string(view.name(each.value)), planned.findings);
        if (!payload)
            return tl::make_unexpected(std::move(payload.error()));
        pen.replaceData(each.value, step.type, each.tensor.dims(), std::move(*payload));
        castBack(view, each.value, each.tensor.type(), pen, casts);
        planned.scope = view.scope(each.value);
    }
    planned.edit = pen.edit();
    for (GraphChange& change : casts.graphs)
        std::ranges::move(change.reconnected,
                          std::back_inserter(planned.edit.graph(change.graph).reconnected));
    planned.edit.inserted = std::move(casts.inserted);
    return planned;
}

Result<PlannedEdit> plan(const ReplaceTensor& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto found = findStored(view, step.tensor);
    if (!found)
        return tl::make_unexpected(found.error());
    const std::string own(view.name(found->value));
    const auto array = readArray(step.file, step.array.empty() ? own : step.array, {});
    if (!array)
        return tl::make_unexpected(array.error());
    if (array->dims() != found->tensor.dims())
        return refused(
            sentence("The array of {} has another shape than {}.", step.file, named(view, found->value)),
            step.tensor);
    const DataType type = found->tensor.type();
    const bool isSame = array->type() == type;
    if (!isSame && !step.convert)
        return refused(sentence("The array of {} is of {}, and {} of {}; convert it on request.", step.file,
                                name(array->type()), named(view, found->value), name(type)),
                       step.tensor);
    if (!isSame && (!isFoldable(type) || !TensorView::areNumbers(array->type())))
        return refused(sentence("{} cannot be converted to {}.", name(array->type()), name(type)),
                       step.tensor);
    PlannedEdit planned;
    planned.scope = view.scope(found->value);
    planned.what = sentence("replaced {} by an array of {}", named(view, found->value), step.file);
    Payload payload = array->payload();
    if (!isSame) {
        auto converted = storedIn(*array, type, named(view, found->value), own, planned.findings);
        if (!converted)
            return tl::make_unexpected(std::move(converted.error()));
        payload = std::move(*converted);
    }
    payload.external = found->tensor.payload().external;
    Rewriter pen(of);
    pen.replaceData(found->value, type, found->tensor.dims(), std::move(payload));
    planned.edit = pen.edit();
    return planned;
}

} // namespace pleat
