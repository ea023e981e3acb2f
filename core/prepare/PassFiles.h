// SPDX-License-Identifier: GPL-3.0-or-later
// The passes, each from the file of its name; Passes.cpp puts them in order. Private to prepare/.
#pragma once

#include "core/prepare/Pass.h"

namespace pleat {

Result<void> lookForConstantNodes(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass constantNodes{"constant-nodes", "Constant nodes to initializers",
                                    "A Constant node becomes an initializer of the same name and bytes.",
                                    true, lookForConstantNodes};

Result<void> lookForCalls(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass inlineFunctions{
    "inline-functions", "Calls of functions",
    "A call of a local function is replaced by the nodes of the function; functions that "
    "nobody calls any more go.",
    false, lookForCalls};

Result<void> lookForBatchNorms(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass batchNorms{
    "batch-norms", "Batch norms in single steps",
    "A batch norm that is written as Sub, Sqrt, Div, Mul and Add becomes one BatchNormalization, which can "
    "be folded.",
    true, lookForBatchNorms};

Result<void> lookForConstants(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass foldConstants{"fold-constants", "Constant folding",
                                    "What is computed from constants, or from sizes that are known for every "
                                    "run, becomes an initializer of the result.",
                                    true, lookForConstants};
// The rest of it, by an engine: RuntimeConstants.cpp.
Result<void> lookForRuntimeConstants(Round& round, Progress& progress, const std::stop_token& stop);

Result<void> lookForReshapeTargets(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass reshapeTargets{"reshape-targets", "Reshape to computed sizes",
                                     "Of computed sizes, all but one of which are known, the open one "
                                     "becomes -1, or 0 where it is that of the "
                                     "data; what computed them is not needed any more.",
                                     true, lookForReshapeTargets};

Result<void> lookForConstantIfs(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass constantIf{
    "constant-if", "If with a known condition",
    "An If whose condition is the same in every run is replaced by the nodes of that branch.", true,
    lookForConstantIfs};

Result<void> lookForIdentities(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass identity{"identity", "Identity nodes",
                               "What reads the result of an Identity reads its input; the node goes.", true,
                               lookForIdentities};

Result<void> lookForDropouts(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass dropout{"dropout", "Dropout nodes",
                              "A Dropout that does not train hands on its input; the node goes.", true,
                              lookForDropouts};

Result<void> lookForNoOps(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass noOp{
    "no-op", "Nodes that change nothing",
    "A Cast to the same type, a Reshape to the same shape, a Slice of everything, a Mul by 1 "
    "and their like: what reads the result reads the input.",
    true, lookForNoOps};

Result<void> lookForInversePairs(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass inversePairs{
    "inverse-pairs", "Pairs that undo each other",
    "Transpose behind Transpose, Reshape behind Reshape, Squeeze behind Unsqueeze, a "
    "Cast back: one of them does it, or none.",
    true, lookForInversePairs};

Result<void> lookForUnused(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass unused{
    "unused", "What nobody reads",
    "Nodes, optional outputs, initializers and functions that no output of the model "
    "depends on go.",
    true, lookForUnused};

Result<void> lookForDuplicates(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass duplicateInitializers{
    "duplicate-initializers", "Initializers with the same contents",
    "Of initializers of the same type, shape and bytes one is kept, which all read.", true,
    lookForDuplicates};

Result<void> lookForCommonSubexpressions(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass commonSubexpressions{
    "common-subexpressions", "Nodes that make the same",
    "Of nodes with the same operator, attributes and inputs one is kept, whose results all read.", true,
    lookForCommonSubexpressions};

Result<void> lookForBiases(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass bias{"bias", "Constants added to layers",
                           "A constant that is added behind a convolution or a Gemm becomes its bias.", true,
                           lookForBiases};

Result<void> lookForGemms(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass matMulToGemm{"gemm", "MatMul and Add to Gemm",
                                   "A product of two matrices and a constant added to it become one Gemm.",
                                   true, lookForGemms};

Result<void> lookForPads(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass pads{"pad", "Pads before layers",
                           "A Pad of an image becomes the pads of the convolution or pool behind it.", true,
                           lookForPads};

Result<void> lookForAffines(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass composing{
    "compose", "Scales and shifts by constants",
    "Neighbours among Mul, Div, Add, Sub and Neg with constants become one Mul, one "
    "Add, or a Mul and an Add.",
    true, lookForAffines};

Result<void> lookForNorms(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass norms{"norms", "Normalisations",
                            "A layer or instance normalisation that is written in single steps becomes one "
                            "operator.",
                            true, lookForNorms};

Result<void> lookForDims(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass dims{
    "dims", "Sizes instead of symbols",
    "Symbols in the shapes of the inputs become the numbers that you give, wherever the "
    "file declares them.",
    false, lookForDims};
Result<void> lookForDocs(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass stripDocs{"strip-docs", "Doc strings",
                                "The doc strings of the model, its graphs, nodes, values and tensors go.",
                                false, lookForDocs};

Result<void> lookForMetadata(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass stripMetadata{
    "strip-metadata", "Metadata",
    "The metadata entries of the model, its graphs, nodes, values and tensors go.", false, lookForMetadata};

Result<void> lookForShapes(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass stripShapes{"strip-shapes", "Declared shapes",
                                  "What is declared of values that are neither inputs nor outputs goes.",
                                  false, lookForShapes};

Result<void> lookForOpset(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass opset{
    "opset",
    "Another opset",
    "The model is converted to the opset that you give, by ONNX's version converter: nodes whose operator is "
    "defined otherwise there are written otherwise.",
    false,
    lookForOpset,
    true};

Result<void> lookForUnwrittenShapes(Round& round, Progress& progress, const std::stop_token& stop);
inline constexpr Pass writeShapes{"write-shapes",
                                  "Inferred shapes",
                                  "What ONNX infers of the types and shapes between nodes is declared.",
                                  false,
                                  lookForUnwrittenShapes,
                                  true};

} // namespace pleat
