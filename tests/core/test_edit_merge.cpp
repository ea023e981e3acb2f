// SPDX-License-Identifier: GPL-3.0-or-later
// Another model is put into one: ONNX Runtime gives for the merged model, to the bit, what it gives for both
// in turn; what does not fit is refused with a sentence; data that lies outside stays there.
#include "core/io/Digest.h"
#include "core/model/ModelWriter.h"
#include "tests/core/support/EditChecks.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomGraph.h"
#include "tests/core/support/SmallModels.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// x → Conv c1 → Relu → features.
ModelBuilder first()
{
    ModelBuilder model(1);
    model.input("x", {1, 3, 8, 8}).conv("c1", {});
    return model.node("Relu", {"c1_out"}, {"features"}, {}, "relu").output();
}

// The same names, for other things.
ModelBuilder second(const std::string& input = "features", const std::string& output = "scores")
{
    ModelBuilder model(2);
    model.input(input, {1, 4, 6, 6}).conv("c1", {.in = 4}).then("GlobalAveragePool", "relu");
    return model.node("Flatten", {model.current()}, {output}, {}, "flat").output();
}

Arrays run(const std::string& model, const Arrays& inputs)
{
    const auto outputs = runInOnnxRuntime(model, inputs);
    if (!outputs)
        qWarning("%s", outputs.error().c_str());
    return outputs.value_or(Arrays());
}

Arrays inputsOf(const ModelBuilder& model)
{
    return randomInputs(model.proto(), 1);
}

// What both give, one after the other.
Arrays inTurn(const ModelBuilder& a, const ModelBuilder& b, const std::string& output,
              const std::string& input)
{
    return run(b.bytes(), {{input, run(a.bytes(), inputsOf(a))[output]}});
}

std::string write(const Folder& folder, const ModelBuilder& model, const std::string& name = "b.onnx")
{
    return folder.write(name, model.bytes()).string();
}

// Of the inputs that a caller has to give.
std::vector<std::string> namesOf(const onnx::ModelProto& model)
{
    std::vector<std::string> names;
    for (const onnx::ValueInfoProto& input : model.graph().input()) {
        if (!findInitializer(model, input.name()))
            names.push_back(input.name());
    }
    return names;
}

MergeModel merging(const std::string& file, std::vector<Join> joins = {}, const std::string& prefix = {})
{
    MergeModel step;
    step.file = file;
    step.joins = std::move(joins);
    step.prefix = prefix;
    return step;
}

} // namespace

class EditMergeTest final : public QObject {
    Q_OBJECT

private slots:
    void computesWhatBothDoInTurn()
    {
        const Folder folder;
        const Arrays wanted = inTurn(first(), second(), "features", "features");
        const Edited named = assertEdits(first(), {merging(write(folder, second()))});
        QCOMPARE(largestRelativeDifference(wanted, run(named.after, inputsOf(first()))), 0.0);
        QCOMPARE(named.model.graph().input_size(), 1);
        QCOMPARE(named.model.graph().output_size(), 1);
        QCOMPARE(named.model.graph().value_info(0).name(), std::string("features")); // as it was declared
        QVERIFY(has(named.codes(), "renamed"));                                      // c1_out of both
        QCOMPARE(countNodes(named.model, "Conv"), 2);

        const Edited chosen =
            assertEdits(first(), {merging(write(folder, second("in")), {{"features", "in"}}, "head/")});
        const Arrays found = run(chosen.after, inputsOf(first()));
        QCOMPARE(largestRelativeDifference({{"head/scores", wanted.at("scores")}}, found), 0.0);
        QVERIFY(chosen.codes().empty());
        QVERIFY(findNode(chosen.model, "head/c1") && findInitializer(chosen.model, "head/c1.weight"));

        // The only output and the only input; and a tensor that is no output, beside which the output stays.
        QVERIFY(edited(first().bytes(), {merging(write(folder, second("in")))}));
        const Edited inner = assertEdits(first(), {merging(write(folder, second("in")), {{"c1_out", "in"}})});
        QCOMPARE(inner.model.graph().output_size(), 2);
    }

