// SPDX-License-Identifier: GPL-3.0-or-later
// The outputs of two models that were run on the same inputs, a row each.
#pragma once

#include "ui/verify/VerifyStudy.h"
#include "ui/widgets/RowsModel.h"

namespace pleat::ui {

class OutputsModel final : public RowsModel {
    Q_OBJECT
public:
    enum Column {
        Name,
        Type,
        Shape,
        Largest,
        Tolerated,
        Scaled,
        Snr,
        Cosine,
        FirstClass,
        FiveClasses,
        Found // in words
    };
    explicit OutputsModel(QObject* parent = nullptr);

    void setFound(VerificationPointer found); // null: no rows

protected:
    int rows() const override;
    QString text(int row, int column) const override;
    QString tip(int row, int column) const override;
    QVariant key(int row, int column) const override;
    QVariant more(int row, int column, int role) const override;

private:
    const OutputDifference& at(int row) const;

    VerificationPointer m_found;
};

} // namespace pleat::ui
