// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/Job.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <atomic>
#include <chrono>
#include <thread>

using namespace pleat;
using namespace pleat::ui;
using namespace std::chrono_literals;

namespace {

// Works until somebody asks it to stop, as a long computation does.
int untilStopped(Progress&, std::stop_token stop)
{
    while (!stop.stop_requested())
        std::this_thread::sleep_for(1ms);
    return -1;
}

} // namespace

class TestJob final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void deliversOnTheThreadOfTheWindow()
    {
        JobRunner jobs;
        QThread* worked = nullptr;
        QThread* delivered = nullptr;
        jobs.start(
            "a", "A", this,
            [&](Progress&, std::stop_token) {
                worked = QThread::currentThread();
                return 42;
            },
            [&](int value) {
                QCOMPARE(value, 42);
                delivered = QThread::currentThread();
            });
        QTRY_VERIFY(delivered);
        QCOMPARE(delivered, QThread::currentThread());
        QVERIFY(worked != QThread::currentThread());
        QVERIFY(!jobs.isBusy());
    }

    void dropsTheOlderJobOfALane()
    {
        JobRunner jobs;
        std::vector<int> results;
        jobs.start("a", "old", this, untilStopped, [&](int value) { results.push_back(value); });
        jobs.start(
            "a", "new", this, [](Progress&, std::stop_token) { return 2; },
            [&](int value) { results.push_back(value); });
        QTRY_VERIFY(!results.empty());
        QTest::qWait(50);
        QCOMPARE(results, std::vector<int>{2});
    }

    void leavesOtherLanesAlone()
    {
        JobRunner jobs;
        int sum = 0;
        for (const char* lane : {"a", "b", "c"})
            jobs.start(
                lane, lane, this, [](Progress&, std::stop_token) { return 1; },
                [&](int value) { sum += value; });
        QTRY_COMPARE(sum, 3);
    }

    void dropsTheResultWhenItsOwnerIsGone()
    {
        JobRunner jobs;
        auto* owner = new QObject;
        bool delivered = false;
        QSignalSpy finished(&jobs, &JobRunner::laneFinished);
        jobs.start(
            "a", "A", owner,
            [](Progress&, std::stop_token) {
                std::this_thread::sleep_for(50ms);
                return 1;
            },
            [&](int) { delivered = true; });
        delete owner;
        QTRY_COMPARE(finished.size(), 1);
        QVERIFY(!delivered);
    }

    void cancelsAndDeliversNothing()
    {
        JobRunner jobs;
        bool delivered = false;
        jobs.start("a", "A", this, untilStopped, [&](int) { delivered = true; });
        QVERIFY(jobs.isBusy(QStringLiteral("a")));
        jobs.cancel("a");
        QVERIFY(!jobs.isBusy());
        QTest::qWait(50);
        QVERIFY(!delivered);
    }

    void showsALongJobAndNotAShortOne()
    {
        JobRunner jobs;
        QSignalSpy shown(&jobs, &JobRunner::statusChanged);
        QSignalSpy cleared(&jobs, &JobRunner::statusCleared);
        bool done = false;
        jobs.start(
            "a", "short", this, [](Progress&, std::stop_token) { return 1; }, [&](int) { done = true; });
        QTRY_VERIFY(done);
        QTest::qWait(300);
        QCOMPARE(shown.size(), 0);

        jobs.start(
            "a", "long", this,
            [](Progress& progress, std::stop_token stop) {
                progress.advance(30, 100);
                return untilStopped(progress, stop);
            },
            [](int) {});
        QTest::qWait(120);
        QCOMPARE(shown.size(), 0); // patience
        QTRY_VERIFY(!shown.isEmpty());
        const auto status = shown.constFirst().constFirst().value<JobRunner::Status>();
        QCOMPARE(status.label, QStringLiteral("long"));
        QCOMPARE(status.fraction, 0.3);
        QSignalSpy byUser(&jobs, &JobRunner::cancelledByUser);
        jobs.cancelShown();
        QCOMPARE(byUser.size(), 1);
        QCOMPARE(cleared.size(), 1);
    }

    void keepsAQuietJobOutOfSight()
    {
        JobRunner jobs;
        QSignalSpy shown(&jobs, &JobRunner::statusChanged);
        jobs.start(
            "a", "A", this, untilStopped, [](int) {}, JobDisplay::Quiet);
        QTest::qWait(400);
        QCOMPARE(shown.size(), 0);
    }

    void stopsItsWorkWhenItIsDestroyed()
    {
        std::atomic<bool> stopped = false;
        {
            JobRunner jobs;
            jobs.start(
                "a", "A", this,
                [&](Progress& progress, std::stop_token stop) {
                    const int result = untilStopped(progress, stop);
                    stopped = true;
                    return result;
                },
                [](int) { QFAIL("delivered by a runner that is gone"); });
            QTest::qWait(20);
        }
        QVERIFY(stopped);
        QTest::qWait(20);
    }
};

QTEST_MAIN(TestJob)
#include "test_job.moc"
