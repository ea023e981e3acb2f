// SPDX-License-Identifier: GPL-3.0-or-later
// Layers that a search reaches on several ways, or by what is no data: each gets one map, which is right, or
// none. And what looks untouched because two sizes happen to be equal.
#include "tests/core/support/FoldChecks.h"

#include <QElapsedTimer>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// Conv → Split → Reshape each → `op` → BatchNormalization.
ModelBuilder splitAndJoined(const std::string& op, bool swapped, std::int64_t splitAxis = 1)
{
    ModelBuilder model;
    model.input("x", {1, 3, 4, 4}).conv("c1", {.out = 4, .kernel = {1, 1}, .bias = true});
    model.node("Split", {"c1_out", model.shapeConstant("parts", {2, 2})}, {"p", "q"},
               {{"axis", static_cast<int>(splitAxis)}}, "split");
    const std::string shape = model.shapeConstant("shape", {1, 2, 4, 4});
    model.node("Reshape", {"p", shape}, {"p1"}).node("Reshape", {"q", shape}, {"q1"});
    const std::vector<std::string> parts =
        swapped ? std::vector<std::string>{"q1", "p1"} : std::vector<std::string>{"p1", "q1"};
    model.node(op, parts, {"j"}, op == "Concat" ? Attributes{{"axis", 1}} : Attributes{}, "join");
    return model.from("j", op == "Concat" ? 4 : 2).batchNorm("bn1");
}

ModelBuilder resized(const Attributes& attributes, const Dims& sizes, bool before)
{
    ModelBuilder model;
    model.ir(8).opset(18).input("x", {1, before ? 4 : 3, 10, 10});
    before ? model.batchNorm("bn1") : model.conv("c1", {.kernel = {1, 1}});
    Attributes all = {{"mode", std::string("nearest")},
                      {"coordinate_transformation_mode", std::string("asymmetric")},
                      {"nearest_mode", std::string("floor")}};
    all.insert(all.end(), attributes.begin(), attributes.end());
    model.node("Resize", {model.current(), "", "", model.shapeConstant("sizes", sizes)}, {"r"}, all,
               "resize");
    model.from("r", 4);
    return before ? model.conv("c1", {.in = 4, .kernel = {1, 1}}) : model.batchNorm("bn1");
}

} // namespace

class FoldWaysTest final : public QObject {
    Q_OBJECT

private slots:
    // The second of two maps took the place of the first.
    void composesWhatThePartsOfALayerTake()
    {
        for (const char* op : {"Concat", "Add", "Sub", "Sum"}) {
            for (const bool swapped : {false, true})
                assertFolds(splitAndJoined(op, swapped), {{"c1", {"bn1"}}});
            assertFolds(splitAndJoined(op, false, -3), {{"c1", {"bn1"}}});
        }
    }

    void followsAPlainSplitAndConcat()
    {
        for (const bool given : {false, true}) {
            ModelBuilder model;
            model.input("x", {1, 3, 4, 4}).conv("c1", {.out = 4});
            std::vector<std::string> inputs = {"c1_out"};
            if (given)
                inputs.push_back(model.shapeConstant("parts", {1, 3}));
            model.node("Split", inputs, {"p", "q"}, {{"axis", 1}}, "split");
            model.node("Concat", {"q", "p"}, {"j"}, {{"axis", 1}}, "join").from("j", 4);
            assertFolds(model.batchNorm("bn1"), {{"c1", {"bn1"}}});
        }
    }

