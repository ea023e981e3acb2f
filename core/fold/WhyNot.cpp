// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/WhyNot.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <unordered_map>

namespace pleat {

namespace {

using Sentences = std::unordered_map<std::string_view, Sentence>;

const Sentences& sentences()
{
    static const Sentences whole = [] {
        Sentences t;
        const auto add = [&t](const Sentence& why, std::initializer_list<std::string_view> ops) {
            for (const std::string_view op : ops)
                t.emplace(op, why);
        };
        add("it stays itself", {"BatchNormalization"});
        add("it mixes channels", {"MatMul", "Gemm", "Conv", "ConvTranspose", "ConvInteger", "QLinearConv",
                                  "DeformConv", "MatMulInteger", "QLinearMatMul"});
        add("its equation is not followed", {"Einsum"});
        add("it transforms along an axis", {"DFT", "STFT"});
        add("it is recurrent and not linear", {"LSTM", "GRU", "RNN"});
        add("it is not linear", {"PRelu",
                                 "Elu",
                                 "Selu",
                                 "Celu",
                                 "Gelu",
                                 "Sigmoid",
                                 "HardSigmoid",
                                 "HardSwish",
                                 "Swish",
                                 "Mish",
                                 "Tanh",
                                 "Softmax",
                                 "LogSoftmax",
                                 "Softplus",
                                 "Softsign",
                                 "Clip",
                                 "Erf",
                                 "Shrink",
                                 "Exp",
                                 "Log",
                                 "Sqrt",
                                 "Reciprocal",
                                 "Sin",
                                 "Cos",
                                 "Tan",
                                 "Asin",
                                 "Acos",
                                 "Atan",
                                 "Sinh",
                                 "Cosh",
                                 "Asinh",
                                 "Acosh",
                                 "Atanh",
                                 "LRN",
                                 "LpPool",
                                 "GlobalLpPool",
                                 "ReduceL2",
                                 "ReduceProd",
                                 "ReduceLogSum",
                                 "ReduceLogSumExp",
                                 "ReduceSumSquare",
                                 "CumProd",
                                 "ThresholdedRelu",
                                 "Attention",
                                 "Det"});
        add("it is not linear: only a positive scale without a shift would pass it", {"Abs", "ReduceL1"});
        add("it rounds", {"Floor", "Ceil", "Round"});
        add("it keeps only the sign", {"Sign"});
        add("it keeps only which element is the largest", {"Hardmax"});
        add("it gives positions, not values", {"ArgMax", "ArgMin", "NonZero", "NonMaxSuppression"});
        add("it takes its input as positions or sizes, not as values",
            {"OneHot", "ConstantOfShape", "Range", "MelWeightMatrix", "AffineGrid", "HannWindow",
             "HammingWindow", "BlackmanWindow"});
        add("it gives the shape, not the values", {"Shape", "Size"});
        add("it gives true or false", {"Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And",
                                       "Or", "Not", "Xor", "IsNaN", "IsInf"});
        add("it works on bits",
            {"BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseNot", "BitwiseXor", "BitCast"});
        add("it is not linear in either operand", {"Pow", "Mod"});
        add("it sorts, and keeps the order only for a positive scale", {"TopK"});
        add("it drops repeated values", {"Unique"});
        add("it quantizes by what its input spans", {"DynamicQuantizeLinear"});
        add("it puts values where its other inputs say",
            {"Scatter", "ScatterElements", "ScatterND", "TensorScatter", "MaxUnpool"});
        add("it takes values from where its other inputs say",
            {"GatherElements", "GatherND", "GridSample", "RoiAlign", "MaxRoiPool", "Where", "ReverseSequence",
             "Compress"});
        add("it sums what overlaps", {"Col2Im"});
        add("it sets a part of its input to 0", {"Trilu"});
        add("it crops or pads with zeros", {"CenterCropPad"});
        add("it takes only the shape of its input", {"EyeLike"});
        add("it draws numbers", {"Bernoulli", "Multinomial", "RandomNormalLike", "RandomUniformLike",
                                 "RandomNormal", "RandomUniform"});
        add("it turns the data by an angle for each position", {"RotaryEmbedding"});
        add("it casts to a type that is not known here", {"CastLike"});
        add("it combines values that are computed at run time",
            {"Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min"});
        add("it computes a loss", {"SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"});
        add("it has a body of its own", {"If", "Loop", "Scan", "SequenceMap"});
        add("it makes or reads a sequence or an optional value",
            {"SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert",
             "SequenceLength", "SplitToSequence", "ConcatFromSequence", "Optional", "OptionalGetElement",
             "OptionalHasElement"});
        return t;
    }();
    return whole;
}

} // namespace

Sentence whyNot(std::string_view op)
{
    const auto found = sentences().find(op);
    return found == sentences().end() ? Sentence("no rule is known for it") : found->second;
}

bool readsItsStatistics(std::string_view op)
{
    static constexpr std::array ops{"InstanceNormalization", "LayerNormalization",
                                    "GroupNormalization",    "SimplifiedLayerNormalization",
                                    "RMSNormalization",      "MeanVarianceNormalization",
                                    "LpNormalization",       "SkipLayerNormalization"};
    return std::ranges::find(ops, op) != ops.end();
}

} // namespace pleat
