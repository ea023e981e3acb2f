// SPDX-License-Identifier: GPL-3.0-or-later
// Passes that put back together what exporters write in single steps: scales and shifts, normalisations.
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

const PrepareExpectations nearly = within(2e-6); // rounded less often

// How a normalisation is written in single steps.
struct Written {
    Dims axes = {-1};
    Dims gamma = {5}, beta = {5};
    bool square = false;     // d·d in place of Pow
    bool twice = false;      // d is computed once for the variance and once for the quotient
    bool reciprocal = false; // times 1/√
    bool oneOver = false;    // as Div(1, √)
    bool scaled = true, shifted = true;
    double epsilon = 1e-5;
    int keep = 1;
};

ModelBuilder& normalise(ModelBuilder& model, const Written& how, int opset = 17)
{
    const std::string x = model.current();
    const auto mean = [&](const std::string& of, const std::string& to, const Dims& axes) {
        if (opset < 18)
            model.node("ReduceMean", {of}, {to}, {{"axes", axes}, {"keepdims", how.keep}});
        else
            model.node("ReduceMean", {of, model.shapeConstant(to + "_axes", axes)}, {to},
                       {{"keepdims", how.keep}});
    };
    mean(x, "mean", how.axes);
    model.node("Sub", {x, "mean"}, {"d"});
    if (how.square)
        model.node("Mul", {"d", "d"}, {"squares"});
    else
        model.node("Pow", {"d", model.constant("two", {}, {2})}, {"squares"});
    mean("squares", "variance", how.axes);
    model.node("Add", {"variance", model.constant("epsilon", {}, {how.epsilon})}, {"sum"});
    model.node("Sqrt", {"sum"}, {"root"});
    if (how.twice)
        model.node("Sub", {x, "mean"}, {"d2"});
    const std::string d = how.twice ? "d2" : "d";
    if (how.oneOver)
        model.node("Div", {model.constant("one", {}, {1}), "root"}, {"inverse"});
    else if (how.reciprocal)
        model.node("Reciprocal", {"root"}, {"inverse"});
    if (how.oneOver || how.reciprocal)
        model.node("Mul", {"inverse", d}, {"normal"});
    else
        model.node("Div", {d, "root"}, {"normal"});
    if (how.scaled)
        model.affine("Mul", "gamma", how.gamma, true);
    if (how.shifted)
        model.affine("Add", "beta", how.beta);
    return model;
}

ModelBuilder image(std::uint32_t seed = 1)
{
    ModelBuilder model(seed);
    model.opset(17).input("x", {2, 4, 3, 5});
    return model;
}

} // namespace

class TestPrepareNorms final : public QObject {
    Q_OBJECT

private slots:
    void composesChains()
    {
        struct Link {
            const char* op;
            Dims dims;
            bool first = false;
        };
        struct Chain {
            std::vector<Link> links;
            int left;
        };
        const std::vector<Chain> chains{
            {{{"Mul", {4, 1, 1}}, {"Mul", {}}}, 1},
            {{{"Add", {4, 1, 1}}, {"Add", {1}}, {"Sub", {4, 1, 1}}}, 1},
            {{{"Mul", {4, 1, 1}}, {"Add", {4, 1, 1}}, {"Mul", {4, 1, 1}}, {"Add", {4, 1, 1}}}, 2},
            {{{"Sub", {4, 1, 1}}, {"Div", {4, 1, 1}}, {"Mul", {4, 1, 1}}, {"Add", {4, 1, 1}}}, 2},
            {{{"Sub", {4, 1, 1}, true}, {"Add", {}}, {"Mul", {5}}}, 2},
            {{{"Add", {}}, {"Div", {1, 4, 1, 1}}, {"Sub", {}, true}}, 2},
        };
        std::uint32_t seed = 0;
        for (const Chain& chain : chains) {
            ModelBuilder model = image(++seed);
            int n = 0;
            for (const Link& link : chain.links)
                model.affine(link.op, "a" + std::to_string(++n), link.dims, link.first);
            const bool larger = seed == 5; // 4 channels and 5 columns are 20 numbers
            const auto files = assertPrepares(model, "compose", 1, nearly);
            QCOMPARE(files.model.graph().node_size(), larger ? 2 : chain.left);
        }
        ModelBuilder negative = image();
        negative.then("Neg").affine("Mul", "a", {4, 1, 1}).then("Neg");
        QCOMPARE(assertPrepares(negative, "compose", 1).model.graph().node_size(), 1);
        for (const DataType type : {DataType::Float16, DataType::Double}) {
            ModelBuilder other;
            other.dataType(type)
                .input("x", {2, 4})
                .affine("Mul", "a", {4})
                .affine("Add", "b", {4})
                .affine("Div", "c", {});
            assertPrepares(other, "compose", 1, within(type == DataType::Double ? 1e-14 : 5e-3));
        }
    }

