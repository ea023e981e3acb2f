// SPDX-License-Identifier: GPL-3.0-or-later
// What is known about values before anything folds: declared shapes, inputs that were attributes once, and
// what a function's calls pass.
#include "tests/core/support/FoldChecks.h"

#include <QElapsedTimer>
#include <QTest>
#include <limits>

using namespace pleat;
using namespace pleat::test;

namespace {

// A function BN whose epsilon the call gives, or the function's default (FunctionProto.attribute_proto, which
// older libraries do not know).
ModelBuilder withEpsilonFromCall(const std::vector<std::optional<double>>& calls,
                                 std::optional<double> otherwise)
{
    ModelBuilder inner(5);
    inner.weightsAsConstantNodes().from("a", 3).conv("c1", {}).batchNorm("bn1", {.output = "b"});
    ModelBuilder model;
    model.ir(8).opset(15).input("x", {2, 3, 6, 6});
    for (std::size_t c = 0; c < calls.size(); ++c) {
        const Attributes attributes = calls[c] ? Attributes{{"eps", *calls[c]}} : Attributes{};
        model.node("block", {"x"}, {"y" + std::to_string(c)}, attributes, "call" + std::to_string(c), "local")
            .output();
    }
    model.function(inner, "local", "block", {"a"}, {"b"});
    onnx::FunctionProto& function = *model.modelProto().mutable_functions(0);
    for (onnx::NodeProto& node : *function.mutable_node()) {
        for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
            if (attribute.name() == "epsilon") {
                attribute.clear_f();
                attribute.set_ref_attr_name("eps");
            }
        }
    }
    if (otherwise) {
        onnx::AttributeProto attribute;
        attribute.set_name("eps");
        attribute.set_type(onnx::AttributeProto::FLOAT);
        attribute.set_f(static_cast<float>(*otherwise));
        function.GetReflection()->MutableUnknownFields(&function)->AddLengthDelimited(
            11, attribute.SerializeAsString());
    } else {
        function.add_attribute("eps");
    }
    for (auto& output : *model.graphProto().mutable_output()) {
        auto& type = *output.mutable_type()->mutable_tensor_type();
        type.set_elem_type(onnx::TensorProto::FLOAT);
        for (int i = 0; i < 4; ++i)
            type.mutable_shape()->add_dim();
    }
    return model;
}

// What the file says about a value: value_info.
void declare(ModelBuilder& model, const std::string& value, const std::vector<std::int64_t>& dims)
{
    onnx::ValueInfoProto& info = *model.graphProto().add_value_info();
    info.set_name(value);
    onnx::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    type.mutable_shape();
    for (const std::int64_t dim : dims)
        type.mutable_shape()->add_dim()->set_dim_value(dim);
}

// A batch norm before a Conv of windows of 2 at every second place: its padding at the end is read only where
// the size is odd.
ModelBuilder& thenConvThatPadsOddSizes(ModelBuilder& model)
{
    return model.batchNorm("bn1", {.channels = 3})
        .conv("c1", {.kernel = {2, 2}, .strides = {2, 2}, .pads = {0, 0, 1, 1}});
}

} // namespace

class FoldKnownTest final : public QObject {
    Q_OBJECT

private slots:
    void followsAnAttributeOfTheCall()
    {
        assertFoldsAway(withEpsilonFromCall({0.25}, {}));
        assertFoldsAway(withEpsilonFromCall({0.25, 0.25}, {}));
        assertFoldsAway(withEpsilonFromCall({std::nullopt}, 0.5));
        assertFoldsAway(withEpsilonFromCall({0.5, std::nullopt}, 0.5));
    }

    void namesTheCallsThatDiffer()
    {
        for (const auto& model :
             {withEpsilonFromCall({0.25, 0.5}, {}), withEpsilonFromCall({0.25, std::nullopt}, 0.5)}) {
            const FoldCandidate candidate = assertBlocked(model, Reason::SharedFunction, "call0");
            QVERIFY(candidate.message.text().find("call1") != std::string::npos);
        }
    }

