// SPDX-License-Identifier: GPL-3.0-or-later
// The whole scene as a picture: SVG, PDF or PNG by the file's ending, painted by the canvas's own painter.
#pragma once

#include "core/base/Progress.h"
#include "ui/canvas/GraphPainter.h"

#include <QSize>
#include <QString>
#include <stop_token>

namespace pleat::ui {

struct GraphImageOptions {
    Theme theme = Theme::lightTheme();
    std::shared_ptr<const CanvasHeat> heat{}; // null: nodes have the colours of their operators
    double scale = 1; // PNG pixels a scene pixel; made smaller where the picture would not fit into memory
};

// An empty string, or a sentence that says what went wrong; the file appears whole or not at all, not when it
// was stopped. May run on any thread. Needs a QGuiApplication, for the fonts.
QString writeGraphImage(const GraphScene& scene, const QString& path, Progress& progress,
                        const std::stop_token& stop, const GraphImageOptions& options = {});

// The endings it knows, for a file dialog: "svg", "pdf", "png".
QStringList graphImageFormats();

} // namespace pleat::ui
