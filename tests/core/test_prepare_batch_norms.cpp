// SPDX-License-Identifier: GPL-3.0-or-later
// Batch norms that exporters write in single steps are put back together, and fold then.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>

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

const PrepareExpectations nearly = within(5e-6); // rounded at other places

enum class Root { Divided, Reciprocal, OneOver, Power, Factor, Quotient };

// How a batch norm behind the current value is written: (x − μ)/√(σ² + ε)·γ + β.
struct Written {
    Root root = Root::Divided;
    Dims dims = {4, 1, 1}; // of each constant
    bool reshaped = false; // from a vector
    bool scaled = true, shifted = true;
    std::optional<double> epsilon = 1e-5;
    bool epsilonFirst = false;
    double meanAt = 0; // μ lies around it
    double lowestVariance = 0.5;
};

class Steps final {
public:
    Steps(ModelBuilder& model, Written how) : m_model(model), m_how(std::move(how)) {}

    void write()
    {
        m_model.node("Sub", {m_model.current(), parameter("mean", m_how.meanAt - 0.5, m_how.meanAt + 0.5)},
                     {"d"});
        const std::string root = rootOfVariance();
        switch (m_how.root) {
        case Root::Divided:
            m_model.node("Div", {"d", root}, {"normal"});
            break;
        case Root::Power:
        case Root::Reciprocal:
        case Root::OneOver:
            m_model.node("Mul", {"d", inverse()}, {"normal"});
            break;
        case Root::Factor:
            m_model.node("Mul", {inverse(), parameter("gamma", 0.5, 1.5)}, {"k"});
            m_model.node("Mul", {"k", "d"}, {"normal"});
            break;
        case Root::Quotient:
            m_model.node("Div", {parameter("gamma", 0.5, 1.5), root}, {"k"});
            m_model.node("Mul", {"d", "k"}, {"normal"});
            break;
        }
        if (m_how.scaled && m_how.root != Root::Factor && m_how.root != Root::Quotient)
            m_model.node("Mul", {"normal", parameter("gamma", 0.5, 1.5)}, {"scaled"});
        if (m_how.shifted)
            m_model.node("Add", {m_model.current(), parameter("beta", -1, 1)}, {"shifted"});
    }

    // x·k + (β − μ·k), as torchvision's FrozenBatchNorm2d.
    void writeFrozen()
    {
        const std::string data = m_model.current();
        rootOfVariance();
        m_model.node("Mul", {parameter("gamma", 0.5, 1.5), inverse()}, {"k"})
            .node("Mul", {parameter("mean", -0.5, 0.5), "k"}, {"moved"})
            .node("Sub", {parameter("beta", -1, 1), "moved"}, {"t"})
            .node("Mul", {data, "k"}, {"scaled"})
            .node("Add", {"scaled", "t"}, {"shifted"});
    }

private:
    std::string parameter(const std::string& name, double low, double high)
    {
        if (!m_how.reshaped)
            return m_model.random(name, m_how.dims, low, high);
        const std::string data = m_model.current(), stored = m_model.random(name, {elements()}, low, high);
        m_model.node("Reshape", {stored, m_model.shapeConstant(name + "_shape", m_how.dims)}, {name + "_as"});
        m_model.from(data);
        return name + "_as";
    }
    std::int64_t elements() const
    {
        std::int64_t all = 1;
        for (const std::int64_t dim : m_how.dims)
            all *= dim;
        return all;
    }
    std::string radicand()
    {
        const std::string variance = parameter("variance", m_how.lowestVariance, m_how.lowestVariance + 1.5);
        if (!m_how.epsilon)
            return variance;
        const std::string epsilon = m_model.constant("epsilon", {}, {*m_how.epsilon});
        m_model.node("Add",
                     m_how.epsilonFirst ? std::vector{epsilon, variance} : std::vector{variance, epsilon},
                     {"sum"});
        return "sum";
    }
    std::string rootOfVariance()
    {
        const std::string data = m_model.current(), under = radicand();
        if (m_how.root == Root::Power)
            m_model.node("Pow", {under, m_model.constant("half", {}, {-0.5})}, {"inverse"});
        else
            m_model.node("Sqrt", {under}, {"root"});
        m_model.from(data);
        return "root";
    }
    std::string inverse()
    {
        const std::string data = m_model.current();
        if (m_how.root == Root::OneOver)
            m_model.node("Div", {m_model.constant("one", {}, {1}), "root"}, {"inverse"});
        else if (m_how.root != Root::Power)
            m_model.node("Reciprocal", {"root"}, {"inverse"});
        m_model.from(data);
        return "inverse";
    }

