// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/Program.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>

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

Run Program::shell(const QString& script) const
{
    return start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), script}, {});
}

Run Program::start(const QString& program, const QStringList& arguments,
                   const std::function<void()>& prepare) const
{
    QProcess process;
    process.setWorkingDirectory(m_folder.path());
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("PLEAT"), QStringLiteral(PLEAT_CLI));
    process.setProcessEnvironment(environment);
    if (prepare)
        process.setChildProcessModifier(prepare);
    process.start(program, arguments);
    Run run;
    if (!process.waitForFinished(60000)) {
        process.kill();
        process.waitForFinished();
        return run;
    }
    run.out = process.readAllStandardOutput();
    run.err = process.readAllStandardError();
    run.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
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
