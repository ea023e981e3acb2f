// SPDX-License-Identifier: GPL-3.0-or-later
// Edits by hand, each written into a recipe, read again and applied: what they make is what ONNX's own
// classes, or ONNX Runtime, say it should be; what cannot be is refused with a sentence; the model before is
// saved byte for byte afterwards.
#include "core/edit/Problems.h"
#include "core/model/ModelWriter.h"
#include "core/recipe/Recipe.h"
#include "core/report/TensorFile.h"
#include "tests/core/support/EditChecks.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/SmallModels.h"

#include <QTest>
#include <cmath>
#include <google/protobuf/util/message_differencer.h>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::test;

namespace {

// Each string of a message that is this name is another one: what renaming is, in a model where nothing else
// is called so.
void replaceStrings(google::protobuf::Message& message, const std::string& from, const std::string& to)
{
    const auto& reflection = *message.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const auto* field : fields) {
        using Field = google::protobuf::FieldDescriptor;
        const int many = field->is_repeated() ? reflection.FieldSize(message, field) : 0;
        if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
            for (int i = 0; i < many; ++i)
                replaceStrings(*reflection.MutableRepeatedMessage(&message, field, i), from, to);
            if (!field->is_repeated())
                replaceStrings(*reflection.MutableMessage(&message, field), from, to);
        } else if (field->cpp_type() == Field::CPPTYPE_STRING && field->type() == Field::TYPE_STRING) {
            for (int i = 0; i < many; ++i) {
                if (reflection.GetRepeatedString(message, field, i) == from)
                    reflection.SetRepeatedString(&message, field, i, to);
            }
            if (!field->is_repeated() && reflection.GetString(message, field) == from)
                reflection.SetString(&message, field, to);
        }
    }
}

std::string differenceOf(const onnx::ModelProto& wanted, const onnx::ModelProto& found)
{
    std::string text;
    google::protobuf::util::MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&text);
    return differencer.Compare(wanted, found) ? "" : text;
}

// choosingModel() → function local::block, twice → y, described and annotated.
ModelBuilder scene()
{
    ModelBuilder model = choosingModel({"N", 3, 8, 8});
    model.ir(8);
    ModelBuilder inner;
    inner.node("Neg", {"a"}, {"middle"}, {}, "negate").node("Relu", {"middle"}, {"b"}, {}, "cap");
    model.node("block", {"either"}, {"once"}, {}, "call", "local");
    model.node("block", {"once"}, {"again"}, {}, "call2", "local");
    model.function(inner, "local", "block", {"a"}, {"b"});
    model.node("Relu", {"again"}, {"y"}, {}, "last").output("y");
    onnx::ValueInfoProto& info = *model.graphProto().add_value_info();
    test::setType(info, "id_out", DataType::Float);
    auto& shape = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.add_dim()->set_dim_param("N");
    shape.add_dim()->set_dim_value(4);
    shape.add_dim();
    shape.add_dim();
    onnx::TensorAnnotation& annotation = *model.graphProto().add_quantization_annotation();
    annotation.set_tensor_name("id_out");
    onnx::StringStringEntryProto& entry = *annotation.add_quant_parameter_tensor_names();
    entry.set_key("SCALE_TENSOR");
    entry.set_value("step");
    model.constant("step", {}, {0.5});
    return model;
}

} // namespace

class EditStepsTest final : public QObject {
    Q_OBJECT

private slots:
    void renamesWhateverKnowsTheTensor_data()
    {
        QTest::addColumn<QString>("id");
        for (const char* id : {"x", "y", "c1_out", "id_out", "c1.weight", "step", "condition", "either",
                               "if.then_branch:negated", "function local::block:a",
                               "function local::block:middle", "function local::block:b"})
            QTest::newRow(id) << QString(id);
    }

    void renamesWhateverKnowsTheTensor()
    {
        QFETCH(const QString, id);
        const std::string name = id.section(':', -1).toStdString();
        onnx::ModelProto wanted = scene().proto();
        replaceStrings(wanted, name, "renamed");
        const Edited made = assertEdits(scene(), {RenameTensor{id.toStdString(), "renamed"}});
        QCOMPARE(differenceOf(wanted, made.model), std::string());
        QCOMPARE(has(made.codes(), "function"), id.startsWith("function"));
        // And back: the model is what it was.
        const std::string back = id.section(':', 0, -2).toStdString();
        const Edited again =
            assertEdits(scene(), {RenameTensor{id.toStdString(), "renamed"},
                                  RenameTensor{back.empty() ? "renamed" : back + ":renamed", name}});
        QCOMPARE(differenceOf(scene().proto(), again.model), std::string());
    }

