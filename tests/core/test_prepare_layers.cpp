// SPDX-License-Identifier: GPL-3.0-or-later
// Passes that give a layer what stands around it: biases, pads. Each beside neighbours that must stay.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

using Codes = std::vector<std::string>;

PrepareExpectations within(double tolerance)
{
    PrepareExpectations expectations;
    expectations.tolerance = tolerance;
    return expectations;
}

const PrepareExpectations nearly = within(1e-6); // a bias is added at another place of the sum

// As the opset writes it: up to 10 by attributes.
ModelBuilder& pad(ModelBuilder& model, const Dims& amounts, int opset = 17)
{
    if (opset < 11)
        return model.then("Pad", "pad", {}, {{"pads", amounts}});
    return model.then("Pad", "pad", {model.shapeConstant("pads", amounts)});
}

} // namespace

class TestPrepareLayers final : public QObject {
    Q_OBJECT

private slots:
    void biasOfAConvolution()
    {
        for (const bool own : {false, true}) {
            for (const Dims& dims : {Dims{4, 1, 1}, Dims{1, 4, 1, 1}, Dims{}, Dims{1}}) {
                for (const char* op : {"Add", "Sub"}) {
                    for (const bool first : {false, true}) {
                        if (first && op == std::string("Sub"))
                            continue;
                        ModelBuilder model;
                        model.input("x", {2, 3, 6, 6})
                            .conv("c", {.bias = own})
                            .affine(op, "a", dims, first)
                            .relu();
                        const auto files = assertPrepares(model, "bias", 1, nearly);
                        QCOMPARE(files.model.graph().node_size(), 2);
                        QCOMPARE(findNode(files.model, "c")->input_size(), 3);
                    }
                }
            }
        }
    }

    void biasOfOtherLayers()
    {
        ModelBuilder transposed;
        transposed.input("x", {2, 4, 6, 6})
            .convTranspose("c", {.out = 6, .in = 4, .group = 2})
            .affine("Add", "a", {6, 1, 1});
        assertPrepares(transposed, "bias", 1, nearly);
        ModelBuilder flat;
        flat.input("x", {2, 3, 9})
            .node("Conv", {"x", flat.random("w", {4, 3, 3}, -1, 1), ""}, {"c"}, {}, "c");
        flat.from("c", 4).affine("Add", "a", {4, 1});
        assertPrepares(flat, "bias", 1, nearly);
        for (const bool transB : {false, true}) {
            for (const Dims& dims : {Dims{4}, Dims{1, 4}, Dims{1}}) {
                ModelBuilder gemm;
                gemm.input("x", {2, 3})
                    .gemm("g", {.transB = transB, .alpha = 0.5, .beta = 0.25})
                    .affine("Sub", "a", dims);
                assertPrepares(gemm, "bias", 1, nearly);
            }
        }
        ModelBuilder without; // a Gemm without C
        without.input("x", {2, 3})
            .gemm("g", {.alpha = 0.5, .beta = 0.25, .c = std::nullopt})
            .affine("Add", "a", {4});
        assertPrepares(without, "bias", 1, nearly);
        ModelBuilder scalar; // C is one number for all
        scalar.input("x", {2, 3}).gemm("g", {.beta = 2.0, .c = Dims{1}}).affine("Add", "a", {4});
        assertPrepares(scalar, "bias", 1, nearly);
        for (const DataType type : {DataType::Float16, DataType::Double}) {
            ModelBuilder other;
            other.dataType(type).input("x", {2, 3}).gemm("g", {}).affine("Add", "a", {4});
            assertPrepares(other, "bias", 1, within(type == DataType::Double ? 1e-14 : 5e-3));
        }
    }

