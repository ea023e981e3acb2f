// SPDX-License-Identifier: GPL-3.0-or-later
// What other programs do to a file while Pleat has it open.
#pragma once

#include "ui/document/Convert.h"

#include <QByteArray>
#include <QFile>
#include <chrono>
#include <filesystem>

namespace pleat::ui::test {

// Long ago, so that whatever is written now has another time.
inline void age(const QString& path)
{
    namespace fs = std::filesystem;
    fs::last_write_time(toPath(path), fs::file_time_type::clock::now() - std::chrono::hours(1));
}

inline QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline void write(const QString& path, const QByteArray& bytes,
                  QIODevice::OpenMode mode = QIODevice::WriteOnly)
{
    QFile file(path);
    if (!file.open(mode) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

inline void putInPlace(const QString& path, const QByteArray& bytes)
{
    write(path + QStringLiteral(".new"), bytes);
    std::filesystem::rename(toPath(path + QStringLiteral(".new")), toPath(path));
}

// What other programs do to a file.
inline void truncate(const QString& path)
{
    if (!QFile::resize(path, QFile(path).size() / 2))
        qFatal("cannot truncate");
}
inline void overwrite(const QString& path) // as many bytes, other ones
{
    write(path, QByteArray(QFile(path).size(), 'x'), QIODevice::ReadWrite);
}
inline void touch(const QString& path)
{
    namespace fs = std::filesystem;
    fs::last_write_time(toPath(path), fs::file_time_type::clock::now());
}
inline void replace(const QString& path) // a model stays one, with an unknown field at its end
{
    putInPlace(path, contents(path) + "\xfa\x7f\x01x");
}
inline void remove(const QString& path)
{
    if (!QFile::remove(path))
        qFatal("cannot remove");
}
inline void recreate(const QString& path)
{
    const QByteArray bytes = contents(path);
    remove(path);
    write(path, bytes);
}

} // namespace pleat::ui::test
