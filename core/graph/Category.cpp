// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Describe.h"

#include <unordered_map>

namespace pleat {

namespace {

using Table = std::unordered_map<std::string_view, OpCategory>;

const Table& categories()
{
    static const Table table = [] {
        Table t;
        const auto add = [&t](OpCategory category, std::initializer_list<std::string_view> ops) {
            for (const std::string_view op : ops)
                t.emplace(op, category);
        };
        add(OpCategory::Convolution, {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv",
                                      "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "Einsum", "LSTM",
                                      "GRU", "RNN", "Attention", "FusedConv", "FusedGemm", "FusedMatMul"});
        add(OpCategory::Normalisation,
            {"BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization",
             "MeanVarianceNormalization", "LpNormalization", "LRN", "SkipLayerNormalization",
             "RMSNormalization", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"});
        add(OpCategory::Activation, {"Relu",       "LeakyRelu", "PRelu",    "Elu",     "Selu",
                                     "Celu",       "Gelu",      "FastGelu", "Sigmoid", "HardSigmoid",
                                     "HardSwish",  "Swish",     "Mish",     "Tanh",    "Softmax",
                                     "LogSoftmax", "Softplus",  "Softsign", "Clip",    "ThresholdedRelu",
                                     "Erf",        "Hardmax",   "Shrink"});
        add(OpCategory::PoolShape, {"MaxPool",
                                    "AveragePool",
                                    "LpPool",
                                    "GlobalMaxPool",
                                    "GlobalAveragePool",
                                    "GlobalLpPool",
                                    "MaxUnpool",
                                    "MaxRoiPool",
                                    "RoiAlign",
                                    "Flatten",
                                    "Reshape",
                                    "Transpose",
                                    "Squeeze",
                                    "Unsqueeze",
                                    "Concat",
                                    "Split",
                                    "Slice",
                                    "Gather",
                                    "GatherElements",
                                    "GatherND",
                                    "Scatter",
                                    "ScatterElements",
                                    "ScatterND",
                                    "Pad",
                                    "Expand",
                                    "Tile",
                                    "Resize",
                                    "Upsample",
                                    "DepthToSpace",
                                    "SpaceToDepth",
                                    "Shape",
                                    "Size",
                                    "Identity",
                                    "Cast",
                                    "CastLike",
                                    "Dropout",
                                    "Constant",
                                    "ConstantOfShape",
                                    "Range",
                                    "ReduceMean",
                                    "ReduceSum",
                                    "ReduceMax",
                                    "ReduceMin",
                                    "ReduceProd",
                                    "ReduceL1",
                                    "ReduceL2",
                                    "GridSample",
                                    "OneHot",
                                    "NonZero",
                                    "Compress",
                                    "CenterCropPad",
                                    "Col2Im",
                                    "Trilu"});
        add(OpCategory::Arithmetic, {"Add",         "Sub",
                                     "Mul",         "Div",
                                     "Pow",         "Sqrt",
                                     "Exp",         "Log",
                                     "Abs",         "Neg",
                                     "Sum",         "Mean",
                                     "Max",         "Min",
                                     "Mod",         "Reciprocal",
                                     "Floor",       "Ceil",
                                     "Round",       "Sign",
                                     "Sin",         "Cos",
                                     "Equal",       "Greater",
                                     "Less",        "GreaterOrEqual",
                                     "LessOrEqual", "And",
                                     "Or",          "Not",
                                     "Xor",         "Where",
                                     "CumSum",      "ArgMax",
                                     "ArgMin",      "TopK",
                                     "IsNaN",       "IsInf",
                                     "BitShift"});
        return t;
    }();
    return table;
}

} // namespace

OpCategory category(std::string_view op)
{
    const auto found = categories().find(op);
    return found != categories().end() ? found->second : OpCategory::Other;
}

} // namespace pleat
