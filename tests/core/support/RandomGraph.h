// SPDX-License-Identifier: GPL-3.0-or-later
// Grows a small valid graph from a seed: convolutions, matrices, batch norms and what tends to be around
// them, with shared tensors, several readers, outputs in the middle; much that folds and much that must not.
// A plain value.
#pragma once

#include "tests/core/support/ModelBuilder.h"

#include <set>

namespace pleat::test {

class RandomGraph final {
public:
    explicit RandomGraph(std::uint32_t seed);
    ModelBuilder& model() { return m_model; }
    DataType type() const { return m_type; }

private:
    // A value with four axes, its channels and its (square) extent.
    struct Value {
        std::string name;
        std::int64_t channels, size;
    };

    bool chance(int oneIn) { return m_model.integer(1, oneIn) == 1; }
    std::string named(const char* what);
    Value pick();
    void push(std::int64_t channels, std::int64_t size);
    void grow();
    void addConv(const Value& from, bool transposed);
    void addBatchNorm(const Value& from);
    void addArithmetic(const Value& from);
    void addPool(const Value& from);
    void addPad(const Value& from);
    void addShapeOperator(const Value& from);
    void addJoin(const Value& from);
    void addMatrices();

    // RandomMoves.cpp
    void addMove(const Value& from);
    void move(const Value& from);
    void addSplit(const Value& from);
    void addFanOut(const Value& from);
    void addOtherOutput(const Value& from);
    void addResize(const Value& from);
    void addReduce(const Value& from);
    void addSqueeze(const Value& from);
    void addSwap(const Value& from);
    void addPick(const Value& from);
    void addOddPool(const Value& from);
    void addWiden(const Value& from);
    void addFlatten(const Value& from);
    // RandomWays.cpp
    void unusualMove(const Value& from);
    void addGate(const Value& from);
    void addConstantOperand(const Value& from);
    void addWholeFlatten(const Value& from);
    void addChannelPad(const Value& from);
    void addRunningSum(const Value& from);
    void addUpsampling(const Value& from);

    void join(std::vector<std::string> values, Dims channels, std::int64_t size);
    std::string altered(const std::string& value, std::int64_t channels, std::int64_t size);
    std::vector<std::string> integers(const std::string& name, const Dims& values, std::int64_t opset,
                                      const char* attribute, Attributes& attributes);

    ModelBuilder m_model;
    std::int64_t m_opset = 0;
    std::vector<Value> m_values;
    std::set<std::string> m_outputs;
    DataType m_type = DataType::Float;
    int m_count = 0;
};

// The same graph, where much of what is known of shapes is only declared, and only of some values.
onnx::ModelProto declaring(onnx::ModelProto model, std::uint32_t seed);

// The graph of a seed; every second one as declaring() makes it.
onnx::ModelProto randomModel(std::uint32_t seed);

} // namespace pleat::test
