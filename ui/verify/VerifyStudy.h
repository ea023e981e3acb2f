// SPDX-License-Identifier: GPL-3.0-or-later
// Whether both models compute the same.
#pragma once

#include "core/verify/Verify.h"
#include "ui/verify/Study.h"

namespace pleat::ui {

using VerificationPointer = std::shared_ptr<const Verification>;

class VerifyStudy final : public Study {
    Q_OBJECT
public:
    explicit VerifyStudy(Workspace& workspace, QObject* parent = nullptr);
    const VerificationPointer& verification() const { return m_found; } // null: none

Q_SIGNALS:
    // An output differs, and where that begins was found as well.
    void diverged(const pleat::ui::VerifyQuestion& question, const pleat::Divergence& divergence);

protected:
    void start(const VerifyQuestion& question) override;
    VerdictLine::Content found() const override;
    void clear() override { m_found.reset(); }

private:
    VerificationPointer m_found;
};

} // namespace pleat::ui
