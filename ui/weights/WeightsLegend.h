// SPDX-License-Identifier: GPL-3.0-or-later
// What the colours of the weight plots mean: a small square and a word each.
#pragma once

#include <QWidget>

namespace pleat::ui {

class WeightsLegend final : public QWidget {
    Q_OBJECT
public:
    explicit WeightsLegend(QWidget* parent = nullptr);

    enum class Kind { None, Plain, Preview, Folded, Beside };
    void setKind(Kind kind, bool outlier);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Entry {
        int colour; // 0 before, 1 after, 2 outlier
        QString text;
    };
    std::vector<Entry> m_entries;
};

} // namespace pleat::ui