    void standsBeside()
    {
        const Folder folder;
        MergeModel step = merging(write(folder, second("x", "features")));
        step.beside = true;
        const Edited made = assertEdits(first(), {step});
        Arrays inputs = inputsOf(first());
        inputs["x_1"] = inputsOf(second("x")).at("x");
        Arrays wanted = run(first().bytes(), inputsOf(first()));
        wanted["features_1"] = run(second("x").bytes(), inputsOf(second("x"))).at("scores");
        QCOMPARE(largestRelativeDifference(wanted, run(made.after, inputs)), 0.0);
        QVERIFY(has(made.codes(), "renamed"));
    }

    // Bodies read from outside; functions of the same name that are the same are there once, others get
    // another name, and so do their calls.
    void bringsBodiesAndFunctions()
    {
        const Folder folder;
        const auto model = [](const char* op, const char* input, const char* output) {
            ModelBuilder made(input[0] == 'x' ? 1 : 2);
            made.ir(8).input(input, {1, 4, 6, 6}).conv("c", {.in = 4, .pads = {1, 1, 1, 1}});
            made.constant("condition", {}, {1}, DataType::Bool);
            ModelBuilder yes, no, inner;
            yes.node("Neg", {"c_out"}, {"one"}).output("one");
            no.node("Abs", {"c_out"}, {"one"}).output("one");
            made.node("If", {"condition"}, {"either"},
                      {{"then_branch", yes.body()}, {"else_branch", no.body()}}, "if");
            inner.node(op, {"a"}, {"b"}, {}, "do");
            made.node("block", {"either"}, {output}, {}, "call", "local").output(output);
            return made.function(inner, "local", "block", {"a"}, {"b"});
        };
        const ModelBuilder a = model("Sigmoid", "x", "y");
        for (const char* op : {"Sigmoid", "Tanh"}) {
            const ModelBuilder b = model(op, "y", "z");
            const Edited made = assertEdits(a, {merging(write(folder, b))});
            const Arrays wanted = inTurn(a, b, "y", "y");
            QVERIFY(!wanted.empty());
            QCOMPARE(largestRelativeDifference(wanted, run(made.after, inputsOf(a))), 0.0);
            const bool isSame = std::string(op) == "Sigmoid";
            QCOMPARE(made.model.functions_size(), isSame ? 1 : 2);
            QCOMPARE(has(made.codes(), "function-renamed"), !isSame);
        }
        ModelBuilder custom(1);
        custom.input("y", {1, 4, 6, 6}).opset(1, "local");
        custom.node("block", {"y"}, {"z"}, {}, "call", "local").output();
        const std::string why = refusalOf(a.bytes(), {merging(write(folder, custom))});
        QVERIFY2(why.find("is a function of this model") != std::string::npos, why.c_str());
    }

    void bringsSparseInitializersAndWhatIsSaidOfThem()
    {
        const Folder folder;
        ModelBuilder b(2);
        b.input("features", {1, 4, 6, 6}).node("Add", {"features", "thin"}, {"sum"}).output("sum");
        auto& sparse = *b.graphProto().add_sparse_initializer();
        *sparse.mutable_values() = tensorProto("thin", {2}, {3, -4}, DataType::Float);
        *sparse.mutable_indices() = tensorProto("", {2}, {0, 5}, DataType::Int64);
        sparse.add_dims(6);
        onnx::ModelProto withOne = b.proto();
        setType(*withOne.mutable_graph()->add_value_info(), "thin", DataType::Float);
        auto& annotation = *withOne.mutable_graph()->add_quantization_annotation();
        annotation.set_tensor_name("thin");
        const std::string file = folder.write("s.onnx", withOne).string();
        const auto made = edited(first().bytes(), {merging(file, {}, "b/")});
        QVERIFY2(made, made ? "" : made.error().c_str());
        const auto& graph = made->model.graph();
        QCOMPARE(graph.sparse_initializer_size(), 1);
        QCOMPARE(graph.sparse_initializer(0).values().name(), std::string("b/thin"));
        QCOMPARE(graph.quantization_annotation(0).tensor_name(), std::string("b/thin"));
        QCOMPARE(std::ranges::count(graph.value_info(), "b/thin", &onnx::ValueInfoProto::name), 1);
        const Arrays between = run(first().bytes(), inputsOf(first()));
        const Arrays wanted = run(withOne.SerializeAsString(), between);
        QVERIFY(!wanted.empty());
        QCOMPARE(
            largestRelativeDifference({{"b/sum", wanted.at("sum")}}, run(made->after, inputsOf(first()))),
            0.0);
        // And such a tensor can be called otherwise.
        const auto renamed = edited(withOne.SerializeAsString(), {RenameTensor{"thin", "thick"}});
        QVERIFY2(renamed, renamed ? "" : renamed.error().c_str());
        QCOMPARE(renamed->model.graph().sparse_initializer(0).values().name(), std::string("thick"));
        QCOMPARE(largestRelativeDifference(wanted, run(renamed->after, between)), 0.0);
    }

