// SPDX-License-Identifier: GPL-3.0-or-later
// One thing of a model that can be changed where it is shown: what stands there now, what it can become, and
// the step that makes it so. A plain value; EditFields.h has the fields that there are.
#pragma once

#include "core/edit/EditStep.h"

#include <QString>
#include <QStringList>
#include <functional>

namespace pleat::ui {

struct EditField {
    QString what;          // for the editor's accessible name: "axis"
    QString text;          // as it is
    QString hint{};        // what is to be written: "ints"; shown while there is nothing
    QStringList choices{}; // to complete from; others can be written, too
    bool manyLines = false;
    // From what was written; an error is a refusal, too. REQUIRES: may be called.
    std::function<Result<EditStep>(const QString& text)> step;
    // Takes it away altogether; nothing: that cannot be.
    std::optional<EditStep> removal{};
    QString removes{}; // what that is called: "Use the default"
};

} // namespace pleat::ui
