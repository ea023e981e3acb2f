// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Convert.h"

#include "ui/widgets/Translate.h"

#include <QFile>
#include <QLocale>
#include <QStringList>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

QString toQt(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

std::string toStd(const QString& text)
{
    return text.toStdString();
}

QString fromPath(const std::filesystem::path& path)
{
    return QFile::decodeName(path.c_str());
}

std::filesystem::path toPath(const QString& path)
{
    return std::filesystem::path(QFile::encodeName(path).toStdString());
}

QString number(double value)
{
    if (std::isnan(value))
        return u"NaN"_s;
    if (std::isinf(value))
        return value > 0 ? u"∞"_s : u"−∞"_s;
    const double size = std::abs(value);
    QString text;
    if (size == 0)
        text = u"0"_s;
    else if (size >= 1e5 || size < 1e-3)
        text = QString::number(size, 'e', 2);
    else if (size >= 100)
        text = QString::number(size, 'f', 0);
    else if (size >= 10)
        text = QString::number(size, 'f', 1);
    else if (size >= 0.1)
        text = QString::number(size, 'f', 2);
    else
        text = QString::number(size, 'f', 4);
    return value < 0 ? u"−"_s + text : text;
}

QString ratioText(const std::optional<double>& decibels)
{
    if (!decibels || std::isnan(*decibels))
        return u"–"_s;
    return std::isinf(*decibels) ? tr("exact") : QString::number(*decibels, 'f', 1).replace(u'-', u'−');
}

namespace {

QString scaled(double value, const QString& unit)
{
    return QString::number(value, 'f', value < 10 ? 1 : 0) + u"\u00a0"_s + unit;
}

} // namespace

QString compactCount(std::uint64_t count)
{
    const auto value = static_cast<double>(count);
    if (value < 9999.5)
        return QString::number(count);
    if (value < 999.5e3)
        return scaled(value / 1e3, u"k"_s);
    if (value < 999.5e6)
        return value < 99.95e6 ? QString::number(value / 1e6, 'f', 1) + u"\u00a0M"_s
                               : scaled(value / 1e6, u"M"_s);
    return value < 99.95e9 ? QString::number(value / 1e9, 'f', 1) + u"\u00a0G"_s
                           : scaled(value / 1e9, u"G"_s);
}

QString byteCount(std::uint64_t bytes)
{
    const auto value = static_cast<double>(bytes);
    if (value < 1000)
        return QString::number(bytes) + u"\u00a0B"_s;
    if (value < 999.5e3)
        return scaled(value / 1e3, u"kB"_s);
    if (value < 999.5e6)
        return scaled(value / 1e6, u"MB"_s);
    return QString::number(value / 1e9, 'f', 1) + u"\u00a0GB"_s;
}

QString dimensions(std::span<const std::int64_t> dims, const QString& separator)
{
    if (dims.empty())
        return u"scalar"_s;
    QStringList parts;
    for (const std::int64_t dim : dims)
        parts += QString::number(dim);
    return parts.join(separator);
}

} // namespace pleat::ui