    // Whatever is in them, with names in common: where ONNX Runtime runs both, it gives for the merged model
    // what it gives for each.
    void randomModelsStandBeside()
    {
        const Folder folder;
        int ran = 0;
        const int graphs = fromEnvironment("PLEAT_MERGE_GRAPHS", 24);
        for (std::uint32_t seed = 1; seed <= static_cast<std::uint32_t>(graphs); ++seed) {
            const onnx::ModelProto a = randomModel(seed);
            onnx::ModelProto b = randomModel(seed + 100);
            for (std::uint32_t other = 200; b.opset_import(0).version() != a.opset_import(0).version();
                 ++other)
                b = randomModel(seed + other);
            MergeModel step = merging(folder.write("b.onnx", b).string());
            step.beside = true;
            const std::string bytes = a.SerializeAsString();
            const auto made = edited(bytes, {step});
            if (!made) { // two versions of an operator set, for instance
                QVERIFY2(made.error().find(step.file) != std::string::npos, made.error().c_str());
                continue;
            }
            if (whatTheCheckerSays(a).empty() && whatTheCheckerSays(b).empty())
                QCOMPARE(QByteArray::fromStdString(whatTheCheckerSays(made->model)), QByteArray());
            const Arrays inputsOfA = randomInputs(a, seed), inputsOfB = randomInputs(b, seed);
            const auto wantedOfA = runInOnnxRuntime(bytes, inputsOfA),
                       wantedOfB = runInOnnxRuntime(b.SerializeAsString(), inputsOfB);
            if (!wantedOfA || !wantedOfB)
                continue;
            // Those of the second come behind those of the first, in their order.
            Arrays inputs = inputsOfA, wanted = *wantedOfA;
            const auto& graph = made->model.graph();
            const auto given = namesOf(b), all = namesOf(made->model);
            const std::size_t first = namesOf(a).size();
            QCOMPARE(all.size(), first + given.size());
            for (std::size_t i = 0; i < given.size(); ++i)
                inputs[all[first + i]] = inputsOfB.at(given[i]);
            for (int o = 0; o < b.graph().output_size(); ++o)
                wanted[graph.output(a.graph().output_size() + o).name()] =
                    wantedOfB->at(b.graph().output(o).name());
            QCOMPARE(largestRelativeDifference(wanted, run(made->after, inputs)), 0.0);
            ++ran;
        }
        QVERIFY2(ran >= 5, std::to_string(ran).c_str());
    }

    // Before IR 4 initializers are inputs that nobody can replace.
    void joinsOldAndNew()
    {
        const Folder folder;
        const Arrays wanted = inTurn(first(), second(), "features", "features");
        const auto old = [](ModelBuilder model) { return model.ir(3).listInitializersAsInputs(); };
        for (const bool isFirstOld : {false, true}) {
            for (const bool isSecondOld : {false, true}) {
                const Edited made =
                    assertEdits(isFirstOld ? old(first()) : first(),
                                {merging(write(folder, isSecondOld ? old(second()) : second()))});
                QCOMPARE(made.model.graph().input_size(), isFirstOld && isSecondOld ? 3 : 1);
                QCOMPARE(largestRelativeDifference(wanted, run(made.after, inputsOf(first()))), 0.0);
            }
        }
    }

    void metadataStays()
    {
        const Folder folder;
        const auto with = [](ModelBuilder model, const std::string& key, const std::string& value) {
            auto& entry = *model.modelProto().add_metadata_props();
            entry.set_key(key);
            entry.set_value(value);
            return model;
        };
        const std::string file = write(folder, with(with(second(), "author", "them"), "more", "1"));
        const Edited made = assertEdits(with(first(), "author", "us"), {merging(file)});
        QCOMPARE(made.model.metadata_props_size(), 2);
        QCOMPARE(made.model.metadata_props(0).value(), std::string("us"));
        QVERIFY(has(made.codes(), "metadata"));
    }

