// SPDX-License-Identifier: GPL-3.0-or-later
// The changes of a comparison as rows, what is shown of them, and how a row looks.
#pragma once

#include "ui/compare/Comparison.h"

#include <QAbstractListModel>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <array>

namespace pleat::ui {

class ChangesModel final : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        KindRole = Qt::UserRole, // int(ChangeKind)
        OpRole,
        DetailRole, // what differs, in a line
    };
    using QAbstractListModel::QAbstractListModel;

    void setComparison(ComparisonPointer comparison); // null: there are no rows
    const ComparisonPointer& comparison() const { return m_comparison; }
    const Change& change(int row) const { return m_comparison->changes[static_cast<std::size_t>(row)]; }
    std::array<int, changeKindCount> counts() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    ComparisonPointer m_comparison;
};

class ChangesFilter final : public QSortFilterProxyModel {
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setKindShown(ChangeKind kind, bool shown);
    void setWords(const QString& words); // all of which have to be there

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    std::array<bool, changeKindCount> m_shown{true, true, true};
    QStringList m_words;
};

// Symbol, name and operator, and below them what differs.
class ChangesDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace pleat::ui
