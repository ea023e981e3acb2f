// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/DeclaredShapes.h"

#include "core/base/Text.h"
#include "core/graph/Constants.h"
#include "core/graph/ShapeRules.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <string_view>

namespace pleat {

namespace {

std::optional<KnownShape> declared(const onnx::ValueInfoProto& info)
{
    if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape())
        return std::nullopt;
    KnownShape shape;
    for (const auto& dim : info.type().tensor_type().shape().dim())
        shape.push_back(dim.has_dim_value() ? dim.dim_value() : unknownSize);
    return believable(std::move(shape));
}

// Operators whose results have sizes that numbers decide, and the first input whose numbers do. Where none is
// named, the data itself decides, or how often a body runs.
constexpr std::size_t theData = ~std::size_t{0};

const std::unordered_map<std::string_view, std::size_t>& sizedByNumbers()
{
    static const std::unordered_map<std::string_view, std::size_t> table = [] {
        std::unordered_map<std::string_view, std::size_t> t{
            {"AffineGrid", 1}, {"CenterCropPad", 1}, {"Col2Im", 1},  {"DFT", 1},     {"Expand", 1},
            {"MaxUnpool", 2},  {"OneHot", 1},        {"Pad", 1},     {"Reshape", 1}, {"Resize", 1},
            {"STFT", 1},       {"Slice", 1},         {"Split", 1},   {"Squeeze", 1}, {"Tile", 1},
            {"TopK", 1},       {"Unsqueeze", 1},     {"Upsample", 1}};
        for (const std::string_view op :
             {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
              "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"})
            t.emplace(op, 1);
        for (const std::string_view op :
             {"BlackmanWindow", "ConstantOfShape", "HammingWindow", "HannWindow", "MelWeightMatrix", "Range"})
            t.emplace(op, 0);
        for (const std::string_view op : {"Compress", "If", "ImageDecoder", "Loop", "NonMaxSuppression",
                                          "NonZero", "Scan", "StringSplit", "Unique"})
            t.emplace(op, theData);
        return t;
    }();
    return table;
}

// What exporters compute shapes with: the same numbers where what they read is the same.
bool computesWithShapes(std::string_view op)
{
    static constexpr std::string_view ops[] = {
        "Add",        "Cast",    "Ceil",   "Concat",  "Constant", "ConstantOfShape",
        "Div",        "Equal",   "Expand", "Floor",   "Gather",   "Identity",
        "Max",        "Min",     "Mod",    "Mul",     "Neg",      "Range",
        "ReduceProd", "Reshape", "Slice",  "Squeeze", "Sub",      "Unsqueeze",
        "Where"};
    return std::ranges::find(ops, op) != std::end(ops);
}

} // namespace

Declarations declaredInputs(const GraphView& view, ScopeIndex scope)
{
    const Scope& entry = view.scopes()[index(scope)];
    const bool turns = entry.owner != NodeIndex::None && view.op(entry.owner) == "Loop";
    Declarations result;
    for (const onnx::ValueInfoProto& info : entry.graph->header->input()) {
        const ValueIndex value = view.find(scope, info.name());
        if (auto shape = value == ValueIndex::None ? std::nullopt : declared(info))
            result.try_emplace(value, turns ? withoutSizes(*shape) : std::move(*shape));
    }
    return result;
}

Declarations declaredOutputs(const GraphView& view, ScopeIndex scope)
{
    Declarations result;
    const auto take = [&](const auto& infos) {
        for (const onnx::ValueInfoProto& info : infos) {
            const ValueIndex value = view.find(scope, info.name());
            // A name that is not of this scope says nothing about the outer value that bears it.
            if (value == ValueIndex::None || view.scope(value) != scope)
                continue;
            if (auto shape = declared(info))
                result.try_emplace(value, std::move(*shape));
        }
    };
    const Scope& entry = view.scopes()[index(scope)];
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

MaybeShape describedShape(const Description& description)
{
    return declared(*description.proto);
}

bool TrueSizes::isShapeArithmetic(const GraphView& view, NodeIndex node)
{
    const std::string_view op = view.op(node);
    return op == "Shape" || op == "Size" || computesWithShapes(op);
}

bool TrueSizes::isWhollyKnown(ValueIndex value) const
{
    const KnownShape* shape = m_known.of(value);
    return shape && std::ranges::find(*shape, unknownSize) == shape->end();
}

bool TrueSizes::areFixed(ValueIndex numbers, int depth)
{
    constexpr int deepest = 64;
    if (numbers == ValueIndex::None || constantOf(m_view, numbers))
        return true;
    const NodeIndex producer = m_view.producer(numbers);
    if (producer == NodeIndex::None || !m_view.domain(producer).empty() || depth > deepest)
        return false;
    const auto [found, isNew] = m_fixed.try_emplace(numbers, false);
    if (!isNew)
        return found->second;
    const std::string_view op = m_view.op(producer);
    bool fixed =
        op == "Shape" || op == "Size" ? isWhollyKnown(m_view.input(producer, 0)) : computesWithShapes(op);
    if (op != "Shape" && op != "Size") {
        for (const ValueIndex input : m_view.inputs(producer))
            fixed = fixed && areFixed(input, depth + 1);
    }
    m_fixed[numbers] = fixed;
    return fixed;
}

bool TrueSizes::follow(NodeIndex node)
{
    const auto found = sizedByNumbers().find(m_view.op(node));
    const bool byNumbers = found != sizedByNumbers().end() && m_view.domain(node).empty();
    const std::size_t numbers = byNumbers ? found->second : theData;
    const auto inputs = m_view.inputs(node);
    for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
        if (inputs[slot] != ValueIndex::None &&
            !(slot < numbers ? isWhollyKnown(inputs[slot]) : areFixed(inputs[slot], 0)))
            return false;
    }
    return !byNumbers || numbers != theData;
}

KnownShape withoutSizes(const KnownShape& shape)
{
    return KnownShape(shape.size(), unknownSize);
}

std::vector<std::string> noticesOf(const GraphView& view, const Shapes& shapes)
{
    constexpr std::size_t mostSaid = 3;
    const auto text = [](const KnownShape& shape) {
        std::string result;
        for (const std::int64_t size : shape)
            result += (result.empty() ? "" : "×") + (size == unknownSize ? "?" : std::to_string(size));
        return result.empty() ? "a scalar" : result;
    };
    std::vector<std::string> notices;
    const std::vector<ShapeContradiction>& all = shapes.contradictions();
    for (const ShapeContradiction& each : std::span(all).first(std::min(all.size(), mostSaid)))
        notices.push_back("The file declares \"" + std::string(view.name(each.value)) + "\" as " +
                          text(each.declared) + ", but the model makes it " + text(each.derived) +
                          "; the latter counts.");
    if (all.size() > mostSaid)
        notices.push_back("The same is so for " + counted(all.size() - mostSaid, "more declared shape") +
                          ".");
    return notices;
}

} // namespace pleat
