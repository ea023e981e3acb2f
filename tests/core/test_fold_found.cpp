// SPDX-License-Identifier: GPL-3.0-or-later
// Faults that a review found in the engine, each kept as the smallest model that showed it: the file was
// folded, and its outputs, its shapes or its types were others afterwards. What is expected follows from the
// operators' definitions.
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

const FoldOptions onRequest{.quantizedToo = true};

// The last node's attribute takes its value from the call of the function.
void takeFromCall(ModelBuilder& inner, const std::string& attribute, onnx::AttributeProto::AttributeType type)
{
    onnx::AttributeProto& added = *inner.graphProto().mutable_node()->rbegin()->add_attribute();
    added.set_name(attribute);
    added.set_type(type);
    added.set_ref_attr_name("given");
}

// y = block(x), where the function's attribute `given` has this value.
ModelBuilder calling(const ModelBuilder& inner, const Shape& shape, const AttributeValue& given)
{
    ModelBuilder model;
    model.ir(8).opset(15).input("x", shape);
    model.node("block", {"x"}, {"y"}, {{"given", given}}, "call", "local").output();
    model.function(inner, "local", "block", {"a"}, {"b"});
    model.modelProto().mutable_functions()->rbegin()->add_attribute("given");
    onnx::ValueInfoProto& output = *model.graphProto().mutable_output(0);
    setType(output, "y", DataType::Float);
    for (std::size_t i = 0; i < shape.size(); ++i)
        output.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
    return model;
}

// A Conv that pads only where the size of its input does not divide by two.
ModelBuilder& thenPaddingConv(ModelBuilder& model, std::int64_t channels, const Dims& kernel)
{
    return model.conv("c1", {.in = channels, .kernel = kernel, .strides = kernel, .autoPad = "SAME_UPPER"});
}

// Conv c1 of x, its weight dequantized from numbers of this type by one scale.
ModelBuilder quantizedConv(DataType type, std::int64_t largest, double scale)
{
    ModelBuilder model;
    std::vector<double> integers;
    for (int i = 0; i < 4 * 3 * 3 * 3; ++i)
        integers.push_back(static_cast<double>(model.integer(-largest, largest)));
    model.input("x", {2, 3, 6, 6});
    model.node("DequantizeLinear",
               {model.constant("W", {4, 3, 3, 3}, integers, type), model.constant("W_scale", {}, {scale})},
               {"w"}, {}, "dequantize");
    return model.node("Conv", {"x", "w"}, {"c1_out"}, {}, "c1").from("c1_out", 4);
}

} // namespace

