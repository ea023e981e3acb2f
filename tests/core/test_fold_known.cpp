// SPDX-License-Identifier: GPL-3.0-or-later
// What is known about values before anything folds: declared shapes, inputs that were attributes once, and
// what a function's calls pass.
#include "tests/core/support/FoldChecks.h"

#include <QTest>

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
};

QTEST_APPLESS_MAIN(FoldKnownTest)
#include "test_fold_known.moc"
