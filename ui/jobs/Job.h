// SPDX-License-Identifier: GPL-3.0-or-later
// The one way to run core work in the background. A job has an owner and a name, which together are its lane;
// a new job on a lane cancels the one before it, whose result is dropped (latest wins). So two owners never
// cancel each other's jobs, whatever they call them. The work runs on a thread of the runner's own pool with
// a Progress and a stop token; its result is handed to `done` on the UI thread, or dropped when the job was
// cancelled or its owner is gone. What is looked at goes first: it is taken before everything that waits, and
// one thread is never given to work that can wait. Everything here is called from the UI thread. The runner's
// destructor cancels what runs and waits for it.
#pragma once

#include "core/base/Failure.h"
#include "core/base/Progress.h"

#include <QObject>
#include <QPointer>
#include <QRunnable>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace pleat::ui {

// Whether a job is worth telling about; a quiet one never shows up in the status bar.
enum class JobDisplay { Shown, Quiet };

// Who goes first: work that nobody waits for, what somebody asked for, what somebody is looking at just now.
enum class JobPriority { Background, Asked, LookedAt };

class JobRunner final : public QObject {
    Q_OBJECT
public:
    explicit JobRunner(QObject* parent = nullptr);
    ~JobRunner() override;

    // Runs `work(Progress&, std::stop_token)` in the background and then `done(result)` on the UI thread.
    // `lane` is its name among its owner's, `label` names it to the person waiting ("Opening resnet.onnx").
    // What the work throws (no memory, mostly) is delivered as the Error of its Result; where its result is
    // none, failed() tells it and nothing is delivered.
    template<class Work, class Done>
    void start(const QString& lane, const QString& label, QObject* owner, Work work, Done done,
               JobDisplay display = JobDisplay::Shown, JobPriority priority = JobPriority::Asked)
    {
        using Value = std::invoke_result_t<Work&, Progress&, std::stop_token>;
        const auto slot = std::make_shared<std::unique_ptr<Value>>();
        run(
            lane, label, owner,
            [slot, work = std::move(work)](Progress& progress, std::stop_token stop) mutable {
                if constexpr (std::is_constructible_v<Value, tl::unexpected<Error>>) {
                    try {
                        *slot = std::make_unique<Value>(work(progress, std::move(stop)));
                    } catch (...) {
                        *slot = std::make_unique<Value>(tl::make_unexpected(caughtError()));
                    }
                } else {
                    *slot = std::make_unique<Value>(work(progress, std::move(stop)));
                }
            },
            [slot, done = std::move(done)]() mutable { done(std::move(**slot)); }, display, priority);
    }

    void cancel(const QObject* owner, const QString& lane);
    void cancelAll();

    // Hears each step of progress before it counts, on the working thread, of jobs that start from now on:
    // how a test meets a job at a certain step.
    using Listener = std::function<void(const QString& lane, std::uint64_t done, std::uint64_t total)>;
    void setListener(Listener listener) { m_listener = std::move(listener); }

    bool isBusy() const { return !m_jobs.empty(); } // quiet jobs count too
    bool isBusy(const QObject* owner, const QString& lane) const;
    bool isBusy(const QString& lane) const; // of whoever's

    struct Status {
        QString label;
        double fraction = -1; // 0…1, or -1 when the end is not known
    };

Q_SIGNALS:
    // The job of the highest priority that has been running for 0.2 s, of these the oldest; sent ten times a
    // second while there is one.
    void statusChanged(const pleat::ui::JobRunner::Status& status);
    void statusCleared();
    void laneFinished(const QObject* owner, const QString& lane); // delivered, dropped or cancelled
    void cancelledByUser(const QString& lane);
    // Work that threw and has no Result to say it.
    void failed(const QString& label, const pleat::Error& error);
    void ended(QPrivateSignal); // a worker's, for collect()

public Q_SLOTS:
    void cancelShown(); // what the Cancel button of the status bar does

private:
    struct Sink final : Progress {
        void advance(std::uint64_t done, std::uint64_t total) override
        {
            if (m_listener)
                m_listener(done, total);
            m_done.store(done, std::memory_order_relaxed);
            m_total.store(total, std::memory_order_relaxed);
        }
        std::function<void(std::uint64_t done, std::uint64_t total)> m_listener;
        std::atomic<std::uint64_t> m_done{0};
        std::atomic<std::uint64_t> m_total{0};
    };
    struct Job {
        QString lane;
        QString label;
        QPointer<QObject> owner;
        const QObject* ownedBy = nullptr; // the same, also when it has gone: only to be compared
        JobDisplay display = JobDisplay::Shown;
        JobPriority priority = JobPriority::Asked;
        Sink sink;
        std::stop_source stop;
        std::function<void(Progress&, std::stop_token)> work;
        std::function<void()> deliver;
        std::optional<Error> thrown; // by the work
        qint64 startedAt = 0;        // ms
    };
    using JobPointer = std::shared_ptr<Job>;

    // What the pool runs, once for each job: what waits, until nothing does. One object for all of them, so
    // that everything that crosses from thread to thread does it under the one mutex below.
    struct Worker final : QRunnable {
        explicit Worker(JobRunner& of) : runner(of) { setAutoDelete(false); }
        void run() override { runner.runWaiting(); }
        JobRunner& runner;
    };

    void run(const QString& lane, const QString& label, QObject* owner,
             std::function<void(Progress&, std::stop_token)> work, std::function<void()> deliver,
             JobDisplay display, JobPriority priority);
    void runWaiting();     // on a thread of the pool
    JobPointer takeNext(); // null when nothing may run now
    void run(JobPointer job);
    void collect();
    void finish(const JobPointer& job);
    void cancel(const JobPointer& job);
    JobPointer shownJob() const;
    void tick();

    Worker m_worker{*this};
    std::mutex m_handOver;
    std::deque<JobPointer> m_waiting; // for a thread
    int m_background = 0;             // jobs of that priority that are running
    std::vector<JobPointer> m_ended;  // for collect()
    QThreadPool m_pool;
    QTimer m_timer;
    Listener m_listener;
    std::vector<JobPointer> m_jobs; // the living ones, oldest first
    bool m_statusVisible = false;
    bool m_wasLong = false; // one of those that ended since memory was given back
};

} // namespace pleat::ui
