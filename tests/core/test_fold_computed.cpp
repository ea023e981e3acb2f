// SPDX-License-Identifier: GPL-3.0-or-later
// Weights and parameters that are computed from constants (ConstantOfShape, arithmetic, Cast, Concat, …) are
// constants; what is not computed here is said to be computed from constants. Overridable and sparse ones are
// named so under every layer.
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder input(std::int64_t opset = 18)
{
    ModelBuilder model;
    model.opset(opset).ir(opset > 18 ? 9 : 8).input("x", {2, 3, 6, 6});
    return model;
}

// y = bn(value) with the parameters of these names.
ModelBuilder& thenBatchNorm(ModelBuilder& model, const std::vector<std::string>& parameters)
{
    std::vector<std::string> inputs{model.current()};
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    return model.node("BatchNormalization", inputs, {"y"}, {}, "bn");
}

std::vector<std::string> parameters(ModelBuilder& model)
{
    return {model.random("gamma", {4}, 0.5, 1.5), model.random("beta", {4}, -1, 1),
            model.random("mean", {4}, -1, 1), model.random("variance", {4}, 0.5, 1.5)};
}

// The constant `of` behind a node, named `to`: a value of the graph, not its current one.
std::string made(ModelBuilder& model, const std::string& op, const std::vector<std::string>& of,
                 const std::string& to, const Attributes& attributes = {})
{
    const std::string current = model.current();
    model.node(op, of, {to}, attributes, to + "_node").from(current, 4);
    return to;
}

std::string filled(ModelBuilder& model, const std::string& name, const Dims& shape, double value)
{
    made(model, "ConstantOfShape", {model.shapeConstant(name + "_shape", shape)}, name);
    onnx::AttributeProto& attribute = *model.graphProto().mutable_node()->rbegin()->add_attribute();
    attribute.set_name("value");
    attribute.set_type(onnx::AttributeProto::TENSOR);
    attribute.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
    attribute.mutable_t()->add_dims(1);
    attribute.mutable_t()->add_float_data(static_cast<float>(value));
    return name;
}

int count(const onnx::ModelProto& model, const std::string& op)
{
    int found = 0;
    for (const onnx::NodeProto& node : model.graph().node())
        found += node.op_type() == op;
    return found;
}

} // namespace

class FoldComputedTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsParametersOfConstantOfShape()
    {
        ModelBuilder model = input(9);
        model.conv("c1", {});
        thenBatchNorm(model, {filled(model, "gamma", {4}, 1.5), filled(model, "beta", {4}, -0.5),
                              filled(model, "mean", {4}, 0.25), filled(model, "variance", {4}, 2)});
        const Folded folded = assertFolds(model, {{"c1", {"bn"}}});
        QCOMPARE(count(folded.model, "ConstantOfShape"), 0);
    }

    // Opset 6 lines operands up by attributes, opset 7 as NumPy does. ONNX Runtime begins with 7.
    void computesByTheRulesOfTheOpset()
    {
        const auto scaled = [](std::int64_t opset, const Dims& factor, const Attributes& attributes) {
            ModelBuilder model;
            model.opset(opset).ir(5).input("x", {2, 3, 6, 6}).conv("c1", {});
            std::vector<std::string> of = parameters(model);
            of[0] =
                made(model, "Mul", {of[0], model.random("factor", factor, 0.5, 1.5)}, "scale", attributes);
            thenBatchNorm(model, of);
            if (opset < 7)
                setAttribute(*model.graphProto().mutable_node()->rbegin(), "is_test", 1);
            return model;
        };
        const FoldExpectations byDefinition{.engine = Engine::Definition};
        assertFolds(scaled(6, {4}, {}), {{"c1", {"bn"}}}, byDefinition);
        assertFolds(scaled(7, {4}, {}), {{"c1", {"bn"}}});
        assertFolds(scaled(7, {1}, {}), {{"c1", {"bn"}}});
        assertFolds(scaled(7, {}, {}), {{"c1", {"bn"}}});
        for (const Attributes& attributes :
             {Attributes{{"broadcast", 1}}, Attributes{{"broadcast", 1}, {"axis", 0}}})
            assertBlocked(scaled(6, {4}, attributes), Reason::NotConstant, "computed from constants", "bn");
    }

    // A function's own constants, and what the calls pass, where all pass the same.
    void computesInsideFunctions()
    {
        for (const bool same : {true, false}) {
            ModelBuilder inner(5);
            inner.weightsAsConstantNodes().from("a", 3).conv("c1", {});
            std::vector<std::string> of = parameters(inner);
            of[0] = made(inner, "Mul", {of[0], "factor"}, "scale");
            of[3] = made(inner, "Add", {of[3], inner.constant("more", {1}, {0.25})}, "spread");
            thenBatchNorm(inner, of);
            ModelBuilder model;
            model.ir(8).opset(15).opset(1, "local").input("x", {2, 3, 6, 6});
            for (const std::string call : {"1", "2"}) {
                const std::string factor =
                    call == "1" || !same ? model.random("factor" + call, {4}, 0.5, 1.5) : "factor1";
                model.node("block", {"x", factor}, {"y" + call}, {}, "call" + call, "local").output();
                onnx::ValueInfoProto& output = *model.graphProto().mutable_output()->rbegin();
                setType(output, "y" + call, DataType::Float);
            }
            model.function(inner, "local", "block", {"a", "factor"}, {"y"});
            if (same)
                assertFoldsAway(model);
            else
                assertBlocked(model, Reason::SharedFunction, "block");
        }
    }

    void foldsAWeightOfConstantOfShape()
    {
        ModelBuilder model = input();
        filled(model, "W", {4, 3, 3, 3}, 0.3);
        model.node("Conv", {"x", "W"}, {"c"}, {}, "c1").from("c", 4).batchNorm("bn");
        const Folded folded = assertFolds(model, {{"c1", {"bn"}}});
        QCOMPARE(count(folded.model, "ConstantOfShape"), 0);
        QCOMPARE(folded.model.graph().initializer_size(), 2);
    }

    void keepsAConstantOfShapeThatOthersRead()
    {
        ModelBuilder model = input();
        filled(model, "W", {4, 3, 3, 3}, 0.3);
        model.node("Conv", {"x", "W"}, {"a"}, {}, "c1").from("a", 4).batchNorm("bn1").output();
        model.node("Conv", {"x", "W"}, {"b"}, {}, "c2").from("b", 4).batchNorm("bn2").output();
        model.node("Conv", {"x", "W"}, {"c"}, {}, "c3").output();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
        QCOMPARE(count(folded.model, "ConstantOfShape"), 1);
    }

    void foldsAFillerOfEveryType()
    {
        for (const DataType type : {DataType::Float16, DataType::Double}) {
            ModelBuilder model;
            model.dataType(type).opset(13).input("x", {2, 3});
            made(model, "ConstantOfShape", {model.shapeConstant("shape", {3, 4})}, "W");
            onnx::AttributeProto& value = *model.graphProto().mutable_node()->rbegin()->add_attribute();
            value.set_name("value");
            value.set_type(onnx::AttributeProto::TENSOR);
            ModelBuilder one;
            one.constant("one", {1}, {0.5}, type);
            *value.mutable_t() = one.graphProto().initializer(0);
            value.mutable_t()->clear_name();
            model.node("MatMul", {"x", "W"}, {"c"}, {}, "m1").from("c", 4).affine("Mul", "scale", {4});
            assertFolds(
                model, {{"m1", {"scale"}}},
                {.tolerance = type == DataType::Double ? 1e-12 : 5e-3, .chainsWithoutBatchNorm = true});
        }
    }

    void foldsParametersThatArithmeticMakes()
    {
        ModelBuilder model = input();
        model.conv("c1", {});
        std::vector<std::string> p = parameters(model);
        made(model, "Sqrt", {p[3]}, "deviation");
        made(model, "Mul", {"deviation", model.constant("two", {}, {2})}, "twice");
        made(model, "Div", {p[0], "twice"}, "quotient");
        made(model, "Neg", {p[1]}, "negative");
        made(model, "Pow", {"negative", model.constant("square", {1}, {2})}, "squared");
        made(model, "Sub", {"squared", model.constant("half", {}, {0.5})}, "less");
        made(model, "Reciprocal", {"twice"}, "inverse");
        made(model, "Add", {"inverse", p[3]}, "sum");
        thenBatchNorm(model, {"quotient", "less", p[2], "sum"});
        const Folded folded = assertFolds(model, {{"c1", {"bn"}}});
        QCOMPARE(folded.model.graph().node_size(), 1);
    }

    void foldsParametersThatAreMovedAbout()
    {
        ModelBuilder model = input();
        model.conv("c1", {});
        std::vector<std::string> p = parameters(model);
        made(model, "Concat", {p[0], p[1], p[2], p[3]}, "all", {{"axis", 0}});
        for (int i = 0; i < 3; ++i) {
            const std::string n = std::to_string(i);
            made(
                model, "Slice",
                {"all", model.shapeConstant("from" + n, {4 * i}), model.shapeConstant("to" + n, {4 * i + 4})},
                "part" + n);
        }
        made(model, "Gather", {"all", model.constant("at", {4}, {12, 13, 14, -1}, DataType::Int64)}, "last");
        thenBatchNorm(model, {"part0", "part1", "part2", "last"});
        assertFolds(model, {{"c1", {"bn"}}});
        ModelBuilder backwards = input();
        backwards.conv("c1", {});
        p = parameters(backwards);
        made(backwards, "Slice",
             {p[0], backwards.shapeConstant("from", {-1}), backwards.shapeConstant("to", {-9}),
              backwards.shapeConstant("axes", {0}), backwards.shapeConstant("steps", {-1})},
             "reversed");
        made(backwards, "Expand",
             {backwards.constant("one", {1}, {0.7}), backwards.shapeConstant("four", {4})}, "spread");
        thenBatchNorm(backwards, {"reversed", "spread", p[2], p[3]});
        assertFolds(backwards, {{"c1", {"bn"}}});
    }

    void foldsAWeightThatIsComputed()
    {
        ModelBuilder model = input(); // weight normalisation, written out
        made(model, "Mul",
             {model.random("direction", {4, 3, 3, 3}, -1, 1), model.random("length", {4, 1, 1, 1}, 0.5, 1.5)},
             "W");
        model.node("Conv", {"x", "W"}, {"c"}, {}, "c1").from("c", 4).batchNorm("bn");
        assertFolds(model, {{"c1", {"bn"}}});
        ModelBuilder lossy = input();
        made(lossy, "Cast", {lossy.random("wide", {4, 3, 3, 3}, -1, 1, DataType::Double)}, "W",
             {{"to", static_cast<int>(DataType::Float)}});
        lossy.node("Conv", {"x", "W"}, {"c"}, {}, "c1").from("c", 4).batchNorm("bn");
        assertFolds(lossy, {{"c1", {"bn"}}});
        ModelBuilder behind = input(); // and a chain behind what is computed
        made(behind, "Cast", {behind.random("wide", {3, 3, 3, 4}, -1, 1, DataType::Double)}, "narrow",
             {{"to", static_cast<int>(DataType::Float)}});
        made(behind, "Transpose", {"narrow"}, "W", {{"perm", Dims{3, 2, 0, 1}}});
        behind.node("Conv", {"x", "W"}, {"c"}, {}, "c1").from("c", 4).batchNorm("bn");
        assertFolds(behind, {{"c1", {"bn"}}});
    }

    void foldsAWeightOfFloat8()
    {
        for (const auto type : {onnx::TensorProto_DataType(17), onnx::TensorProto_DataType(18),
                                onnx::TensorProto_DataType(19), onnx::TensorProto_DataType(20)}) {
            ModelBuilder model = input(19);
            onnx::TensorProto& weight = *model.graphProto().add_initializer();
            weight.set_name("stored");
            weight.set_data_type(type);
            for (const int dim : {4, 3, 3, 3})
                weight.add_dims(dim);
            std::string bytes;
            for (int i = 0; i < 108; ++i) // all signs, subnormal ones, no NaN, no infinity
                bytes.push_back(static_cast<char>((i * 7 % 0x7a) | (i % 2 ? 0x80 : 0)));
            bytes[0] = 1;
            weight.set_raw_data(bytes);
            made(model, "Cast", {"stored"}, "W", {{"to", static_cast<int>(DataType::Float)}});
            model.node("Conv", {"x", "W"}, {"c"}, {}, "c1").from("c", 4).batchNorm("bn");
            assertFolds(model, {{"c1", {"bn"}}});
        }
    }

    void saysWhatIsComputedFromConstants()
    {
        ModelBuilder model = input();
        model.conv("c1", {});
        std::vector<std::string> p = parameters(model);
        made(model, "Exp", {p[0]}, "exponential");
        thenBatchNorm(model, {"exponential", p[1], p[2], p[3]});
        const std::string message = assertBlocked(model, Reason::NotConstant, "bn").message.text();
        QVERIFY2(message.find("computed from constants") != std::string::npos, message.c_str());
    }

    // Far more operators than anybody writes, each reading the one before twice: neither slow nor deep.
    void endsWhereConstantsMakeConstants()
    {
        ModelBuilder model = input();
        model.conv("c1", {});
        std::vector<std::string> p = parameters(model);
        std::string last = p[0];
        for (int i = 0; i < 3000; ++i) {
            const std::string n = std::to_string(i);
            last = made(model, i % 2 ? "Sub" : "Add", {last, i % 2 ? p[1] : last}, "v" + n);
        }
        thenBatchNorm(model, {last, p[1], p[2], p[3]});
        assertBlocked(model, Reason::NotConstant, "bn");
    }

    void namesAnOverridableConstantUnderEveryOperator()
    {
        for (const char* op : {"Sqrt", "Neg", "ConstantOfShape"}) {
            ModelBuilder model = input();
            model.conv("c1", {});
            std::vector<std::string> p = parameters(model);
            const bool shape = std::string(op) == "ConstantOfShape";
            const std::string source = shape ? model.shapeConstant("shape", {4}) : p[0];
            made(model, op, {source}, "gamma2");
            thenBatchNorm(model, {"gamma2", p[1], p[2], p[3]});
            onnx::ValueInfoProto& overridable = *model.graphProto().add_input();
            setType(overridable, source, shape ? DataType::Int64 : DataType::Float);
            overridable.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(
                shape ? 1 : 4);
            assertBlocked(model, Reason::OverridableInput, "gamma2");
        }
    }

    void namesAnOverridableWeightOfAMatMul()
    {
        ModelBuilder model;
        model.input("x", {2, 3}).matMul("m1", 3, 4).batchNorm("bn", {.channels = 4});
        onnx::ValueInfoProto& overridable = *model.graphProto().add_input();
        setType(overridable, "m1.weight", DataType::Float);
        for (const int dim : {3, 4})
            overridable.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
        assertBlocked(model, Reason::OverridableInput, "m1.weight");
    }

    void namesASparseConstantUnderEveryLayer()
    {
        const auto sparse = [](ModelBuilder& model, const std::string& name, const Dims& dims) {
            onnx::SparseTensorProto& tensor = *model.graphProto().add_sparse_initializer();
            tensor.mutable_values()->set_name(name);
            tensor.mutable_values()->set_data_type(onnx::TensorProto::FLOAT);
            tensor.mutable_values()->add_dims(1);
            tensor.mutable_values()->add_float_data(1.5f);
            tensor.mutable_indices()->set_data_type(onnx::TensorProto::INT64);
            tensor.mutable_indices()->add_dims(1);
            tensor.mutable_indices()->add_int64_data(1);
            for (const std::int64_t dim : dims)
                tensor.add_dims(dim);
        };
        for (const std::string op : {"MatMul", "Gemm"}) {
            ModelBuilder model;
            sparse(model, "W", {3, 4});
            model.input("x", {2, 3}).node(op, {"x", "W"}, {"c"}, {}, "l1").from("c", 4).batchNorm("bn");
            assertBlocked(model, Reason::Sparse, "l1");
        }
        for (const std::string op : {"Mul", "Add"}) {
            ModelBuilder model = input();
            sparse(model, "c", {4, 1, 1});
            model.conv("c1", {}).node(op, {"c1_out", "c"}, {"d"}, {}, "a1").from("d", 4).batchNorm("bn");
            assertBlocked(model, Reason::Sparse, "a1");
        }
    }
};

QTEST_MAIN(FoldComputedTest)
#include "test_fold_computed.moc"
