// SPDX-License-Identifier: GPL-3.0-or-later
// Constants that ONNX Runtime computes in a worker, and the declared shapes that ONNX infers there. This
// program is its own worker. The models are run before and after.
#include "core/prepare/WorkerEngine.h"
#include "core/recipe/Recipe.h"
#include "core/worker/Tasks.h"
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <cmath>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

using Codes = std::vector<std::string>;

const WorkerPlace here{.program = "/proc/self/exe"};

// Counts how often it is really asked.
class CountingEngine final : public pleat::Engine {
public:
    explicit CountingEngine(WorkerPlace place = here) : m_engine(workerEngine(std::move(place))) {}

    Result<std::vector<EvaluatedOutput>> evaluate(const std::string& model, std::size_t outputs,
                                                  std::uint64_t largest, Progress& progress,
                                                  const std::stop_token& stop) override
    {
        questions.insert(model);
        return m_engine->evaluate(model, outputs, largest, progress, stop);
    }
    Result<std::vector<ConvertedNode>> convert(const std::string& model, std::size_t nodes,
                                               std::int64_t opset, Progress& progress,
                                               const std::stop_token& stop) override
    {
        return m_engine->convert(model, nodes, opset, progress, stop);
    }
    InferredTypes infer(const Model& model, const std::stop_token& stop) override
    {
        return m_engine->infer(model, stop);
    }

    std::set<std::string> questions;

private:
    std::unique_ptr<pleat::Engine> m_engine;
};

PrepareExpectations with(pleat::Engine& engine, std::uint64_t largest = PrepareOptions().largestResult)
{
    PrepareExpectations expectations;
    expectations.engine = &engine;
    expectations.options.largestResult = largest;
    return expectations;
}

// CumSum and Einsum are nothing that Pleat computes itself.
ModelBuilder chain()
{
    ModelBuilder model;
    model.input("x", {"N", 4, 4});
    model.node("CumSum", {model.random("w", {4, 3}, -1, 1), model.constant("axis", {}, {0}, DataType::Int64)},
               {"sums"});
    model.node("Einsum", {"sums", model.random("w2", {3, 4}, -1, 1)}, {"product"},
               {{"equation", std::string("ij,jk->ik")}});
    return model.node("Add", {"x", "product"}, {"y"});
}

onnx::TensorProto strings(const std::string& name, const Dims& dims, const std::vector<std::string>& values)
{
    onnx::TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::STRING);
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
    for (const std::string& value : values)
        tensor.add_string_data(value);
    return tensor;
}

} // namespace

class TestPrepareRuntime final : public QObject {
    Q_OBJECT

private slots:
    void aChainIsComputedAtOnce()
    {
        CountingEngine engine;
        const auto files = assertPrepares(chain(), "fold-constants", 2, with(engine));
        QCOMPARE(files.model.graph().node_size(), 1);
        QCOMPARE(files.model.graph().initializer_size(), 1);
        QCOMPARE(files.model.graph().initializer(0).name(), std::string("product"));
        QCOMPARE(engine.questions.size(), std::size_t{1});
    }

    void withoutAnEngineItStays()
    {
        QCOMPARE(assertPrepares(chain(), "fold-constants", 0).codes(), (Codes{"unevaluated", "unevaluated"}));
        CountingEngine absent({.program = here.program, .onnxRuntime = "/nowhere"});
        const auto files = assertPrepares(chain(), "fold-constants", 0, with(absent));
        QCOMPARE(files.codes(), (Codes{"unevaluated", "unevaluated"}));
        QVERIFY(files.left.front().why.text().find("/nowhere") != std::string::npos);
        QCOMPARE(absent.questions.size(), std::size_t{1});
    }

    // A worker that ends without an answer, or is none, costs what it was asked for.
    void aCrashIsSaid()
    {
        for (const char* program : {"/bin/false", "/bin/true", "/nowhere"}) {
            CountingEngine engine({.program = program});
            const auto files = assertPrepares(chain(), "fold-constants", 0, with(engine));
            QCOMPARE(files.codes(), (Codes{"unevaluated", "unevaluated"}));
            QVERIFY(files.left.front().why.text().find("ONNX Runtime") != std::string::npos);
        }
    }