    void aRecipeKnowsWhichFileWasMeant()
    {
        const Folder folder;
        MergeModel step = merging(write(folder, second()));
        const std::string bytes = contents(step.file);
        step.bytes = bytes.size();
        step.sha256 = *sha256(std::as_bytes(std::span(bytes)));
        QVERIFY(!has(assertEdits(first(), {step}).codes(), "another-file"));
        step.sha256.front() = step.sha256.front() == '0' ? '1' : '0';
        QVERIFY(has(assertEdits(first(), {step}).codes(), "another-file"));
        step.bytes = 1;
        QVERIFY(has(assertEdits(first(), {step}).codes(), "another-file"));
    }

    void dataThatLiesOutsideStaysThere()
    {
        const Folder folder;
        NoProgress quiet;
        ModelBuilder a(1), b(2);
        a.input("x", {1, 16, 8, 8}).conv("c1", {.out = 32, .in = 16}).output();
        b.input("c1_out", {1, 32, 6, 6}).conv("c2", {.out = 32, .in = 32}).output();
        for (const auto& [model, name] : {std::pair{&a, "a.onnx"}, std::pair{&b, "b.onnx"}}) {
            const auto opened = openModel(folder.write("in.onnx", model->bytes()), quiet, {});
            QVERIFY(saveModel(opened->model, folder.path(name), quiet, {}, DataPlacement::External));
        }
        const auto opened = openModel(folder.path("a.onnx"), quiet, {});
        const auto made =
            applyEdit(merging(folder.path("b.onnx").string()), GraphView::of(opened->model), {});
        QVERIFY2(made, made ? "" : made.error().message.c_str());
        for (const Initializer& each : made->after.graph->initializers) {
            QVERIFY(each.tensor.payload() && each.tensor.payload()->isExternal());
            QVERIFY(std::holds_alternative<FileRange>(each.tensor.payload()->content));
        }
        QVERIFY(saveModel(made->after, folder.path("o.onnx"), quiet, {}));
        QVERIFY(!saveModel(made->after, folder.path("i.onnx"), quiet, {}, DataPlacement::Inline)
                     ->dataFile.has_filename());
        const Arrays wanted = inTurn(a, b, "c1_out", "c1_out");
        QCOMPARE(largestRelativeDifference(wanted, run(contents(folder.path("i.onnx")), inputsOf(a))), 0.0);
        const auto again = openModel(folder.path("o.onnx"), quiet, {});
        QVERIFY(saveModel(again->model, folder.path("i.onnx"), quiet, {}, DataPlacement::Inline));
        QCOMPARE(largestRelativeDifference(wanted, run(contents(folder.path("i.onnx")), inputsOf(a))), 0.0);
    }

    void refuses()
    {
        const Folder folder;
        const std::string file = write(folder, second()), other = write(folder, second("in"), "o.onnx");
        ModelBuilder wide(2), integers(2), older(2);
        wide.input("features", {1, 5, 6, 6}).conv("c1", {.in = 5});
        integers.input("features", {1, 4, 6, 6}, DataType::Int64).then("Cast", "cast", {}, {{"to", 1}});
        older.opset(11).input("features", {1, 4, 6, 6}).conv("c1", {.in = 4});
        ModelBuilder two = first().output("c1_out");
        const auto says = [&](const ModelBuilder& model, const MergeModel& step, const char* what) {
            const std::string why = refusalOf(model.bytes(), {step});
            QVERIFY2(why.find(what) != std::string::npos, why.c_str());
        };
        says(first(), merging(write(folder, wide, "w.onnx")),
             "features is float 1×4×6×6, and input features takes float 1×5×6×6.");
        says(first(), merging(write(folder, integers, "i.onnx")), "takes int64 1×4×6×6");
        says(first(), merging(write(folder, older, "v.onnx")), "convert the older one first");
        says(first(), merging(file, {{"features", "nobody"}}), "has no input \"nobody\"; it has features.");
        says(first(), merging(file, {{"nobody", "features"}}), "no tensor called \"nobody\"");
        const auto twice = applyEdit(merging(file, {{"features", "features"}, {"c1_out", "features"}}),
                                     *viewOf(first().bytes()), {});
        QVERIFY(!twice && twice.error().message.find("joined twice") != std::string::npos);
        says(two, merging(other), "say which tensor becomes which of its inputs (in)");
        says(first(), merging("/nowhere/b.onnx"), "/nowhere/b.onnx");
    }
};

QTEST_APPLESS_MAIN(EditMergeTest)
#include "test_edit_merge.moc"
