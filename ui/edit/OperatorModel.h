// SPDX-License-Identifier: GPL-3.0-or-later
// The operators that a node can be of, to choose from: name, operator set with the version that the operator
// is of, and a line on what it does. And what finds one by the beginnings of words.
#pragma once

#include "core/edit/OperatorForms.h"
#include "ui/widgets/RowsModel.h"

namespace pleat::ui {

class OperatorModel final : public RowsModel {
    Q_OBJECT
public:
    explicit OperatorModel(std::vector<OperatorForm> operators, QObject* parent = nullptr);
    const OperatorForm& operator[](int row) const { return m_operators[static_cast<std::size_t>(row)]; }

protected:
    int rows() const override { return static_cast<int>(m_operators.size()); }
    QString text(int row, int column) const override;
    QVariant more(int, int, int) const override { return {}; }

private:
    std::vector<OperatorForm> m_operators;
};

// Those whose name has the words; those whose name begins with them come first.
class OperatorFilter final : public SortedRows {
    Q_OBJECT
public:
    explicit OperatorFilter(OperatorModel& model, QObject* parent = nullptr);
    void search(const QString& words);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QString m_words;
};

} // namespace pleat::ui
