// SPDX-License-Identifier: GPL-3.0-or-later
// Changes of a model that leave it one: nodes put in, taken out and wired anew, tensors of other shapes,
// types and values, attributes, versions, and now and then any field whatever.
#pragma once

#include "tests/fuzz/Dice.h"

#include <onnx/onnx_pb.h>
#include <string>
#include <vector>

namespace pleat::fuzz {

class ModelChanges final {
public:
    explicit ModelChanges(std::uint32_t seed) : m_dice(seed) {}

    bool asBytes() { return m_dice.oneIn(12); } // one input in twelve is not treated as a model
    void change(onnx::ModelProto& model);
    void cross(onnx::ModelProto& into, const onnx::ModelProto& from);

private:
    using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;
    // The nodes of a graph or a function with the place for new constants.
    struct Scope {
        Nodes* nodes = nullptr;
        onnx::GraphProto* graph = nullptr; // null in a function
        std::vector<std::string> names;    // that can be read here
    };

    void findScopes(onnx::ModelProto& model);
    void findScopes(onnx::GraphProto& graph, const std::vector<std::string>& around);
    void changeOnce(onnx::ModelProto& model);
    void rewire(Scope& scope);
    void changeNodes(Scope& scope);
    void insertNode(Scope& scope);
    void insertBatchNorm(onnx::NodeProto& node, Scope& scope);
    void bypass(Scope& scope);
    void changeAttribute(onnx::NodeProto& node);
    void changeTensor(onnx::TensorProto& tensor);
    void changeExternal(onnx::TensorProto& tensor);
    void changeVersions(onnx::ModelProto& model);
    onnx::TensorProto* anyTensor(Scope& scope);
    std::string constant(Scope& scope, const std::vector<std::int64_t>& dims, bool integers);
    std::string fresh(const std::string& stem) { return stem + std::to_string(m_dice.below(100000)); }
    std::int64_t channels(const Scope& scope);

    Dice m_dice;
    std::vector<Scope> m_scopes;
};

} // namespace pleat::fuzz
