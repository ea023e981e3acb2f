// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows of the candidates are shown: by state (the chips) and by words.
#pragma once

#include "ui/fold/FoldLook.h"

#include <QSortFilterProxyModel>
#include <array>

namespace pleat::ui {

class FoldFilter final : public QSortFilterProxyModel {
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setStateShown(FoldState state, bool shown);
    void setWords(const QString& words); // each must occur in the name or the second line

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    std::array<bool, 3> m_shown{true, true, true};
    QStringList m_words;
};

} // namespace pleat::ui
