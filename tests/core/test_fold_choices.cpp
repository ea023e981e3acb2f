// SPDX-License-Identifier: GPL-3.0-or-later
// Choosing candidates: some can be folded only together with others, and say so before anybody tries.
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>

using namespace pleat;
using namespace pleat::test;

namespace {

// Conv → bn1 → MaxPool → bn2: bn2 reaches the Conv only where bn1 is gone.
ModelBuilder oneBehindAnother()
{
    ModelBuilder model;
    model.input("x", {2, 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.positive = true});
    model.then("MaxPool", "pool", {}, {{"kernel_shape", Dims{2, 2}}});
    return model.batchNorm("bn2", {.positive = true});
}

FoldCandidate candidateOf(const ModelBuilder& model, const std::string& batchNorm)
{
    const auto found = candidatesOf(model.bytes());
    if (found)
        for (const FoldCandidate& candidate : *found)
            if (candidate.affine.front().name == batchNorm)
                return candidate;
    return {};
}

std::string warningOf(const FoldCandidate& candidate, const std::string& code)
{
    for (const FoldWarning& warning : candidate.warnings)
        if (warning.code == code)
            return warning.message.text();
    return {};
}

} // namespace

class FoldChoicesTest final : public QObject {
    Q_OBJECT

private slots:
    void saysWhatNeedsOthers()
    {
        const ModelBuilder model = oneBehindAnother();
        const FoldCandidate first = candidateOf(model, "bn1"), second = candidateOf(model, "bn2");
        QVERIFY(first.foldable && second.foldable);
        QVERIFY(warningOf(first, "needs-others").empty());
        QVERIFY(!warningOf(second, "needs-others").empty());
    }

    void foldsThemTogether()
    {
        const ModelBuilder model = oneBehindAnother();
        assertFolds(model, {{"c1", {"bn1"}}, {"c1", {"bn2"}}});
        const std::string bytes = model.bytes();
        std::vector<FoldId> both = {candidateOf(model, "bn2").id, candidateOf(model, "bn1").id};
        for (int order = 0; order < 2; ++order) {
            const auto folded = foldThroughFiles(bytes, both);
            QVERIFY2(folded, folded ? "" : folded.error().c_str());
            QCOMPARE(countNodes(folded->model, "BatchNormalization"), 0);
            QCOMPARE(differenceInRuns(folded->before, folded->after), std::string());
            std::reverse(both.begin(), both.end());
        }
    }

    void foldsTheFirstAlone()
    {
        const ModelBuilder model = oneBehindAnother();
        const auto folded = foldThroughFiles(model.bytes(), std::vector{candidateOf(model, "bn1").id});
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(countNodes(folded->model, "BatchNormalization"), 1);
        QCOMPARE(differenceInRuns(folded->before, folded->after), std::string());
    }

    void refusesTheSecondAloneAndSaysWhy()
    {
        const ModelBuilder model = oneBehindAnother();
        const auto folded = foldThroughFiles(model.bytes(), std::vector{candidateOf(model, "bn2").id});
        QVERIFY(!folded);
        QVERIFY2(folded.error().find("bn1") != std::string::npos, folded.error().c_str());
    }

    void keepsTheSentenceInTheOutcome()
    {
        const auto folded = foldThroughFiles(oneBehindAnother().bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        for (const FoldedPair& pair : folded->outcome.pairs)
            QCOMPARE(warningOf(pair.candidate, "needs-others").empty(),
                     pair.candidate.affine.front().name == "bn1");
    }

    void takesAnIdThatIsGivenTwiceOnce()
    {
        const ModelBuilder model = oneBehindAnother();
        const FoldId id = candidateOf(model, "bn1").id;
        const auto folded = foldThroughFiles(model.bytes(), std::vector{id, id});
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(countNodes(folded->model, "BatchNormalization"), 1);
    }
};

QTEST_APPLESS_MAIN(FoldChoicesTest)
#include "test_fold_choices.moc"
