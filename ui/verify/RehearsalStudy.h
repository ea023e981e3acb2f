// SPDX-License-Identifier: GPL-3.0-or-later
// What quantization would cost before folding and after.
#pragma once

#include "core/verify/Rehearsal.h"
#include "ui/verify/Study.h"

namespace pleat::ui {

using RehearsalPointer = std::shared_ptr<const Rehearsal>;

class RehearsalStudy final : public Study {
    Q_OBJECT
public:
    explicit RehearsalStudy(Workspace& workspace, QObject* parent = nullptr);

    const RehearsalPointer& rehearsal() const { return m_found; }     // null: none
    const std::vector<std::string>& notes() const { return m_notes; } // on what it was run
    void setOptions(const RehearsalOptions& options);                 // of what runs next

protected:
    void start(const VerifyQuestion& question) override;
    VerdictLine::Content found() const override;
    void clear() override { m_found.reset(); }
    bool hasOtherSettings() const override;

private:
    struct Answer {
        Rehearsal rehearsal;
        std::vector<std::string> notes;
    };
    static Result<Answer> ask(const VerifyQuestion& question, const RehearsalOptions& options,
                              const WorkerPlace& place, Progress& progress, const std::stop_token& stop);

    RehearsalOptions m_options;
    std::vector<std::string> m_notes;
    RehearsalPointer m_found;
};

} // namespace pleat::ui
