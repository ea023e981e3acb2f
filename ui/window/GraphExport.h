// SPDX-License-Identifier: GPL-3.0-or-later
// An image of a model's graph without a window: what `pleat --export-graph` does.
#pragma once

#include "core/base/Result.h"

#include <QString>
#include <filesystem>

namespace pleat::ui {

// Reads `model` and writes `target`; svg, png or pdf by its ending. `worker` infers the shapes (Document.h).
// Needs an application object, any platform.
Result<void> exportGraph(const QString& model, const QString& target, const std::filesystem::path& worker);

} // namespace pleat::ui
