// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Sample.h"

#include "core/io/OutputFile.h"
#include "ui/document/Convert.h"

#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <span>

using namespace Qt::StringLiterals;

namespace pleat::ui {

Result<QString> sampleOnDisk()
{
    const QDir folder(QStandardPaths::writableLocation(QStandardPaths::CacheLocation));
    QString path = folder.filePath(u"digits.onnx"_s);
    QFile embedded(u":/pleat/samples/digits.onnx"_s);
    if (!embedded.open(QIODevice::ReadOnly))
        return failure(ErrorCode::Internal, "The program comes without its sample.");
    const QByteArray sample = embedded.readAll();

    QFile copy(path);
    if (copy.size() == sample.size() && copy.open(QIODevice::ReadOnly) && copy.readAll() == sample)
        return path;
    copy.close();
    folder.mkpath(u"."_s); // where that fails, writing says why
    auto file = OutputFile::create(toPath(path));
    if (!file)
        return tl::make_unexpected(file.error());
    const auto bytes = std::as_bytes(std::span(sample.constData(), static_cast<std::size_t>(sample.size())));
    if (auto written = file->write(bytes); !written)
        return tl::make_unexpected(written.error());
    if (auto written = file->commit(); !written)
        return tl::make_unexpected(written.error());
    return path;
}

} // namespace pleat::ui
