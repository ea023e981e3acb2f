// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of tensors, edited by hand: single ones, slices, all of them; in their type, in another one, of
// files. numpy's indices and the rounding of the tests' own messages are the truth.
#include "core/model/ModelWriter.h"
#include "core/report/TensorFile.h"
#include "core/tensor/ElementParsing.h"
#include "core/tensor/Elements.h"
#include "tests/core/support/EditChecks.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomGraph.h"
#include "tests/core/support/SmallModels.h"

#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

// y = x + w, where w counts: w[i] = i.
ModelBuilder counting(const Dims& dims, DataType type = DataType::Float)
{
    std::vector<double> numbers(static_cast<std::size_t>(elementCount(dims)));
    for (std::size_t n = 0; n < numbers.size(); ++n)
        numbers[n] = static_cast<double>(n);
    ModelBuilder model(1);
    model.dataType(type).input("x", {1});
    return model.node("Add", {"x", model.constant("w", dims, numbers)}, {"y"}).output();
}

// Of w, after it.
std::vector<long double> after(const ModelBuilder& model, const std::vector<EditStep>& steps)
{
    return numbersOf(findInitializer(assertEdits(model, steps).model, "w"));
}

// The elements of 0, 1, … that are 99 afterwards.
std::vector<int> set(const std::string& at)
{
    std::vector<int> places;
    const auto now = after(counting({3, 4}), {SetValues{"w", at, "99"}});
    for (std::size_t n = 0; n < now.size(); ++n) {
        if (now[n] == 99)
            places.push_back(static_cast<int>(n));
        else if (now[n] != static_cast<long double>(n))
            return {};
    }
    return places;
}

std::string written(DataType type, const char* text)
{
    const auto bytes = parsedElement(type, text);
    if (!bytes)
        return "none";
    Element element;
    const Elements read(TensorView("t", type, {1}, {std::make_shared<const std::vector<std::byte>>(*bytes)}));
    return read.read(0, {&element, 1}) ? pleat::text(type, element) : "unreadable";
}

} // namespace

class EditValuesTest final : public QObject {
    Q_OBJECT

private slots:
    // As numpy.arange(12).reshape(3, 4)[…] has them.
    void indicesAreThoseOfNumpy()
    {
        using Places = std::vector<int>;
        QCOMPARE(set("0,3"), (Places{3}));
        QCOMPARE(set("-1, -1"), (Places{11}));
        QCOMPARE(set(":,3"), (Places{3, 7, 11}));
        QCOMPARE(set("1"), (Places{4, 5, 6, 7}));
        QCOMPARE(set("1:,::2"), (Places{4, 6, 8, 10}));
        QCOMPARE(set("-2:9,1:3"), (Places{5, 6, 9, 10}));
        QCOMPARE(set(":-1,0:1"), (Places{0, 4}));
        QCOMPARE(set("").size(), std::size_t{12});
        for (const char* at : {"3,0", "0,0,0", "a", "0,", "1:1", "::0", "-4,0", "0:1:1:1"}) {
            const std::string why = refusalOf(counting({3, 4}).bytes(), {SetValues{"w", at, "1"}});
            QVERIFY2(why.find("has no element") != std::string::npos, (at + why).c_str());
        }
        QCOMPARE(after(counting({}), {SetValues{"w", "", "7"}}).front(), 7.0L);
    }

    // What text() writes reads as the same value, of every type.
    void valuesAreOfTheirType_data()
    {
        QTest::addColumn<int>("type");
        for (int type = 1; type <= static_cast<int>(DataType::Int2); ++type) {
            if (elementBits(static_cast<DataType>(type)) > 0)
                QTest::newRow(name(static_cast<DataType>(type)).c_str()) << type;
        }
    }

