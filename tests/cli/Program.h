// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli as its users start it: a process with arguments, in a folder of its own that goes with this
// object.
#pragma once

#include <QByteArray>
#include <QDir>
#include <QJsonObject>
#include <QStringList>
#include <QTemporaryDir>
#include <functional>
#include <string>

namespace pleat::test {

struct Run {
    int code = -1; // exit code; -1 when it crashed, did not start or did not end
    QByteArray out, err;
    int signal = 0;           // that ended it
    QJsonObject json() const; // of `out`, which has to be one valid JSON object and nothing else; else empty
};

class Program final {
public:
    // Runs pleat-cli in the folder. `prepare` runs in the child before the program does.
    Run run(const QStringList& arguments, const std::function<void()>& prepare = {}) const;
    // Sends it a signal after so many microseconds.
    Run interrupt(const QStringList& arguments, int signal, qint64 after) const;
    // The same through sh, where `$PLEAT` is the program: for arguments that no QString can hold.
    Run shell(const QString& script) const;

    QString folder() const { return m_folder.path(); }
    QString path(const QString& name) const { return m_folder.filePath(name); }
    void write(const QString& name, const std::string& bytes) const;
    std::string read(const QString& name) const; // "" when it is not there
    QStringList files() const
    {
        return QDir(m_folder.path())
            .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }

private:
    Run start(const QString& program, const QStringList& arguments, const std::function<void()>& prepare,
              const std::function<void(qint64 process)>& meanwhile = {}) const;
    QTemporaryDir m_folder;
};

} // namespace pleat::test