class FoldFoundTest final : public QObject {
    Q_OBJECT

private slots:
    // Both plans are made from the Conv as it was; the second replaced the bias that the first had made.
    void foldsTheBatchNormsOfBothPartsOfASplit()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {.out = 8});
        model.node("Split", {"c1_out", model.shapeConstant("parts", {4, 4})}, {"a", "b"}, {{"axis", 1}},
                   "split");
        model.from("a", 4).batchNorm("bn1").output().from("b", 4).batchNorm("bn2").output();
        assertFolds(model, {{"c1", {"bn1"}}, {"c1", {"bn2"}}});
    }

    // [4, 5]·[5, 4] + [1, 1, 4] has three axes: the batch norm's channels are the rows.
    void blocksABiasThatWidensAProductBehindIt()
    {
        ModelBuilder model;
        model.input("x", {4, 5}).matMul("p1", 5, 4).affine("Add", "a1", {1, 1, 4}).batchNorm("bn1");
        assertBlocked(model, Reason::Broadens, "a1");
    }

    void blocksABiasThatWidensAProductBeforeIt()
    {
        ModelBuilder model;
        model.input("x", {3, 5}).batchNorm("bn1").matMul("p1", 5, 4).affine("Add", "a1", {1, 1, 1});
        assertBlocked(model, Reason::Broadens, "a1");
    }

    // Before opset 7, axis = 0 adds the constant to the rows, while the channels are the columns.
    void blocksABiasThatIsLinedUpWithTheRows()
    {
        ModelBuilder model;
        model.ir(3).opset(6).input("x", {4, 5}).matMul("p1", 5, 4);
        model.affine("Add", "a1", {4}, false, {{"broadcast", 1}, {"axis", 0}});
        model.batchNorm("bn1", {.attributes = {{"is_test", 1}}}).listInitializersAsInputs();
        assertBlocked(model, Reason::NotPerChannel, "a1");
    }

    // A reference carries no value of its own, and yet the Mul was folded by one; the call's is the right
    // one.
    void takesAConstantThatTheCallGives()
    {
        ModelBuilder inner(5);
        inner.weightsAsConstantNodes().from("a", 3).conv("c1", {}).batchNorm("bn1");
        inner.node("Constant", {}, {"k"}, {}, "k_constant");
        takeFromCall(inner, "value_float", onnx::AttributeProto::FLOAT);
        inner.node("Mul", {"bn1_out", "k"}, {"b"}, {}, "m1");
        const Folded folded = assertFolds(calling(inner, {2, 3, 6, 6}, 3.0), {{"c1", {"bn1", "m1"}}});
        QCOMPARE(countNodes(folded.model, "Mul"), 0);
    }

    // The weight is square, so that no shape tells which way round it is.
    void blocksAWeightWhosePermutationTheCallGives()
    {
        ModelBuilder inner(5);
        inner.weightsAsConstantNodes().random("stored", {4, 4}, -1, 1);
        inner.node("Transpose", {"stored"}, {"w"}, {}, "turn");
        takeFromCall(inner, "perm", onnx::AttributeProto::INTS);
        inner.node("Gemm", {"a", "w"}, {"g1_out"}, {}, "g1").from("g1_out", 4);
        inner.batchNorm("bn1", {.output = "b"});
        assertBlocked(calling(inner, {3, 4}, Dims{0, 1}), Reason::NotConstant, "g1");
    }

    // [4, 5]·[5] is [4]: four samples of the batch norm's one channel.
    void blocksAConstantTimesAVector()
    {
        ModelBuilder model;
        model.input("x", {5});
        model.node("MatMul", {model.random("w", {4, 5}, -1, 1), "x"}, {"p1_out"}, {}, "p1").from("p1_out", 1);
        assertBlocked(model.batchNorm("bn1"), Reason::ChannelsUnknown, "p1");
    }

    // The pads are those of the axes 0, 1, 3, 2: the height becomes 9, and the Conv pads it.
    void doesNotTakePadsForThoseOfOtherAxes()
    {
        ModelBuilder model;
        model.ir(8).opset(18).input("x", {1, 3, 8, 8});
        model.then("Pad", "pad",
                   {model.shapeConstant("pads", {0, 0, 0, 0, 0, 0, 0, 1}), "",
                    model.shapeConstant("axes", {0, 1, 3, 2})});
        assertBlocked(thenPaddingConv(model.from("pad_out", 3).batchNorm("bn1"), 3, {2, 1}), Reason::Padding,
                      "c1");
    }

    // No axes are all axes: one pixel is left, and the Conv pads it.
    void takesEmptyAxesForAllAxes()
    {
        ModelBuilder model;
        model.ir(8).opset(18).input("x", {1, 1, 8, 8});
        model.then("ReduceMean", "reduce", {model.shapeConstant("axes", {})});
        assertBlocked(thenPaddingConv(model.from("reduce_out", 1).batchNorm("bn1"), 1, {2, 2}),
                      Reason::PaddingUnknown, "c1");
    }

    // The default is 8 by 8, but a caller may well give 9 by 9.
    void doesNotTakeTheSizeOfADefaultForTheInputs()
    {
        ModelBuilder model;
        model.ir(8).input("x", {1, 3, "H", "W"}).random("x", {1, 3, 8, 8}, -1, 1);
        assertBlocked(thenPaddingConv(model.from("x", 3).batchNorm("bn1"), 3, {2, 2}), Reason::PaddingUnknown,
                      "c1");
    }

    // Data of one channel at run time becomes four by the Mul only, and the Conv wants four.
    void blocksAConstantThatMayMakeTheChannels()
    {
        const auto scaled = [](const Shape& shape) {
            ModelBuilder model;
            return model.input("x", shape).affine("Mul", "m1", {1, 4, 1, 1}).conv("c1", {.in = 4});
        };
        const FoldExpectations expectations{.chainsWithoutBatchNorm = true, .symbols = {{"C", 1}}};
        assertFolds(scaled({1, 4, 8, 8}), {{"c1", {"m1"}, FoldDirection::Before}}, expectations);
        assertFolds(scaled({1, "C", 8, 8}), {}, expectations);
    }

    // They were written back as bytes, a quarter of the data that the tensor's shape asks for.
    void blocksWeightsOfInt32()
    {
        ModelBuilder model = quantizedConv(DataType::Int32, 30000, 1e-4);
        assertBlocked(model.batchNorm("bn1", {.positive = true}), Reason::Quantized, "int32", {}, onRequest);
    }

    // The Pad's new constant was written in the type of the stored weight.
    void padsDequantizedDataWithItsOwnType()
    {
        ModelBuilder model = quantizedConv(DataType::Int8, 127, 0.01);
        model.then("Pad", "pad", {model.shapeConstant("pads", {0, 0, 1, 1, 0, 0, 1, 1})});
        model.batchNorm(
            "bn1",
            {.scale = {2, 2, 2, 2}, .bias = {1, 1, 1, 1}, .mean = {0, 0, 0, 0}, .variance = {1, 1, 1, 1}});
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}}, {.options = onRequest});
        const onnx::NodeProto* pad = findNode(folded.model, "pad");
        QVERIFY(pad && pad->input_size() > 2);
        const onnx::TensorProto* value = findInitializer(folded.model, pad->input(2));
        QVERIFY(value);
        QCOMPARE(value->data_type(), static_cast<int>(onnx::TensorProto::FLOAT));
    }
};

QTEST_APPLESS_MAIN(FoldFoundTest)
#include "test_fold_found.moc"