    // One after the other, and each summed with the last.
    void biasOfSeveralConstants()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c", {}).affine("Add", "a", {4, 1, 1}).affine("Sub", "s", {1});
        assertPrepares(model, "bias", 2, nearly);
    }

    void biasBeforeAnOutput()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c", {}).affine("Add", "a", {4, 1, 1});
        QCOMPARE(assertPrepares(model, "bias", 1, nearly).model.graph().node_size(), 1);
    }

    void biasThatStays()
    {
        const auto conv = [](const Dims& dims, const char* op = "Add", bool first = false) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6}).conv("c", {}).affine(op, "a", dims, first);
            return model;
        };
        QCOMPARE(assertPrepares(conv({4, 4}), "bias", 0).codes(), Codes{"per-element"});
        QCOMPARE(assertPrepares(conv({4}), "bias", 0).codes(), Codes{"per-element"}); // along the width
        QCOMPARE(assertPrepares(conv({2, 1, 1, 1}), "bias", 0).codes(), Codes{"per-element"}); // each image
        QCOMPARE(assertPrepares(conv({1, 1, 4, 1, 1}), "bias", 0).codes(),
                 Codes{"per-element"});                          // one axis more
        assertPrepares(conv({4, 1, 1}, "Sub", true), "bias", 0); // c − x
        ModelBuilder wider;                                      // one channel becomes four
        wider.input("x", {2, 3, 6, 6}).conv("c", {.out = 1}).affine("Add", "a", {4, 1, 1});
        QCOMPARE(assertPrepares(wider, "bias", 0).codes(), Codes{"per-element"});
        ModelBuilder twice;
        twice.input("x", {2, 3, 6, 6}).conv("c", {});
        const std::string made = twice.current();
        twice.affine("Add", "a", {4, 1, 1}).output().from(made).relu().output();
        QCOMPARE(assertPrepares(twice, "bias", 0).codes(), Codes{"read-elsewhere"});
        ModelBuilder output;
        output.input("x", {2, 3, 6, 6}).conv("c", {}).output().affine("Add", "a", {4, 1, 1}).output();
        QCOMPARE(assertPrepares(output, "bias", 0).codes(), Codes{"read-elsewhere"});
        ModelBuilder computed;
        computed.input("x", {2, 3, 6, 6}).input("b", {4});
        computed.node("Conv", {"x", computed.random("w", {4, 3, 1, 1}, -1, 1), "b"}, {"c"}, {}, "c")
            .affine("Add", "a", {4, 1, 1});
        QCOMPARE(assertPrepares(computed, "bias", 0).codes(), Codes{"bias-not-constant"});
        ModelBuilder weight; // how many channels there are, only the caller knows
        weight.input("x", {2, 3, 6, 6}).input("w", {"C", 3, 1, 1});
        weight.node("Conv", {"x", "w"}, {"c"}, {}, "c").affine("Add", "a", {7, 1, 1});
        QCOMPARE(assertPrepares(weight, "bias", 0).codes(), Codes{"unknown-channels"});
        ModelBuilder large;
        large.dataType(DataType::Float16).input("x", {2, 3}).gemm("g", {.cValue = 60000.0});
        large.node("Add", {large.current(), large.constant("c", {4}, {9000, 0, 0, 0})}, {"y"});
        QCOMPARE(assertPrepares(large, "bias", 0).codes(), Codes{"overflow"});
        ModelBuilder overridable;
        overridable.input("x", {2, 3, 6, 6})
            .conv("c", {})
            .affine("Add", "a", {4, 1, 1})
            .listInitializersAsInputs();
        assertPrepares(overridable, "bias", 0);
        ModelBuilder matrix; // C has a number for each row
        matrix.input("x", {2, 3}).gemm("g", {.c = Dims{2, 1}}).affine("Add", "a", {4});
        QCOMPARE(assertPrepares(matrix, "bias", 0).codes(), Codes{"per-element"});
    }

    void biasInBodies()
    {
        ModelBuilder model, yes, no;
        model.input("x", {2, 3, 6, 6}).constant("condition", {}, {1}, DataType::Bool);
        model.conv("outer", {});
        const std::string made = model.current();
        yes.node("Add", {made, yes.random("c", {4, 1, 1}, -1, 1)}, {"y1"}).output("y1"); // made outside
        no.node("Conv", {"x", no.random("w", {4, 3, 3, 3}, -1, 1)}, {"n1"})
            .node("Add", {"n1", no.random("d", {4, 1, 1}, -1, 1)}, {"n2"})
            .output("n2");
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        assertPrepares(model, "bias", 1, nearly);
    }

    void matricesBecomeAGemm()
    {
        for (const Dims& dims : {Dims{4}, Dims{1, 4}, Dims{1}, Dims{}}) {
            for (const char* op : {"Add", "Sub"}) {
                for (const bool first : {false, true}) {
                    ModelBuilder model;
                    model.input("x", {"N", 3}).matMul("m", 3, 4).affine(op, "a", dims, first).relu();
                    const auto files = assertPrepares(model, "gemm", 1, nearly);
                    QCOMPARE(countNodes(files.model, "Gemm"), 1);
                    QCOMPARE(files.model.graph().node_size(), 2);
                }
            }
        }
        for (const int opset : {7, 9, 11}) {
            ModelBuilder old;
            old.opset(opset).ir(4).input("x", {2, 3}).matMul("m", 3, 4).affine("Add", "a", {4});
            assertPrepares(old, "gemm", 1, nearly);
        }
        ModelBuilder data; // both are data
        data.input("x", {2, 3}).input("y", {3, 4}).node("MatMul", {"x", "y"}, {"p"}).affine("Add", "a", {4});
        assertPrepares(data, "gemm", 1, nearly);
    }

    void matricesThatStay()
    {
        ModelBuilder stack;
        stack.input("x", {2, 5, 3}).matMul("m", 3, 4).affine("Add", "a", {4});
        QCOMPARE(assertPrepares(stack, "gemm", 0).codes(), Codes{"not-two-axes"});
        ModelBuilder vector;
        vector.input("x", {3}).matMul("m", 3, 4).affine("Add", "a", {4});
        QCOMPARE(assertPrepares(vector, "gemm", 0).codes(), Codes{"not-two-axes"});
        ModelBuilder rows;
        rows.input("x", {2, 3}).matMul("m", 3, 4).affine("Add", "a", {2, 4});
        QCOMPARE(assertPrepares(rows, "gemm", 0).codes(), Codes{"per-element"});
        ModelBuilder wider; // one column becomes four
        wider.input("x", {2, 3}).matMul("m", 3, 1).affine("Add", "a", {4});
        QCOMPARE(assertPrepares(wider, "gemm", 0).codes(), Codes{"per-element"});
        ModelBuilder both;
        both.input("x", {2, 3}).matMul("m", 3, 4);
        const std::string made = both.current();
        both.affine("Add", "a", {4}).output().from(made).relu().output();
        QCOMPARE(assertPrepares(both, "gemm", 0).codes(), Codes{"read-elsewhere"});
        ModelBuilder whole;
        whole.input("x", {2, 3}, DataType::Int32)
            .constant("w", {3, 4}, std::vector<double>(12, 2), DataType::Int32);
        whole.node("MatMul", {"x", "w"}, {"p"})
            .node("Add", {"p", whole.constant("c", {4}, {1, 2, 3, 4}, DataType::Int32)}, {"y"});
        assertPrepares(whole, "gemm", 0);
    }

    void padsOfAConvolution()
    {
        for (const int opset : {7, 10, 11, 13, 18}) {
            ModelBuilder model;
            model.opset(opset).ir(opset < 13 ? 6 : 8).input("x", {2, 3, 6, 6});
            pad(model, {0, 0, 1, 2, 0, 0, 3, 0}, opset).conv("c", {.pads = {1, 0, 0, 1}});
            const auto files = assertPrepares(model, "pad", 1);
            QCOMPARE(files.model.graph().node_size(), 1);
        }
        ModelBuilder valid;
        valid.input("x", {"N", 3, "H", "W"});
        pad(valid, {0, 0, 1, 1, 0, 0, 1, 1}).conv("c", {.strides = {2, 2}, .autoPad = "VALID"});
        assertPrepares(valid, "pad", 1);
        ModelBuilder axes; // named and counted from the back
        axes.opset(18).input("x", {2, 3, 6, 6});
        axes.then("Pad", "pad", {axes.shapeConstant("pads", {1, 2}), "", axes.shapeConstant("axes", {-1})})
            .conv("c", {});
        assertPrepares(axes, "pad", 1);
        ModelBuilder value;
        value.input("x", {2, 3, 6, 6});
        value.then("Pad", "pad",
                   {value.shapeConstant("pads", {0, 0, 1, 1, 0, 0, 1, 1}), value.constant("v", {}, {0})},
                   {{"mode", "constant"}});
        value.conv("c", {});
        assertPrepares(value, "pad", 1);
    }

    void padsOfPools()
    {
        for (const bool own : {false, true}) {
            for (const int counts : {0, 1}) {
                ModelBuilder model;
                model.input("x", {2, 3, 6, 6});
                pad(model, {0, 0, 1, 0, 0, 0, 1, 2});
                model.then("AveragePool", "p", {},
                           {{"kernel_shape", Dims{4, 3}},
                            {"strides", Dims{2, 1}},
                            {"count_include_pad", counts},
                            {"pads", own ? Dims{1, 1, 1, 0} : Dims{0, 0, 0, 0}}});
                const auto files = assertPrepares(model, "pad", !own || counts ? 1 : 0, nearly);
                QCOMPARE(files.codes(), !own || counts ? Codes{} : Codes{"counts"});
            }
        }
        const auto maximum = [](double value, const Attributes& attributes) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6});
            model.then(
                "Pad", "pad",
                {model.shapeConstant("pads", {0, 0, 1, 1, 0, 0, 1, 1}), model.constant("v", {}, {value})});
            return model.then("MaxPool", "p", {}, attributes);
        };
        const Attributes kernel{{"kernel_shape", Dims{3, 3}}};
        assertPrepares(maximum(-HUGE_VAL, kernel), "pad", 1);
        QCOMPARE(assertPrepares(maximum(0, kernel), "pad", 0).codes(), Codes{"value"});
        QCOMPARE(assertPrepares(maximum(-HUGE_VAL, {{"kernel_shape", Dims{1, 3}}}), "pad", 0).codes(),
                 Codes{"pool"});
        QCOMPARE(
            assertPrepares(maximum(-HUGE_VAL, {{"kernel_shape", Dims{3, 3}}, {"ceil_mode", 1}}), "pad", 0)
                .codes(),
            Codes{"pool"});
        QCOMPARE(assertPrepares(maximum(-HUGE_VAL, {{"kernel_shape", Dims{2, 2}}, {"dilations", Dims{2, 2}}}),
                                "pad", 0)
                     .codes(),
                 Codes{"pool"});
    }

    void padsThatStay()
    {
        const auto before = [](const Dims& amounts, const Attributes& attributes = {},
                               const ConvSpec& spec = {}) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6});
            model.then("Pad", "pad", {model.shapeConstant("pads", amounts)}, attributes).conv("c", spec);
            return model;
        };
        const Dims image{0, 0, 1, 1, 0, 0, 1, 1};
        QCOMPARE(assertPrepares(before({0, 1, 0, 0, 0, 0, 0, 0}, {}, {.in = 4}), "pad", 0).codes(),
                 Codes{"not-spatial"});
        QCOMPARE(assertPrepares(before({0, 0, 1, 0, 0, 0, 0, -1}), "pad", 0).codes(), Codes{"crops"});
        QCOMPARE(assertPrepares(before(image, {{"mode", "reflect"}}), "pad", 0).codes(), Codes{"value"});
        QCOMPARE(assertPrepares(before(image, {}, {.autoPad = "SAME_UPPER"}), "pad", 0).codes(),
                 Codes{"auto-pad"});
        ModelBuilder one;
        one.input("x", {2, 3, 6, 6});
        one.then("Pad", "pad", {one.shapeConstant("pads", image), one.constant("v", {}, {1})}).conv("c", {});
        QCOMPARE(assertPrepares(one, "pad", 0).codes(), Codes{"value"});
        ModelBuilder two;
        two.input("x", {2, 3, 6, 6});
        pad(two, image).conv("c", {}).output().from(two.graphProto().node(0).output(0)).relu().output();
        assertPrepares(two, "pad", 0);
        ModelBuilder weight; // it is the weight that is padded
        weight.input("x", {2, 3, 6, 6}).input("w", {4, 3, 1, 1}).from("w");
        pad(weight, image).node("Conv", {"x", weight.current()}, {"y"});
        assertPrepares(weight, "pad", 0);
        ModelBuilder transposed;
        transposed.input("x", {2, 3, 6, 6});
        pad(transposed, image).convTranspose("c", {});
        assertPrepares(transposed, "pad", 0);
        ModelBuilder given; // how much, the caller says
        given.input("pads", {8}, DataType::Int64).input("x", {2, 3, 6, 6}).then("Pad", "pad", {"pads"});
        given.conv("c", {.in = 3});
        const auto prepared = prepareThroughFiles(given.bytes(), {"pad"});
        QVERIFY(prepared && prepared->done.empty());
        QCOMPARE(prepared->codes(), Codes{"dynamic-shape"});
    }
};

QTEST_APPLESS_MAIN(TestPrepareLayers)
#include "test_prepare_layers.moc"
