// SPDX-License-Identifier: GPL-3.0-or-later
// The outputs of two models that were run on the same inputs, a row each.
#pragma once

#include "ui/verify/VerifyRun.h"
#include "ui/widgets/RowsModel.h"

namespace pleat::ui {

class OutputsModel final : public RowsModel {
    Q_OBJECT
public:
    enum Column {
        Name,
        Type,
        Shape,
        Found,
        Largest,
        Tolerated,
        Scaled,
        Snr,
        Cosine,
        FirstClass,
        FiveClasses
    };
    explicit OutputsModel(QObject* parent = nullptr);

    void setAnswer(AnswerPointer answer); // null: no rows

protected:
    int rows() const override;
    QString text(int row, int column) const override;
    QString tip(int row, int column) const override;
    QVariant key(int row, int column) const override;
    QVariant more(int row, int column, int role) const override;

private:
    const OutputDifference& at(int row) const;

    AnswerPointer m_answer;
};

} // namespace pleat::ui
