// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/Job.h"

#include <QElapsedTimer>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <atomic>
#include <chrono>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>

using namespace pleat;
using namespace pleat::ui;
using namespace std::chrono_literals;

namespace {

// Lives as long as a job remembers whom to tell, so that one can wait until it never will: when it has gone,
// the job was delivered or dropped for good.
struct Memory {
    std::shared_ptr<int> held = std::make_shared<int>();
    std::weak_ptr<int> seen = held;
    bool isGone()
    {
        held.reset();
        return QTest::qWaitFor([this] { return seen.expired(); }, 30000);
    }
};

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
    void ownersMayCallTheirJobsAlike()
    {
        JobRunner jobs;
        QObject other;
        int mine = 0, theirs = 0;
        const auto one = [](Progress&, std::stop_token) { return 1; };
        jobs.start("a", "A", this, one, [&](int value) { mine += value; });
        jobs.start("a", "A", &other, one, [&](int value) { theirs += value; });
        QVERIFY(jobs.isBusy(this, "a"));
        QVERIFY(jobs.isBusy(&other, "a"));
        QTRY_COMPARE(mine, 1);
        QTRY_COMPARE(theirs, 1);
        jobs.start("a", "A", this, untilStopped, [&](int) { mine = 0; });
        jobs.start("a", "A", &other, untilStopped, [&](int) { theirs = 0; });
        jobs.cancel(&other, "a");
        QVERIFY(jobs.isBusy(this, "a"));
        QVERIFY(!jobs.isBusy(&other, "a"));
    }

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

    void deliversWhatTheWorkThrowsAsItsError()
    {
        JobRunner jobs;
        std::optional<Result<int>> result;
        jobs.start(
            "a", "A", this, [](Progress&, std::stop_token) -> Result<int> { throw std::bad_alloc(); },
            [&](Result<int> value) { result = std::move(value); });
        QTRY_VERIFY(result);
        QVERIFY(!*result);
        QCOMPARE(result->error().code, ErrorCode::Exhausted);
        QVERIFY(!result->error().message.empty());
        QVERIFY(!jobs.isBusy());
    }

    void tellsWhatTheWorkThrowsWhereItHasNoResult()
    {
        JobRunner jobs;
        bool delivered = false;
        std::optional<Error> failure;
        connect(&jobs, &JobRunner::failed, this, [&](const QString& label, const Error& error) {
            QCOMPARE(label, QString("A"));
            failure = error;
        });
        jobs.start(
            "a", "A", this, [](Progress&, std::stop_token) -> int { throw std::runtime_error("the reason"); },
            [&](int) { delivered = true; });
        QTRY_VERIFY(failure);
        QCOMPARE(failure->code, ErrorCode::Internal);
        QVERIFY(failure->message.find("the reason") != std::string::npos);
        QVERIFY(!delivered);
        QVERIFY(!jobs.isBusy());
    }

    void dropsTheOlderJobOfALane()
    {
        JobRunner jobs;
        std::vector<int> results;
        Memory old;
        jobs.start("a", "old", this, untilStopped,
                   [&results, kept = old.held](int value) { results.push_back(value); });
        jobs.start(
            "a", "new", this, [](Progress&, std::stop_token) { return 2; },
            [&](int value) { results.push_back(value); });
        QTRY_VERIFY(!results.empty());
        QVERIFY(old.isGone());
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
        Memory memory;
        jobs.start("a", "A", this, untilStopped, [&delivered, kept = memory.held](int) { delivered = true; });
        QVERIFY(jobs.isBusy(QStringLiteral("a")));
        jobs.cancel(this, "a");
        QVERIFY(!jobs.isBusy());
        QVERIFY(memory.isGone());
        QVERIFY(!delivered);
    }