    // The value between a Mul and an Add may have another shape than the one that stood there.
    void composesWhereDataIsSpread()
    {
        ModelBuilder model;
        model.input("x", {2, 1})
            .affine("Add", "a", {})
            .affine("Mul", "b", {})
            .affine("Add", "c", {})
            .affine("Mul", "d", {4});
        onnx::ValueInfoProto& info = *model.graphProto().add_value_info();
        setType(info, "c_out", DataType::Float);
        for (const int size : {2, 1})
            info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(size);
        assertPrepares(model, "compose", 1, nearly);
    }

    void chainsThatStay()
    {
        const auto pair = [](const char* a, const Dims& first, const char* b, const Dims& second) {
            ModelBuilder model = image();
            model.affine(a, "a", first).affine(b, "b", second);
            return model;
        };
        assertPrepares(pair("Mul", {4, 1, 1}, "Add", {4, 1, 1}), "compose", 0);
        assertPrepares(pair("Sub", {4, 1, 1}, "Div", {4, 1, 1}), "compose", 0); // two nodes either way
        assertPrepares(pair("Mul", {4, 1, 1}, "Mul", {5}), "compose", 0);       // 20 numbers in place of 9
        ModelBuilder read = image();
        read.affine("Mul", "a", {4, 1, 1}).output().affine("Mul", "b", {4, 1, 1}).output();
        assertPrepares(read, "compose", 0);
        ModelBuilder inverse = image();
        inverse.affine("Mul", "a", {4, 1, 1}).affine("Div", "b", {4, 1, 1}, true); // c / x
        assertPrepares(inverse, "compose", 0);
        ModelBuilder tiny;
        tiny.dataType(DataType::Float16).input("x", {2, 4});
        tiny.node("Mul", {"x", tiny.constant("a", {}, {1e-3})}, {"p"})
            .node("Mul", {"p", tiny.constant("b", {}, {1e-4})}, {"y"});
        QCOMPARE(assertPrepares(tiny, "compose", 0).codes(), Codes{"overflow"});
        ModelBuilder zero;
        zero.input("x", {2, 4}).node("Div", {"x", zero.constant("a", {}, {0})}, {"p"}).affine("Mul", "b", {});
        assertPrepares(zero, "compose", 0);
        ModelBuilder whole;
        whole.input("x", {2}, DataType::Int32);
        whole.node("Mul", {"x", whole.constant("a", {}, {3}, DataType::Int32)}, {"p"})
            .node("Mul", {"p", "a"}, {"y"});
        assertPrepares(whole, "compose", 0);
    }

    void layerNormalisation()
    {
        const std::vector<Written> ways{{},
                                        {.square = true},
                                        {.twice = true},
                                        {.reciprocal = true},
                                        {.square = true, .twice = true, .oneOver = true},
                                        {.scaled = false},
                                        {.shifted = false},
                                        {.scaled = false, .shifted = false, .epsilon = 0.25},
                                        {.axes = {2, -1}, .gamma = {3, 5}, .beta = {3, 5}},
                                        {.axes = {1, 2, 3}, .gamma = {4, 3, 5}, .beta = {1, 4, 3, 5}},
                                        {.beta = {1}}};
        for (const Written& way : ways) {
            for (const int opset : {17, 18}) {
                ModelBuilder model = image();
                model.opset(opset);
                normalise(model, way, opset).relu();
                const auto files = assertPrepares(model, "norms", 1, nearly);
                QCOMPARE(files.model.graph().node_size(), 2);
                QCOMPARE(files.model.graph().node(0).op_type(), std::string("LayerNormalization"));
            }
        }
        ModelBuilder half;
        half.opset(17).dataType(DataType::Float16).input("x", {"N", 4, 5});
        normalise(half, {.epsilon = 0x1p-10});
        assertPrepares(half, "norms", 1, within(5e-3));
    }