    ModelBuilder& m_model;
    Written m_how;
};

ModelBuilder image(std::uint32_t seed = 1)
{
    ModelBuilder model(seed);
    model.input("x", {2, 4, 3, 5});
    return model;
}

ModelBuilder written(const Written& how, std::uint32_t seed = 1)
{
    ModelBuilder model = image(seed);
    Steps(model, how).write();
    return model;
}

ModelBuilder frozen(const Written& how, std::uint32_t seed = 1)
{
    ModelBuilder model = image(seed);
    Steps(model, how).writeFrozen();
    return model;
}

const onnx::NodeProto& onlyBatchNorm(const onnx::ModelProto& model)
{
    static const onnx::NodeProto none;
    const onnx::NodeProto* found = nullptr;
    for (const onnx::NodeProto& node : model.graph().node())
        found = node.op_type() == "BatchNormalization" ? (found ? &none : &node) : found;
    return found ? *found : none;
}

float epsilonOf(const PreparedFiles& files)
{
    const onnx::NodeProto& node = onlyBatchNorm(files.model);
    return node.attribute_size() == 1 ? node.attribute(0).f() : -1;
}

} // namespace

class TestPrepareBatchNorms final : public QObject {
    Q_OBJECT

private slots:
    void stepByStep()
    {
        const std::vector<Written> ways{
            {},
            {.root = Root::Reciprocal},
            {.root = Root::OneOver},
            {.root = Root::Power},
            {.root = Root::Factor},
            {.root = Root::Quotient},
            {.dims = {1, 4, 1, 1}},
            {.dims = {1, 4, 1, 1}, .reshaped = true},
            {.root = Root::Factor, .reshaped = true},
            {.scaled = false},
            {.shifted = false},
            {.scaled = false, .shifted = false, .epsilonFirst = true},
            {.epsilon = std::nullopt},
            {.epsilon = 0.25, .lowestVariance = 0},
            {.dims = {1}}, // the same for all channels
        };
        std::uint32_t seed = 0;
        for (const Written& way : ways) {
            const auto files = assertPrepares(written(way, ++seed), "batch-norms", 1, nearly);
            QCOMPARE(onlyBatchNorm(files.model).input_size(), 5);
            QCOMPARE(countNodes(files.model, "Sub"), 0);
            QCOMPARE(epsilonOf(files), static_cast<float>(way.epsilon.value_or(0)));
        }
    }

    void withKnownFactors()
    {
        const std::vector<Written> ways{{.root = Root::Reciprocal},
                                        {.root = Root::Power},
                                        {.root = Root::OneOver, .dims = {1, 4, 1, 1}, .reshaped = true}};
        std::uint32_t seed = 0;
        for (const Written& way : ways) {
            const auto files = assertPrepares(frozen(way, ++seed), "batch-norms", 1, nearly);
            QCOMPARE(onlyBatchNorm(files.model).input_size(), 5);
            QCOMPARE(files.model.graph().node_size(), 1); // what computed k goes, too
        }
    }

