// SPDX-License-Identifier: GPL-3.0-or-later
// What may lie between a layer and its batch norm, in both directions: each operator of
// resources/guide/folding.md's list, and what may not (cases 42, 45, 47, 48). Most are Conv → operator → BN
// and BN → operator → Conv of 4 channels.
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <functional>

using namespace pleat;
using namespace pleat::test;

namespace {

// Puts the operator behind the model's current value.
using Between = std::function<void(ModelBuilder&)>;

struct Case {
    const char* name;
    Between add;
    std::int64_t channels = 4; // after the operator
    Dims kernel = {1, 1};      // of the Conv behind it; empty: none can follow
};

ModelBuilder after(const Case& between, const BatchNormSpec& batchNorm = {})
{
    ModelBuilder model;
    model.input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
    between.add(model);
    BatchNormSpec sized = batchNorm;
    sized.channels = between.channels;
    for (auto* values : {&sized.scale, &sized.bias, &sized.mean})
        if (!values->empty())
            values->resize(static_cast<std::size_t>(between.channels));
    return model.batchNorm("bn1", sized).relu();
}

ModelBuilder before(const Case& between, const BatchNormSpec& batchNorm = {})
{
    ModelBuilder model;
    model.input("x", {2, 4, 4, 4}).batchNorm("bn1", batchNorm);
    between.add(model);
    return model.conv("c1", {.in = between.channels, .kernel = between.kernel}).relu();
}

BatchNormSpec positive()
{
    return {.positive = true};
}
BatchNormSpec negative()
{
    return {.scale = {-1, 1, -2, 0.5}};
}
BatchNormSpec withoutShift(bool positiveScales)
{
    return {.bias = {0, 0, 0, 0}, .mean = {0, 0, 0, 0}, .positive = positiveScales};
}

void resize(ModelBuilder& model, const char* mode)
{
    model.node("Resize", {model.current(), "", model.constant("scales", {4}, {1, 1, 2, 2})}, {"resized"},
               {{"mode", std::string(mode)}}, "middle");
}

void shuffle(ModelBuilder& model)
{
    model.then("Reshape", "split", {model.shapeConstant("groups", {2, 2, 2, 4, 4})});
    model.then("Transpose", "swap", {}, {{"perm", Dims{0, 2, 1, 3, 4}}});
    model.then("Reshape", "join", {model.shapeConstant("channels", {2, 4, 4, 4})});
}

// Whatever the numbers of the batch norm are.
std::vector<Case> transparent()
{
    return {
        {"Identity", [](ModelBuilder& m) { m.then("Identity", "middle"); }},
        {"Dropout", [](ModelBuilder& m) { m.then("Dropout", "middle"); }},
        {"GlobalAveragePool", [](ModelBuilder& m) { m.then("GlobalAveragePool", "middle"); }},
        {"ReduceMean",
         [](ModelBuilder& m) {
             m.then("ReduceMean", "middle", {}, {{"axes", Dims{2, 3}}});
         }},
        {"Slice",
         [](ModelBuilder& m) {
             m.then("Slice", "middle",
                    {m.shapeConstant("from", {1}), m.shapeConstant("to", {4}), m.shapeConstant("axis", {2})});
         }},
        {"Gather",
         [](ModelBuilder& m) {
             m.then("Gather", "middle", {m.shapeConstant("which", {2, 0, 2})}, {{"axis", 3}});
         }},
        {"Tile",
         [](ModelBuilder& m) {
             m.then("Tile", "middle", {m.shapeConstant("times", {1, 1, 2, 1})});
         }},
        {"Expand",
         [](ModelBuilder& m) {
             m.then("GlobalAveragePool", "pool")
                 .then("Expand", "middle", {m.shapeConstant("shape", {1, 1, 3, 2})});
         }},
        {"Unsqueeze and Squeeze",
         [](ModelBuilder& m) {
             m.then("Unsqueeze", "wider", {m.shapeConstant("axes", {4})}).then("Squeeze", "middle", {"axes"});
         }},
        {"Transpose",
         [](ModelBuilder& m) {
             m.then("Transpose", "middle", {}, {{"perm", Dims{0, 1, 3, 2}}});
         }},
        {"Reshape",
         [](ModelBuilder& m) {
             m.then("Reshape", "middle", {m.shapeConstant("shape", {0, 4, 2, 8})});
         }},
        {"AveragePool",
         [](ModelBuilder& m) {
             m.then("AveragePool", "middle", {}, {{"kernel_shape", Dims{2, 2}}, {"pads", Dims{1, 1, 1, 1}}});
         }},
        {"Resize nearest", [](ModelBuilder& m) { resize(m, "nearest"); }},
        {"Resize linear", [](ModelBuilder& m) { resize(m, "linear"); }},
        {"Resize cubic", [](ModelBuilder& m) { resize(m, "cubic"); }},
    };
}

// Channels move, none is mixed with another.
std::vector<Case> indexMaps()
{
    return {
        {"channel shuffle", shuffle},
        {"channel Slice",
         [](ModelBuilder& m) {
             m.then("Slice", "middle",
                    {m.shapeConstant("from", {1}), m.shapeConstant("to", {3}), m.shapeConstant("axis", {1})});
         },
         2},
        {"channel Gather",
         [](ModelBuilder& m) {
             m.then("Gather", "middle", {m.shapeConstant("which", {3, 1, 0, 2})}, {{"axis", 1}});
         }},
        {"DepthToSpace DCR",
         [](ModelBuilder& m) {
             m.then("DepthToSpace", "middle", {}, {{"blocksize", 2}, {"mode", std::string("DCR")}});
         },
         1},
        {"DepthToSpace CRD",
         [](ModelBuilder& m) {
             m.then("DepthToSpace", "middle", {}, {{"blocksize", 2}, {"mode", std::string("CRD")}});
         },
         1},
    };
}

std::vector<Case> monotone()
{
    return {
        {"MaxPool",
         [](ModelBuilder& m) {
             m.then("MaxPool", "middle", {}, {{"kernel_shape", Dims{2, 2}}, {"pads", Dims{1, 1, 0, 0}}});
         }},
        {"GlobalMaxPool", [](ModelBuilder& m) { m.then("GlobalMaxPool", "middle"); }},
        {"ReduceMax",
         [](ModelBuilder& m) {
             m.then("ReduceMax", "middle", {}, {{"axes", Dims{3}}});
         }},
        {"ReduceMin",
         [](ModelBuilder& m) {
             m.then("ReduceMin", "middle", {}, {{"axes", Dims{2}}});
         }},
    };
}

std::vector<Case> rectifiers()
{
    return {{"Relu", [](ModelBuilder& m) { m.then("Relu", "middle"); }},
            {"LeakyRelu", [](ModelBuilder& m) {
                 m.then("LeakyRelu", "middle", {}, {{"alpha", 0.1}});
             }}};
}

std::vector<Case> never()
{
    return {{"Sigmoid", [](ModelBuilder& m) { m.then("Sigmoid", "middle"); }},
            {"Tanh", [](ModelBuilder& m) { m.then("Tanh", "middle"); }},
            {"HardSigmoid", [](ModelBuilder& m) { m.then("HardSigmoid", "middle"); }},
            {"LRN",
             [](ModelBuilder& m) {
                 m.then("LRN", "middle", {}, {{"size", 3}});
             }},
            {"LpPool",
             [](ModelBuilder& m) {
                 m.then("LpPool", "middle", {}, {{"kernel_shape", Dims{2, 2}}});
             }},
            {"Softmax",
             [](ModelBuilder& m) {
                 m.then("Softmax", "middle", {}, {{"axis", 1}});
             }},
            {"ReduceMean of channels",
             [](ModelBuilder& m) {
                 m.then("ReduceMean", "middle", {}, {{"axes", Dims{1}}});
             },
             1}};
}

void addRows(const std::vector<Case>& cases)
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < cases.size(); ++i)
        QTest::newRow(cases[i].name) << static_cast<int>(i);
}