    void renamesInitializersThatAreInputs()
    {
        ModelBuilder model = scene().ir(3).listInitializersAsInputs();
        model.modelProto().clear_functions();
        onnx::ModelProto wanted = network().ir(3).listInitializersAsInputs().proto();
        replaceStrings(wanted, "c1.weight", "renamed");
        const Edited made =
            assertEdits(network().ir(3).listInitializersAsInputs(), {RenameTensor{"c1.weight", "renamed"}});
        QCOMPARE(differenceOf(wanted, made.model), std::string());
    }

    void renamesNodesAndSizes()
    {
        onnx::ModelProto wanted = scene().proto();
        replaceStrings(wanted, "c1", "first");
        replaceStrings(wanted, "inner", "deep");
        replaceStrings(wanted, "N", "batch");
        const Edited made =
            assertEdits(scene(), {RenameNode{"c1_out", "first"}, RenameNode{"if.then_branch:negated", "deep"},
                                  RenameSymbol{"N", "batch"}});
        QCOMPARE(differenceOf(wanted, made.model), std::string());
    }

    void saysWhatTheModelIs()
    {
        onnx::ModelProto wanted = network().proto();
        wanted.set_producer_name("us");
        wanted.set_doc_string("what it is");
        wanted.mutable_graph()->set_name("net");
        wanted.mutable_graph()->mutable_node(0)->set_doc_string("the first");
        auto& entry = *wanted.add_metadata_props();
        entry.set_key("author");
        entry.set_value("somebody");
        const Edited made = assertEdits(
            network(),
            {SetModelText{ModelText::ProducerName, "us"}, SetModelText{ModelText::Doc, "what it is"},
             SetModelText{ModelText::GraphName, "net"}, SetNodeDoc{"c1_out", "the first"},
             SetMetadata{"author", "somebody"}, SetMetadata{"gone", "x"}, SetMetadata{"gone", {}}});
        QCOMPARE(differenceOf(wanted, made.model), std::string());
        const Edited imports = assertEdits(network(), {SetOpset{"mine", 3}});
        QCOMPARE(imports.model.opset_import_size(), network().proto().opset_import_size() + 1);
        QVERIFY(
            has(assertEdits(network([](ModelBuilder& m) { m.opset(12).batchNorm("bn"); }), {SetOpset{"", 15}})
                    .codes(),
                "not-converted"));
    }

