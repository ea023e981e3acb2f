// SPDX-License-Identifier: GPL-3.0-or-later
// Random small graphs: whatever is folded agrees with the original in ONNX Runtime, whatever is blocked keeps
// its bytes, folding twice is folding once, and folding is deterministic to the byte. PLEAT_PROPERTY_GRAPHS
// says how many (200), PLEAT_PROPERTY_SEED where to start; a failure prints the seed of its graph.
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>
#include <fstream>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

// A value of the graph that grows, with its channels and its (square) extent.
struct Value {
    std::string name;
    std::int64_t channels, size;
};

// Grows a graph of convolutions, batch norms and what tends to be around them, with shared tensors, several
// readers, outputs in the middle: much that folds and much that must not.
class RandomGraph final {
public:
    explicit RandomGraph(std::uint32_t seed) : m_model(seed)
    {
        const std::int64_t opsets[] = {9, 11, 13, 14, 15, 17};
        m_model.opset(opsets[m_model.integer(0, 5)]).ir(m_model.integer(0, 3) == 0 ? 3 : 8);
        if (chance(4))
            m_model.weightsAsConstantNodes();
        else if (chance(4))
            m_model.weightsAsTypedData();
        m_channels = m_model.integer(1, 3) * 2;
        m_model.input("x", {"N", static_cast<int>(m_channels), 6, 6});
        m_values.push_back({"x", m_channels, 6});
        for (std::int64_t steps = m_model.integer(3, 9); steps > 0; --steps)
            grow();
        if (chance(2))
            addMatrices();
        m_model.output();
        m_outputs.insert(m_model.current());
        if (m_model.modelProto().ir_version() < 4)
            m_model.listInitializersAsInputs();
    }

    ModelBuilder& model() { return m_model; }

private:
    bool chance(int oneIn) { return m_model.integer(1, oneIn) == 1; }
    std::string named(const char* what) { return what + std::to_string(m_count++); }

    // Mostly the newest value, so that chains arise; sometimes an older one, so that values are read twice.
    Value pick()
    {
        return chance(5) ? m_values[static_cast<std::size_t>(m_model.integer(0, last()))] : m_values.back();
    }
    std::int64_t last() const { return static_cast<std::int64_t>(m_values.size()) - 1; }

    void grow()
    {
        const Value from = pick();
        m_model.from(from.name, from.channels);
        switch (m_model.integer(0, 9)) {
        case 0:
        case 1:
        case 2:
            addConv(from, false);
            break;
        case 3:
            addConv(from, true);
            break;
        case 4:
            m_model.then(chance(2) ? "Relu" : "Identity", named("op"));
            push(from.channels, from.size);
            break;
        case 5:
            join(from);
            break;
        default:
            addBatchNorm(from);
        }
        if (chance(8) && m_outputs.insert(m_model.current()).second)
            m_model.output();
    }

    void push(std::int64_t channels, std::int64_t size)
    {
        m_values.push_back({m_model.current(), channels, size});
    }

    void addConv(const Value& from, bool transposed)
    {
        ConvSpec spec{.in = from.channels};
        const std::int64_t kernel = m_model.integer(1, 3), stride = chance(4) ? 2 : 1,
                           pad = m_model.integer(0, 1);
        if (!transposed && from.size + 2 * pad < kernel)
            return;
        spec.group = chance(3) ? from.channels : chance(3) && from.channels % 2 == 0 ? 2 : 1;
        spec.out = spec.group * m_model.integer(1, 3);
        spec.kernel = {kernel, kernel};
        spec.strides = {stride, stride};
        spec.bias = chance(2);
        spec.emptyBias = !spec.bias && chance(3);
        const std::int64_t size = transposed ? stride * (from.size - 1) + kernel - 2 * pad
                                             : (from.size + 2 * pad - kernel) / stride + 1;
        if (size < 1 || size > 14)
            return;
        spec.pads = {pad, pad, pad, pad};
        // The same shape again may be the same tensor again.
        const std::string key = (transposed ? "shared_t" : "shared_c") + std::to_string(spec.out) + "_" +
                                std::to_string(spec.in) + "_" + std::to_string(spec.group) + "_" +
                                std::to_string(kernel) + ".weight";
        if (chance(3))
            spec.weight = key;
        const std::string name = named(transposed ? "deconv" : "conv");
        if (transposed)
            m_model.convTranspose(name, spec);
        else
            m_model.conv(name, spec);
        push(spec.out, size);
        if (!chance(3))
            addBatchNorm(m_values.back());
    }

    void addBatchNorm(const Value& from)
    {
        BatchNormSpec spec{.channels = from.channels};
        const std::string suffix = std::to_string(from.channels);
        if (chance(4))
            spec.scaleName = "shared_scale" + suffix;
        if (chance(4))
            spec.biasName = "shared_bias" + suffix;
        if (chance(6))
            spec.varianceName = "shared_variance" + suffix;
        if (chance(8))
            spec.epsilon.reset();
        m_model.batchNorm(named("bn"), spec);
        push(from.channels, from.size);
    }

    void join(const Value& from)
    {
        for (const Value& other : m_values) {
            if (other.name == from.name || other.channels != from.channels || other.size != from.size)
                continue;
            const std::string name = named("add");
            m_model.node("Add", {from.name, other.name}, {name + "_out"}, {}, name);
            push(from.channels, from.size);
            return;
        }
    }