    // k and β − μ·k are computed as vectors and get their shape just before they meet the data.
    void factorsThatAreReshapedLast()
    {
        ModelBuilder model = image();
        model.random("gamma", {4}, 0.5, 1.5);
        model.random("beta", {4}, -1, 1);
        model.random("mean", {4}, -1, 1);
        model.random("variance", {4}, 0.5, 2);
        model.shapeConstant("across", {1, 4, 1, 1});
        model.node("Add", {"variance", model.constant("epsilon", {}, {1e-5})}, {"sum"})
            .node("Sqrt", {"sum"}, {"root"})
            .node("Div", {"gamma", "root"}, {"k"})
            .node("Mul", {"mean", "k"}, {"moved"})
            .node("Sub", {"beta", "moved"}, {"t"})
            .node("Reshape", {"k", "across"}, {"k4"})
            .node("Reshape", {"t", "across"}, {"t4"})
            .node("Mul", {"x", "k4"}, {"scaled"})
            .node("Add", {"t4", "scaled"}, {"y"});
        assertPrepares(model, "batch-norms", 1, nearly);
    }

    void otherTypesRanksAndOpsets()
    {
        for (const DataType type : {DataType::Float16, DataType::Double}) {
            ModelBuilder model;
            model.dataType(type).input("x", {2, 4, 3});
            Steps(model, {.dims = {4, 1}}).write();
            const auto files =
                assertPrepares(model, "batch-norms", 1, within(type == DataType::Double ? 1e-14 : 1e-2));
            // 10⁻⁵ is no float, so as a double it is part of the variance.
            QCOMPARE(epsilonOf(files) == 0, type == DataType::Double);
        }
        ModelBuilder matrix;
        matrix.input("x", {"N", 4});
        Steps(matrix, {.dims = {4}}).write();
        assertPrepares(matrix, "batch-norms", 1, nearly);
        for (const int opset : {7, 8, 9, 14, 15}) {
            ModelBuilder model = image();
            model.opset(opset);
            Steps(model, {.dims = {1, 4, 1, 1}}).write();
            assertPrepares(model, "batch-norms", 1, nearly);
        }
    }