    void showsALongJobAndNotAShortOne()
    {
        JobRunner jobs;
        QSignalSpy shown(&jobs, &JobRunner::statusChanged);
        QSignalSpy cleared(&jobs, &JobRunner::statusCleared);
        QSignalSpy finished(&jobs, &JobRunner::laneFinished);
        QElapsedTimer clock;
        clock.start();
        jobs.start(
            "a", "short", this, [](Progress&, std::stop_token) { return 1; }, [](int) {});
        QTRY_COMPARE(finished.size(), 1);
        if (clock.elapsed() < 200)
            QCOMPARE(shown.size(), 0); // else the machine was so slow that it was a long one
        shown.clear();

        clock.start();
        jobs.start(
            "a", "long", this,
            [](Progress& progress, std::stop_token stop) {
                progress.advance(30, 100);
                return untilStopped(progress, stop);
            },
            [](int) {});
        QTRY_VERIFY(!shown.isEmpty());
        QVERIFY(clock.elapsed() >= 200); // patience
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
            "a", "quiet", this, untilStopped, [](int) {}, JobDisplay::Quiet);
        jobs.start("b", "loud", this, untilStopped, [](int) {});
        // The younger one is told of, three times: the older one would have been before it.
        QTRY_VERIFY(shown.size() >= 3);
        for (const auto& told : shown)
            QCOMPARE(told.constFirst().value<JobRunner::Status>().label, QStringLiteral("loud"));
        jobs.cancelShown();
        QVERIFY(jobs.isBusy(QStringLiteral("a")));
        jobs.cancelShown(); // nothing is shown any more
        QVERIFY(jobs.isBusy(QStringLiteral("a")));
    }

    void stopsItsWorkWhenItIsDestroyed()
    {
        std::atomic<bool> stopped = false;
        QSemaphore began;
        {
            JobRunner jobs;
            jobs.start(
                "a", "A", this,
                [&](Progress& progress, std::stop_token stop) {
                    began.release();
                    const int result = untilStopped(progress, stop);
                    stopped = true;
                    return result;
                },
                [](int) { QFAIL("delivered by a runner that is gone"); });
            began.acquire();
        }
        QVERIFY(stopped);
        QCoreApplication::processEvents(); // what it might have left behind would be delivered here
    }

    void takesWhatIsLookedAtFirst()
    {
        JobRunner jobs;
        QSemaphore began, goOn;
        const auto blocked = [&](Progress&, std::stop_token) {
            began.release();
            goOn.acquire();
            return 0;
        };
        // More work that can wait than there are threads: all of them but one take it.
        const int threads = std::max(4, QThread::idealThreadCount());
        for (int i = 0; i < 2 * threads; ++i)
            jobs.start(
                QStringLiteral("background %1").arg(i), "B", this, blocked, [](int) {}, JobDisplay::Shown,
                JobPriority::Background);
        began.acquire(threads - 1);
        bool looked = false;
        jobs.start(
            "weights", "W", this, [](Progress&, std::stop_token) { return 1; }, [&](int) { looked = true; },
            JobDisplay::Shown, JobPriority::LookedAt);
        QTRY_VERIFY(looked); // although none of the others has ended
        QCOMPARE(began.available(), 0);

        // The last thread is busy, too: then what is looked at is the next, before what waited longer.
        QSemaphore lastBegan, lastGoesOn;
        jobs.start(
            "asked", "A", this,
            [&](Progress&, std::stop_token) {
                lastBegan.release();
                lastGoesOn.acquire();
                return 0;
            },
            [](int) {});
        lastBegan.acquire();
        std::vector<int> order;
        const auto tell = [&](int which) { order.push_back(which); };
        jobs.start(
            "first", "A", this, [](Progress&, std::stop_token) { return 1; }, tell);
        jobs.start(
            "second", "A", this, [](Progress&, std::stop_token) { return 2; }, tell);
        jobs.start(
            "looked at", "L", this, [](Progress&, std::stop_token) { return 3; }, tell, JobDisplay::Shown,
            JobPriority::LookedAt);
        lastGoesOn.release();
        QTRY_COMPARE(order.size(), std::size_t(3));
        QCOMPARE(order, (std::vector<int>{3, 1, 2}));
        goOn.release(2 * threads);
        QTRY_VERIFY(!jobs.isBusy()); // those that waited had their turn
    }

    void tellsOfWhatIsLookedAtBeforeWhatCanWait()
    {
        JobRunner jobs;
        QSignalSpy shown(&jobs, &JobRunner::statusChanged);
        QSignalSpy cancelled(&jobs, &JobRunner::cancelledByUser);
        jobs.start(
            "shapes", "Inferring", this, untilStopped, [](int) {}, JobDisplay::Shown,
            JobPriority::Background);
        jobs.start("export", "Exporting", this, untilStopped, [](int) {});
        const auto label = [&shown] {
            return shown.isEmpty() ? QString()
                                   : shown.constLast().constFirst().value<JobRunner::Status>().label;
        };
        QTRY_COMPARE(label(), QStringLiteral("Exporting"));
        jobs.cancelShown();
        QCOMPARE(cancelled.size(), 1);
        QCOMPARE(cancelled.constFirst().constFirst().toString(), QStringLiteral("export"));
        QTRY_COMPARE(label(), QStringLiteral("Inferring"));
    }
};

QTEST_MAIN(TestJob)
#include "test_job.moc"
