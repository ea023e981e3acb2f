// SPDX-License-Identifier: GPL-3.0-or-later
// What the panel VERIFY asks and what it is told: values, made in a job and kept by the panel.
#pragma once

#include "core/verify/Verify.h"
#include "ui/document/Snapshot.h"

#include <QString>

namespace pleat::ui {

enum class Against { Opened, LastStep }; // the model as it was opened, or before the last step

// What somebody chooses.
struct VerifySettings {
    Against against = Against::Opened;
    std::uint64_t seed = 1;
    std::map<std::string, std::int64_t> sizes; // of symbols
    std::optional<double> absolute, relative;  // both empty: usual for the type
    bool operator==(const VerifySettings&) const = default;

    VerifyOptions options() const;
};

struct VerifyQuestion {
    SnapshotPointer before, after;
    VerifySettings settings;
    bool operator==(const VerifyQuestion&) const = default;
};

struct VerifyAnswer {
    VerifyQuestion question;
    Verification found;
};
using AnswerPointer = std::shared_ptr<const VerifyAnswer>;

// Errors: those of verify().
Result<AnswerPointer> answerTo(const VerifyQuestion& question, const WorkerPlace& place, Progress& progress,
                               const std::stop_token& stop);

// What does it again at a shell, for the two files.
QString commandFor(const VerifySettings& settings, const QString& before, const QString& after);

} // namespace pleat::ui
