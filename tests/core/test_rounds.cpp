// SPDX-License-Identifier: GPL-3.0-or-later
// Looking once and folding in memory, round by round, give the same answer, word for word, wherever looking
// once gives one. PLEAT_ROUNDS_GRAPHS says on how many random graphs (600), PLEAT_ROUNDS_SEED where to start.
#include "core/fold/Rounds.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <fmt/format.h>

using namespace pleat;
using namespace pleat::test;

namespace {

struct Tally {
    int quick = 0, mixed = 0, slow = 0; // mixed: quick, with something that folds and something that does not
};

std::string compare(const std::shared_ptr<const GraphView>& view, const FoldOptions& options, Tally& tally)
{
    NoProgress progress;
    const auto once = foldsOfOneRound(*view, options, progress, {});
    const auto rounds = foldsOfAllRounds(view, options, progress, {});
    if (!once || !rounds)
        return "an error";
    if (!*once) {
        ++tally.slow;
        return {};
    }
    ++tally.quick;
    const auto folds = std::ranges::count_if(**once, &FoldCandidate::foldable);
    tally.mixed += folds > 0 && folds < std::ssize(**once);
    const std::string quick = text(**once), slow = text(*rounds);
    return quick == slow ? "" : "at once:\n" + quick + "in rounds:\n" + slow;
}

std::string compareAll(const std::string& bytes, Tally& tally)
{
    const auto view = viewOf(bytes).value_or(nullptr);
    if (!view)
        return "cannot be opened";
    for (int bits = 0; bits < 16; ++bits) {
        const FoldOptions options{.constantsToo = (bits & 1) != 0,
                                  .quantizedToo = (bits & 2) != 0,
                                  .padUniform = (bits & 4) != 0,
                                  .blockedToo = (bits & 8) != 0};
        if (std::string difference = compare(view, options, tally); !difference.empty())
            return fmt::format("options {}: {}", bits, difference);
    }
    return {};
}

// Whether the model is answered at once; fails when the two answers differ.
bool isAnsweredAtOnce(const ModelBuilder& model)
{
    Tally tally;
    const auto view = viewOf(model.bytes()).value_or(nullptr);
    const std::string difference = view ? compare(view, {}, tally) : "cannot be opened";
    if (!difference.empty())
        QTest::qFail(difference.c_str(), __FILE__, __LINE__);
    return tally.quick == 1;
}

} // namespace

class RoundsTest final : public QObject {
    Q_OBJECT

private slots:
    void agreeOnRandomGraphs()
    {
        const int graphs = fromEnvironment("PLEAT_ROUNDS_GRAPHS", 600),
                  first = fromEnvironment("PLEAT_ROUNDS_SEED", 1);
        Tally tally;
        for (int seed = first; seed < first + graphs; ++seed) {
            RandomGraph graph(static_cast<std::uint32_t>(seed));
            const onnx::ModelProto model = graph.model().proto();
            std::string wrong = compareAll(model.SerializeAsString(), tally);
            if (wrong.empty())
                wrong =
                    compareAll(declaring(model, static_cast<std::uint32_t>(seed)).SerializeAsString(), tally);
            QVERIFY2(wrong.empty(),
                     qPrintable(QString::fromStdString(fmt::format("seed {}: {}", seed, wrong))));
        }
        qInfo("%d answers at once, %d of them with something left; %d in rounds", tally.quick, tally.mixed,
              tally.slow);
        if (graphs >= 600) {
            QVERIFY(tally.mixed > graphs / 20);
            QVERIFY(tally.slow > graphs / 20);
        }
    }

    void looksOnceWhereAllFold() { QVERIFY(isAnsweredAtOnce(chainOfPairs(5).output())); }

    // One that is blocked does not keep the others from being known.
    void looksOnceWhereOneIsRead() { QVERIFY(isAnsweredAtOnce(chainOfPairs(5).output().output("c3_out"))); }

    void looksOnceWhereOneIsUnreadable()
    {
        for (const int at : {0, 2, 4}) {
            ModelBuilder model = chainOfPairs(5);
            model.output();
            onnx::ModelProto proto = model.proto();
            int seen = 0;
            for (onnx::NodeProto& node : *proto.mutable_graph()->mutable_node()) {
                if (node.op_type() == "BatchNormalization" && seen++ == at) {
                    auto& mode = *node.add_attribute();
                    mode.set_name("training_mode");
                    mode.set_type(onnx::AttributeProto::INT);
                    mode.set_i(1);
                }
            }
            Tally tally;
            const std::string difference = compareAll(proto.SerializeAsString(), tally);
            QVERIFY2(difference.empty(), difference.c_str());
            QVERIFY(tally.quick > 0);
        }
    }

    // The second can be folded once the first is out of its way.
    void foldsInRoundsWhereOneClearsTheWay()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.positive = true});
        model.then("MaxPool", "pool", {}, {{"kernel_shape", Dims{2, 2}}});
        model.batchNorm("bn2", {.positive = true});
        QVERIFY(!isAnsweredAtOnce(model));
        NoProgress progress;
        const auto found = findFolds(viewOf(model.bytes()).value(), {}, progress, {});
        QVERIFY(found);
        QCOMPARE(found->size(), 2u);
        QVERIFY(found->back().foldable);
        QCOMPARE(found->back().warnings.at(0).code, std::string("needs-others"));
    }
};

QTEST_APPLESS_MAIN(RoundsTest)
#include "test_rounds.moc"
