// SPDX-License-Identifier: GPL-3.0-or-later
// What quantization would cost before folding and after.
#pragma once

#include "core/verify/InputFiles.h"
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
    // Of what runs next; nothing of one's own: random samples.
    void setSettings(const RehearsalOptions& options, std::optional<OwnInputs> own);

protected:
    void start(const VerifyQuestion& question) override;
    VerdictLine::Content found() const override;
    void clear() override { m_found.reset(); }
    bool hasOtherSettings() const override;

private:
    struct Settings {
        RehearsalOptions options;
        std::optional<OwnInputs> own;
    };
    struct Answer {
        Rehearsal rehearsal;
        std::vector<std::string> notes;
    };
    static Result<Answer> ask(const VerifyQuestion& question, const Settings& settings,
                              const WorkerPlace& place, Progress& progress, const std::stop_token& stop);
    static bool areSame(const Settings& a, const Settings& b);

    Settings m_settings, m_asked;
    std::vector<std::string> m_notes;
    RehearsalPointer m_found;
};

} // namespace pleat::ui
