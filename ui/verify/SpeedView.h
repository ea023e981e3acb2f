// SPDX-License-Identifier: GPL-3.0-or-later
// How long both models take, as bars before and after with their quartiles, and of how much they are made.
#pragma once

#include "ui/verify/SpeedStudy.h"

#include <QWidget>

namespace pleat::ui {

struct Theme;

class SpeedView final : public QWidget {
    Q_OBJECT
public:
    explicit SpeedView(QWidget* parent = nullptr);
    void setSpeed(const SpeedPointer& speed); // null: nothing is known

    QSize minimumSizeHint() const override { return {420, 150}; }
    // What can be seen, in words, a line a row.
    QString words() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Row {
        QString name;
        Quartiles before, after;
    };
    std::vector<Row> rows() const;
    void paintRow(QPainter& painter, const Theme& theme, const Row& row, const QRectF& box,
                  double most) const;

    SpeedPointer m_speed;
};

} // namespace pleat::ui
