// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/PartsModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/verify/BarsDelegate.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double limitAt = 0.6; // of the cell's width

// "Conv → BatchNormalization"
QString chain(const std::vector<NodeRef>& nodes)
{
    QStringList words;
    for (const NodeRef& node : nodes)
        words += oneLine(toQt(node.op));
    return words.join(u" → "_s);
}

// What stays of it, and so can be gone to; else what was there.
const NodeRef* nodeOf(const PartCheck& part)
{
    return !part.after.empty() ? &part.after.front() : !part.before.empty() ? &part.before.front() : nullptr;
}

QString layerName(const PartCheck& part)
{
    const NodeRef* const node = nodeOf(part);
    return oneLine(node ? moduleName(toQt(node->name), toQt(node->op)) : toQt(part.output));
}

double errorOf(const PartCheck& part)
{
    return part.hasBound ? part.worst : part.largest;
}

QString foundText(const PartCheck& part)
{
    return !part.problem.empty() ? oneLine(toQt(part.problem))
           : !part.isWithin      ? PartsModel::tr("differs by more than rounding")
           : part.largest > 0    ? PartsModel::tr("within rounding")
                                 : PartsModel::tr("the same to the last bit");
}

} // namespace

PartsModel::PartsModel(QObject* parent)
    : RowsModel(
          {{tr("Layer"), tr("What is folded; a click goes there"), true},
           {tr("Before"), tr("The operators that became one"), true},
           {tr("Error"), tr("Against what rounding explains: the tick"), true},
           {tr("Units"), tr("The largest error of an element in units of rounding, u·Σ|w||x| with the unit "
                            "roundoff u of the type")},
           {tr("Allowed"), tr("As many as the roundings on both sides explain")},
           {tr("Largest |Δ|"), tr("What an element differs by at most")},
           {tr("Channel"), tr("Where that is")},
           {tr("Found"), tr("What the numbers say"), true}},
          parent)
{
}

void PartsModel::setParts(Parts parts)
{
    beginResetModel();
    m_parts = std::move(parts);
    endResetModel();
}

QString PartsModel::text(int row, int column) const
{
    const PartCheck& part = at(row);
    const bool isKnown = part.problem.empty();
    switch (column) {
    case Layer:
        return layerName(part);
    case Chain:
        return chain(part.before);
    case Error: // for who does not see the bar
        return isKnown && part.allowed > 0 ? tr("%1 %").arg(100 * errorOf(part) / part.allowed, 0, 'f', 0)
                                           : QString();
    case Units:
        return isKnown && part.hasBound ? QString::number(part.worst, 'f', 1) : u"–"_s;
    case Allowed:
        return !isKnown || !part.hasBound ? u"–"_s : QString::number(part.allowed, 'f', 0);
    case Largest:
        return isKnown ? number(part.largest) : u"–"_s;
    case Channel:
        return isKnown && part.largest > 0 ? QString::number(part.worstChannel) : u"–"_s;
    default:
        return foundText(part);
    }
}

QString PartsModel::tip(int row, int column) const
{
    const PartCheck& part = at(row);
    if (column == Layer || column == Chain)
        return oneLine(toQt(part.output)) +
               (part.scope.empty() ? QString() : u'\n' + tr("in %1").arg(oneLine(toQt(part.scope)))) + u'\n' +
               tr("before: %1").arg(chain(part.before)) + u'\n' + tr("after: %1").arg(chain(part.after));
    return column == Found && !part.problem.empty() ? toQt(part.problem) : text(row, column);
}

QVariant PartsModel::key(int row, int column) const
{
    const PartCheck& part = at(row);
    const bool isKnown = part.problem.empty();
    switch (column) {
    case Error:
        return isKnown && part.allowed > 0 ? QVariant(errorOf(part) / part.allowed) : QVariant();
    case Units:
        return isKnown && part.hasBound ? QVariant(part.worst) : QVariant();
    case Allowed:
        return part.allowed;
    case Largest:
        return isKnown ? QVariant(part.largest) : QVariant();
    case Channel:
        return static_cast<double>(part.worstChannel);
    default:
        return text(row, column);
    }
}

QVariant PartsModel::more(int row, int column, int role) const
{
    const PartCheck& part = at(row);
    if (role == NodeRole) {
        const NodeRef* const node = nodeOf(part);
        return node ? QVariant(static_cast<uint>(node->id)) : QVariant();
    }
    if (role == WarnRole)
        return (column == Found || column == Error || column == Units) && part.differs();
    if (column != Error || !part.problem.empty() || !(part.allowed > 0))
        return {};
    if (role == AfterBarRole)
        return limitAt * errorOf(part) / part.allowed;
    return role == LimitRole ? QVariant(limitAt) : QVariant();
}

} // namespace pleat::ui
