// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked about two models, and the command that asks the same at a shell. Values.
#pragma once

#include "core/verify/InputFiles.h"
#include "ui/document/Snapshot.h"

#include <QString>
#include <map>

namespace pleat::ui {

enum class Against { Opened, LastStep }; // the model as it was opened, or before the last step

// What somebody chooses.
struct VerifySettings {
    Against against = Against::Opened;
    std::uint64_t seed = 1;
    std::map<std::string, std::int64_t> sizes; // of symbols
    std::optional<double> absolute, relative;  // both empty: usual for the type
    std::optional<OwnInputs> own;              // samples; nothing: random ones
    bool operator==(const VerifySettings&) const = default;
};

struct VerifyQuestion {
    SnapshotPointer before, after;
    VerifySettings settings;
    bool operator==(const VerifyQuestion&) const = default;
};

// For the two files.
QString commandFor(const VerifySettings& settings, const QString& before, const QString& after);

} // namespace pleat::ui
