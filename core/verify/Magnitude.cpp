// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Magnitude.h"

#include "core/graph/Attributes.h"
#include "core/model/Assemble.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

namespace pleat {

namespace {

constexpr std::size_t meanSlot = 3;
constexpr std::size_t numbersAtOnce = 1 << 14; // as doubles

template<std::size_t N>
bool isOneOf(const std::array<std::string_view, N>& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

// Σ|w||x| of magnitudes is what the operator itself makes of them.
constexpr std::array<std::string_view, 7> sums{"Conv", "ConvTranspose", "Gemm", "MatMul",
                                               "Add",  "Sum",           "Mul"};
constexpr std::array<std::string_view, 8> averages{"AveragePool", "GlobalAveragePool", "ReduceMean",
                                                   "ReduceSum",   "GlobalMaxPool",     "ReduceMax",
                                                   "MaxPool",     "BatchNormalization"};
// Numbers go elsewhere as they are.
constexpr std::array<std::string_view, 15> moves{
    "Identity", "Reshape", "Transpose", "Flatten", "Squeeze",      "Concat",       "Split", "Unsqueeze",
    "Slice",    "Gather",  "Pad",       "Expand",  "DepthToSpace", "SpaceToDepth", "Tile"};
// What comes out differs by no more than what went in, and is no larger.
constexpr std::array<std::string_view, 6> contracting{"Relu", "LeakyRelu", "Clip", "Tanh", "Abs", "Neg"};

onnx::NodeProto renamed(onnx::NodeProto node, const char* op, bool keepsAttributes)
{
    node.set_op_type(op);
    if (!keepsAttributes)
        node.clear_attribute();
    return node;
}

// The first input handed on.
onnx::NodeProto identityOf(const onnx::NodeProto& node)
{
    onnx::NodeProto identity = renamed(node, "Identity", false);
    identity.mutable_input()->DeleteSubrange(1, identity.input_size() - 1);
    return identity;
}

void makeFactorsPositive(onnx::NodeProto& node)
{
    for (onnx::AttributeProto& attribute : *node.mutable_attribute())
        if (attribute.name() == "alpha" || attribute.name() == "beta" || attribute.name() == "value")
            if (attribute.type() == onnx::AttributeProto::FLOAT)
                attribute.set_f(std::abs(attribute.f()));
}

} // namespace

double unitRoundoff(DataType type)
{
    switch (type) {
    case DataType::Float:
        return 0x1p-24;
    case DataType::Double:
        return 0x1p-53;
    case DataType::Float16:
        return 0x1p-11;
    case DataType::BFloat16:
        return 0x1p-8;
    default:
        return 0;
    }
}

DataType magnitudeType(DataType type)
{
    return type == DataType::Double ? DataType::Double : DataType::Float;
}

std::optional<onnx::NodeProto> magnitudeOf(const onnx::NodeProto& node)
{
    const std::string& op = node.op_type();
    if (!node.domain().empty() && node.domain() != "ai.onnx")
        return std::nullopt;
    if (isOneOf(sums, op) || isOneOf(moves, op) || isOneOf(averages, op)) {
        const bool tellsMore =
            op != "Split" &&
            std::ranges::any_of(node.output().begin() + std::min(1, node.output_size()), node.output().end(),
                                [](const auto& name) { return !name.empty(); });
        onnx::NodeProto positive = node;
        makeFactorsPositive(positive);
        return tellsMore ? std::nullopt : std::optional(std::move(positive));
    }
    if (op == "Sub")
        return renamed(node, "Add", true);
    if (op == "Div")
        return node; // by a constant: whoever asks sees to it
    const bool isFloatCast = op == "Cast" && isFloating(static_cast<DataType>(intAttribute(node, "to", 0)));
    if (isOneOf(contracting, op) || op == "Dropout" || isFloatCast) {
        onnx::NodeProto identity = identityOf(node);
        identity.mutable_output()->DeleteSubrange(1, identity.output_size() - 1);
        return identity;
    }
    if ((op == "Resize" || op == "Upsample") && stringAttribute(node, "mode", "nearest") != "cubic")
        return node;
    return std::nullopt;
}

Result<onnx::TensorProto> magnitudeOf(const onnx::TensorProto& tensor, const onnx::NodeProto& reader,
                                      std::size_t slot)
{
    const auto type = static_cast<DataType>(tensor.data_type());
    const double roundoff = unitRoundoff(type);
    if (roundoff == 0)
        return tensor;
    const TensorView view = tensorView(tensor, nullptr);
    std::string bytes(static_cast<std::size_t>(view.payload().size()), '\0');
    if (auto read = readWhole(view, std::as_writable_bytes(std::span(bytes))); !read)
        return tl::make_unexpected(std::move(read.error()));
    const bool isMean = reader.op_type() == "BatchNormalization" && slot == meanSlot;
    const bool isDivisor = reader.op_type() == "Div" && slot == 1;
    // IEEE 754-2019, table 3.5; bfloat16 has float's exponents.
    const double smallestNormal = isDivisor ? 0 : type == DataType::Float16 ? 0x1p-14 : 0x1p-126;
    const std::size_t count = static_cast<std::size_t>(view.elements());
    const DataType now = magnitudeType(type);
    const auto bytesOf = [](DataType of, std::size_t numbers) {
        return static_cast<std::size_t>(storedBytes(of, numbers));
    };
    std::string made(bytesOf(now, count), '\0');
    std::vector<double> numbers(std::min(count, numbersAtOnce));
    for (std::size_t first = 0; first < count; first += numbers.size()) {
        numbers.resize(std::min(numbers.size(), count - first));
        widen(type,
              std::as_bytes(std::span(bytes)).subspan(bytesOf(type, first), bytesOf(type, numbers.size())),
              numbers);
        for (double& number : numbers) {
            number = std::max(std::abs(number), smallestNormal);
            number = isMean ? -number : number;
        }
        narrow(now, numbers,
               std::as_writable_bytes(std::span(made))
                   .subspan(bytesOf(now, first), bytesOf(now, numbers.size())));
    }
    onnx::TensorProto magnitude;
    magnitude.set_name(tensor.name());
    *magnitude.mutable_dims() = tensor.dims();
    magnitude.set_data_type(static_cast<std::int32_t>(now));
    magnitude.set_raw_data(std::move(made));
    return magnitude;
}

bool rounds(const onnx::NodeProto& node)
{
    return !isOneOf(moves, node.op_type()) && node.op_type() != "Constant";
}

bool addsUp(const onnx::NodeProto& node)
{
    return isOneOf(std::array<std::string_view, 4>{"Conv", "ConvTranspose", "Gemm", "MatMul"},
                   node.op_type());
}

} // namespace pleat
