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

private:
    // A value with four axes, its channels and its (square) extent.
    struct Value {
        std::string name;
        std::int64_t channels, size;
    };

    bool chance(int oneIn) { return m_model.integer(1, oneIn) == 1; }
    std::string named(const char* what) { return what + std::to_string(m_count++); }
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

    ModelBuilder m_model;
    std::int64_t m_opset = 0;
    std::vector<Value> m_values;
    std::set<std::string> m_outputs;
    int m_count = 0;
};

} // namespace pleat::test
