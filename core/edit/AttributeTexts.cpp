// SPDX-License-Identifier: GPL-3.0-or-later
// The texts that attributes may have. The schemas of the ONNX library say so in prose only: these lists are
// those of the operators' pages (onnx/docs/Operators.md, Operators-ml.md and Changelog.md).
#include "core/edit/AttributeValue.h"

#include <array>
#include <onnx/defs/schema.h>

namespace pleat {

namespace {

using Texts = std::array<std::string_view, 6>; // the empty ones are none

struct Allowed {
    std::string_view op, attribute; // "": of any operator
    int since = 1;                  // of the operator; of two entries the later one counts
    Texts texts;
};

constexpr Texts directions{"forward", "reverse", "bidirectional"};
constexpr Texts losses{"none", "sum", "mean"};
constexpr Texts transforms{"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
constexpr std::array table{
    Allowed{"", "auto_pad", 1, {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}},
    Allowed{"BitShift", "direction", 11, {"LEFT", "RIGHT"}},
    Allowed{"DepthToSpace", "mode", 11, {"DCR", "CRD"}},
    Allowed{"Gelu", "approximate", 20, {"none", "tanh"}},
    Allowed{"GridSample", "mode", 16, {"bilinear", "nearest", "bicubic"}},
    Allowed{"GridSample", "mode", 20, {"linear", "nearest", "cubic"}},
    Allowed{"GridSample", "padding_mode", 16, {"zeros", "border", "reflection"}},
    Allowed{"GRU", "direction", 1, directions},
    Allowed{"ImageDecoder", "pixel_format", 20, {"RGB", "BGR", "Grayscale"}},
    Allowed{"LinearClassifier", "post_transform", 1, transforms},
    Allowed{"LinearRegressor", "post_transform", 1, transforms},
    Allowed{"LSTM", "direction", 1, directions},
    Allowed{"NegativeLogLikelihoodLoss", "reduction", 12, losses},
    Allowed{"Normalizer", "norm", 1, {"MAX", "L1", "L2"}},
    Allowed{"Pad", "mode", 1, {"constant", "reflect", "edge"}},
    Allowed{"Pad", "mode", 19, {"constant", "reflect", "edge", "wrap"}},
    Allowed{"Resize", "mode", 10, {"nearest", "linear"}},
    Allowed{"Resize", "mode", 11, {"nearest", "linear", "cubic"}},
    Allowed{"Resize",
            "coordinate_transformation_mode",
            11,
            {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn",
             "tf_crop_and_resize"}},
    Allowed{"Resize",
            "coordinate_transformation_mode",
            13,
            {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"}},
    Allowed{"Resize",
            "coordinate_transformation_mode",
            19,
            {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
             "tf_crop_and_resize"}},
    Allowed{"Resize", "nearest_mode", 11, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}},
    Allowed{"Resize", "keep_aspect_ratio_policy", 18, {"stretch", "not_larger", "not_smaller"}},
    Allowed{"RNN", "direction", 1, directions},
    Allowed{"RoiAlign", "mode", 10, {"avg", "max"}},
    Allowed{"RoiAlign", "coordinate_transformation_mode", 16, {"half_pixel", "output_half_pixel"}},
    Allowed{"ScatterElements", "reduction", 16, {"none", "add", "mul"}},
    Allowed{"ScatterElements", "reduction", 18, {"none", "add", "mul", "max", "min"}},
    Allowed{"ScatterND", "reduction", 16, {"none", "add", "mul"}},
    Allowed{"ScatterND", "reduction", 18, {"none", "add", "mul", "max", "min"}},
    Allowed{"SoftmaxCrossEntropyLoss", "reduction", 12, losses},
    Allowed{"StringNormalizer", "case_change_action", 10, {"LOWER", "UPPER", "NONE"}},
    Allowed{"SVMClassifier", "post_transform", 1, transforms},
    Allowed{"SVMRegressor", "post_transform", 1, transforms},
    Allowed{"TreeEnsembleClassifier", "post_transform", 1, transforms},
    Allowed{"TreeEnsembleRegressor", "post_transform", 1, transforms},
    Allowed{"Upsample", "mode", 1, {"nearest", "linear"}},
};

} // namespace

std::vector<std::string_view> allowedTexts(const Definition& definition, std::string_view attribute)
{
    std::vector<std::string_view> texts;
    // A version that the ONNX library does not know may allow more.
    if (!definition.schema || !definition.isCurrent)
        return texts;
    for (const Allowed& each : table) {
        if (each.attribute != attribute || each.since > definition.schema->SinceVersion() ||
            (!each.op.empty() && each.op != definition.schema->Name()))
            continue;
        texts.clear();
        for (const std::string_view text : each.texts) {
            if (!text.empty())
                texts.push_back(text);
        }
    }
    return texts;
}

} // namespace pleat
