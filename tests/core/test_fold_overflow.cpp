// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers that a fold makes and that would be infinite in their type, though all were finite before: weights,
// biases, sums over weights, paddings, scales; in every type. What can be written is folded.
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <tuple>

using namespace pleat;
using namespace pleat::test;

namespace {

constexpr DataType types[] = {DataType::Float, DataType::Double, DataType::Float16, DataType::BFloat16};

// Twice the root of the largest finite number: its square is too large, and no fourth of it is.
double largeIn(DataType type)
{
    switch (type) {
    case DataType::Double:
        return 0x1p513;
    case DataType::Float16:
        return 512;
    default:
        return 0x1p65;
    }
}

struct Numbers {
    double weight = 1, bias = 1, scale = 1, shift = 0;
    bool before = false; // the batch norm comes first
};

BatchNormSpec uniform(std::int64_t channels, double scale, double shift)
{
    const auto n = static_cast<std::size_t>(channels);
    return {.scale = std::vector(n, scale),
            .bias = std::vector(n, shift),
            .mean = std::vector(n, 0.0),
            .variance = std::vector(n, 1.0),
            .epsilon = 0,
            .channels = channels};
}

// One layer of 2 inputs and 3 outputs whose weights and biases are all the same.
ModelBuilder layer(DataType type, const std::string& op, const Numbers& numbers)
{
    ModelBuilder model;
    const bool conv = op == "Conv" || op == "ConvTranspose";
    model.opset(15).ir(8).dataType(type).input("x", conv ? Shape{1, 2, 3, 3} : Shape{2, 2});
    if (numbers.before)
        model.batchNorm("bn1", uniform(2, numbers.scale, numbers.shift));
    const Dims dims = op == "Conv" ? Dims{3, 2, 1, 1} : conv ? Dims{2, 3, 1, 1} : Dims{2, 3};
    const std::string weight = model.constant("w", dims, std::vector(6, numbers.weight)),
                      bias = model.constant("b", {3}, std::vector(3, numbers.bias));
    const std::string data = model.current();
    if (op == "MatMul")
        model.node("MatMul", {data, weight}, {"product"}, {}, "layer")
            .node("Add", {"product", bias}, {"l"}, {}, "add");
    else
        model.node(op, {data, weight, bias}, {"l"}, {}, "layer");
    model.from("l", 3);
    if (!numbers.before)
        model.batchNorm("bn1", uniform(3, numbers.scale, numbers.shift));
    return model;
}

// A Conv of more weights than are read beforehand, one of them large.
ModelBuilder manyWeights(DataType type, double large, double scale)
{
    ModelBuilder model;
    model.opset(15).ir(8).dataType(type).input("x", {1, 64, 1, 1});
    std::vector<double> numbers(65 * 64, 0.5);
    numbers.back() = large;
    model.node("Conv", {"x", model.constant("w", {65, 64, 1, 1}, numbers)}, {"l"}, {}, "c1").from("l", 65);
    return model.batchNorm("bn1", uniform(65, scale, 0));
}

// How many constants of the model are infinite or no numbers.
std::ptrdiff_t notFinite(const onnx::ModelProto& model)
{
    std::ptrdiff_t count = 0;
    for (const onnx::TensorProto& tensor : model.graph().initializer()) {
        const auto type = static_cast<DataType>(tensor.data_type());
        if (!hasFormat(type))
            continue;
        const std::string& raw = tensor.raw_data();
        count += std::ranges::count_if(decodeAll(type, std::as_bytes(std::span(raw))),
                                       [](long double number) { return !std::isfinite(number); });
    }
    return count;
}

void assertOverflows(const ModelBuilder& model, const std::string& what, const FoldOptions& options = {})
{
    assertBlocked(model, Reason::Overflow, what, "bn1", options);
    FoldOptions allowed = options;
    allowed.allowOverflow = true;
    const auto folded = foldThroughFiles(model.bytes(), {}, allowed);
    QVERIFY2(folded, folded ? "" : folded.error().c_str());
    QCOMPARE(countNodes(folded->model, "BatchNormalization"), 0);
    QVERIFY(std::ranges::any_of(folded->candidates.front().warnings,
                                [](const FoldWarning& warning) { return warning.code == "overflow"; }));
}

} // namespace

