// SPDX-License-Identifier: GPL-3.0-or-later
// The layers of a rehearsal by what their outputs lose, before folding and after, the worst first.
#pragma once

#include "ui/verify/RehearsalStudy.h"
#include "ui/widgets/RowsModel.h"

namespace pleat::ui {

class RehearsalModel final : public RowsModel {
    Q_OBJECT
public:
    enum Column { Layer, Bars, Before, After, Change, Alone, Weight, Note };
    explicit RehearsalModel(QObject* parent = nullptr);

    void setRehearsal(RehearsalPointer rehearsal); // null: no rows

protected:
    int rows() const override { return static_cast<int>(m_rows.size()); }
    QString text(int row, int column) const override;
    QString tip(int row, int column) const override;
    QVariant key(int row, int column) const override;
    QVariant more(int row, int column, int role) const override;

private:
    struct Row {
        const LayerLoss* before = nullptr;
        const LayerLoss* after = nullptr;
        const LayerLoss& any() const { return after ? *after : *before; } // there is one
    };
    std::optional<double> ratio(const Row& row, int column) const;

    RehearsalPointer m_rehearsal;
    std::vector<Row> m_rows;
    double m_most = 1; // dB: as long as a bar may be
};

} // namespace pleat::ui
