// SPDX-License-Identifier: GPL-3.0-or-later
// How long both models take.
#pragma once

#include "core/verify/Latency.h"
#include "ui/verify/Study.h"

namespace pleat::ui {

using SpeedPointer = std::shared_ptr<const Speed>;

class SpeedStudy final : public Study {
    Q_OBJECT
public:
    explicit SpeedStudy(Workspace& workspace, QObject* parent = nullptr);
    const SpeedPointer& speed() const { return m_found; } // null: none

protected:
    void start(const VerifyQuestion& question) override;
    VerdictLine::Content found() const override;
    void clear() override;

private:
    SpeedPointer m_found;
    QString m_problem; // why there is none
};

QString milliseconds(std::chrono::nanoseconds time); // "12.3 ms"

} // namespace pleat::ui
