// SPDX-License-Identifier: GPL-3.0-or-later
// Small ONNX models in the units of the field, for tests: `m.input("x", {"N", 3, 8, 8}).conv("c1", {.out = 8,
// .in = 3}).batchNorm("bn1").relu();`. Each call adds a node behind the current value; weights are random
// from the builder's seed. A builder of its own makes the body of an If/Loop/Scan or a function. A plain
// value; it knows nothing of the code under test but the names of the element types.
#pragma once

#include "tests/core/support/Messages.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace pleat::test {

using Dim = std::variant<int, std::string>; // a number or a symbol
struct Shape : std::vector<Dim> {
    Shape(std::initializer_list<Dim> dims) : std::vector<Dim>(dims) {}
};

struct ConvSpec {
    std::int64_t out = 4, in = 3;
    Dims kernel = {3, 3};
    std::int64_t group = 1;
    bool bias = false;
    bool emptyBias = false; // a third input that is "", which means absent
    Dims strides = {}, pads = {}, dilations = {};
    std::string autoPad = {};
    Dims outputPadding = {}, outputShape = {}; // ConvTranspose
    std::string weight = {}; // another name than `<layer>.weight`; used again where it exists
    std::string output = {}; // another name than `<layer>_out`
};

struct GemmSpec {
    std::int64_t out = 4, in = 3;
    bool transA = false, transB = true;
    std::optional<double> alpha = {}, beta = {};
    std::optional<Dims> c = Dims{-1};  // shape of C, -1 is N; nothing: no C
    std::optional<double> cValue = {}; // every element of C
    std::string weight = {};
    std::string output = {};
};

struct BatchNormSpec {
    std::vector<double> scale = {}, bias = {}, mean = {}, variance = {}; // empty: random
    std::optional<double> epsilon = 1e-5;
    bool positive = false;     // scale > 0 everywhere
    std::int64_t channels = 0; // 0: those of the current value
    std::string scaleName = {}, biasName = {}, meanName = {},
                varianceName = {}; // used again where they exist
    std::optional<DataType> scaleType = {}, statisticsType = {};
    Attributes attributes = {};
    std::vector<std::string> extraOutputs = {};
    std::string output = {};
};

class ModelBuilder final {
public:
    explicit ModelBuilder(std::uint32_t seed = 1);

    ModelBuilder& ir(std::int64_t version);
    ModelBuilder& opset(std::int64_t version, const std::string& domain = {});
    ModelBuilder& dataType(DataType type); // of inputs and weights from here on
    ModelBuilder& weightsAsConstantNodes();
    ModelBuilder& weightsAsTypedData(); // float_data, int32_data, … in place of raw_data

    // A graph input, which becomes the current value. `type` other than the weights' for indices, conditions.
    ModelBuilder& input(const std::string& name, const Shape& shape, std::optional<DataType> type = {});
    // Goes on from another value. Channels are needed where a batch norm of random values follows.
    ModelBuilder& from(const std::string& value, std::int64_t channels = 0);

    ModelBuilder& conv(const std::string& name, const ConvSpec& spec);
    ModelBuilder& convTranspose(const std::string& name, const ConvSpec& spec);
    ModelBuilder& gemm(const std::string& name, const GemmSpec& spec);
    ModelBuilder& matMul(const std::string& name, std::int64_t k, std::int64_t n);
    ModelBuilder& batchNorm(const std::string& name, const BatchNormSpec& spec = {});
    // Add, Sub, Mul, Div with a random constant of this shape (its values 0.5 … 1.5, either sign).
    ModelBuilder& affine(const std::string& op, const std::string& name, const Dims& constant,
                         bool constantFirst = false, const Attributes& attributes = {});
    // A node with one output behind the current value, for all the rest: "Relu", "MaxPool", "Reshape", …
    ModelBuilder& then(const std::string& op, const std::string& name = {},
                       const std::vector<std::string>& moreInputs = {}, const Attributes& attributes = {});
    ModelBuilder& relu() { return then("Relu"); }

    // Any node. Its first output becomes the current value.
    ModelBuilder& node(const std::string& op, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs, const Attributes& attributes = {},
                       const std::string& name = {}, const std::string& domain = {});

    // The current value, or the named one, is an output of the graph. Without any, the last current value is.
    ModelBuilder& output(const std::string& name = {});

    // Lists the initializers made so far as inputs too, as IR < 4 has it.
    ModelBuilder& listInitializersAsInputs();

    // Constants (initializers, or Constant nodes after weightsAsConstantNodes()); each returns its name.
    std::string constant(const std::string& name, const Dims& dims, const std::vector<double>& values,
                         std::optional<DataType> type = {});
    std::string random(const std::string& name, const Dims& dims, double low, double high,
                       std::optional<DataType> type = {});
    std::string shapeConstant(const std::string& name, const Dims& values); // int64, one axis

    const std::string& current() const { return m_current; }
    double uniform(double low, double high);
    std::int64_t integer(std::int64_t low, std::int64_t high); // both included
    onnx::GraphProto& graphProto() { return *m_model.mutable_graph(); }
    onnx::ModelProto& modelProto() { return m_model; }

    // Ends: the body of a control-flow node, a function of this builder's nodes, the model, its bytes.
    onnx::GraphProto body() const;
    ModelBuilder& function(const ModelBuilder& inner, const std::string& domain, const std::string& name,
                           const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);
    onnx::ModelProto proto() const; // outputs carry the shapes that ONNX infers
    std::string bytes() const;

private:
    std::string weight(const std::string& given, const std::string& fallback, const Dims& dims, double low,
                       double high);
    std::string statistic(const std::string& given, const std::string& fallback, std::vector<double> values,
                          std::optional<DataType> type);
    bool has(const std::string& initializer) const;
    onnx::NodeProto& addNode(const std::string& op, const std::string& name,
                             const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                             const Attributes& attributes);

    onnx::ModelProto m_model;
    std::uint64_t m_state;
    std::string m_current;
    std::int64_t m_channels = 0;
    int m_unnamed = 0;
    DataType m_type = DataType::Float;
    bool m_constantNodes = false;
    bool m_typedData = false;
};

// So many convolutions ("c1", …) with a batch norm ("bn1", …) and a Relu behind each.
ModelBuilder chainOfPairs(int pairs);

} // namespace pleat::test