    void valuesAreOfTheirType()
    {
        QFETCH(const int, type);
        const auto of = static_cast<DataType>(type);
        const int bits = elementBits(of);
        const unsigned patterns = 1U << std::min(bits, 16), step = bits > 8 ? 331 : bits == 8 ? 7 : 1;
        for (unsigned pattern = 0; pattern < patterns; pattern += step) {
            auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>((bits + 7) / 8));
            for (std::size_t b = 0; b < std::min<std::size_t>(bytes->size(), 2); ++b)
                (*bytes)[bytes->size() - 1 - b] =
                    static_cast<std::byte>(pattern >> (bits > 8 ? 8 * (1 - b) : 0));
            if (of == DataType::Bool && pattern > 1)
                break;
            const Elements stored(TensorView("t", of, {1}, {bytes}));
            Element element;
            QVERIFY(stored.read(0, {&element, 1}));
            const std::string text = pleat::text(of, element);
            QCOMPARE(QString::fromStdString(written(of, text.c_str())), QString::fromStdString(text));
        }
    }

    void valuesThatAreNoneAreRefused()
    {
        for (const auto& [type, text] :
             std::vector<std::pair<DataType, const char*>>{{DataType::Int8, "128"},
                                                           {DataType::UInt8, "-1"},
                                                           {DataType::Int4, "8"},
                                                           {DataType::UInt4, "16"},
                                                           {DataType::Int64, "9223372036854775808"},
                                                           {DataType::Int32, "0.5"},
                                                           {DataType::Float16, "70000"},
                                                           {DataType::Float, "1e39"},
                                                           {DataType::Float, "two"},
                                                           {DataType::Float8E4M3FN, "500"},
                                                           {DataType::Float8E4M3FN, "inf"},
                                                           {DataType::Bool, "2"},
                                                           {DataType::Float, ""},
                                                           {DataType::Float, "1 2"}})
            QCOMPARE(written(type, text), std::string("none"));
        QCOMPARE(written(DataType::Float, "0.1"), std::string("0.1"));
        QCOMPARE(written(DataType::Float16, "0.1"), std::string("0.1"));
        QCOMPARE(written(DataType::BFloat16, "3.14159"), std::string("3.14"));
        QCOMPARE(written(DataType::UInt64, "18446744073709551615"), std::string("18446744073709551615"));
        QCOMPARE(written(DataType::Complex64, "1-2j"), std::string("1-2j"));
        const std::string why = refusalOf(counting({3}).bytes(), {SetValues{"w", "0", "two"}});
        QCOMPARE(why, std::string("w is of float, and \"two\" is no value of it."));
        QVERIFY(refusalOf(counting({3}).bytes(), {SetValues{"y", "0", "1"}}).find("is not stored") !=
                std::string::npos);
    }

    // A few values of a large tensor are kept beside it, the next ones with them.
    void largeTensorsAreNotCopied()
    {
        const Dims dims{256, 300};
        ModelBuilder model = counting(dims);
        auto wanted = numbersOf(findInitializer(model.proto(), "w"));
        for (std::size_t row = 0; row < 256; ++row)
            wanted[row * 300 + 7] = -1;
        wanted[5 * 300 + 7] = 0.5;
        wanted.back() = 2;
        const std::vector<EditStep> steps{SetValues{"w", ":,7", "-1"}, SetValues{"w", "5,7", "0.5"},
                                          SetValues{"w", "-1,-1", "2"}};
        QVERIFY(after(model, steps) == wanted);
        auto view = *viewOf(model.bytes());
        for (const EditStep& step : steps) {
            const auto made = applyEdit(step, view, {});
            QVERIFY(made && made->changed);
            view = GraphView::of(made->after);
            const Payload* const payload =
                view->initializer(view->find(ScopeIndex::Main, "w"))->tensor.payload();
            QVERIFY(payload && payload->isScaled()); // and no bytes of its own
            const auto& source = std::get<ByteSourcePointer>(std::get<Scaled>(payload->content)->base);
            QCOMPARE(source->size(), std::uint64_t{256 * 300 * 4});
        }
    }

    void attributesThatAreTensors()
    {
        const Folder folder;
        const auto scene = viewOf(counting({2, 2}).bytes());
        const auto file = folder.path("w.npz");
        QVERIFY(saveTensors(file, tensorsOf(**scene), *tensorFormat(file), {}));
        const ModelBuilder model = network([](ModelBuilder& m) {
            m.node("Constant", {}, {"k"}, {{"value", tensorProto("k", {1}, {2}, DataType::Float)}}, "k");
            m.node("Mul", {"c1_out", "k"}, {"scaled"});
        });
        const Edited made = assertEdits(model, {SetAttributeTensor{"k", "value", file.string(), ""}});
        const auto& value = made.model.graph().node(1).attribute(0).t();
        QVERIFY(numbersOf(&value) == (std::vector<long double>{0, 1, 2, 3}));
        QCOMPARE(value.dims_size(), 2);
        const std::string why =
            refusalOf(model.bytes(), {SetAttributeTensor{"c1_out", "strides", file.string(), ""}});
        QVERIFY2(why.find("that holds a tensor") != std::string::npos, why.c_str());
    }

    void attributesThatAreTensorsAreWritten()
    {
        const ModelBuilder model = network([](ModelBuilder& m) {
            m.node("Constant", {}, {"k"}, {{"value", tensorProto("k", {1}, {2}, DataType::Float)}}, "k");
            m.node("Mul", {"c1_out", "k"}, {"scaled"});
        });
        const auto valueAfter = [&](const char* numbers) {
            return assertEdits(model, {SetAttributeNumbers{"k", "value", numbers}})
                .model.graph()
                .node(1)
                .attribute(0)
                .t();
        };
        const onnx::TensorProto kept = valueAfter("0.5");
        QVERIFY(numbersOf(&kept) == (std::vector<long double>{0.5L}) && kept.dims_size() == 1);
        const onnx::TensorProto other = valueAfter("float[2x2]: 1, -2 3.5,nan");
        QCOMPARE(other.dims_size(), 2);
        QCOMPARE(numbersOf(&other)[2], 3.5L);
        QVERIFY(std::isnan(numbersOf(&other)[3]));
        QCOMPARE(numbersText(tensorView(other, nullptr)), std::string("float[2x2]: 1, -2, 3.5, nan"));
        const onnx::TensorProto scalar = valueAfter("float[]: 7");
        QCOMPARE(scalar.dims_size(), 0);
        const auto refused = [&](const char* attribute, const char* numbers, const char* says) {
            const std::string why = refusalOf(model.bytes(), {SetAttributeNumbers{"k", attribute, numbers}});
            QVERIFY2(why.find(says) != std::string::npos, why.c_str());
        };
        refused("value", "int8[1]: 300", "is no value of int8");
        refused("value", "float[2]: 1, 2, 3", "These are 3 numbers, and [2] has 2.");
        refused("value", "float[1000000]: 1", "from a file");
        refused("value", "float: 1", "must be a type and a shape");
        refused("value", "string[1]: a", "Strings");
        refused("nothing", "float[1]: 1", "that holds a tensor");
    }

    void tensorsGetOtherNumbers()
    {
        const std::string bytes = network().bytes();
        const auto before = numbersOf(findInitializer(network().proto(), "c1.weight"));
        const auto after = [&](const EditStep& step) {
            return numbersOf(findInitializer(assertEdits(bytes, {step}).model, "c1.weight"));
        };
        const auto filled = after(FillTensor{"c1.weight", 0.5});
        const auto scaled = after(ScaleTensor{"c1.weight", 3});
        const auto pruned = after(PruneTensor{"c1.weight", 0.1});
        QCOMPARE(filled.size(), before.size());
        for (std::size_t n = 0; n < before.size(); ++n) {
            QCOMPARE(filled[n], 0.5L);
            QCOMPARE(scaled[n], static_cast<long double>(static_cast<float>(3.0L * before[n])));
            QCOMPARE(pruned[n], std::abs(before[n]) < 0.1L ? 0.0L : before[n]);
        }
    }

    // Each number is the nearest of its type, as the tests round it.
    void tensorsAreStoredInAnotherType()
    {
        ModelBuilder model(3);
        model.input("x", {1, 2});
        model.node("Add", {"x", model.constant("c", {1, 2}, {0.1, -2.7})}, {"sum"});
        model.node("Mul", {"sum", model.constant("d", {1, 2}, {70000, 1e-9})}, {"y"}).output("y");
        const Edited made = assertEdits(model, {StoreTensorAs{"c", DataType::Float16}});
        const auto* stored = findInitializer(made.model, "c");
        QCOMPARE(stored->raw_data(), tensorProto("c", {1, 2}, {0.1, -2.7}, DataType::Float16).raw_data());
        QCOMPARE(countNodes(made.model, "Cast"), 1);
        QVERIFY(made.codes().empty());
        const Edited all = assertEdits(model, {StoreTensorAs{"", DataType::Float16}});
        QVERIFY(has(all.codes(), "overflow") && has(all.codes(), "underflow"));
        const Edited wide = assertEdits(model, {StoreTensorAs{"", DataType::BFloat16}});
        QVERIFY(wide.codes().empty());
        const std::string net = network().bytes();
        const Edited half = assertEdits(net, {StoreTensorAs{}});
        QVERIFY(half.after.size() < net.size());
        const double apart = largestRelativeDifference(outputsOf(net), outputsOf(half.after));
        QVERIFY2(apart > 0 && apart < 2e-3, std::to_string(apart).c_str());
    }

    // The numbers are those of 11 bits; casts stand where callers and operators want float.
    void aNetworkComputesInFloat16()
    {
        const ModelBuilder net = network([](ModelBuilder& m) { m.batchNorm("bn").relu(); });
        const Arrays before = outputsOf(net.bytes());
        const Edited made = assertEdits(net, {ComputeAs{}});
        QCOMPARE(countNodes(made.model, "Cast"), 2);
        QCOMPARE(made.model.graph().input(0).type().tensor_type().elem_type(), 1);
        QCOMPARE(made.model.graph().output(0).type().tensor_type().elem_type(), 1);
        for (const onnx::TensorProto& each : made.model.graph().initializer())
            QCOMPARE(each.data_type(), 10);
        const double apart = largestRelativeDifference(before, outputsOf(made.after));
        QVERIFY2(apart > 0 && apart < 5e-3, std::to_string(apart).c_str());

        const Edited ports = assertEdits(net, {ComputeAs{DataType::Float16, true, {}}});
        QCOMPARE(countNodes(ports.model, "Cast"), 0);
        QCOMPARE(ports.model.graph().input(0).type().tensor_type().elem_type(), 10);
        const auto outputs = outputsOf(ports.after);
        QVERIFY(outputs.size() == 1 && outputs.begin()->second.type == DataType::Float16);

        // Between two that are kept nothing is rounded.
        const Edited kept =
            assertEdits(net, {ComputeAs{DataType::Float16, false, {"BatchNormalization", "Relu"}}});
        QCOMPARE(countNodes(kept.model, "Cast"), 4);
        QVERIFY(has(kept.codes(), "kept-float"));
    }

    // Resize takes float for its scales, an older QuantizeLinear for all; bodies and constants follow.
    void whatTakesNoFloat16ComputesInFloat()
    {
        ModelBuilder model(3);
        model.opset(13).input("x", {1, 3, 8, 8}).conv("c1", {});
        model.node("Resize", {"c1_out", "", model.constant("scales", {4}, {1, 1, 2, 2})}, {"large"},
                   {{"mode", std::string("nearest")}}, "resize");
        const std::string step = model.constant("step", {}, {0.25}),
                          zero = model.constant("zero", {}, {0}, DataType::Int8);
        model.node("QuantizeLinear", {"large", step, zero}, {"q"})
            .node("DequantizeLinear", {"q", step, zero}, {"d"});
        model.constant("condition", {}, {1}, DataType::Bool);
        ModelBuilder yes, no;
        yes.node("Constant", {}, {"k"}, {{"value", tensorProto("k", {1}, {2}, DataType::Float)}});
        yes.node("Mul", {"d", "k"}, {"more"}).output("more");
        no.node("Identity", {"d"}, {"same"}).output("same");
        model.node("If", {"condition"}, {"either"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}},
                   "if");
        model.node("Cast", {"either"}, {"y"}, {{"to", 1}}).output("y");
        const auto made = edited(model.bytes(), {ComputeAs{}});
        QVERIFY2(made, made ? "" : made.error().c_str());
        const double apart = largestRelativeDifference(outputsOf(model.bytes()), outputsOf(made->after));
        QVERIFY2(apart < 0.1, std::to_string(apart).c_str()); // a step of the quantizer, where it tips over
        QCOMPARE(findInitializer(made->model, "scales")->data_type(), 1);
        QCOMPARE(findInitializer(made->model, "step")->data_type(), 1);
        QCOMPARE(findInitializer(made->model, "c1.weight")->data_type(), 10);
        std::string kept;
        for (const Finding& each : made->steps.front().findings)
            kept += each.message.text() + ".";
        QVERIFY2(kept.find("QuantizeLinear computes in float") != std::string::npos, kept.c_str());
        ModelBuilder loud = network();
        loud.constant("large", {1}, {1e6});
        loud.from("flat_out").node("Mul", {"flat_out", "large"}, {"loud"}).output();
        QVERIFY(has(edited(loud.bytes(), {ComputeAs{}})->codes(), "overflow"));
        QVERIFY(refusalOf(network().bytes(), {ComputeAs{DataType::Double, false, {}}})
                    .find("float16 or bfloat16") != std::string::npos);
    }

    // What ONNX Runtime loads is of one type wherever it has to be.
    void randomNetworksComputeInFloat16()
    {
        int ran = 0;
        const int graphs = fromEnvironment("PLEAT_COMPUTE_GRAPHS", 30);
        for (std::uint32_t seed = 1; seed <= static_cast<std::uint32_t>(graphs); ++seed) {
            const onnx::ModelProto proto = randomModel(seed);
            const std::string bytes = proto.SerializeAsString();
            const auto before = runInOnnxRuntime(bytes, randomInputs(proto, seed));
            const auto made = edited(bytes, {ComputeAs{DataType::Float16, seed % 2 == 0, {}}});
            if (!before || !made)
                continue;
            const auto found = runInOnnxRuntime(made->after, randomInputs(made->model, seed));
            QVERIFY2(found, (std::to_string(seed) + ": " + (found ? "" : found.error())).c_str());
            const double apart = largestRelativeDifference(*before, *found);
            QVERIFY2(apart < 0.05, (std::to_string(seed) + ": " + std::to_string(apart)).c_str());
            ++ran;
        }
        QVERIFY2(ran * 2 > graphs, std::to_string(ran).c_str());
    }

    void tensorsComeFromFiles()
    {
        const Folder folder;
        const std::string bytes = network().bytes();
        const auto scaled = viewOf(assertEdits(bytes, {ScaleTensor{"c1.weight", 2}}).after);
        const auto wanted =
            numbersOf(findInitializer(assertEdits(bytes, {ScaleTensor{"c1.weight", 2}}).model, "c1.weight"));
        for (const char* file : {"w.npz", "w.safetensors"}) {
            const auto path = folder.path(file);
            QVERIFY(saveTensors(path, tensorsOf(**scaled), *tensorFormat(path), {}));
            const Edited made = assertEdits(bytes, {ReplaceTensor{"c1.weight", path.string(), "", false}});
            QVERIFY(numbersOf(findInitializer(made.model, "c1.weight")) == wanted);
            const std::string why =
                refusalOf(bytes, {ReplaceTensor{"c1.weight", path.string(), "nobody", false}});
            QVERIFY2(why.find("has no array \"nobody\"; it has c1.weight") != std::string::npos, why.c_str());
        }
        const std::string why =
            refusalOf(bytes, {ReplaceTensor{"c1.weight", folder.path("w.npz").string(), "c2.weight", false}});
        QVERIFY2(why.find("has another shape") != std::string::npos, why.c_str());
        std::string broken = contents(folder.path("w.safetensors"));
        broken.resize(broken.size() / 2);
        folder.write("broken.safetensors", broken);
        QVERIFY(!edited(bytes,
                        {ReplaceTensor{"c1.weight", folder.path("broken.safetensors").string(), "", false}}));
    }
};

QTEST_APPLESS_MAIN(EditValuesTest)
#include "test_edit_values.moc"
