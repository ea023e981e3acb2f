// SPDX-License-Identifier: GPL-3.0-or-later
// Random small graphs: whatever is folded agrees with the original in ONNX Runtime, whatever is blocked keeps
// its bytes, folding twice is folding once, and folding is deterministic to the byte. PLEAT_PROPERTY_GRAPHS
// says how many (200), PLEAT_PROPERTY_SEED where to start; a failure prints the seed of its graph.
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

using namespace pleat;
using namespace pleat::test;

namespace {

int batchNormsIn(const FoldCandidate& candidate)
{
    return static_cast<int>(
        std::count_if(candidate.affine.begin(), candidate.affine.end(),
                      [](const NodeRef& node) { return node.op == "BatchNormalization"; }));
}

// Of the largest output. With 16 bits both sides round at every operator.
double toleranceOf(DataType type)
{
    return type == DataType::Float16 ? 0.03 : FoldExpectations().tolerance;
}

// The model with each float weight one step of its type up or down.
std::string jittered(onnx::ModelProto model)
{
    std::uint32_t random = 1;
    const auto up = [&random] { return ((random = random * 1664525 + 1013904223) >> 16 & 1) != 0; };
    const auto jitter = [&](onnx::TensorProto& tensor) {
        if (tensor.data_type() == onnx::TensorProto::FLOAT16) {
            // One step of what is normal and finite: the exponent is neither 0 nor 31.
            const auto stepped = [&](int bits) {
                const int exponent = bits >> 10 & 31;
                return exponent == 0 || exponent == 31 ? bits : bits + (up() ? 1 : -1);
            };
            for (std::int32_t& value : *tensor.mutable_int32_data())
                value = stepped(value);
            std::string& halves = *tensor.mutable_raw_data();
            for (std::size_t at = 0; at + 2 <= halves.size(); at += 2) {
                std::uint16_t bits = 0;
                std::memcpy(&bits, halves.data() + at, sizeof bits);
                bits = static_cast<std::uint16_t>(stepped(bits));
                std::memcpy(halves.data() + at, &bits, sizeof bits);
            }
            if (halves.empty())
                tensor.clear_raw_data();
            return;
        }
        if (tensor.data_type() != onnx::TensorProto::FLOAT)
            return;
        const auto moved = [&](float value) {
            return std::isfinite(value) ? std::nextafterf(value, up() ? INFINITY : -INFINITY) : value;
        };
        for (float& value : *tensor.mutable_float_data())
            value = moved(value);
        std::string& raw = *tensor.mutable_raw_data();
        for (std::size_t at = 0; at + sizeof(float) <= raw.size(); at += sizeof(float)) {
            float value = 0;
            std::memcpy(&value, raw.data() + at, sizeof value);
            value = moved(value);
            std::memcpy(raw.data() + at, &value, sizeof value);
        }
        if (raw.empty())
            tensor.clear_raw_data();
    };
    for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer())
        jitter(tensor);
    for (onnx::NodeProto& node : *model.mutable_graph()->mutable_node()) {
        for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
            if (attribute.has_t())
                jitter(*attribute.mutable_t());
        }
    }
    return model.SerializeAsString();
}

// A graph may lose everything but its rounding errors on the way to an output (a difference of large numbers
// before a Relu). It tells nothing about a fold when one rounding of the weights makes as much of a
// difference.
bool isIllConditioned(const onnx::ModelProto& model, DataType type)
{
    FoldExpectations strict;
    strict.tolerance = toleranceOf(type) / 4;
    return !differenceInRuns(model.SerializeAsString(), jittered(model), strict).empty();
}

// The fold of `chosen` (null: of everything) is right, or what is wrong with it.
std::string checkFold(const onnx::ModelProto& before, const std::string& bytes,
                      const std::optional<std::vector<FoldId>>& chosen, int expected,
                      const FoldExpectations& expectations)
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
    if (const std::string difference = differenceInRuns(bytes, folded->after, expectations);
        !difference.empty())
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

bool needsOthers(const FoldCandidate& candidate)
{
    return std::any_of(candidate.warnings.begin(), candidate.warnings.end(),
                       [](const FoldWarning& warning) { return warning.code == "needs-others"; });
}

