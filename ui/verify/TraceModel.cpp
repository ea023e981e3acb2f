// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/TraceModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/verify/BarsDelegate.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// A bar is logarithmic: errors of a trace lie decades apart. What is tolerated is the tick.
constexpr double decadesBelow = 4, decadesAbove = 2;
constexpr double tolerated = decadesBelow / (decadesBelow + decadesAbove);

QVariant barOf(double share)
{
    if (std::isnan(share))
        return {};
    return share > 0 ? (std::log10(share) + decadesBelow) / (decadesBelow + decadesAbove) : 0.0;
}

} // namespace

double overTolerated(const OutputDifference& difference)
{
    if (!difference.problem.empty() || difference.numbers.apart > 0)
        return std::numeric_limits<double>::infinity();
    if (difference.numbers.largest == 0)
        return 0;
    return difference.numbers.largest / difference.tolerated;
}

TraceModel::TraceModel(QObject* parent)
    : RowsModel({{tr("#"), tr("In the order of the graph")},
                 {tr("Node"), tr("The node of the model before that makes it; a click goes there"), true},
                 {tr("Operator"), {}, true},
                 {tr("Error"),
                  tr("The largest difference on a logarithmic scale; the tick is what is tolerated"), true},
                 {tr("Largest |Δ|"), tr("What an element differs by at most")},
                 {tr("Tolerated"), tr("What an element may differ by")},
                 {tr("SNR, dB"), tr("10·log₁₀(Σ before² / Σ difference²)")},
                 {tr("Value"), tr("Its name in both models"), true}},
                parent)
{
}

void TraceModel::setTrace(TracePointer trace)
{
    beginResetModel();
    m_found = std::move(trace);
    endResetModel();
}

QString TraceModel::text(int row, int column) const
{
    const TracedValue& value = at(row);
    const OutputDifference& difference = value.difference;
    switch (column) {
    case Number:
        return QString::number(row + 1);
    case Node:
        return oneLine(moduleName(toQt(value.node.name), toQt(value.node.op)));
    case Operator:
        return oneLine(toQt(value.node.op));
    case Error: // for who does not see the bar
        return number(overTolerated(difference));
    case Value:
        return oneLine(toQt(difference.name));
    default:
        break;
    }
    if (!difference.problem.empty())
        return u"–"_s;
    return column == Largest     ? number(difference.numbers.largest)
           : column == Tolerated ? number(difference.tolerated)
                                 : ratioText(difference.numbers.sqnr);
}

QString TraceModel::tip(int row, int column) const
{
    const OutputDifference& difference = at(row).difference;
    if (!difference.problem.empty())
        return toQt(difference.problem);
    if (column == Error)
        return tr("%1 of what is tolerated").arg(number(overTolerated(difference)));
    return column == Node ? toQt(at(row).node.name) : text(row, column);
}

QVariant TraceModel::key(int row, int column) const
{
    const OutputDifference& difference = at(row).difference;
    switch (column) {
    case Number:
        return row;
    case Error:
        return overTolerated(difference);
    case Largest:
        return difference.numbers.largest;
    case Tolerated:
        return difference.tolerated;
    case Snr:
        return difference.numbers.sqnr;
    default:
        return text(row, column);
    }
}

QVariant TraceModel::more(int row, int column, int role) const
{
    const TracedValue& value = at(row);
    if (role == NodeRole) {
        const NodeId maker = m_found->makers[static_cast<std::size_t>(row)];
        return static_cast<uint>(maker == NodeId::None ? value.node.id : maker);
    }
    if (role == WarnRole)
        return (column == Error || column == Largest) && !value.difference.isWithin;
    if (column != Error)
        return {};
    return role == AfterBarRole ? barOf(overTolerated(value.difference))
           : role == LimitRole  ? QVariant(tolerated)
                                : QVariant();
}

} // namespace pleat::ui
