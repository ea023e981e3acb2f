// SPDX-License-Identifier: GPL-3.0-or-later
// The tab Ranges: how far the weights of each output channel reach, all values as a histogram, and both in
// words.
#pragma once

#include "ui/weights/WeightsComparison.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace pleat::ui {

class ChannelPlot;
class HistogramPlot;

class RangesPage final : public QWidget {
    Q_OBJECT
public:
    RangesPage();

    void setComparison(WeightsComparisonPointer comparison);
    // All its values, counted; null: not known yet.
    void setDistribution(std::shared_ptr<const Distribution> distribution);
    // What rounding does to the weights; empty: not known yet.
    void setVerdict(const QString& verdict);
    const std::vector<std::size_t>& selectedChannels() const;

Q_SIGNALS:
    void channelsSelected();

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeSummary();
    void offerOrders();
    void sort();
    void updateSummary();

    WeightsComparisonPointer m_comparison;
    std::shared_ptr<const Distribution> m_distribution;
    QString m_verdict;
    ChannelPlot* m_ranges = nullptr;
    QComboBox* m_order = nullptr;
    HistogramPlot* m_values = nullptr;
    QLabel* m_summary = nullptr;
};

} // namespace pleat::ui