// Whether the outputs stay far below the largest number of their type. A pool whose window holds nothing
// gives that number, and then it depends on every rounding what overflows.
bool staysInRange(const onnx::ModelProto& model, const std::string& bytes, DataType type)
{
    const long double limit = type == DataType::Float16 ? 1e4L : 1e30L;
    const auto outputs = runInOnnxRuntime(bytes, randomInputs(model, 1));
    return outputs && std::ranges::all_of(*outputs, [limit](const auto& output) {
               return std::ranges::all_of(output.second.values,
                                          [limit](long double value) { return std::abs(value) <= limit; });
           });
}

struct Tally {
    int foldable = 0, blocked = 0, dependent = 0, strange = 0, illConditioned = 0;
};

std::string checkGraph(std::uint32_t seed, Tally& tally)
{
    RandomGraph graph(seed);
    const onnx::ModelProto before = graph.model().proto();
    const std::string bytes = before.SerializeAsString();
    FoldExpectations expectations;
    expectations.tolerance = toleranceOf(graph.type());
    if (!staysInRange(before, bytes, graph.type())) {
        ++tally.strange;
        return {};
    }
    if (const std::string problem = differenceInRuns(bytes, bytes, expectations); !problem.empty()) {
        if (qEnvironmentVariableIsSet("PLEAT_PROPERTY_STRANGE"))
            qInfo("seed %u: %s", seed, problem.c_str());
        ++tally.strange; // the generator's fault: ONNX Runtime does not run it
        return {};
    }
    const auto candidates = candidatesOf(bytes);
    if (!candidates)
        return candidates.error();
    int listed = 0, all = 0, some = 0;
    bool dependent = false;
    std::vector<FoldId> chosen;
    for (const FoldCandidate& candidate : *candidates) {
        const int count = batchNormsIn(candidate);
        listed += count;
        tally.blocked += !candidate.foldable;
        if (!candidate.foldable || !candidate.batchNorm)
            continue;
        ++tally.foldable;
        all += count;
        if (needsOthers(candidate) && foldThroughFiles(bytes, std::vector{candidate.id}))
            return candidate.id + " is said to need others, and folds alone";
        if (graph.model().integer(0, 1) == 1) {
            some += count;
            dependent |= needsOthers(candidate);
            chosen.push_back(candidate.id);
        }
    }
    if (listed != countNodes(before, "BatchNormalization"))
        return "not every batch norm has its entry, or one has two";
    if (const std::string wrong = checkFold(before, bytes, {}, all, expectations); !wrong.empty())
        return wrong;
    // A fold that goes through another one cannot be had without it, which its warning says.
    if (dependent && !foldThroughFiles(bytes, chosen)) {
        ++tally.dependent;
        return {};
    }
    const std::string wrong = checkFold(before, bytes, chosen, some, expectations);
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
            RandomGraph graph(static_cast<std::uint32_t>(seed));
            if (problem.find("differ by") != problem.npos &&
                isIllConditioned(graph.model().proto(), graph.type())) {
                ++tally.illConditioned;
                continue;
            }
            ++wrong;
            qWarning("seed %d: %s", seed, problem.c_str());
            if (const QByteArray folder = qgetenv("PLEAT_PROPERTY_KEEP"); !folder.isEmpty())
                std::ofstream(folder.toStdString() + "/seed" + std::to_string(seed) + ".onnx",
                              std::ios::binary)
                    << RandomGraph(static_cast<std::uint32_t>(seed)).model().bytes();
        }
        qInfo("%d folded, %d blocked, %d selections refused, %d graphs that do not run or overflow, %d that "
              "show "
              "nothing but rounding",
              tally.foldable, tally.blocked, tally.dependent, tally.strange, tally.illConditioned);
        QCOMPARE(wrong, 0);
        QVERIFY(tally.illConditioned <= 1 + graphs / 1000);
        // A generator that makes nothing of one kind proves nothing about it.
        QVERIFY(tally.strange <= std::max(2, graphs / 20));
        QVERIFY(tally.dependent <= std::max(2, graphs / 20));
        QVERIFY(graphs < 50 || (tally.foldable > graphs / 2 && tally.blocked > graphs / 2));
    }
};

QTEST_APPLESS_MAIN(PropertyTest)
#include "test_property.moc"