    void addMatrices()
    {
        const Value from = m_values.back();
        const std::string name = named("flatten");
        m_model.node("Flatten", {from.name}, {name + "_out"}, {}, name);
        GemmSpec spec{.out = m_model.integer(1, 6), .in = from.channels * from.size * from.size};
        spec.transB = chance(2);
        if (chance(3))
            spec.alpha = m_model.uniform(-2, 2);
        if (chance(3))
            spec.beta = m_model.uniform(-2, 2);
        const std::vector<Dims> shapes = {{-1}, {1, -1}, {}, {1}, {1, 1}, {2, 1}, {2, -1}};
        spec.c = shapes[static_cast<std::size_t>(m_model.integer(0, 6))];
        m_model.gemm(named("gemm"), spec).batchNorm(named("bn"));
        if (chance(3))
            m_model.relu();
    }

    ModelBuilder m_model;
    std::int64_t m_channels = 0;
    std::vector<Value> m_values;
    std::set<std::string> m_outputs;
    int m_count = 0;
};

int fromEnvironment(const char* name, int fallback)
{
    bool given = false;
    const int value = qEnvironmentVariableIntValue(name, &given);
    return given ? value : fallback;
}

int batchNormsIn(const FoldCandidate& candidate)
{
    return static_cast<int>(
        std::count_if(candidate.affine.begin(), candidate.affine.end(),
                      [](const NodeRef& node) { return node.op == "BatchNormalization"; }));
}

// The fold of `chosen` (null: of everything) is right, or what is wrong with it.
std::string checkFold(const onnx::ModelProto& before, const std::string& bytes,
                      const std::optional<std::vector<FoldId>>& chosen, int expected)
{
    const auto folded = foldThroughFiles(bytes, chosen);
    if (!folded)
        return folded.error();
    if (expected == 0)
        return folded->after == bytes ? "" : "nothing folds, and yet the bytes are others";
    const int removed =
        countNodes(before, "BatchNormalization") - countNodes(folded->model, "BatchNormalization");
    if (removed != expected)
        return std::to_string(removed) + " batch norms went away, not " + std::to_string(expected);
    if (const std::string dangling = whatDangles(before, folded->model); !dangling.empty())
        return dangling;
    if (const std::string difference = differenceInRuns(bytes, folded->after); !difference.empty())
        return difference;
    const auto repeated = foldThroughFiles(bytes, chosen);
    if (!repeated || repeated->after != folded->after)
        return "the same fold gives other bytes the second time";
    if (chosen)
        return {};
    const auto again = foldThroughFiles(folded->after);
    if (!again)
        return "folding again: " + again.error();
    return again->after == folded->after ? "" : "folding again changes the model";
}

struct Tally {
    int foldable = 0, blocked = 0;
};

std::string checkGraph(std::uint32_t seed, Tally& tally)
{
    RandomGraph graph(seed);
    const onnx::ModelProto before = graph.model().proto();
    const std::string bytes = before.SerializeAsString();
    if (const std::string problem = differenceInRuns(bytes, bytes); !problem.empty())
        return problem; // the generator's fault
    const auto candidates = candidatesOf(bytes);
    if (!candidates)
        return candidates.error();
    int listed = 0, all = 0, some = 0;
    std::vector<FoldId> chosen;
    for (const FoldCandidate& candidate : *candidates) {
        const int count = batchNormsIn(candidate);
        listed += count;
        tally.blocked += !candidate.foldable;
        if (!candidate.foldable || !candidate.batchNorm)
            continue;
        ++tally.foldable;
        all += count;
        if (graph.model().integer(0, 1) == 1) {
            some += count;
            chosen.push_back(candidate.id);
        }
    }
    if (listed != countNodes(before, "BatchNormalization"))
        return "not every batch norm has its entry, or one has two";
    if (const std::string wrong = checkFold(before, bytes, {}, all); !wrong.empty())
        return wrong;
    const std::string wrong = checkFold(before, bytes, chosen, some);
    return wrong.empty() ? "" : "a selection: " + wrong;
}

} // namespace

class PropertyTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsOfRandomGraphsAreRight()
    {
        const int graphs = fromEnvironment("PLEAT_PROPERTY_GRAPHS", 200),
                  first = fromEnvironment("PLEAT_PROPERTY_SEED", 1);
        qInfo("%d graphs from seed %d", graphs, first);
        Tally tally;
        int wrong = 0;
        for (int seed = first; seed < first + graphs && wrong < 10; ++seed) {
            const std::string problem = checkGraph(static_cast<std::uint32_t>(seed), tally);
            if (problem.empty())
                continue;
            ++wrong;
            qWarning("seed %d: %s", seed, problem.c_str());
            if (const QByteArray folder = qgetenv("PLEAT_PROPERTY_KEEP"); !folder.isEmpty())
                std::ofstream(folder.toStdString() + "/seed" + std::to_string(seed) + ".onnx",
                              std::ios::binary)
                    << RandomGraph(static_cast<std::uint32_t>(seed)).model().bytes();
        }
        qInfo("%d folded, %d blocked", tally.foldable, tally.blocked);
        QCOMPARE(wrong, 0);
        // A generator that makes nothing of one kind proves nothing about it.
        QVERIFY(graphs < 50 || (tally.foldable > graphs / 2 && tally.blocked > graphs / 2));
    }
};

QTEST_APPLESS_MAIN(PropertyTest)
#include "test_property.moc"