    void foldsThroughAPadThatNamesItsAxes()
    {
        for (const Dims& axes : {Dims{2, 3}, Dims{-1, -2}, Dims{3, 2}}) {
            ModelBuilder model;
            model.ir(8).opset(18).input("x", {2, 3, 6, 6}).conv("c1", {});
            model.then("Pad", "middle",
                       {model.shapeConstant("pads", {1, 2, 0, 1}), model.constant("value", {}, {0}),
                        model.shapeConstant("axes", axes)},
                       {{"mode", std::string("edge")}});
            assertFoldsAway(model.batchNorm("bn1"));
        }
        ModelBuilder model;
        model.ir(8).opset(18).input("x", {2, 3, 6, 6}).conv("c1", {});
        model.then("Pad", "middle",
                   {model.shapeConstant("pads", {1, 0}), model.constant("value", {}, {0}),
                    model.shapeConstant("axes", {1})},
                   {{"mode", std::string("edge")}});
        assertBlocked(model.batchNorm("bn1", {.channels = 5}), Reason::OperatorBetween, "middle");
    }

    void foldsBeforeAConvWhoseEndPadsAreNeverRead()
    {
        for (const int size : {6, 7}) { // windows of 2 at 0, 2, 4; and at 6, where the padding is read
            ModelBuilder model;
            model.input("x", {2, 3, size, size}).batchNorm("bn1");
            model.conv("c1", {.kernel = {2, 2}, .strides = {2, 2}, .pads = {0, 0, 1, 1}});
            if (size == 6)
                assertFoldsAway(model);
            else
                assertBlocked(model, Reason::Padding, "c1");
        }
    }

    void foldsThroughAPadOfTheBatch()
    {
        for (const std::string mode : {"edge", "reflect"}) {
            ModelBuilder model;
            model.ir(8).opset(13).input("x", {2, 3, 6, 6}).conv("c1", {});
            model.then("Pad", "middle", {model.shapeConstant("pads", {1, 0, 1, 1, 0, 0, 1, 0})},
                       {{"mode", mode}});
            assertFoldsAway(model.batchNorm("bn1"));
        }
    }

    void foldsSpatial0OfAMatrix()
    {
        ModelBuilder model;
        model.ir(3).opset(8).input("x", {2, 3}).gemm("g1", {});
        model.batchNorm("bn1", {.attributes = {{"spatial", 0}}}).listInitializersAsInputs();
        assertFoldsAway(model);
    }

    void saysThatAParameterIsAnInput()
    {
        ModelBuilder model;
        model.ir(8).opset(13).input("x", {2, 3, 6, 6}).input("gamma", {4}).from("x", 3).conv("c1", {});
        model.batchNorm("bn1", {.scale = {}, .scaleName = "gamma"});
        auto& initializers = *model.graphProto().mutable_initializer();
        for (int i = initializers.size(); i-- > 0;) {
            if (initializers[i].name() == "gamma")
                initializers.DeleteSubrange(i, 1);
        }
        const FoldCandidate candidate = assertBlocked(model, Reason::NotConstant, "gamma");
        QVERIFY(candidate.message.text().find("is an input of the model") != std::string::npos);
    }

    // CumSum has no shape rule.
    void believesTheDeclaredNumberOfAxes()
    {
        for (const bool fixed : {false, true}) {
            ModelBuilder model;
            model.input("x", {fixed ? Dim(2) : Dim("N"), 4});
            model.then("CumSum", "middle", {model.constant("axis", {}, {0}, DataType::Int64)});
            declare(model, "middle_out", {2, 4});
            assertFoldsAway(model.batchNorm("bn1", {.channels = 4}).matMul("m1", 4, 3));
        }
    }

