// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelReader.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/FindModel.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldFilter.h"
#include "ui/fold/FoldModel.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

class TestFoldModel final : public QObject {
    Q_OBJECT

    SnapshotPointer m_opened;
    NoProgress m_progress;

    SnapshotPointer folded(const SnapshotPointer& before, const std::vector<FoldId>& ids)
    {
        auto result = stepSnapshot(before, FoldStep{ids, {}}, m_progress, {});
        return result ? result->snapshot : nullptr;
    }
    FoldId id(std::size_t candidate) const { return m_opened->candidates()[candidate]->id; }

private Q_SLOTS:
    void initTestCase()
    {
        auto model = openModel(toPath(sampleModel()), m_progress, {});
        QVERIFY(model.has_value());
        auto snapshot = makeSnapshot(std::move(model->model), m_progress, {});
        QVERIFY(snapshot.has_value());
        m_opened = *snapshot;
        QCOMPARE(m_opened->candidates().size(), std::size_t(14));
    }

    void keepsTheRulesOfItemModels()
    {
        FoldModel model;
        FoldFilter filter;
        const QAbstractItemModelTester strict(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QAbstractItemModelTester filtered(&filter,
                                                QAbstractItemModelTester::FailureReportingMode::QtTest);
        filter.setSourceModel(&model);
        model.setSnapshots(m_opened, m_opened);
        const auto after = folded(m_opened, {id(0), id(3)});
        QVERIFY(after);
        model.setSnapshots(m_opened, after);
        filter.setStateShown(FoldState::Folded, false);
        model.setSnapshots(m_opened, m_opened);
        model.setAllChecked(false);
        model.setSnapshots(nullptr, nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void keepsTheRulesOfItemModelsInWhatIsFound()
    {
        FindModel model;
        const QAbstractItemModelTester strict(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto types = std::make_shared<const ValueTypes>();
        model.find(m_opened->view, types, QStringLiteral("features"));
        QVERIFY(model.rowCount() > 64);
        model.find(m_opened->view, types, QStringLiteral("op:BatchNormalization"));
        QCOMPARE(model.rowCount(), 14);
        model.find(m_opened->view, types, {});
        QCOMPARE(model.rowCount(), 0);
    }

    void takesALongListAtOnce()
    {
        // Long enough that whatever goes through the list for each of its rows, or words for all of them,
        // shows.
        constexpr int pairs = 20'000;
        const SnapshotPointer before = snapshotOfPairs(pairs);
        std::vector<FoldId> half;
        const auto candidates = before->candidates();
        for (std::size_t i = 0; i < candidates.size(); i += 2)
            half.push_back(candidates[i]->id);
        const SnapshotPointer after = folded(before, half);
        QVERIFY(after);
        FoldModel model;
        QElapsedTimer clock;
        clock.start();
        model.setSnapshots(before, before);
        model.setSnapshots(before, after);
        model.setSnapshots(before, before);
        QVERIFY2(clock.elapsed() < 2000, qPrintable(QString::number(clock.elapsed()))); // minutes otherwise
        QCOMPARE(model.rowCount(), pairs);
        QCOMPARE(model.index(pairs - 1).data(FoldModel::IdRole).toString(),
                 QString::fromStdString(candidates.back()->id));
    }

    void keepsRowsInPlaceWhenAPairIsFolded()
    {
        FoldModel model;
        model.setSnapshots(m_opened, m_opened);
        const QString name = model.index(3).data().toString();
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setSnapshots(m_opened, folded(m_opened, {id(3)}));
        QCOMPARE(reset.size(), 0);
        QCOMPARE(model.rowCount(), 14);
        QCOMPARE(model.index(3).data().toString(), name);
        QCOMPARE(model.index(3).data(FoldModel::StateRole).toInt(), int(FoldState::Folded));
        QCOMPARE(model.index(3).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
        QVERIFY(!(model.flags(model.index(3)) & Qt::ItemIsUserCheckable));
        QCOMPARE(
            model.counts(),
            (FoldCounts{.canFold = 12, .blocked = 1, .folded = 1, .batchNorms = 14, .foldedBatchNorms = 1}));
    }

    void countsAScaleApartFromTheBatchNorms()
    {
        FoldCandidate scale;
        scale.foldable = true;
        FoldCounts counts;
        counts.countCandidate(scale);
        QCOMPARE(counts, FoldCounts{.others = 1});
        counts.countCandidate(scale, -1);
        counts.countFolded(scale);
        QCOMPARE(counts, FoldCounts{.folded = 1});
    }

    void remembersWhatWasUncheckedOverUndo()
    {
        FoldModel model;
        model.setSnapshots(m_opened, m_opened);
        QVERIFY(model.setData(model.index(1), Qt::Unchecked, Qt::CheckStateRole));
        QCOMPARE(model.checked().size(), std::size_t(12));
        model.setSnapshots(m_opened, folded(m_opened, {id(0)}));
        model.setSnapshots(m_opened, m_opened);
        QCOMPARE(model.index(1).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
        QCOMPARE(model.checked().size(), std::size_t(12));
    }

    // A scale that nothing but a node that no output depends on keeps from its layer.
    void leavesAScaleUncheckedThatAStepBroughtToLight()
    {
        pleat::test::ModelBuilder made;
        made.input("x", {1, 3, 8, 8}).conv("conv", {.out = 4, .in = 3, .kernel = {1, 1}});
        const std::string convolved = made.current();
        made.node("Relu", {convolved}, {"unread"});
        made.node("Mul", {convolved, made.random("scale", {4, 1, 1}, 1, 2)}, {"y"}).output("y");
        const std::string bytes = made.bytes();
        const auto* start = reinterpret_cast<const std::byte*>(bytes.data());
        auto read =
            openModel(std::make_shared<const std::vector<std::byte>>(start, start + bytes.size()), "m");
        QVERIFY(read.has_value());
        const auto opened = makeSnapshot(std::move(read->model), m_progress, {});
        QVERIFY(opened.has_value());
        const auto prepared = stepSnapshot(*opened, PrepareStep{"unused", {}}, m_progress, {});
        QVERIFY(prepared.has_value());
        FoldModel model;
        model.setSnapshots(*opened, *opened);
        QCOMPARE(model.checked().size(), std::size_t(0));
        model.setSnapshots(*opened, prepared->snapshot);
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.index(0).data(FoldModel::StateRole).toInt(), int(FoldState::CanFold));
        QCOMPARE(model.checked().size(), std::size_t(0));
    }

    void refusesToCheckABlockedRow()
    {
        FoldModel model;
        model.setSnapshots(m_opened, m_opened);
        for (int i = 0; i < model.rowCount(); ++i) {
            const bool blocked = model.index(i).data(FoldModel::StateRole).toInt() == int(FoldState::Blocked);
            QCOMPARE(model.setData(model.index(i), Qt::Checked, Qt::CheckStateRole), !blocked);
        }
    }

    void filtersByStateAndByWords()
    {
        FoldModel model;
        FoldFilter filter;
        filter.setSourceModel(&model);
        model.setSnapshots(m_opened, m_opened);
        filter.setStateShown(FoldState::Blocked, false);
        QCOMPARE(filter.rowCount(), 13);
        filter.setWords(QStringLiteral("DEPTHWISE features.2"));
        QCOMPARE(filter.rowCount(), 1);
        filter.setWords(QStringLiteral("no such layer"));
        QCOMPARE(filter.rowCount(), 0);
        filter.setWords({});
        QCOMPARE(filter.rowCount(), 13);
    }
};

QTEST_MAIN(TestFoldModel)
#include "test_fold_model.moc"
