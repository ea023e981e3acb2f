// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Settings.h"

#include "ui/widgets/Theme.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
constexpr qsizetype mostRecentFiles = 10;
const auto recentKey = u"recentFiles"_s;
const auto themeKey = u"theme"_s;
const auto geometryKey = u"window/geometry"_s;
const auto stateKey = u"window/state"_s;
const auto wheelKey = u"wheelScrolls"_s;
const auto verifyKey = u"verifyExports"_s;
const auto folderKey = u"lastFolder"_s;
const auto onnxRuntimeKey = u"onnxRuntime"_s;
} // namespace

QStringList Settings::recentFiles()
{
    QStringList files = QSettings().value(recentKey).toStringList();
    files.erase(std::remove_if(files.begin(), files.end(),
                               [](const QString& path) { return !QFileInfo::exists(path); }),
                files.end());
    return files;
}

void Settings::addRecentFile(const QString& path)
{
    QStringList files = QSettings().value(recentKey).toStringList();
    files.removeAll(path);
    files.prepend(path);
    QSettings().setValue(recentKey, QStringList(files.first(std::min(files.size(), mostRecentFiles))));
}

void Settings::clearRecentFiles()
{
    QSettings().remove(recentKey);
}

ThemeChoice Settings::theme()
{
    const QString name = QSettings().value(themeKey).toString();
    return name == u"light" ? ThemeChoice::Light : name == u"dark" ? ThemeChoice::Dark : ThemeChoice::System;
}

void Settings::setTheme(ThemeChoice choice)
{
    QSettings().setValue(themeKey, choice == ThemeChoice::Light  ? u"light"_s
                                   : choice == ThemeChoice::Dark ? u"dark"_s
                                                                 : u"system"_s);
}

QByteArray Settings::geometry()
{
    return QSettings().value(geometryKey).toByteArray();
}

QByteArray Settings::windowState()
{
    return QSettings().value(stateKey).toByteArray();
}

void Settings::setWindow(const QByteArray& geometry, const QByteArray& state)
{
    QSettings settings;
    settings.setValue(geometryKey, geometry);
    settings.setValue(stateKey, state);
}

bool Settings::wheelScrolls()
{
    return QSettings().value(wheelKey, false).toBool();
}

void Settings::setWheelScrolls(bool scrolls)
{
    QSettings().setValue(wheelKey, scrolls);
}

bool Settings::verifiesExports()
{
    return QSettings().value(verifyKey, false).toBool();
}

void Settings::setVerifiesExports(bool verifies)
{
    QSettings().setValue(verifyKey, verifies);
}

QString Settings::lastFolder()
{
    return QSettings().value(folderKey, QDir::homePath()).toString();
}

void Settings::setLastFolder(const QString& folder)
{
    QSettings().setValue(folderKey, folder);
}

QString Settings::onnxRuntime()
{
    return QSettings().value(onnxRuntimeKey).toString();
}

void Settings::setOnnxRuntime(const QString& path)
{
    if (path.isEmpty())
        QSettings().remove(onnxRuntimeKey);
    else
        QSettings().setValue(onnxRuntimeKey, path);
}

void applyTheme(ThemeChoice choice)
{
    const bool dark = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && Theme::systemIsDark());
    Theme::apply(*qApp, dark ? Theme::darkTheme() : Theme::lightTheme());
}

} // namespace pleat::ui