    void inBodies()
    {
        ModelBuilder model, yes, no;
        model.input("x", {2, 4, 3, 5}).constant("condition", {}, {1}, DataType::Bool);
        yes.from("x", 4);
        Steps(yes, {}).write();
        yes.output();
        no.node("Neg", {"x"}, {"n"}).output();
        model.node("If", {"condition"}, {"y"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        assertPrepares(model, "batch-norms", 1, nearly);
    }

    // All passes that are on by default: nothing is left of the steps, and the layer takes the batch norm.
    void foldsThen()
    {
        for (const bool known : {false, true}) {
            ModelBuilder model;
            model.input("x", {2, 3, 8, 8}).conv("c", {});
            if (known)
                Steps(model, {.root = Root::Reciprocal}).writeFrozen();
            else
                Steps(model, {}).write();
            model.relu();
            const onnx::ModelProto before = model.proto();
            const auto files = prepareThroughFiles(before.SerializeAsString(), defaultPasses());
            QVERIFY2(files, files ? "" : files.error().c_str());
            QCOMPARE(whatIsWrong(before, *files, defaultPasses(), nearly), std::string());
            QCOMPARE(files->model.graph().node_size(), 3);
            const auto folded = foldThroughFiles(files->after);
            QVERIFY2(folded, folded ? "" : folded.error().c_str());
            QCOMPARE(folded->model.graph().node_size(), 2);
            QCOMPARE(differenceInRuns(files->before, folded->after), std::string());
        }
    }

    void stepsThatStay()
    {
        const Codes none{"no-such-norm"};
        const auto codes = [](const ModelBuilder& model) {
            return assertPrepares(model, "batch-norms", 0).codes();
        };
        QCOMPARE(codes(written({.dims = {5}})), none); // along another axis
        QCOMPARE(codes(written({.dims = {2, 1, 1, 1}})), none);
        QCOMPARE(codes(written({.dims = {4, 3, 5}})), none); // one for each position
        QCOMPARE(codes(written({.epsilon = 0, .lowestVariance = -3})), none);

        ModelBuilder open; // how many channels there are is not known
        open.input("x", {2, "C", 3, 5});
        Steps(open, {}).write();
        QCOMPARE(assertPrepares(open, "batch-norms", 0, withSymbols({{"C", 4}})).codes(), none);
        ModelBuilder widened; // the constants make four channels of one
        widened.input("x", {2, 1, 3, 5});
        Steps(widened, {}).write();
        QCOMPARE(codes(widened), none);

        ModelBuilder read = written({}); // the deviation is an output, too
        read.output().output("d");
        QCOMPARE(codes(read), Codes{});
        ModelBuilder replaceable = written({});
        replaceable.ir(8).listInitializersAsInputs();
        QCOMPARE(codes(replaceable), none);
    }

    void whatOnlyLooksLikeIt()
    {
        const auto stays = [](const ModelBuilder& model) {
            QCOMPARE(assertPrepares(model, "batch-norms", 0).codes(), Codes{});
        };
        ModelBuilder noMean = image();
        noMean.node("Sqrt", {noMean.random("variance", {4, 1, 1}, 0.5, 2)}, {"root"})
            .node("Div", {"x", "root"}, {"y"});
        stays(noMean);
        ModelBuilder turned = image(); // μ − x
        turned.node("Sqrt", {turned.random("variance", {4, 1, 1}, 0.5, 2)}, {"root"})
            .node("Sub", {turned.random("mean", {4, 1, 1}, -1, 1), "x"}, {"d"})
            .node("Div", {"d", "root"}, {"y"});
        stays(turned);
        ModelBuilder inverse = image(); // √(…)/(x − μ)
        inverse.node("Sqrt", {inverse.random("variance", {4, 1, 1}, 0.5, 2)}, {"root"})
            .node("Sub", {"x", inverse.random("mean", {4, 1, 1}, 9, 10)}, {"d"})
            .node("Div", {"root", "d"}, {"y"});
        stays(inverse);
        ModelBuilder other = image(); // β − μ·k with another k
        other.node("Sqrt", {other.random("variance", {4, 1, 1}, 0.5, 2)}, {"root"})
            .node("Reciprocal", {"root"}, {"k"})
            .node("Mul", {other.random("mean", {4, 1, 1}, -1, 1), "root"}, {"moved"})
            .node("Sub", {other.random("beta", {4, 1, 1}, -1, 1), "moved"}, {"t"})
            .node("Mul", {"x", "k"}, {"scaled"})
            .node("Add", {"scaled", "t"}, {"y"});
        stays(other);
        ModelBuilder measured = image(); // with the statistics of the data at hand
        measured.node("ReduceMean", {"x"}, {"mean"}, {{"axes", Dims{0, 2, 3}}})
            .node("Sub", {"x", "mean"}, {"d"})
            .node("Mul", {"d", "d"}, {"squares"})
            .node("ReduceMean", {"squares"}, {"variance"}, {{"axes", Dims{0, 2, 3}}})
            .node("Sqrt", {"variance"}, {"root"})
            .node("Div", {"d", "root"}, {"y"});
        stays(measured);
    }

    // In float16 some σ² + ε have a root by which γ divided is no number of the type any more.
    void numbersBeyondTheType()
    {
        ModelBuilder model;
        model.dataType(DataType::Float16).input("x", {2, 4});
        model.constant("mean", {4}, {0, 0, 0, 0});
        model.constant("gamma", {4}, {1, 1, 1, 60000});
        model.node("Sqrt", {model.constant("variance", {4}, {1, 1, 1, 0.0625})}, {"root"})
            .node("Sub", {"x", "mean"}, {"d"})
            .node("Div", {"d", "root"}, {"normal"})
            .node("Mul", {"normal", "gamma"}, {"y"});
        QCOMPARE(prepareThroughFiles(model.bytes(), {"batch-norms"})->codes(), Codes{"no-such-norm"});
    }
};

QTEST_APPLESS_MAIN(TestPrepareBatchNorms)
#include "test_prepare_batch_norms.moc"
