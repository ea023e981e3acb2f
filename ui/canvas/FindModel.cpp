// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/FindModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

void FindModel::find(std::shared_ptr<const GraphView> view, std::shared_ptr<const ValueTypes> types,
                     const QString& words)
{
    beginResetModel();
    m_view = std::move(view);
    m_entries.clear();
    const FindQuery query(toStd(words));
    if (m_view && !query.isEmpty()) {
        for (const Scope& scope : m_view->scopes())
            for (const NodeIndex node : scope.nodes)
                if (m_view->op(node) != "Constant" && // found by the name of its tensor
                    query.matches(*m_view, node, *types))
                    m_entries.push_back({true, static_cast<std::uint32_t>(node)});
        for (std::uint32_t i = 0; i < m_view->valueCount(); ++i)
            if (const ValueIndex value{i}; m_view->exists(value) && !m_view->name(value).empty() &&
                                           query.matches(*m_view, value, *types))
                m_entries.push_back({false, i});
    }
    endResetModel();
}

int FindModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

QString FindModel::pageOf(const Entry& entry) const
{
    const ScopeIndex scope =
        entry.isNode ? m_view->scope(NodeIndex{entry.index}) : m_view->scope(ValueIndex{entry.index});
    const QString page = pageName(*m_view, scope);
    return page.isEmpty() ? page : u"  ·  "_s + tr("in %1").arg(page);
}

QVariant FindModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry& entry = m_entries[static_cast<std::size_t>(index.row())];
    const auto node = static_cast<NodeIndex>(entry.index);
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
    case NameRole:
        return oneLine(entry.isNode ? toQt(m_view->label(node))
                                    : toQt(m_view->name(static_cast<ValueIndex>(entry.index))));
    case KindRole:
        return QString(oneLine(entry.isNode ? toQt(m_view->op(node)) : tr("tensor")) +
                       oneLine(pageOf(entry)));
    case LinkRole:
        return (entry.isNode ? u"node:%1"_s : u"value:%1"_s).arg(entry.index);
    default:
        return {};
    }
}

} // namespace pleat::ui
