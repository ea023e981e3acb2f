// SPDX-License-Identifier: GPL-3.0-or-later
// Meets a job of the window at a certain step and holds it there.
#pragma once

#include "ui/jobs/Job.h"

#include <QSemaphore>
#include <atomic>
#include <memory>

namespace pleat::ui::test {

// Stops the work of a lane at one of its steps until it is told to go on. Jobs of other lanes may still
// report to it when it is gone, so what they count is theirs as well.
class Gate final {
    struct State {
        const QString lane;
        const int stopAt;
        std::atomic<int> step = 0;
        std::atomic<bool> waiting = false;
        QSemaphore open{};
    };
    std::shared_ptr<State> m_state;

public:
    // stopAt: counted from 1; 0: never
    explicit Gate(QString lane, int stopAt = 0) : m_state(new State{std::move(lane), stopAt}) {}
    ~Gate() { open.release(); } // a test that fails leaves no work waiting

    std::atomic<int>& step = m_state->step;
    std::atomic<bool>& waiting = m_state->waiting;
    QSemaphore& open = m_state->open;

    void listenTo(JobRunner& jobs)
    {
        jobs.setListener([state = m_state](const QString& of, quint64, quint64) {
            if (of != state->lane || ++state->step != state->stopAt)
                return;
            state->waiting = true;
            state->open.acquire();
        });
    }
};

} // namespace pleat::ui::test
