// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Verdict.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QCoreApplication>
#include <algorithm>

namespace pleat::ui {

namespace {

QString inVerdict(const char* text, int n = -1)
{
    return QCoreApplication::translate("Verdict", text, nullptr, n);
}

QString differenceText(const OutputDifference& output)
{
    const QString name = oneLine(toQt(output.name));
    if (!output.problem.empty())
        return inVerdict("Output %1: %2").arg(name, toQt(output.problem));
    if (output.numbers.apart > 0)
        return inVerdict("Output %1 has numbers that are NaN or infinite on one side only.").arg(name);
    return inVerdict("Output %1 differs by up to %2, and %3 is tolerated.")
        .arg(name, number(output.numbers.largest), number(output.tolerated));
}

// The first of them, and how many more there are.
QString withOthers(const QString& first, std::ptrdiff_t count)
{
    if (count == 2)
        return first + u' ' + inVerdict("One more differs.");
    return count < 2 ? first : first + u' ' + inVerdict("%n more differ.", static_cast<int>(count - 1));
}

QString differences(const Verification& found)
{
    if (!found.structure.empty())
        return withOthers(toQt(found.structure.front()), std::ssize(found.structure));
    const auto first = std::ranges::find(found.outputs, false, &OutputDifference::isWithin);
    if (first == found.outputs.end())
        return {};
    return withOthers(differenceText(*first),
                      std::ranges::count(found.outputs, false, &OutputDifference::isWithin));
}

// How close the one that is closest to its limit comes.
QString agreement(const Verification& found)
{
    const int outputs = static_cast<int>(found.outputs.size());
    const auto share = [](const OutputDifference& each) {
        return each.numbers.largest > 0 ? each.numbers.largest / each.tolerated : 0;
    };
    const auto worst = std::ranges::max_element(found.outputs, {}, share);
    if (worst == found.outputs.end() || !(share(*worst) > 0))
        return outputs == 1 ? inVerdict("Its output is the same to the last bit.")
                            : inVerdict("Its %n outputs are the same to the last bit.", outputs);
    const QString words = outputs == 1
                              ? inVerdict("Its output differs by up to %1, and %2 is tolerated.")
                              : inVerdict("Of its %n outputs the farthest differs by up to %1, and %2 is "
                                          "tolerated.",
                                          outputs);
    return words.arg(number(worst->numbers.largest), number(worst->tolerated));
}

} // namespace

Verdict verdictOf(const Verification& found)
{
    switch (found.verdict) {
    case Equivalence::Same:
        return {found.verdict, inVerdict("It computes the same."), agreement(found)};
    case Equivalence::Different:
        return {found.verdict,
                found.structure.empty() ? inVerdict("It does not compute the same.")
                                        : inVerdict("It does not take and give the same."),
                differences(found)};
    default:
        return {Equivalence::Unknown, inVerdict("It could not be verified."), toQt(found.problem)};
    }
}

} // namespace pleat::ui
