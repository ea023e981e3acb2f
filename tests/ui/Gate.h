// SPDX-License-Identifier: GPL-3.0-or-later
// Meets a job of the window at a certain step and holds it there. It has to outlive the runner's jobs.
#pragma once

#include "ui/jobs/Job.h"

#include <QSemaphore>
#include <atomic>

namespace pleat::ui::test {

// Stops the work of a lane at one of its steps until it is told to go on.
struct Gate {
    explicit Gate(QString of, int step = 0) : lane(std::move(of)), stopAt(step) {}

    const QString lane;
    const int stopAt; // counted from 1; 0: never
    std::atomic<int> step = 0;
    std::atomic<bool> waiting = false;
    QSemaphore open;

    void listenTo(JobRunner& jobs)
    {
        jobs.setListener([this](const QString& of, quint64, quint64) {
            if (of != lane || ++step != stopAt)
                return;
            waiting = true;
            open.acquire();
        });
    }
};

} // namespace pleat::ui::test