    void everyElementType()
    {
        for (const DataType type : {DataType::Float, DataType::Double, DataType::Int64, DataType::Int8}) {
            CountingEngine engine;
            ModelBuilder model;
            model.input("x", {2, 6}).constant("data", {6}, {3, 1, 2, 3, 0, 1}, type);
            model.node("Unique", {"data"}, {"sorted", "", "back"}, {{"sorted", 1}});
            model.node("GatherElements", {"data", "back"}, {"mixed"}, {{"axis", 0}});
            model.node("Cast", {"mixed"}, {"real"}, {{"to", 1}}).node("Mul", {"x", "real"}, {"y"});
            const auto files = assertPrepares(model, "fold-constants", 3, with(engine));
            QVERIFY2(files.model.graph().node_size() == 1, name(type).c_str());
        }
    }

    void bools()
    {
        CountingEngine engine;
        ModelBuilder model;
        model.input("x", {2, 3});
        model.node("IsInf", {model.constant("w", {3}, {1, INFINITY, -INFINITY})}, {"is"},
                   {{"detect_negative", 0}});
        model.node("Where", {"is", "x", model.constant("zero", {}, {0})}, {"y"});
        const auto files = assertPrepares(model, "fold-constants", 1, with(engine));
        QCOMPARE(countNodes(files.model, "IsInf"), 0);
        QCOMPARE(files.model.graph().initializer_size(), 2);
    }

    void halves()
    {
        CountingEngine engine;
        ModelBuilder model;
        model.dataType(DataType::Float16).opset(13).input("x", {2, 3});
        model.node("Softplus", {model.random("w", {3}, -2, 2)}, {"soft"}).node("Mul", {"x", "soft"}, {"y"});
        auto expectations = with(engine);
        expectations.tolerance = 1e-3; // ONNX Runtime computes neighbours in float, without rounding between
        const auto files = assertPrepares(model, "fold-constants", 1, expectations);
        QCOMPARE(countNodes(files.model, "Softplus"), 0);
        QCOMPARE(files.model.graph().initializer(0).data_type(), int{onnx::TensorProto::FLOAT16});
    }

    // Strings in, strings out, which data picks from.
    void strings()
    {
        CountingEngine engine;
        ModelBuilder model;
        model.opset(13).input("x", {2}, DataType::Int64);
        *model.graphProto().add_initializer() = ::strings("words", {3}, {"1.5", "", "-2.25"});
        *model.graphProto().add_initializer() = ::strings("more", {2}, {"inf", "7"});
        model.node("Concat", {"more", "words"}, {"same"}, {{"axis", 0}});
        model.node("Gather", {"same", "x"}, {"picked"});
        model.node("Cast", {"picked"}, {"number"}, {{"to", 1}});
        model.node("Gather", {"words", model.shapeConstant("ends", {0, 2})}, {"both"});
        model.node("Cast", {"both"}, {"real"}, {{"to", 1}});
        model.node("Max", {"number", "real"}, {"y"});
        const auto prepared = prepareThroughFiles(model.bytes(), {"fold-constants"}, {}, &engine);
        QVERIFY(prepared);
        QCOMPARE(countNodes(prepared->model, "Concat"), 0);
        const onnx::TensorProto* const same = findInitializer(prepared->model, "same");
        QVERIFY(same && same->data_type() == onnx::TensorProto::STRING);
        QCOMPARE(same->string_data_size(), 5);
        QCOMPARE(same->string_data(3), std::string());
        QCOMPARE(numbersOf(findInitializer(prepared->model, "real")),
                 (std::vector<long double>{1.5L, -2.25L}));
        Arrays inputs;
        inputs["x"] = {DataType::Int64, {2}, {1, 0}};
        const auto before = runInOnnxRuntime(prepared->before, inputs);
        const auto after = runInOnnxRuntime(prepared->after, inputs);
        QVERIFY2(before && after, before ? after.error().c_str() : before.error().c_str());
        QCOMPARE(largestRelativeDifference(*before, *after), 0.0);
    }

