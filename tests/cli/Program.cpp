// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/Program.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QThread>
#include <csignal>

namespace pleat::test {

QJsonObject Run::json() const
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(out, &problem);
    return problem.error == QJsonParseError::NoError ? document.object() : QJsonObject();
}

Run Program::run(const QStringList& arguments, const std::function<void()>& prepare) const
{
    return start(QStringLiteral(PLEAT_CLI), arguments, prepare);
}

Run Program::interrupt(const QStringList& arguments, int signal, qint64 after) const
{
    return start(QStringLiteral(PLEAT_CLI), arguments, {}, [signal, after](qint64 process) {
        QThread::usleep(static_cast<unsigned long>(after));
        ::kill(static_cast<pid_t>(process), signal); // not reaped yet, so the id is its own
    });
}

Run Program::shell(const QString& script) const
{
    return start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), script}, {});
}

Run Program::start(const QString& program, const QStringList& arguments, const std::function<void()>& prepare,
                   const std::function<void(qint64 process)>& meanwhile) const
{
    QProcess process;
    process.setWorkingDirectory(m_folder.path());
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("PLEAT"), QStringLiteral(PLEAT_CLI));
    process.setProcessEnvironment(environment);
    if (prepare)
        process.setChildProcessModifier(prepare);
    process.start(program, arguments);
    if (meanwhile && process.waitForStarted())
        meanwhile(process.processId());
    Run run;
    if (!process.waitForFinished(60000)) {
        process.kill();
        process.waitForFinished();
        return run;
    }
    run.out = process.readAllStandardOutput();
    run.err = process.readAllStandardError();
    const bool isNormal = process.exitStatus() == QProcess::NormalExit;
    run.code = isNormal ? process.exitCode() : -1;
    run.signal = isNormal ? 0 : process.exitCode();
    return run;
}

void Program::write(const QString& name, const std::string& bytes) const
{
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), static_cast<qint64>(bytes.size())) < 0)
        qFatal("cannot write %s", qPrintable(file.fileName()));
}

std::string Program::read(const QString& name) const
{
    QFile file(path(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

} // namespace pleat::test
