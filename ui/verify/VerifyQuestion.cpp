// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyQuestion.h"

#include "ui/document/Convert.h"

#include <QStringList>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// As one word, whatever is in it.
QString forShell(QString word)
{
    return u'\'' + word.replace(u'\'', u"'\\''"_s) + u'\'';
}

QString numbersText(const std::vector<double>& numbers)
{
    QStringList words;
    for (const double number : numbers)
        words += QString::number(number);
    return words.join(u',');
}

void addInputs(const OwnInputs& own, QStringList& words)
{
    const bool isOneTable =
        own.files.size() == 1 && (own.files[0].extension() == ".npz" || own.files[0].extension() == ".npy" ||
                                  own.files[0].extension() == ".csv");
    words += isOneTable ? u"--inputs"_s : u"--images"_s;
    for (const std::filesystem::path& file : own.files)
        words += forShell(fromPath(file));
    if (own.scale)
        words += {u"--scale"_s, QString::number(*own.scale)};
    if (own.mean != OwnInputs().mean)
        words += {u"--mean"_s, numbersText(own.mean)};
    if (own.deviation != OwnInputs().deviation)
        words += {u"--std"_s, numbersText(own.deviation)};
    if (!own.labelColumn.empty())
        words += {u"--label-column"_s, forShell(toQt(own.labelColumn))};
    if (!own.labels.empty())
        words += {u"--labels"_s, forShell(fromPath(own.labels))};
}

} // namespace

QString commandFor(const VerifySettings& settings, const QString& before, const QString& after)
{
    QStringList words{u"pleat-cli"_s,  u"verify"_s, forShell(before),
                      forShell(after), u"--seed"_s, QString::number(settings.seed)};
    for (const auto& [symbol, size] : settings.sizes)
        words += {u"--dim"_s, forShell(toQt(symbol) + u'=' + QString::number(size))};
    if (settings.own)
        addInputs(*settings.own, words);
    if (settings.absolute)
        words += {u"--atol"_s, QString::number(*settings.absolute)};
    if (settings.relative)
        words += {u"--rtol"_s, QString::number(*settings.relative)};
    return words.join(u' ');
}

} // namespace pleat::ui
