// SPDX-License-Identifier: GPL-3.0-or-later
// What both models compute on the way to their outputs, in the order of the graph.
#pragma once

#include "ui/verify/TraceStudy.h"
#include "ui/widgets/RowsModel.h"

namespace pleat::ui {

// The largest difference over what is tolerated: infinite where nothing is and something differs, or where
// they cannot be compared; NaN where there are no numbers.
double overTolerated(const OutputDifference& difference);

class TraceModel final : public RowsModel {
    Q_OBJECT
public:
    enum Column { Number, Node, Operator, Error, Largest, Tolerated, Snr, Value };
    explicit TraceModel(QObject* parent = nullptr);

    void setTrace(TracePointer trace); // null: no rows

protected:
    int rows() const override { return m_found ? static_cast<int>(m_found->makers.size()) : 0; }
    QString text(int row, int column) const override;
    QString tip(int row, int column) const override;
    QVariant key(int row, int column) const override;
    QVariant more(int row, int column, int role) const override;

private:
    const TracedValue& at(int row) const { return m_found->divergence.values[static_cast<std::size_t>(row)]; }

    TracePointer m_found;
};

} // namespace pleat::ui