Case fetch(const std::vector<Case>& cases)
{
    const int index = *static_cast<int*>(QTest::qData("index", QMetaType::Int));
    return cases[static_cast<std::size_t>(index)];
}

// Refused, with an operator to blame and the same bytes, whatever of the two codes it is.
void assertRefused(const ModelBuilder& model)
{
    const auto folded = foldThroughFiles(model.bytes());
    QVERIFY2(folded, folded ? "" : folded.error().c_str());
    QCOMPARE(folded->candidates.size(), std::size_t{1});
    const FoldCandidate& candidate = folded->candidates[0];
    QVERIFY(!candidate.foldable);
    const bool expected =
        candidate.reason == Reason::OperatorBetween || candidate.reason == Reason::InputStatistics;
    QVERIFY2(expected, candidate.message.text().c_str());
    QVERIFY(folded->before == folded->after);
}

} // namespace

class FoldBetweenTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsThroughWhatIsTransparent_data() { addRows(transparent()); }
    void foldsThroughWhatIsTransparent() { assertFoldsAway(after(fetch(transparent()))); }

    void foldsForwardThroughWhatIsTransparent_data() { addRows(transparent()); }
    void foldsForwardThroughWhatIsTransparent() { assertFoldsAway(before(fetch(transparent()))); }

    void foldsThroughIndexMaps_data() { addRows(indexMaps()); }
    void foldsThroughIndexMaps() { assertFoldsAway(after(fetch(indexMaps()))); }

    void foldsThroughMonotoneOperatorsWhenNoScaleIsNegative_data() { addRows(monotone()); }
    void foldsThroughMonotoneOperatorsWhenNoScaleIsNegative()
    {
        assertFoldsAway(after(fetch(monotone()), positive()));
        assertFoldsAway(before(fetch(monotone()), positive()));
    }

    void blocksMonotoneOperatorsWhereAScaleIsNegative_data() { addRows(monotone()); }
    void blocksMonotoneOperatorsWhereAScaleIsNegative()
    {
        assertRefused(after(fetch(monotone()), negative()));
        assertRefused(before(fetch(monotone()), negative()));
    }

    void foldsThroughRectifiersWithoutAShift_data() { addRows(rectifiers()); }
    void foldsThroughRectifiersWithoutAShift() // case 42
    {
        assertFoldsAway(after(fetch(rectifiers()), withoutShift(true)));
        assertRefused(after(fetch(rectifiers()), withoutShift(false)));
        assertRefused(after(fetch(rectifiers()), positive()));
        assertFoldsAway(before(fetch(rectifiers()), withoutShift(true)));
        assertRefused(before(fetch(rectifiers()), positive()));
    }

    void neverFoldsThroughTheRest_data() { addRows(never()); }
    void neverFoldsThroughTheRest()
    {
        if (fetch(never()).channels == 4) // one channel is uniform, and that may pass
            assertRefused(after(fetch(never()), withoutShift(true)));
        assertRefused(before(fetch(never()), withoutShift(true)));
    }

    void blocksAPoolThatCountsItsPadding()
    {
        const Case counting{
            "AveragePool", [](ModelBuilder& m) {
                m.then("AveragePool", "middle", {},
                       {{"kernel_shape", Dims{2, 2}}, {"pads", Dims{1, 1, 1, 1}}, {"count_include_pad", 1}});
            }};
        assertRefused(after(counting));
        assertFoldsAway(after(counting, {.bias = {0, 0, 0, 0}, .mean = {0, 0, 0, 0}}));
        const Case unpadded{
            "AveragePool", [](ModelBuilder& m) {
                m.then("AveragePool", "middle", {}, {{"kernel_shape", Dims{2, 2}}, {"count_include_pad", 1}});
            }};
        assertFoldsAway(after(unpadded));
    }

    void blocksAResizeThatExtrapolates()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c1", {});
        model.node("Resize",
                   {"c1_out", model.constant("roi", {8}, {0, 0, -0.5, 0, 1, 1, 1.5, 1}),
                    model.constant("scales", {4}, {1, 1, 2, 2})},
                   {"resized"},
                   {{"mode", std::string("linear")},
                    {"coordinate_transformation_mode", std::string("tf_crop_and_resize")}},
                   "middle");
        assertRefused(model.from("resized", 4).batchNorm("bn1"));
    }

    void foldsThroughUpsample()
    {
        ModelBuilder model;
        model.opset(9).input("x", {2, 3, 6, 6}).conv("c1", {});
        model.then("Upsample", "middle", {model.constant("scales", {4}, {1, 1, 2, 2})}).batchNorm("bn1");
        assertFoldsAway(model);
    }

    void foldsThroughFlattenWithRepetition()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6})
            .conv("c1", {})
            .then("GlobalAveragePool", "pool")
            .then("Flatten", "middle");
        assertFoldsAway(model.batchNorm("bn1"));
    }

    void foldsThroughAPadWhoseConstantCanBeAdapted()
    {
        const auto padded = [](const BatchNormSpec& batchNorm) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6}).conv("c1", {});
            model.then(
                "Pad", "middle",
                {model.shapeConstant("pads", {0, 0, 1, 1, 0, 0, 1, 1}), model.constant("value", {}, {0.5})});
            return model.batchNorm("bn1", batchNorm);
        };
        // Uniform s·c + t: c moves in front of the Pad as a value that gives it back.
        assertFoldsAway(padded(
            {.scale = {2, 2, 2, 2}, .bias = {1, 1, 1, 1}, .mean = {0, 0, 0, 0}, .variance = {1, 1, 1, 1}}));
        assertRefused(padded({}));
    }

    void foldsSplitsThatAreNormalisedApart()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
        model.node("Split", {"c1_out", model.shapeConstant("parts", {1, 3})}, {"a", "b"}, {{"axis", 1}},
                   "middle");
        model.from("a", 1).batchNorm("bn1").output().from("b", 3).relu().output();
        assertFoldsAway(model);
    }

    void foldsIntoEveryBranchOfAConcat() // case 48
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6})
            .conv("c1", {.out = 4})
            .from("x", 3)
            .conv("c2", {.out = 2, .bias = true});
        model.node("Concat", {"c1_out", "c2_out"}, {"joined"}, {{"axis", 1}}, "concat").from("joined", 6);
        assertFoldsAway(model.batchNorm("bn1").relu());
    }

    void blocksAConcatOfWhichABranchIsNoLayer() // case 48
    {
        ModelBuilder model;
        model.input("x", {2, 4, 6, 6})
            .conv("c1", {.in = 4, .pads = {1, 1, 1, 1}})
            .from("x", 4)
            .then("Relu", "r1");
        model.node("Concat", {"c1_out", "r1_out"}, {"joined"}, {{"axis", 1}}, "concat").from("joined", 8);
        model.batchNorm("bn1");
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QVERIFY(folded->before == folded->after);
    }

    void foldsIntoBothTermsOfASum() // case 48
    {
        for (const char* op : {"Add", "Sub", "Sum"}) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6}).conv("c1", {.bias = true}).from("x", 3).conv("c2", {.bias = true});
            model.node(op, {"c1_out", "c2_out"}, {"joined"}, {}, "join").from("joined", 4);
            assertFoldsAway(model.batchNorm("bn1").relu());
        }
    }

    void blocksASumOfWhichATermIsReadElsewhere() // case 48
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c1", {}).output().from("x", 3).conv("c2", {});
        model.node("Add", {"c1_out", "c2_out"}, {"joined"}, {}, "join")
            .from("joined", 4)
            .batchNorm("bn1")
            .output();
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QVERIFY(folded->before == folded->after);
    }
};

QTEST_APPLESS_MAIN(FoldBetweenTest)
#include "test_fold_between.moc"
