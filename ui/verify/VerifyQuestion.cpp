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

} // namespace

VerifyOptions VerifySettings::options() const
{
    VerifyOptions options;
    options.seed = seed;
    options.sizes = sizes;
    if (absolute || relative)
        options.tolerance = Tolerance{absolute.value_or(0), relative.value_or(0)};
    return options;
}

QString commandFor(const VerifySettings& settings, const QString& before, const QString& after)
{
    QStringList words{u"pleat-cli"_s,  u"verify"_s, forShell(before),
                      forShell(after), u"--seed"_s, QString::number(settings.seed)};
    for (const auto& [symbol, size] : settings.sizes)
        words += {u"--dim"_s, forShell(toQt(symbol) + u'=' + QString::number(size))};
    if (settings.absolute)
        words += {u"--atol"_s, QString::number(*settings.absolute)};
    if (settings.relative)
        words += {u"--rtol"_s, QString::number(*settings.relative)};
    return words.join(u' ');
}

} // namespace pleat::ui