    void randomNumbersStay()
    {
        CountingEngine engine;
        for (const char* op : {"RandomNormal", "RandomUniform"}) {
            ModelBuilder model;
            model.input("x", {4}).node(op, {}, {"noise"}, {{"shape", Dims{4}}, {"seed", 1.0}});
            model.node("Mul", {"x", "noise"}, {"y"});
            const auto prepared = prepareThroughFiles(model.bytes(), {"fold-constants"}, {}, &engine);
            QVERIFY(prepared && prepared->done.empty() && prepared->left.empty());
        }
        for (const char* op :
             {"RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout"}) {
            ModelBuilder model;
            model.opset(15).input("x", {1, 4});
            model.node(op, {model.random("w", {1, 4}, 0, 1)}, {"noise"});
            model.node("Cast", {"noise"}, {"real"}, {{"to", 1}}).node("Sum", {"x", "real"}, {"y"});
            const auto prepared = prepareThroughFiles(model.bytes(), {"fold-constants"}, {}, &engine);
            QVERIFY(prepared);
            QCOMPARE(countNodes(prepared->model, op), 1);
        }
        QVERIFY(engine.questions.empty());
    }

    void whatIsQuantizedStays()
    {
        CountingEngine engine;
        ModelBuilder model;
        model.opset(13).input("x", {2, 3});
        model.node("DequantizeLinear",
                   {model.constant("w", {3}, {1, 2, 3}, DataType::Int8), model.constant("scale", {}, {0.5})},
                   {"real"});
        model.node("Mul", {"x", "real"}, {"y"});
        assertPrepares(model, "fold-constants", 0, with(engine));
        QVERIFY(engine.questions.empty());
    }

    // What is between is written where the end of a chain is too large; nothing beyond the limit is made.
    void theLimitIsKept()
    {
        const auto model = [] {
            ModelBuilder made;
            made.input("x", {"N", 1000});
            made.node("Softplus", {made.random("w", {1000}, -1, 1)}, {"soft"});
            made.node("Einsum", {"soft", "soft"}, {"product"}, {{"equation", std::string("i,j->ij")}});
            return made.node("MatMul", {"x", "product"}, {"y"});
        };
        CountingEngine engine;
        const auto files = assertPrepares(model(), "fold-constants", 1, with(engine, 1'000'000));
        QCOMPARE(files.codes(), Codes{"large-result"});
        QCOMPARE(countNodes(files.model, "Softplus"), 0);
        QCOMPARE(countNodes(files.model, "Einsum"), 1);
        const auto none = assertPrepares(model(), "fold-constants", 0, with(engine, 100));
        QCOMPARE(none.codes(), (Codes{"large-result", "large-result"}));
        // Within the limit, but larger than all that it is made of.
        const auto larger = assertPrepares(model(), "fold-constants", 1, with(engine));
        QCOMPARE(larger.codes(), Codes{"larger"});
    }

    // A node that cannot be computed does not cost the others.
    void whatFailsIsLeftAlone()
    {
        CountingEngine engine;
        ModelBuilder model;
        model.input("x", {4});
        model.node("CumSum",
                   {model.constant("w", {4}, {1, 2, 3, 4}), model.constant("axis", {}, {0}, DataType::Int64)},
                   {"sums"});
        model.node("Einsum", {"w", model.constant("v", {3}, {1, 2, 3})}, {"wrong"},
                   {{"equation", std::string("i,i->i")}});
        model.node("Softplus", {"wrong"}, {"soft"});
        model.node("Sum", {"x", "sums", "soft"}, {"y"}); // never run
        const auto prepared = prepareThroughFiles(model.bytes(), {"fold-constants"}, {}, &engine);
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        QCOMPARE(countNodes(prepared->model, "CumSum"), 0);
        QCOMPARE(prepared->codes(), (Codes{"unevaluated", "unevaluated"}));
        QVERIFY(prepared->left.front().why.text().find("ONNX Runtime says") != std::string::npos);
    }

