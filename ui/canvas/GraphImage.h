// SPDX-License-Identifier: GPL-3.0-or-later
// A scene as a picture: SVG, PDF or PNG by the file's ending, painted by the canvas's own painter. SVG and
// PDF keep words as text, and PDF carries the fonts.
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
    double scale = 1;                         // PNG pixels a scene pixel; see imagePixels()
    QRectF area = {};                         // of the scene; null: all of it
    QString title = {};                       // written into the file, for whoever lists files
};

inline constexpr int longestImageSide = 32'000;     // QPainter's raster engine counts in 16 bits
inline constexpr int mostImagePixels = 120'000'000; // half a gigabyte

// How large a PNG becomes, and whether that is less than the scale asks for.
struct ImagePixels {
    QSize size;
    double scale = 1;
    bool isLimited = false;
};
ImagePixels imagePixels(const GraphScene& scene, const GraphImageOptions& options);

// An empty string, or a sentence that says what went wrong; the file appears whole or not at all, not when it
// was stopped. May run on any thread. Needs a QGuiApplication, for the fonts.
QString writeGraphImage(const GraphScene& scene, const QString& path, Progress& progress,
                        const std::stop_token& stop, const GraphImageOptions& options = {});

// The endings it knows, for a file dialog: "svg", "pdf", "png".
QStringList graphImageFormats();

} // namespace pleat::ui
