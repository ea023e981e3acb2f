// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a model as a model of its own: each with its nodes, attributes and constants as they are, next to
// the others and independent of them, so that ONNX Runtime opens one session for all. Beside each part stands
// the same part of magnitudes, where there is such a thing.
#pragma once

#include "core/verify/DataFlow.h"
#include "core/verify/Parts.h"

#include <onnx/onnx_pb.h>

namespace pleat {

struct PartPorts {
    std::string output;
    std::string magnitude; // empty: none can be told
    double roundings = 0;  // operators of it that round, and for each that adds up products of what is no
                           // longer independent the square root of how many
    double steps = 0;      // half a step of each int32 constant that is dequantized: a bias is rounded to it
    DataType coarsest = DataType::Undefined; // of the floats that it reads: the one that rounds the most
};

// What ONNX Runtime is to compute with: bfloat16 as float, as it has next to no kernels for it; `asFloat`:
// all floats, as it has none for some operators of float16 and double.
DataType computedType(DataType type, bool asFloat);

class PartModel final {
public:
    PartModel(const GraphView& view, bool asFloat);

    // The inputs are called nameOf(number, position). Errors: those of reading constants; Unsupported where
    // the part cannot stand alone.
    Result<PartPorts> add(const PartSide& side, std::size_t number, const std::vector<DataType>& inputs);
    static std::string nameOf(std::size_t number, std::size_t input);

    std::uint64_t bytes() const { return m_bytes; } // of the constants so far
    Result<std::string> message() const;            // of the ModelProto

private:
    class Writer;
    const GraphView& m_view;
    DataFlow m_flow;
    bool m_asFloat;
    onnx::ModelProto m_model;
    std::uint64_t m_bytes = 0;
};

} // namespace pleat
