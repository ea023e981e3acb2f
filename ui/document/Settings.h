// SPDX-License-Identifier: GPL-3.0-or-later
// What the program remembers between runs, in QSettings: recent files, the theme, how the window lay, which
// ONNX Runtime to take.
#pragma once

#include <QByteArray>
#include <QStringList>

namespace pleat::ui {

enum class ThemeChoice { System, Light, Dark };

class Settings final {
public:
    static QStringList recentFiles(); // the latest first; only files that still exist
    static void addRecentFile(const QString& path);
    static void clearRecentFiles();

    static ThemeChoice theme();
    static void setTheme(ThemeChoice choice);

    static QByteArray geometry();
    static QByteArray windowState();
    static void setWindow(const QByteArray& geometry, const QByteArray& state);

    static bool wheelScrolls(); // the wheel scrolls the graph, and zooms with Ctrl
    static void setWheelScrolls(bool scrolls);

    static bool verifiesExports(); // before they are written, also where nobody is asked
    static void setVerifiesExports(bool verifies);

    static QString lastFolder();
    static void setLastFolder(const QString& folder);

    // The library or its folder (OnnxRuntimeLibrary.h); empty: where it is found.
    static QString onnxRuntime();
    static void setOnnxRuntime(const QString& path);
};

// Gives the whole application the theme that was chosen.
void applyTheme(ThemeChoice choice);

} // namespace pleat::ui