class FoldOverflowTest final : public QObject {
    Q_OBJECT

private slots:
    void refusesInfiniteConstants_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QString>("op");
        for (const DataType type : types) {
            for (const char* op : {"Conv", "ConvTranspose", "Gemm", "MatMul"})
                QTest::addRow("%s %s", op, std::string(name(type)).c_str()) << static_cast<int>(type) << op;
        }
    }

    void refusesInfiniteConstants()
    {
        QFETCH(const int, type);
        QFETCH(const QString, op);
        const auto of = static_cast<DataType>(type);
        const double large = largeIn(of);
        const std::vector<Numbers> overflowing = {
            {.weight = large, .scale = large},                 // weights
            {.bias = large, .scale = large},                   // the bias after
            {.weight = large, .scale = large, .before = true}, // weights
            {.weight = large, .shift = large, .before = true}, // sums over the weights
            {.weight = large, .bias = large, .scale = -large, .shift = -large, .before = true}};
        for (const Numbers& numbers : overflowing)
            assertOverflows(layer(of, op.toStdString(), numbers), std::string(name(of)));
        for (Numbers numbers : overflowing) {
            for (double* each : {&numbers.weight, &numbers.bias, &numbers.scale, &numbers.shift})
                *each /= 4;
            const auto folded = foldThroughFiles(layer(of, op.toStdString(), numbers).bytes());
            QVERIFY2(folded, folded ? "" : folded.error().c_str());
            QCOMPARE(countNodes(folded->model, "BatchNormalization"), 0);
            QCOMPARE(notFinite(folded->model), 0);
        }
    }

    // β·C is a number that the fold makes, whatever the batch norm does.
    void refusesAnInfiniteProductOfBeta()
    {
        for (const bool before : {false, true}) {
            ModelBuilder model;
            model.opset(15).ir(8).dataType(DataType::Float16).input("x", {2, 4});
            if (before)
                model.batchNorm("bn1");
            model.gemm("g1", {.out = 4, .in = 4, .beta = 1000, .cValue = 1000});
            if (!before)
                model.batchNorm("bn1", uniform(4, 1, 0));
            assertOverflows(model, "float16");
        }
    }

    void refusesAnInfinitePadding()
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 3, 4, 4});
        model.conv("c1", {.kernel = {1, 1}});
        model.then(
            "Pad", "pad",
            {model.shapeConstant("pads", {0, 0, 1, 1, 0, 0, 1, 1}), model.constant("value", {}, {1000})});
        assertOverflows(model.from("pad_out", 4).batchNorm("bn1", uniform(4, 1000, 0)), "float16");

        ModelBuilder padded;
        padded.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 3, 4, 4});
        padded.batchNorm("bn1", uniform(3, 1e-3, 1000)).conv("c1", {.pads = {1, 1, 1, 1}});
        assertOverflows(padded, "float16", {.padUniform = true});
    }

    // Of so many weights none is looked at while folds are searched: the save sees what becomes of them.
    void savesNoInfinityThatNobodyAskedFor()
    {
        for (const auto& [type, large, factor] :
             {std::tuple(DataType::Float, 0x1p110, 0x1p20), std::tuple(DataType::Double, 0x1p1010, 0x1p20)}) {
            const std::string bytes = manyWeights(type, large, factor).bytes();
            const auto refused = foldThroughFiles(bytes);
            QVERIFY(!refused);
            QVERIFY2(refused.error().find("\"w\" infinite in " + std::string(name(type))) !=
                         std::string::npos,
                     refused.error().c_str());
            const auto allowed = foldThroughFiles(bytes, {}, {.allowOverflow = true});
            QVERIFY2(allowed, allowed ? "" : allowed.error().c_str());
            QCOMPARE(notFinite(allowed->model), 1);
            // One step smaller, all is well.
            const auto folded = foldThroughFiles(manyWeights(type, large, 0x1p10).bytes());
            QVERIFY2(folded, folded ? "" : folded.error().c_str());
            QCOMPARE(notFinite(folded->model), 0);
        }
    }

    // Behind a Cast the fold itself computes them.
    void refusesAnInfiniteWeightThatIsComputedAtOnce()
    {
        ModelBuilder model;
        model.opset(15).ir(8).input("x", {1, 64, 1, 1});
        std::vector<double> numbers(65 * 64, 0.5);
        numbers.back() = 0x1p110;
        model.node("Cast", {model.constant("w", {65, 64, 1, 1}, numbers, DataType::BFloat16)}, {"wide"},
                   {{"to", static_cast<int>(DataType::Float)}}, "cast");
        model.node("Conv", {"x", "wide"}, {"l"}, {}, "c1").from("l", 65);
        assertOverflows(model.batchNorm("bn1", uniform(65, 0x1p20, 0)), "float");
    }

    // 2^-100 · 2^-60 is 0 in a float, and 2^-100 · 2^-30 has lost digits.
    void warnsOfScalesOfIntegersThatVanish()
    {
        for (const bool trained : {false, true}) {
            ModelBuilder model;
            model.opset(15).ir(8).input("x", {1, 3, 4, 4});
            const Dims dims{3, 3, 1, 1};
            const std::string step = model.constant("step", {}, {0x1p-100}),
                              zero = model.constant("zero", {}, {0}, DataType::Int8);
            if (trained)
                model.node("QuantizeLinear", {model.constant("f", dims, std::vector(9, 0x1p-98)), step, zero},
                           {"q"}, {}, "quantize");
            else
                model.constant("q", dims, std::vector(9, 4.0), DataType::Int8);
            model.node("DequantizeLinear", {"q", step, zero}, {"w"}, {}, "dq");
            model.node("Conv", {"x", "w"}, {"l"}, {}, "c1").from("l", 3);
            BatchNormSpec spec = uniform(3, 1, 0.25);
            spec.scale = {0x1p-60, 0x1p-30, 1};
            const auto folded =
                foldThroughFiles(model.batchNorm("bn1", spec).bytes(), {}, {.quantizedToo = true});
            QVERIFY2(folded, folded ? "" : folded.error().c_str());
            std::string text;
            for (const FoldWarning& warning : folded->candidates.front().warnings) {
                if (warning.code == "underflow")
                    text += warning.message.text();
            }
            QCOMPARE(text, std::string("1 scales of the quantized weight become 0 and 1 subnormal in float"));
            QCOMPARE(differenceInRuns(folded->before, folded->after), std::string());
        }
    }

    void refusesAnInfiniteScaleOfIntegers()
    {
        ModelBuilder model;
        model.opset(15).ir(8).input("x", {1, 3, 4, 4});
        model.node("DequantizeLinear",
                   {model.constant("q", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}, DataType::Int8),
                    model.constant("step", {}, {1e30}), model.constant("zero", {}, {0}, DataType::Int8)},
                   {"w"}, {}, "dq");
        model.node("Conv", {"x", "w"}, {"l"}, {}, "c1").from("l", 2);
        assertOverflows(model.batchNorm("bn1", uniform(2, 1e10, 0)), "float", {.quantizedToo = true});
    }

    // A batch norm that stays is not written with numbers that it cannot hold.
    void leavesABatchNormThatCannotBeNormalised()
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 3, 4, 4});
        BatchNormSpec spec = uniform(3, 60000, 0);
        spec.variance = {1e-4, 1e-4, 1e-4};
        model.batchNorm("bn1", spec).relu();
        auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            FoldOutcome outcome = folded->outcome;
            QVERIFY(canonicalizeRest(outcome, rest));
            QVERIFY(!outcome.pairs.front().canonicalized);
        }
    }

    // What was subnormal before is none of the fold's doing.
    void warnsOnlyOfWhatBecomesSmaller()
    {
        const auto warnings = [](double scale) {
            ModelBuilder model;
            model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 2, 3, 3});
            model.constant("w", {2, 2, 1, 1}, {1e-5, 1e-5, 1e-7, 0.5});
            model.node("Conv", {"x", "w"}, {"l"}, {}, "c1").from("l", 2);
            const auto found = candidatesOf(model.batchNorm("bn1", uniform(2, scale, 0)).bytes());
            std::string text;
            for (const FoldWarning& warning : found->front().warnings) {
                if (warning.code == "underflow")
                    text += warning.message.text();
            }
            return text;
        };
        QCOMPARE(warnings(1), std::string());
        QCOMPARE(warnings(0.5), std::string());
        QVERIFY(warnings(1e-4).starts_with("3 weights become 0 and 1 subnormal"));
    }
};

QTEST_APPLESS_MAIN(FoldOverflowTest)
#include "test_fold_overflow.moc"
