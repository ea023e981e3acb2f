// SPDX-License-Identifier: GPL-3.0-or-later
// By how much the numbers of an output differ: a bar a decade of |after − before|, its height the logarithm
// of how many, and a line at what is tolerated. In front of them the numbers that are the same.
#pragma once

#include "core/verify/OutputDifference.h"

#include <QWidget>

namespace pleat::ui {

class DecadesPlot final : public QWidget {
    Q_OBJECT
public:
    explicit DecadesPlot(QWidget* parent = nullptr);
    void setOutput(const OutputDifference* output); // null: there is none to show

    QSize sizeHint() const override { return {420, 132}; }
    QSize minimumSizeHint() const override { return {280, 96}; }
    // What can be seen, in words, a line a bar.
    QString words() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Bar {
        std::optional<int> exponent; // of the decade's lower end; nothing: no difference
        std::uint64_t count = 0;
    };
    static QString labelOf(const Bar& bar);

    QString m_name;
    std::vector<Bar> m_bars; // those that are the same, then decade after decade
    double m_tolerated = 0;
};

} // namespace pleat::ui