    void instanceNormalisation()
    {
        for (const Dims& dims : {Dims{4, 1, 1}, Dims{1, 4, 1, 1}, Dims{1}}) {
            for (const int opset : {9, 13, 17}) {
                ModelBuilder model = image();
                model.opset(opset).ir(opset < 13 ? 4 : 8);
                normalise(model, {.axes = {2, 3}, .gamma = dims, .beta = {4, 1, 1}}, opset);
                const auto files = assertPrepares(model, "norms", 1, nearly);
                QCOMPARE(files.model.graph().node(0).op_type(), std::string("InstanceNormalization"));
            }
        }
        ModelBuilder open; // the size of the image does not matter
        open.input("x", {"N", 4, "H", "W"});
        normalise(open, {.axes = {-1, -2}, .scaled = false, .shifted = false});
        assertPrepares(open, "norms", 1, nearly);
    }

    void normalisationsThatStay()
    {
        const auto model = [](const Written& how, int opset = 17, const Shape& shape = {2, 4, 3, 5}) {
            ModelBuilder made;
            made.opset(opset).ir(8).input("x", shape);
            return normalise(made, how, opset);
        };
        const Codes none{"no-such-norm"};
        QCOMPARE(assertPrepares(model({}, 16), "norms", 0).codes(), none); // no LayerNormalization yet
        QCOMPARE(
            assertPrepares(model({.axes = {1}, .gamma = {4, 1, 1}, .beta = {4, 1, 1}}), "norms", 0).codes(),
            none);
        QCOMPARE(assertPrepares(model({.gamma = {3, 5}}), "norms", 0).codes(), none);
        QCOMPARE(assertPrepares(model({.gamma = {5}, .beta = {4, 1, 1}}), "norms", 0).codes(), none);
        QCOMPARE(assertPrepares(model({}, 17, {2, 4, 3, "W"}), "norms", 0, withSymbols({{"W", 5}})).codes(),
                 none);
        QCOMPARE(
            assertPrepares(model({.axes = {2, 3}, .gamma = {}, .beta = {}}, 16, {2, "C", 3, 5}), "norms", 0)
                .codes(),
            none);
        QCOMPARE(assertPrepares(model({.gamma = {2, 4, 3, 5}}), "norms", 0).codes(), none);
        ModelBuilder wide;
        wide.opset(17).dataType(DataType::Double).input("x", {2, 5});
        normalise(wide, {.epsilon = 0.25});
        QCOMPARE(assertPrepares(wide, "norms", 0).codes(), none);
        ModelBuilder epsilon; // not a float
        epsilon.opset(17).dataType(DataType::Double).input("x", {2, 5});
        normalise(epsilon, {.epsilon = 1e-5});
        QCOMPARE(assertPrepares(epsilon, "norms", 0).codes(), Codes{});
        ModelBuilder read = image(); // the deviation is an output, too
        normalise(read, {}).output().output("d");
        QCOMPARE(assertPrepares(read, "norms", 0).codes(), Codes{});
        ModelBuilder other = image(); // the mean of something else
        other.node("Neg", {"x"}, {"n"})
            .node("ReduceMean", {"n"}, {"mean"}, {{"axes", Dims{-1}}})
            .node("Sub", {"x", "mean"}, {"d"});
        other.node("Mul", {"d", "d"}, {"squares"})
            .node("ReduceMean", {"squares"}, {"variance"}, {{"axes", Dims{-1}}});
        other.node("Add", {"variance", other.constant("epsilon", {}, {0.1})}, {"sum"})
            .node("Sqrt", {"sum"}, {"root"});
        other.node("Div", {"d", "root"}, {"y"});
        assertPrepares(other, "norms", 0);
        ModelBuilder axes = image(); // variance over other axes than the mean
        axes.node("ReduceMean", {"x"}, {"mean"}, {{"axes", Dims{-1}}}).node("Sub", {"x", "mean"}, {"d"});
        axes.node("Mul", {"d", "d"}, {"squares"})
            .node("ReduceMean", {"squares"}, {"variance"}, {{"axes", Dims{-2, -1}}});
        axes.node("Add", {"variance", axes.constant("epsilon", {}, {0.1})}, {"sum"})
            .node("Sqrt", {"sum"}, {"root"});
        axes.node("Div", {"d", "root"}, {"y"});
        assertPrepares(axes, "norms", 0);
    }
};

QTEST_APPLESS_MAIN(TestPrepareNorms)
#include "test_prepare_norms.moc"