    void refuses_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<QString>("says");
        for (std::size_t r = 0; r < refusals().size(); ++r)
            QTest::newRow(refusals()[r].second) << static_cast<int>(r) << QString(refusals()[r].second);
    }

    void refuses()
    {
        QFETCH(const int, number);
        QFETCH(const QString, says);
        const std::string why =
            refusalOf(scene().bytes(), {refusals()[static_cast<std::size_t>(number)].first});
        QVERIFY2(QString::fromStdString(why).contains(says), why.c_str());
    }

    void bypassesWhatTypesAllow()
    {
        const auto with = [](const char* op) { return [op](ModelBuilder& m) { m.then(op, "middle"); }; };
        for (const char* op : {"Relu", "Dropout", "Sigmoid"}) {
            const Edited made = assertEdits(network(with(op)), {BypassNode{"middle_out"}});
            QCOMPARE(countNodes(made.model, op), 0);
            QCOMPARE(largestRelativeDifference(outputsOf(network().bytes()), outputsOf(made.after)), 0.0);
        }
        const Edited norm =
            assertEdits(network([](ModelBuilder& m) { m.batchNorm("bn"); }), {BypassNode{"bn_out"}});
        QCOMPARE(norm.model.graph().initializer_size(), 2); // its parameters go with it
        // The last one: the output keeps its name. One behind an input: something must make the output.
        const Edited last = assertEdits(network(), {BypassNode{"flat_out"}});
        QCOMPARE(last.model.graph().output(0).name(), std::string("flat_out"));
        QCOMPARE(last.model.graph().output(0).type().tensor_type().shape().dim_size(), 4);
        const Edited only =
            assertEdits(ModelBuilder().input("x", {2}).node("Relu", {"x"}, {"y"}), {BypassNode{"y"}});
        QCOMPARE(countNodes(only.model, "Identity"), 1);
    }

    void removesWithWhatOnlyFeeds()
    {
        ModelBuilder model = network();
        model.output().from("c1_out", 4).conv("side", {.in = 4}).then("Relu", "cap").output();
        const Edited one = assertEdits(model, {RemoveNode{"cap_out", false}});
        QVERIFY(findNode(one.model, "side"));
        const Edited all = assertEdits(model, {RemoveNode{"cap_out", true}});
        QVERIFY(!findNode(all.model, "side") && !findInitializer(all.model, "side.weight"));
        QVERIFY(findNode(all.model, "c1"));
        QVERIFY(has(all.codes(), "output-gone"));
        QCOMPARE(largestRelativeDifference(outputsOf(network().bytes()), outputsOf(all.after)), 0.0);
    }

    void insertsOnAnEdge()
    {
        const std::string plain = network().bytes();
        for (const char* op : {"Identity", "BatchNormalization"}) {
            const Edited made = assertEdits(plain, {InsertNode{"c1_out", "", op, {}}});
            QCOMPARE(countNodes(made.model, op), 1);
            QCOMPARE(largestRelativeDifference(outputsOf(plain), outputsOf(made.after)), 0.0);
        }
        const auto same = [&](const ModelBuilder& wanted, const InsertNode& step) {
            const Edited made = assertEdits(plain, {step});
            QCOMPARE(largestRelativeDifference(outputsOf(wanted.bytes()), outputsOf(made.after)), 0.0);
        };
        same(network([](ModelBuilder& m) { m.relu(); }), {"c1_out", "", "Relu", {}});
        same(network([](ModelBuilder& m) { m.relu(); }), {"c1_out", "c2_out", "Relu", {}});
        same(network([](ModelBuilder& m) {
                 m.then("Clip", "clip", {m.constant("low", {}, {-0.25}), m.constant("high", {}, {0.5})});
             }),
             {"c1_out", "", "Clip", {{"min", -0.25}, {"max", 0.5}}});
        same(network([](ModelBuilder& m) {
                 const std::string scale = m.constant("s", {}, {0.01}),
                                   zero = m.constant("z", {}, {3}, DataType::Int8);
                 m.then("QuantizeLinear", "q", {scale, zero}).then("DequantizeLinear", "d", {scale, zero});
             }),
             {"c1_out", "", "QuantizeDequantize", {{"scale", 0.01}, {"zero_point", std::int64_t{3}}}});
        same(network([](ModelBuilder& m) {
                 m.then("Transpose", "t", {}, {{"perm", Dims{0, 1, 3, 2}}});
             }),
             {"c1_out", "", "Transpose", {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}}});
        // At the end the output keeps its name, and says what it is now.
        const Edited cast =
            assertEdits(plain, {InsertNode{"flat_out", "", "Cast", {{"to", std::int64_t{10}}}}});
        QCOMPARE(cast.model.graph().output(0).name(), std::string("flat_out"));
        QCOMPARE(cast.model.graph().output(0).type().tensor_type().elem_type(), 10);
        QVERIFY(has(cast.codes(), "output-changed"));
        // Behind an input, before all that reads it, also in bodies.
        const Edited early = assertEdits(scene(), {InsertNode{"id_out", "", "Relu", {}}});
        QCOMPARE(countNodes(early.model, "Relu"), 3);
        assertEdits(network(), {InsertNode{"x", "", "Relu", {}}});
    }

    void aCopyCanTakeThePlaceOfItsOriginal()
    {
        const Edited made =
            assertEdits(network(), {DuplicateNode{"c1_out"}, RenameTensor{"c1_out_1", "copy"},
                                    ConnectInput{"c2_out", 0, "copy"}, RemoveNode{"c1_out", false}});
        QCOMPARE(countNodes(made.model, "Conv"), 2);
        QCOMPARE(largestRelativeDifference(outputsOf(network().bytes()), outputsOf(made.after)), 0.0);
    }

    // Names within its graphs are its own: the copy has the same.
    void aCopyHasTheGraphsToo()
    {
        const Edited made =
            assertEdits(scene(), {DuplicateNode{"either"}, ConnectInput{"once", 0, "either_1"},
                                  RemoveNode{"either", false}});
        onnx::ModelProto wanted = scene().proto();
        replaceStrings(wanted, "either", "either_1");
        replaceStrings(wanted, "if", "if_1");
        // What an If makes has no shape that follows.
        *wanted.mutable_graph()->mutable_output() = made.model.graph().output();
        QCOMPARE(differenceOf(wanted, made.model), std::string());
    }

    // The lists of the operators' pages.
    void textsAreThoseOfTheOperator()
    {
        const auto with = [](const char* op, std::int64_t opset, const std::vector<std::string>& more = {}) {
            return network([=](ModelBuilder& m) { m.opset(opset).then(op, "middle", more); });
        };
        const auto says = [](const ModelBuilder& model, const char* name, const char* value) {
            const auto made = edited(model.bytes(), {SetAttribute{"middle_out", name, std::string(value)}});
            return made ? std::string() : made.error();
        };
        const ModelBuilder resize = with("Resize", 13, {"", "c1.weight"});
        QCOMPARE(says(resize, "mode", "area"),
                 std::string("Attribute \"mode\" of Resize must be one of nearest, linear, cubic."));
        QCOMPARE(says(resize, "mode", "cubic"), std::string());
        QVERIFY(!says(resize, "nearest_mode", "round").empty());
        QVERIFY(!says(resize, "coordinate_transformation_mode", "tf_half_pixel_for_nn").empty());
        QVERIFY(says(with("Resize", 11, {"", "c1.weight"}), "coordinate_transformation_mode",
                     "tf_half_pixel_for_nn")
                    .empty());
        QVERIFY(!says(with("Pad", 13), "mode", "wrap").empty());
        QVERIFY(says(with("Pad", 13), "mode", "edge").empty());
        QVERIFY(!says(with("LSTM", 14), "direction", "backward").empty());
        QVERIFY(!says(with("GridSample", 16), "mode", "cubic").empty());
        QVERIFY(!says(with("DepthToSpace", 13), "mode", "dcr").empty());
    }

    // A node that reads what stands behind it moves.
    void nodesStandBehindWhatTheyRead()
    {
        ModelBuilder model = network();
        model.output().from("x", 3).conv("side", {}).output();
        const Edited made = assertEdits(model, {ConnectInput{"c2_out", 0, "side_out"}});
        QVERIFY(outputsOf(made.after).contains("side_out"));
    }

    void addsNodes()
    {
        const Edited made =
            assertEdits(network(), {AddNode{"Add", "", {"c1_out", "c1_out"}, {"twice"}, "adder", {}},
                                    ConnectInput{"c2_out", 0, "twice"}});
        const ModelBuilder wanted = network([](ModelBuilder& m) {
            m.node("Add", {"c1_out", "c1_out"}, {"twice"});
        });
        QCOMPARE(largestRelativeDifference(outputsOf(wanted.bytes()), outputsOf(made.after)), 0.0);
    }

    void setsAttributesByTheirSchema()
    {
        const Edited made =
            assertEdits(network(), {SetAttribute{"c1_out", "strides", std::vector<std::int64_t>{2, 2}}});
        ModelBuilder wanted(3);
        wanted.input("x", {1, 3, 8, 8}).conv("c1", {.strides = {2, 2}});
        QVERIFY(outputsOf(made.after).size() == 1);
        const auto removed = assertEdits(made.after, {RemoveAttribute{"c1_out", "strides"}});
        QCOMPARE(largestRelativeDifference(outputsOf(network().bytes()), outputsOf(removed.after)), 0.0);
        // An integer stands for a number.
        const ModelBuilder leaky = network([](ModelBuilder& m) { m.then("LeakyRelu", "leaky"); });
        const Edited slope = assertEdits(leaky, {SetAttribute{"leaky_out", "alpha", std::int64_t{1}}});
        QCOMPARE(largestRelativeDifference(outputsOf(network().bytes()), outputsOf(slope.after)), 0.0);
        // An operator that the library does not know has what it is said to have, of the type that it has.
        ModelBuilder foreign = network([](ModelBuilder& m) {
            m.opset(1, "mine").node("Odd", {"c1_out"}, {"odd_out"}, {{"level", 1}}, "odd", "mine");
        });
        QVERIFY(edited(foreign.bytes(), {SetAttribute{"odd_out", "new", std::string("a")}}));
        QVERIFY(!edited(foreign.bytes(), {SetAttribute{"odd_out", "level", std::string("a")}}));
        // A newer set of operators may have more than the library knows.
        onnx::ModelProto newer = network().proto();
        newer.mutable_opset_import(0)->set_version(40);
        QVERIFY(edited(newer.SerializeAsString(), {SetAttribute{"c1_out", "fresh", std::int64_t{1}}}));
    }

    void replacesOperators()
    {
        const ModelBuilder model = network([](ModelBuilder& m) {
            m.then("LeakyRelu", "act", {}, {{"alpha", 0.5}});
        });
        const Edited made = assertEdits(model, {ReplaceOperator{"act_out", "Relu", ""}});
        const ModelBuilder wanted = network([](ModelBuilder& m) { m.relu(); });
        QCOMPARE(largestRelativeDifference(outputsOf(wanted.bytes()), outputsOf(made.after)), 0.0);
        QVERIFY(has(made.codes(), "attribute-gone"));
    }

    // What an output gives is what the model cut behind it gives.
    void anyTensorBecomesAnOutput()
    {
        const std::string bytes = network([](ModelBuilder& m) { m.batchNorm("bn").relu(); }).bytes();
        const Arrays before = outputsOf(bytes);
        for (const char* tensor : {"c1_out", "bn_out", "c2_out", "pool_out", "x", "c1.weight"}) {
            const Edited made = assertEdits(bytes, {AddOutput{tensor}});
            Arrays outputs = outputsOf(made.after);
            QCOMPARE(outputs.size(), std::size_t{2});
            QVERIFY(outputs.contains(tensor));
            const Edited cut = assertEdits(bytes, {CutOut{{}, {tensor}}});
            if (std::string(tensor) != "c1.weight")
                QCOMPARE(largestRelativeDifference({{tensor, outputs[tensor]}}, outputsOf(cut.after)), 0.0);
            outputs.erase(tensor);
            QCOMPARE(largestRelativeDifference(before, outputs), 0.0);
            const Edited without = assertEdits(made.after, {RemoveOutput{tensor}});
            QCOMPARE(without.model.graph().output_size(), 1);
        }
    }

    void aCutModelGoesOnWhereTheOtherEnds()
    {
        const ModelBuilder model = network([](ModelBuilder& m) { m.batchNorm("bn").relu(); });
        onnx::ModelProto proto = model.proto();
        const Edited head = assertEdits(model, {CutOut{{}, {"bn_out"}}});
        const Edited tail = assertEdits(model, {CutOut{{"bn_out"}, {}}});
        QVERIFY(!findInitializer(head.model, "c2.weight") && !findInitializer(tail.model, "c1.weight"));
        QCOMPARE(tail.model.graph().input_size(), 1);
        const Arrays between = outputsOf(head.after);
        const auto end = runInOnnxRuntime(tail.after, between);
        QVERIFY(end);
        QCOMPARE(largestRelativeDifference(outputsOf(model.bytes()), *end), 0.0);
        const Edited middle = assertEdits(model, {CutOut{{"c1_out"}, {"c2_out"}}});
        QCOMPARE(countNodes(middle.model, "Conv"), 1);
        // What bodies read from outside is needed as well. Nobody here knows the shape of what an If makes.
        const auto body = edited(scene().bytes(), {CutOut{{"c1_out"}, {"either"}}});
        QVERIFY(body && has(body->codes(), "shape-unknown"));
        QCOMPARE(body->model.graph().node_size(), 2);
    }

    void theBatchIsFixedAndFreed()
    {
        const std::string bytes = network([](ModelBuilder& m) { m.relu(); }).bytes();
        const Edited freed = assertEdits(bytes, {SetBatch{{-1, "N"}}});
        for (const auto* port : {&freed.model.graph().input(0), &freed.model.graph().output(0)})
            QCOMPARE(port->type().tensor_type().shape().dim(0).dim_param(), std::string("N"));
        const Arrays three = outputsOf(freed.after, 1, {{"N", 3}});
        QCOMPARE(three.begin()->second.dims.front(), std::int64_t{3});
        const Edited renamed = assertEdits(freed.after, {SetBatch{{-1, "K"}}});
        QCOMPARE(renamed.model.graph().output(0).type().tensor_type().shape().dim(0).dim_param(),
                 std::string("K"));
        const Edited fixed = assertEdits(freed.after, {SetBatch{{3, ""}}});
        QCOMPARE(fixed.model.graph().output(0).type().tensor_type().shape().dim(0).dim_value(),
                 std::int64_t{3});
        QCOMPARE(largestRelativeDifference(three, outputsOf(fixed.after)), 0.0);
        const Edited wide = assertEdits(
            bytes, {SetInput{"x", std::vector<Dimension>{{2, ""}, {3, ""}, {16, ""}, {-1, "W"}}}});
        QCOMPARE(outputsOf(wide.after, 1, {{"W", 12}}).begin()->second.dims.front(), std::int64_t{2});
        QCOMPARE(wide.model.graph().output(0).type().tensor_type().shape().dim(0).dim_value(),
                 std::int64_t{2});
    }

    void aPartIsCutOutAroundItsNodes()
    {
        const std::string bytes = network().bytes();
        const auto view = *viewOf(bytes);
        const auto nodeOf = [&](const char* made) {
            return view->producer(view->find(ScopeIndex::Main, made));
        };
        const CutOut cut = cutAround(*view, {nodeOf("c2_out"), nodeOf("pool_out")});
        QCOMPARE(cut.from, std::vector<std::string>{"c1_out"});
        QCOMPARE(cut.to, std::vector<std::string>{"pool_out"});
        // What it computes is what the whole network computes there.
        const Edited part = assertEdits(bytes, {AddOutput{"c1_out"}, AddOutput{"pool_out"}});
        const Arrays all = outputsOf(part.after);
        const Edited alone = assertEdits(bytes, {EditStep(cut)});
        QCOMPARE(alone.model.graph().node_size(), 2);
        const Arrays again =
            runInOnnxRuntime(alone.after, Arrays{{"c1_out", all.at("c1_out")}}).value_or(Arrays());
        QCOMPARE(largestRelativeDifference({{"pool_out", all.at("pool_out")}}, again), 0.0);
    }

    void anOutputIsDeclaredOtherwise()
    {
        const std::string bytes = network().bytes();
        const Edited named = assertEdits(bytes, {SetOutput{"flat_out", {{-1, "N"}, {-1, ""}}}});
        const auto& shape = named.model.graph().output(0).type().tensor_type().shape();
        QCOMPARE(shape.dim(0).dim_param(), std::string("N"));
        QVERIFY(!shape.dim(1).has_dim_value() && !shape.dim(1).has_dim_param());
        QCOMPARE(largestRelativeDifference(outputsOf(bytes), outputsOf(named.after)), 0.0);
        const auto view = *viewOf(bytes);
        const auto wrong = applyEdit(SetOutput{"flat_out", {{7, ""}, {7, ""}, {7, ""}}}, view, {});
        QCOMPARE(newProblems(*view, *GraphView::of(wrong->after)).size(), std::size_t{1});
        const auto nobody = applyEdit(SetOutput{"nobody", {}}, view, {});
        QCOMPARE(nobody.error().message, std::string("The model has no output called \"nobody\"."));
    }

    // It is on the way to another model, so it is said and not refused.
    void whatDoesNotFitIsSaid()
    {
        const std::string bytes = network().bytes();
        QVERIFY(problemsOf(**viewOf(bytes)).empty() && problemsOf(**viewOf(scene().bytes())).empty());
        const auto problems = [&](const std::vector<EditStep>& steps) {
            const auto view = *viewOf(bytes);
            auto now = view;
            for (const EditStep& step : steps)
                now = GraphView::of(applyEdit(step, now, {})->after);
            std::string text;
            for (const Finding& each : newProblems(*view, *now))
                text += each.message.text() + "\n";
            return text;
        };
        QCOMPARE(problems({AddOutput{"c1_out"}}), std::string());
        QCOMPARE(problems({SetBatch{{-1, "N"}}}), std::string());
        QCOMPARE(problems({SetInput{"x", {}, DataType::Float16}}),
                 std::string("Conv c1 reads x of float16 and c1.weight of float, which must be of one type; "
                             "what follows from it does not fit in 1 more place\n"));
        QCOMPARE(problems({SetInput{"x", {}, DataType::Int64}}).substr(0, 52),
                 std::string("Conv c1 reads x. Conv takes no int64 for its input X"));
        // Behind a Cast all is as it was: what does not fit there has another cause.
        const auto cast = [](const char* tensor, DataType type) {
            return InsertNode{tensor, "", "Cast", {{"to", static_cast<std::int64_t>(type)}}};
        };
        const std::string twice = problems({cast("x", DataType::Float16), cast("c1_out", DataType::Float)});
        QCOMPARE(std::ranges::count(twice, '\n'), 1);
        QVERIFY2(twice.ends_with("which must be of one type\n"), twice.c_str());
        const std::string both = problems({cast("x", DataType::Float16), cast("c1_out", DataType::Double)});
        QCOMPARE(std::ranges::count(both, '\n'), 2);
    }

    // Weights that lie outside stay there, and nobody reads them.
    void externalDataIsNotLoaded()
    {
        const Folder folder;
        NoProgress quiet;
        ModelBuilder large(3);
        large.input("x", {1, 16, 8, 8}).conv("c1", {.out = 32, .in = 16}).conv("c2", {.out = 32, .in = 32});
        const auto opened = openModel(folder.write("m.onnx", large.bytes()), quiet, {});
        QVERIFY(opened);
        QVERIFY(saveModel(opened->model, folder.path("e.onnx"), quiet, {}, DataPlacement::External));
        const auto outside = openModel(folder.path("e.onnx"), quiet, {});
        QVERIFY(outside);
        const auto view = GraphView::of(outside->model);
        for (const EditStep& step : std::vector<EditStep>{RenameTensor{"c1.weight", "w"}, AddOutput{"c1_out"},
                                                          SetBatch{{-1, "N"}}, CutOut{{}, {"c2_out"}}}) {
            const auto made = applyEdit(step, view, {});
            QVERIFY(made);
            for (const Initializer& each : made->after.graph->initializers)
                QVERIFY(each.tensor.payload() && each.tensor.payload()->isExternal());
            QVERIFY(saveModel(made->after, folder.path("o.onnx"), quiet, {}));
        }
    }

    // What onnx-modifier's users complained of: its issues 32 (a model that is saved loses its outputs), 58
    // (an output is added to a large model, and nothing comes of it), 82 (a Cast before the first layer is
    // deleted, and inputs and outputs are lost) and 114 (a ScatterND is cut off, and its result an input).
    void onnxModifiersComplaintsAreNone()
    {
        const ModelBuilder model = network();
        QVERIFY(assertEdits(model, {AddOutput{"flat_out"}}).after == model.bytes());

        const Edited more = assertEdits(model, {AddOutput{"c1_out"}, AddOutput{"pool_out"}});
        QCOMPARE(outputsOf(more.after).size(), std::size_t{3});

        ModelBuilder cast(3);
        cast.input("image", {1, 3, 8, 8}).then("Cast", "cast", {}, {{"to", 1}});
        cast.conv("c1", {}).then("GlobalAveragePool", "pool");
        const Edited without = assertEdits(cast, {BypassNode{"cast_out"}});
        QCOMPARE(without.model.graph().input(0).name(), std::string("image"));
        QCOMPARE(without.model.graph().output(0).name(), std::string("pool_out"));
        QCOMPARE(without.model.graph().node_size(), 2);
        QCOMPARE(largestRelativeDifference(outputsOf(cast.bytes()), outputsOf(without.after)), 0.0);

        ModelBuilder scatter(3);
        scatter.input("x", {4, 4}).input("places", {2, 1}, DataType::Int64).input("rows", {2, 4});
        scatter.node("ScatterND", {"x", "places", "rows"}, {"scattered"}, {}, "scatter");
        scatter.node("Relu", {"scattered"}, {"y"}).output("y");
        setType(*scatter.graphProto().add_value_info(), "scattered", DataType::Float);
        auto& shape = *scatter.graphProto()
                           .mutable_value_info(0)
                           ->mutable_type()
                           ->mutable_tensor_type()
                           ->mutable_shape();
        shape.add_dim()->set_dim_value(4);
        shape.add_dim()->set_dim_value(4);
        const Edited apart = assertEdits(scatter, {CutOut{{"scattered"}, {}}});
        QCOMPARE(apart.model.graph().node_size(), 1);
        QCOMPARE(apart.model.graph().input_size(), 1);
        QCOMPARE(outputsOf(apart.after).size(), std::size_t{1});
    }

