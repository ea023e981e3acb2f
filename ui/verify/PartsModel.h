// SPDX-License-Identifier: GPL-3.0-or-later
// Fold by fold: each part in which two models differ, run by itself, with its error in units of rounding.
#pragma once

#include "core/verify/PartCheck.h"
#include "ui/widgets/RowsModel.h"

#include <memory>

namespace pleat::ui {

class PartsModel final : public RowsModel {
    Q_OBJECT
public:
    enum Column { Layer, Chain, Error, Units, Allowed, Largest, Channel, Found };
    explicit PartsModel(QObject* parent = nullptr);

    using Parts = std::shared_ptr<const std::vector<PartCheck>>;
    void setParts(Parts parts); // null: no rows

protected:
    int rows() const override { return m_parts ? static_cast<int>(m_parts->size()) : 0; }
    QString text(int row, int column) const override;
    QString tip(int row, int column) const override;
    QVariant key(int row, int column) const override;
    QVariant more(int row, int column, int role) const override;

private:
    const PartCheck& at(int row) const { return (*m_parts)[static_cast<std::size_t>(row)]; }

    Parts m_parts;
};

} // namespace pleat::ui