    void leavesThePartsThatNobodyScales()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 4, 4}).conv("c1", {.out = 6});
        model.node("Split", {"c1_out"}, {"p", "q", "r"}, {{"axis", 1}}, "split");
        model.node("Concat", {"r", "p"}, {"j"}, {{"axis", 1}}, "join").from("j", 4);
        model.batchNorm("bn1").output().output("q");
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void blocksOneValueInTwoSlots()
    {
        for (const char* op : {"Add", "Sum", "Concat"}) {
            ModelBuilder model;
            model.input("x", {1, 3, 4, 4}).conv("c1", {.out = 4});
            model.node(op, {"c1_out", "c1_out"}, {"j"},
                       std::string(op) == "Concat" ? Attributes{{"axis", 1}} : Attributes{}, "join");
            model.from("j", std::string(op) == "Concat" ? 8 : 4).batchNorm("bn1");
            assertBlocked(model, Reason::SeveralConsumers, "c1");
        }
    }

    void blocksAFanOutThatJoinsAgain()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 4, 4}).conv("c1", {.out = 4});
        model.node("Relu", {"c1_out"}, {"a"}, {}, "r1").node("Identity", {"c1_out"}, {"b"}, {}, "i1");
        model.node("Add", {"a", "b"}, {"j"}, {}, "join").from("j", 4);
        model.batchNorm("bn1", {.bias = {0, 0, 0, 0}, .mean = {0, 0, 0, 0}, .positive = true});
        assertBlocked(model, Reason::SeveralConsumers, "c1");
    }

    // Two layers behind one batch norm, and two joined before one, share their weight and their bias.
    void scalesASharedWeightForEachOfItsLayers()
    {
        ModelBuilder model;
        model.input("x", {1, 4, 4, 4}).batchNorm("bn1");
        model.conv("c1", {.in = 4, .weight = "w"}).output();
        model.from("bn1_out", 4).conv("c2", {.in = 4, .weight = "w"}).output();
        assertFoldsAway(model);

        ModelBuilder joined;
        joined.input("x", {1, 3, 4, 4}).input("y", {1, 3, 4, 4});
        joined.from("x", 3).conv("c1", {.weight = "w"}).from("y", 3).conv("c2", {.weight = "w"});
        joined.node("Concat", {"c1_out", "c2_out"}, {"j"}, {{"axis", 1}}, "join").from("j", 8);
        assertFoldsAway(joined.batchNorm("bn1"));
    }

    // Every way through twenty Splits was walked for itself.
    void visitsAValueOnce()
    {
        constexpr int ways = 4;
        ModelBuilder model;
        model.input("x", {1, 3, 4, 4}).conv("c1", {.out = ways, .kernel = {1, 1}});
        const std::string shape = model.shapeConstant("shape", {1, 1, 4, 4}),
                          parts = model.shapeConstant("parts", Dims(ways, 1));
        for (int k = 0; k < 20; ++k) {
            const std::string name = "s" + std::to_string(k);
            std::vector<std::string> split, shaped;
            for (int w = 0; w < ways; ++w) {
                split.push_back(name + "_" + std::to_string(w));
                shaped.push_back(split.back() + "r");
            }
            model.node("Split", {model.current(), parts}, split, {{"axis", 1}}, name);
            for (int w = 0; w < ways; ++w)
                model.node("Reshape", {split[static_cast<std::size_t>(w)], shape},
                           {shaped[static_cast<std::size_t>(w)]});
            model.node("Concat", shaped, {name + "_out"}, {{"axis", 1}}, name + "_join");
        }
        QElapsedTimer timer;
        timer.start();
        assertFolds(model.from(model.current(), ways).batchNorm("bn1"), {{"c1", {"bn1"}}});
        QVERIFY2(timer.elapsed() < 20000, "it takes seconds where a moment is enough");
    }

    // Up to opset 9 a mask has the type of the data.
    void blocksTheMaskOfADropout()
    {
        ModelBuilder model;
        model.ir(3).opset(9).input("x", {1, 3, 4, 4}).conv("c1", {});
        model.node("Dropout", {"c1_out"}, {"d", "mask"}, {}, "drop").from("mask", 4).batchNorm("bn1");
        assertBlocked(model.listInitializersAsInputs(), Reason::OperatorBetween, "drop");
    }

    // not_smaller scales the channels too, by 1.1: four stay four, and are others.
    void blocksSizesThatAPolicyChanges()
    {
        const Attributes policy = {{"keep_aspect_ratio_policy", std::string("not_smaller")}};
        assertBlocked(resized(policy, {1, 4, 11, 11}, false), Reason::OperatorBetween, "resize");
        assertBlocked(resized(policy, {1, 4, 11, 11}, true), Reason::OperatorBetween, "resize");
    }

    void passesSizesThatKeepTheChannels()
    {
        assertFolds(resized({}, {1, 4, 11, 11}, false), {{"c1", {"bn1"}}});
        assertFolds(resized({}, {1, 4, 11, 11}, true), {{"c1", {"bn1"}, FoldDirection::Before}});
        assertFolds(resized({{"axes", Dims{2, 3}}}, {11, 11}, false), {{"c1", {"bn1"}}});
    }

    void countsAnAxisThatIsNamedTwiceOnce()
    {
        ModelBuilder model;
        model.opset(13).input("x", {2, 3, 4, 4}).conv("c1", {});
        model.then("ReduceMean", "reduce", {}, {{"axes", Dims{2, -2, 3}}, {"keepdims", 0}});
        model.from("reduce_out", 4).batchNorm("bn1");
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    // In ceil_mode or with a dilation a window may hold no data at all.
    void blocksPoolsWhoseWindowsMayHoldOnlyPadding()
    {
        ModelBuilder model;
        model.ir(8).opset(12).input("x", {1, 3, 2, 2}).conv("c1", {.kernel = {1, 1}});
        model.then("MaxPool", "pool", {},
                   {{"kernel_shape", Dims{2, 2}}, {"dilations", Dims{3, 3}}, {"pads", Dims{1, 1, 1, 1}}});
        model.from("pool_out", 4).batchNorm("bn1", {.positive = true});
        assertBlocked(model, Reason::OperatorBetween, "pool");
    }
};

QTEST_APPLESS_MAIN(FoldWaysTest)
#include "test_fold_ways.moc"