    void bodiesAndFunctions()
    {
        CountingEngine engine;
        ModelBuilder model, yes, no;
        model.input("x", {4}).input("go", {}, DataType::Bool).random("outer", {4}, -1, 1);
        yes.node("Softplus", {"outer"}, {"soft"}).node("Add", {"soft", "x"}, {"y1"}).output("y1");
        no.node("Softplus", {no.random("inner", {4}, -1, 1)}, {"soft"})
            .node("Mul", {"soft", "x"}, {"n1"})
            .output("n1");
        model.node("If", {"go"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}}).output();
        const auto files = assertPrepares(model, "fold-constants", 2, with(engine));
        QCOMPARE(countNodes(files.model, "Softplus"), 0);
        QCOMPARE(engine.questions.size(), std::size_t{1});

        ModelBuilder inner(5);
        inner.weightsAsConstantNodes().from("a", 3);
        inner.node("Softplus", {inner.random("w", {3}, 1, 2)}, {"root"}).node("Mul", {"a", "root"}, {"y"});
        ModelBuilder caller;
        caller.ir(8).opset(15).opset(1, "local").input("x", {2, 3});
        caller.node("block", {"x"}, {"y"}, {}, "call", "local").output();
        setType(*caller.graphProto().mutable_output()->rbegin(), "y", DataType::Float);
        caller.function(inner, "local", "block", {"a"}, {"y"});
        QCOMPARE(countNodes(assertPrepares(caller, "fold-constants", 1, with(engine)).model, "Softplus"), 0);
    }

    void recipesDoTheSame()
    {
        const auto view = viewOf(chain().bytes());
        QVERIFY(view);
        const auto engine = workerEngine(here);
        NoProgress quiet;
        Recipe recipe;
        recipe.steps.emplace_back(PrepareStep{"fold-constants", {}});
        const auto replayed = replay(recipe, *view, OnRefusal::Stop, quiet, {}, engine.get());
        QVERIFY(replayed && replayed->complete());
        QCOMPARE(replayed->steps.front().changed, std::size_t{2});
        const auto prepared = prepareThroughFiles(chain().bytes(), {"fold-constants"}, {}, engine.get());
        QCOMPARE(*savedBytes(replayed->view->model()), prepared->after);
    }

    void isCancelled()
    {
        const auto view = viewOf(chain().bytes());
        const auto engine = workerEngine(here);
        std::stop_source stop;
        NoProgress progress;
        stop.request_stop();
        const auto prepared =
            prepare("fold-constants", Subject(*view), {}, progress, stop.get_token(), engine.get());
        QVERIFY(!prepared && prepared.error().code == ErrorCode::Cancelled);
    }

    void inferredShapesAreWritten()
    {
        CountingEngine engine;
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.out = 5, .in = 3}).batchNorm("bn1").relu();
        model.then("GlobalAveragePool");
        const auto files = assertPrepares(model, "write-shapes", 1, with(engine));
        std::map<std::string, std::vector<std::int64_t>> written;
        for (const onnx::ValueInfoProto& info : files.model.graph().value_info()) {
            for (const auto& dim : info.type().tensor_type().shape().dim())
                written[info.name()].push_back(dim.has_dim_value() ? dim.dim_value() : -1);
        }
        QCOMPARE(written.size(), std::size_t{3}); // all but the output
        QVERIFY((written["c1_out"] == std::vector<std::int64_t>{-1, 5, 6, 6}));
        QCOMPARE(files.model.graph().value_info(0).type().tensor_type().shape().dim(0).dim_param(),
                 std::string("N"));
        // Both ways at once never end.
        QVERIFY(!prepareThroughFiles(files.after, {"strip-shapes", "write-shapes"}, {}, &engine));
        // Without another process: an error that says so.
        QVERIFY(!prepareThroughFiles(files.after, {"write-shapes"}));
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    TestPrepareRuntime test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_prepare_runtime.moc"
