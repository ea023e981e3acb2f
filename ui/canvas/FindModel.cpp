// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/FindModel.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

void FindModel::setView(std::shared_ptr<const GraphView> view)
{
    beginResetModel();
    m_view = std::move(view);
    m_entries.clear();
    if (m_view) {
        for (const Scope& scope : m_view->scopes())
            for (const NodeIndex node : scope.nodes)
                if (m_view->op(node) != "Constant") // found by the name of its tensor
                    m_entries.push_back({true, static_cast<std::uint32_t>(node)});
        for (std::uint32_t i = 0; i < m_view->valueCount(); ++i)
            if (!m_view->name(ValueIndex{i}).empty())
                m_entries.push_back({false, i});
    }
    endResetModel();
}

int FindModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

QVariant FindModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry& entry = m_entries[static_cast<std::size_t>(index.row())];
    const auto node = static_cast<NodeIndex>(entry.index);
    const auto value = static_cast<ValueIndex>(entry.index);
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        // The operator is part of the words, so that "batchnorm 12" and "Conv" find something.
        if (entry.isNode)
            return QString(oneLine(toQt(m_view->label(node))) + u"  ·  "_s + oneLine(toQt(m_view->op(node))));
        return oneLine(toQt(m_view->name(value)));
    case NameRole:
        return oneLine(entry.isNode ? toQt(m_view->label(node)) : toQt(m_view->name(value)));
    case KindRole:
        return entry.isNode ? oneLine(toQt(m_view->op(node))) : tr("tensor");
    case LinkRole:
        return (entry.isNode ? u"node:%1"_s : u"value:%1"_s).arg(entry.index);
    default:
        return {};
    }
}

} // namespace pleat::ui
