// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/Job.h"

#include <QThread>
#include <algorithm>
#include <chrono>
#include <cstdlib> // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace pleat::ui {

namespace {

constexpr qint64 patience = 200; // ms before a job is worth a word

qint64 now()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// What a long job needed for a while, and what its result took the place of, would stay with the process
// otherwise.
void giveMemoryBack()
{
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

} // namespace

JobRunner::JobRunner(QObject* parent) : QObject(parent)
{
    // Shape inference sleeps on its worker process, so a machine of two cores still wants more threads.
    m_pool.setMaxThreadCount(std::max(4, QThread::idealThreadCount()));
    m_timer.setInterval(100);
    connect(&m_timer, &QTimer::timeout, this, &JobRunner::tick);
    connect(this, &JobRunner::ended, this, &JobRunner::collect, Qt::QueuedConnection);
}

JobRunner::~JobRunner()
{
    for (const JobPointer& job : m_jobs)
        job->stop.request_stop();
    m_pool.waitForDone();
    const std::lock_guard lock(m_handOver); // nobody else is left; what they handed over goes with us
    m_ended.clear();
}

void JobRunner::run(const QString& lane, const QString& label, QObject* owner,
                    std::function<void(Progress&, std::stop_token)> work, std::function<void()> deliver,
                    JobDisplay display, JobPriority priority)
{
    cancel(owner, lane);
    const auto job = std::make_shared<Job>();
    job->lane = lane;
    job->label = label;
    job->owner = owner;
    job->ownedBy = owner;
    job->display = display;
    job->priority = priority;
    job->deliver = std::move(deliver);
    job->startedAt = now();
    if (m_listener)
        job->sink.m_listener = std::bind_front(m_listener, lane);
    m_jobs.push_back(job);
    if (!m_timer.isActive())
        m_timer.start();
    job->work = std::move(work);
    {
        const std::lock_guard lock(m_handOver);
        m_waiting.push_back(job);
    }
    m_pool.start(&m_worker);
}

void JobRunner::runWaiting()
{
    while (JobPointer job = takeNext())
        run(std::move(job));
}

JobRunner::JobPointer JobRunner::takeNext()
{
    const std::lock_guard lock(m_handOver);
    const auto next =
        std::max_element(m_waiting.begin(), m_waiting.end(), [](const JobPointer& a, const JobPointer& b) {
            return a->priority < b->priority; // of equals, the first
        });
    if (next == m_waiting.end())
        return nullptr;
    const bool background = (*next)->priority == JobPriority::Background;
    if (background && m_background >= m_pool.maxThreadCount() - 1)
        return nullptr; // whoever ends one of those that run comes back for it
    m_background += background;
    JobPointer job = std::move(*next);
    m_waiting.erase(next);
    return job;
}

void JobRunner::run(JobPointer job)
{
    try {
        job->work(job->sink, job->stop.get_token());
    } catch (...) {
        job->thrown = caughtError();
    }
    job->work = nullptr; // what it holds goes now
    {
        const std::lock_guard lock(m_handOver);
        m_background -= job->priority == JobPriority::Background;
        m_ended.push_back(std::move(job));
    }
    // The runner is alive: its destructor waits for this. What it does not live to collect is dropped.
    Q_EMIT ended({});
}

void JobRunner::collect()
{
    std::vector<JobPointer> jobs;
    {
        const std::lock_guard lock(m_handOver);
        jobs.swap(m_ended);
    }
    for (const JobPointer& job : jobs)
        finish(job);
    jobs.clear(); // with what those that were cancelled would have delivered
    if (m_wasLong && m_jobs.empty()) {
        m_wasLong = false;
        m_pool.start(giveMemoryBack);
    }
}

void JobRunner::finish(const JobPointer& job)
{
    m_wasLong |= now() - job->startedAt > patience;
    if (std::find(m_jobs.begin(), m_jobs.end(), job) == m_jobs.end())
        return; // cancelled meanwhile
    const bool wanted = job->owner && !job->stop.stop_requested();
    std::erase(m_jobs, job);
    tick();
    if (wanted && job->thrown)
        Q_EMIT failed(job->label, *job->thrown);
    else if (wanted)
        job->deliver();
    job->deliver = nullptr;
    Q_EMIT laneFinished(job->ownedBy, job->lane);
}

void JobRunner::cancel(const JobPointer& job)
{
    const JobPointer kept = job; // NOLINT(performance-unnecessary-copy-initialization): it leaves the list
    kept->stop.request_stop();
    std::erase(m_jobs, kept);
    tick();
    Q_EMIT laneFinished(kept->ownedBy, kept->lane);
}

void JobRunner::cancel(const QObject* owner, const QString& lane)
{
    const auto found = std::find_if(m_jobs.begin(), m_jobs.end(), [&](const JobPointer& job) {
        return job->ownedBy == owner && job->lane == lane;
    });
    if (found != m_jobs.end())
        cancel(*found);
}

void JobRunner::cancelAll()
{
    while (!m_jobs.empty())
        cancel(m_jobs.front());
}

bool JobRunner::isBusy(const QObject* owner, const QString& lane) const
{
    return std::any_of(m_jobs.begin(), m_jobs.end(),
                       [&](const JobPointer& job) { return job->ownedBy == owner && job->lane == lane; });
}

bool JobRunner::isBusy(const QString& lane) const
{
    return std::any_of(m_jobs.begin(), m_jobs.end(),
                       [&lane](const JobPointer& job) { return job->lane == lane; });
}

JobRunner::JobPointer JobRunner::shownJob() const
{
    const qint64 limit = now() - patience;
    JobPointer shown;
    for (const JobPointer& job : m_jobs)
        if (job->display == JobDisplay::Shown && job->startedAt <= limit &&
            (!shown || job->priority > shown->priority))
            shown = job;
    return shown;
}

void JobRunner::cancelShown()
{
    const JobPointer job = shownJob();
    if (!job)
        return;
    cancel(job);
    Q_EMIT cancelledByUser(job->lane);
}

void JobRunner::tick()
{
    if (m_jobs.empty())
        m_timer.stop();
    if (const JobPointer job = shownJob()) {
        const auto total = job->sink.m_total.load(std::memory_order_relaxed);
        const auto done = job->sink.m_done.load(std::memory_order_relaxed);
        const double fraction = total == 0 ? -1 : std::min(1.0, double(done) / double(total));
        m_statusVisible = true;
        Q_EMIT statusChanged({job->label, fraction});
    } else if (m_statusVisible) {
        m_statusVisible = false;
        Q_EMIT statusCleared();
    }
}

} // namespace pleat::ui
