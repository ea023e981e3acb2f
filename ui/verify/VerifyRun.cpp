// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyRun.h"

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

Result<AnswerPointer> answerTo(const VerifyQuestion& question, const WorkerPlace& place, Progress& progress,
                               const std::stop_token& stop)
{
    auto found = verify(*question.before->view, *question.after->view, question.settings.options(), place,
                        progress, stop);
    if (!found)
        return tl::make_unexpected(std::move(found.error()));
    return std::make_shared<const VerifyAnswer>(VerifyAnswer{question, std::move(*found)});
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
