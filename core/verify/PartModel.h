// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a model as a model of its own: each with its nodes, attributes and constants as they are, next to
// the others and independent of them, so that ONNX Runtime opens one session for all. Beside each part stands
// the same part of magnitudes, where there is such a thing.
#pragma once

#include "core/verify/Parts.h"

#include <onnx/onnx_pb.h>

namespace pleat {

struct PartPorts {
    std::string output;
    std::string magnitude; // empty: none can be told
    double roundings = 0;  // operators of it that round, and for each that adds up products of what is no
                           // longer independent the square root of how many
    DataType coarsest = DataType::Undefined; // of the floats that it reads: the one that rounds the most
};

class PartModel final {
public:
    explicit PartModel(const GraphView& view);

    // The inputs are called nameOf(number, position). Errors: those of reading constants; Unsupported where
    // the part cannot stand alone.
    Result<PartPorts> add(const PartSide& side, std::size_t number, const std::vector<DataType>& inputs);
    static std::string nameOf(std::size_t number, std::size_t input);

    std::uint64_t bytes() const { return m_bytes; } // of the constants so far
    Result<std::string> message() const;            // of the ModelProto

private:
    class Writer;
    const GraphView& m_view;
    onnx::ModelProto m_model;
    std::uint64_t m_bytes = 0;
};

} // namespace pleat
