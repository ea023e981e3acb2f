// SPDX-License-Identifier: GPL-3.0-or-later
// An image of a model's graph without a window: what `pleat --export-graph` does.
#pragma once

#include "core/base/Result.h"
#include "ui/canvas/GraphImage.h"

#include <QString>
#include <filesystem>

namespace pleat::ui {

struct ExportedGraph {
    QString notice; // what should be known about it; mostly nothing
};

// Reads `model` and writes `target`; svg, png or pdf by its ending. `worker` infers the shapes (Document.h).
// Needs an application object, any platform.
Result<ExportedGraph> exportGraph(const QString& model, const QString& target, GraphImageOptions options,
                                  const std::filesystem::path& worker);

} // namespace pleat::ui
