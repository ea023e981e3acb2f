// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldFilter.h"

#include "ui/fold/FoldModel.h"
#include "ui/widgets/ListLook.h"

namespace pleat::ui {

void FoldFilter::setStateShown(FoldState state, bool shown)
{
    m_shown[static_cast<std::size_t>(state)] = shown;
    invalidateFilter();
}

void FoldFilter::setWords(const QString& words)
{
    m_words = words.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool FoldFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    if (!m_shown[static_cast<std::size_t>(index.data(FoldModel::StateRole).toInt())])
        return false;
    if (m_words.empty())
        return true; // and no words have to be made
    return hasAllWords(index.data().toString() + u' ' + index.data(FoldModel::DetailRole).toString(),
                       m_words);
}

} // namespace pleat::ui
