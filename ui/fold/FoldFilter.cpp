// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldFilter.h"

#include "ui/fold/FoldModel.h"

#include <algorithm>

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
    const QString text = index.data().toString() + u' ' + index.data(FoldModel::DetailRole).toString();
    return std::all_of(m_words.begin(), m_words.end(),
                       [&text](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

} // namespace pleat::ui