private:
    static const std::vector<std::pair<EditStep, const char*>>& refusals()
    {
        static const std::vector<std::pair<EditStep, const char*>> all{
            {RenameTensor{"nobody", "z"}, "The model has no tensor called \"nobody\"."},
            {RenameTensor{"c1_out", "y"}, "The name \"y\" is taken: it is what Relu last makes."},
            {RenameTensor{"c1_out", "x"}, "The name \"x\" is taken: it is an input."},
            {RenameTensor{"c1_out", ""}, "is to have no name"},
            {RenameTensor{"c1_out", "negated"}, "The name \"negated\" is taken: it is what Neg inner makes."},
            {RenameNode{"c1_out", "last"}, "The name \"last\" is taken by the Relu that makes y."},
            {RenameNode{"x", "z"}, "No node of the model makes a tensor called \"x\"."},
            {RenameSymbol{"M", "z"}, "No size of the model is called \"M\"."},
            {SetMetadata{"nothing", {}}, "The metadata has no key \"nothing\"."},
            {SetOpset{"nobody", {}}, "The model does not import nobody."},
            {SetOpset{"", {}}, "is an operator of ai.onnx, which is not imported after the edit"},
            {RemoveNode{"c1_out", false}, "Identity id reads c1_out, which Conv c1 makes"},
            {RemoveNode{"y", false}, "Relu last makes the only output of the model"},
            {RemoveNode{"if.then_branch:negated", false}, "which the graph around it needs"},
            {ConnectInput{"c1_out", 0, "y"}, "cycle"},
            {ConnectInput{"y", 0, "condition"}, "Relu takes no bool for its input X."},
            {ConnectInput{"y", 0, "if.then_branch:negated"}, "is in another graph"},
            {ConnectInput{"y", 1, "x"}, "Relu has 1 inputs at most"},
            {ConnectInput{"c1_out", 0, ""}, "needs its input 0"},
            {InsertNode{"c1_out", "y", "Relu", {}}, "Relu last does not read c1_out."},
            {InsertNode{"c1_out", "", "Nonsense", {}}, "ONNX has no operator Nonsense"},
            {InsertNode{"c1_out", "", "Cast", {}}, "Cast needs an attribute \"to\"."},
            {InsertNode{"condition", "", "Relu", {}}, "Relu takes no bool"},
            {AddNode{"Add", "", {"x"}, {"z"}, "", {}}, "Add takes 2 inputs, and is to have 1."},
            {AddNode{"Relu", "", {"x"}, {"y"}, "", {}}, "The name \"y\" is taken."},
            {SetAttribute{"c1_out", "stride", std::vector<std::int64_t>{1, 1}},
             "Conv has no attribute \"stride\"; it has"},
            {SetAttribute{"c1_out", "strides", std::string("two")},
             "Attribute \"strides\" of Conv must be a list of integers, and is to be a text."},
            {SetAttribute{"c1_out", "auto_pad", std::string("SAME")}, "must be one of NOTSET"},
            {RemoveAttribute{"c1_out", "auto_pad"}, "Conv c1 has no attribute \"auto_pad\"."},
            {RemoveAttribute{"either", "then_branch"}, "is a graph"},
            {ReplaceOperator{"y", "Add", ""}, "Add takes 2 inputs, and the node has 1."},
            {AddOutput{"if.then_branch:negated"}, "is inside another graph"},
            {RemoveOutput{"y"}, "is the only output"},
            {RemoveOutput{"c1_out"}, "is no output of the model"},
            {CutOut{{}, {}}, "needs a tensor at which to cut"},
            {CutOut{{"y"}, {"c1_out"}}, "Nothing that is left would read y."},
            {CutOut{{"c1.weight"}, {}}, "is a constant"},
            {SetInput{"nobody", {}, DataType::Float}, "no input called \"nobody\""},
            {SetInput{"x", std::vector<Dimension>{{1, ""}}}, "Input x has 4 axes, and is to have 1."},
            {SetBatch{{0, ""}}, "must be 1 or more"},
            {FillTensor{"c1_out", 1}, "c1_out is not stored in the model"},
            {FillTensor{"condition", 1}, "which cannot be 1"},
            {ReplaceOperator{"c1_out", "Concat", ""}, "Concat needs an attribute \"axis\""},
            {ReplaceOperator{"c1_out", "Nobody", ""}, "ONNX has no operator Nobody"},
            {ScaleTensor{"condition", 2}, "condition is of bool; this is for floats."},
            {StoreTensorAs{"c1.weight", DataType::Int8}, "not as int8"},
            {ReplaceTensor{"c1.weight", "/nowhere/w.npy", "", false}, "/nowhere/w.npy"},
        };
        return all;
    }
};

QTEST_APPLESS_MAIN(EditStepsTest)
#include "test_edit_steps.moc"