    void survivesDeclarationsThatCannotBe()
    {
        constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
        for (const std::vector<std::int64_t>& dims : {std::vector<std::int64_t>{-5, 4},
                                                      {lowest, std::numeric_limits<std::int64_t>::max()},
                                                      {},
                                                      std::vector<std::int64_t>(100'000, 1)}) {
            ModelBuilder model;
            model.input("x", {2, 4});
            model.then("CumSum", "middle", {model.constant("axis", {}, {0}, DataType::Int64)});
            declare(model, "middle_out", dims);
            model.batchNorm("bn1", {.channels = 4}).matMul("m1", 4, 3);
            const auto candidates = candidatesOf(model.bytes());
            QVERIFY2(candidates, candidates ? "" : candidates.error().c_str());
            QCOMPARE(candidates->size(), std::size_t{1});
        }
    }

    void believesSizesThatFollow()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6});
        model.then("CumSum", "middle", {model.constant("axis", {}, {0}, DataType::Int64)});
        declare(model, "middle_out", {2, 3, 6, 6});
        assertFoldsAway(thenConvThatPadsOddSizes(model));
    }

    // The shape is computed, but from sizes that every run has.
    void believesSizesThatFollowFromShapes()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).node("Shape", {"x"}, {"shape"});
        model.node("Identity", {"shape"}, {"target"}).from("x", 3).then("Reshape", "middle", {"target"});
        declare(model, "middle_out", {2, 3, 6, 6});
        assertFoldsAway(thenConvThatPadsOddSizes(model));
    }

    // Exporters declare what came of their example: here six columns are left, of eight.
    void doesNotBelieveSizesThatTheDataDecides()
    {
        ModelBuilder model;
        model.opset(13).input("kept", {8}, DataType::Bool).input("x", {2, 3, 6, 8});
        model.then("Compress", "middle", {"kept"}, {{"axis", 3}});
        declare(model, "middle_out", {2, 3, 6, 6});
        assertBlocked(thenConvThatPadsOddSizes(model), Reason::Padding, "c1");
    }

    void doesNotBelieveSizesThatAnInputDecides()
    {
        ModelBuilder model;
        model.opset(13).input("target", {4}, DataType::Int64).input("x", {2, 3, 6, 6});
        model.then("Reshape", "middle", {"target"});
        declare(model, "middle_out", {2, 3, 6, 6});
        assertBlocked(thenConvThatPadsOddSizes(model), Reason::Padding, "c1");
    }

    // The state of a Loop is as large as what the model is given, whatever its body declares.
    void doesNotBelieveTheSizesOfALoopsState()
    {
        ModelBuilder inner(5);
        inner.input("turn", {}, DataType::Int64).input("going", {}, DataType::Bool);
        inner.weightsAsConstantNodes().input("state", {1, 3, 6, 6});
        thenConvThatPadsOddSizes(inner).node("Identity", {"going"}, {"still"}).output();
        inner.node("Identity", {"state"}, {"next"}).output().output("c1_out");
        ModelBuilder model;
        model.opset(13).input("x", {1, 3, "H", "W"});
        model.node("Loop", {model.constant("turns", {}, {1}, DataType::Int64), "", "x"}, {"last", "all"},
                   {{"body", inner.body()}}, "loop");
        assertBlocked(model.output("all"), Reason::Padding, "c1");
    }

    void looksAtManyInputsOnce()
    {
        constexpr int count = 100'000;
        ModelBuilder model;
        for (int i = 0; i < count; ++i)
            model.input("x" + std::to_string(i), {1});
        model.relu();
        const std::string bytes = model.bytes();
        QElapsedTimer clock;
        clock.start();
        QVERIFY(candidatesOf(bytes));
        QVERIFY2(clock.elapsed() < 20'000, "quadratic: minutes");
    }
};

QTEST_APPLESS_MAIN(FoldKnownTest)
#include "test_fold_known.moc"
