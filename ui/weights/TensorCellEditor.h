// SPDX-License-Identifier: GPL-3.0-or-later
// The field in a cell of a TensorTable. What is no value of the tensor's type is not taken: the field stays,
// and says why.
#pragma once

#include <QStyledItemDelegate>

namespace pleat::ui {

class TensorTable;

class TensorCellEditor final : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit TensorCellEditor(TensorTable& table);

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;

Q_SIGNALS:
    void entered(const QString& text) const; // another value than there was, of the type

protected:
    bool eventFilter(QObject* editor, QEvent* event) override;

private:
    TensorTable& m_table;
};

} // namespace pleat::ui
