// SPDX-License-Identifier: GPL-3.0-or-later
// A node, a tensor and a model in words and numbers, for panels and for `info`: what an inspector shows,
// without a protobuf type in sight.
#pragma once

#include "core/graph/AttributeText.h"
#include "core/graph/GraphView.h"
#include "core/model/ValueTypes.h"

namespace pleat {

// ONNX's documentation is Markdown, wrapped by hand; its first sentence says what the operator does.
std::string firstSentence(const std::string& documentation);

std::vector<AttributeText> attributesOf(const GraphView& view, NodeIndex node);

// From inference, or of the constant that it is; Undefined and without a shape where neither tells.
ValueType knownType(const GraphView& view, ValueIndex value, const ValueTypes& types);

struct SlotText {
    std::string formal; // the operator's own name of the slot: "X", "W"; "" when unknown
    std::string name;   // the tensor's; empty when the optional slot is absent
    bool constant = false;
    ValueType type;          // from the initializer or from inference
    std::uint64_t bytes = 0; // of a constant
    ValueIndex value = ValueIndex::None;
};

struct NodeText {
    std::string name, op, domain;
    int since = 0;       // opset version of the operator's definition; 0 when unknown
    std::string summary; // the first sentence of ONNX's documentation, or all that a function says
    std::vector<AttributeText> attributes;
    std::vector<SlotText> inputs, outputs;
    std::uint64_t parameters = 0;
    std::optional<std::uint64_t> macs; // multiply-accumulates for one run, where they are known
    bool batchIsOne = false;           // a batch that is not a number counts as 1 in the MACs
};

NodeText describe(const GraphView& view, NodeIndex node, const ValueTypes& types);

enum class OpCategory { Convolution, Normalisation, Activation, PoolShape, Arithmetic, Other };
OpCategory category(std::string_view op);

struct ModelInfo {
    std::string file, producer, graphName, documentation;
    std::uint64_t bytes = 0; // of the model file
    struct DataFile {
        std::string file;
        std::uint64_t bytes = 0;
    };
    std::vector<DataFile> dataFiles; // beside it, that tensors are read from
    std::int64_t irVersion = 0;
    std::map<std::string, std::int64_t> opsets; // "" is ai.onnx
    std::uint64_t nodes = 0;                    // bodies and functions included
    std::uint64_t parameters = 0;               // elements of all constants, a shared one once
    std::map<DataType, std::uint64_t> parametersByType;
    std::optional<std::uint64_t> macs; // of one run; null where not all of it is known
    std::uint64_t macsAtLeast = 0;
    std::vector<std::string> macsGaps; // why it is not known: clauses, as "shapes are missing"
    bool batchIsOne = false;           // a batch that is not a number counts as 1 in the MACs
    std::vector<std::string> notices;  // declared shapes that contradict the model: sentences
    std::map<std::string, std::uint64_t> ops;
    struct Port {
        std::string name;
        ValueType type;
    };
    std::vector<Port> inputs, outputs; // initializers are not inputs here
    std::map<std::string, std::string> metadata;
};

ModelInfo describe(const GraphView& view, const ValueTypes& types);

// What has to be said beside its numbers, in sentences.
std::vector<std::string> notesOf(const ModelInfo& info);

} // namespace pleat
