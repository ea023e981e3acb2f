// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Verdict.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Translate.h"

#include <algorithm>

namespace pleat::ui {

namespace {

QString differenceText(const OutputDifference& output)
{
    const QString name = oneLine(toQt(output.name));
    if (!output.problem.empty())
        return tr("Output %1: %2").arg(name, toQt(output.problem));
    if (output.besideSteps)
        return tr("Output %1: %2").arg(name, toQt(sentenceOf(*output.besideSteps)));
    if (output.numbers.apart > 0)
        return tr("Output %1 has numbers that are NaN or infinite on one side only.").arg(name);
    return tr("Output %1 differs by up to %2, and %3 is tolerated.")
        .arg(name, number(output.numbers.largest), number(output.tolerated));
}

// The first of them, and how many more there are.
QString withOthers(const QString& first, std::ptrdiff_t count)
{
    if (count == 2)
        return first + u' ' + tr("One more differs.");
    return count < 2 ? first : first + u' ' + tr("%n more differ.", static_cast<int>(count - 1));
}

// The first part that computes something else, by the node that is left of it.
QString partDifference(const Verification& found)
{
    const auto part = std::ranges::find_if(found.parts, [](const PartCheck& each) { return each.differs(); });
    if (part == found.parts.end())
        return {};
    const NodeRef* const node = !part->after.empty()    ? &part->after.front()
                                : !part->before.empty() ? &part->before.front()
                                                        : nullptr;
    QString name = oneLine(node ? moduleName(toQt(node->name), toQt(node->op)) : toQt(part->output));
    if (part->errors.size() > 1)
        name = tr("%1, channel %2,").arg(name).arg(part->worstChannel);
    return part->isByUnits ? tr("At %1 it differs by %2 units of rounding, and %3 are allowed.")
                                 .arg(name, number(part->worst), number(part->allowed))
                           : tr("At %1 it differs by up to %2, and %3 is allowed.")
                                 .arg(name, number(part->largest), number(part->allowed));
}

QString differences(const Verification& found)
{
    if (!found.structure.empty())
        return withOthers(toQt(found.structure.front()), std::ssize(found.structure));
    QString part = partDifference(found);
    const auto first = std::ranges::find(found.outputs, false, &OutputDifference::isWithin);
    if (first == found.outputs.end())
        return part;
    const QString output = withOthers(differenceText(*first),
                                      std::ranges::count(found.outputs, false, &OutputDifference::isWithin));
    return part.isEmpty() ? output : part + u' ' + output;
}

// How close the one that is closest to its limit comes.
QString agreement(const Verification& found)
{
    const int outputs = static_cast<int>(found.outputs.size());
    const auto share = [](const OutputDifference& each) {
        return each.numbers.largest > 0 ? each.numbers.largest / each.tolerated : 0;
    };
    const auto rounded = std::ranges::find_if(
        found.outputs, [](const OutputDifference& each) { return each.besideSteps.has_value(); });
    if (rounded != found.outputs.end())
        return tr("Output %1: %2").arg(oneLine(toQt(rounded->name)), toQt(sentenceOf(*rounded->besideSteps)));
    const auto worst = std::ranges::max_element(found.outputs, {}, share);
    if (worst == found.outputs.end() || !(share(*worst) > 0))
        return outputs == 1 ? tr("Its output is the same to the last bit.")
                            : tr("Its %n outputs are the same to the last bit.", outputs);
    const QString words = outputs == 1 ? tr("Its output differs by up to %1, and %2 is tolerated.")
                                       : tr("Of its %n outputs the farthest differs by up to %1, and %2 is "
                                            "tolerated.",
                                            outputs);
    return words.arg(number(worst->numbers.largest), number(worst->tolerated));
}

// What was run fold by fold.
QString partsText(const Verification& found)
{
    const int parts = static_cast<int>(found.parts.size());
    if (parts == 0 || !found.partsProblem.empty())
        return {};
    return parts == 1 ? tr("The one part that changed is within rounding.")
                      : tr("Each of the %n parts that changed is within rounding.", parts);
}

Verdict sameVerdict(const Verification& found)
{
    const QString parts = found.haveAllPartsRun() ? partsText(found) : QString();
    if (!found.problem.empty()) // and so it rests on the parts
        return {found.verdict, tr("Part by part, it computes the same."),
                parts + u' ' + tr("The whole model was not run: %1").arg(toQt(found.problem))};
    return {found.verdict, tr("It computes the same."), (agreement(found) + u' ' + parts).trimmed()};
}

} // namespace

Verdict verdictOf(const Verification& found)
{
    switch (found.verdict) {
    case Equivalence::Same:
        return sameVerdict(found);
    case Equivalence::Different:
        return {found.verdict,
                found.structure.empty() ? tr("It does not compute the same.")
                                        : tr("Its structure is not the same."),
                differences(found)};
    default:
        return {Equivalence::Unknown, tr("It could not be verified."),
                toQt(found.problem.empty() ? found.partsProblem : found.problem)};
    }
}

} // namespace pleat::ui
