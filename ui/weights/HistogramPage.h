// SPDX-License-Identifier: GPL-3.0-or-later
// The tab Histogram: all values of a weight by bins, as many as somebody wants, one by one or summed up; or
// channel by channel, those that were selected.
#pragma once

#include "ui/document/Workspace.h"
#include "ui/weights/WeightsComparison.h"

#include <QWidget>

class QCheckBox;
class QSpinBox;
class QStackedWidget;

namespace pleat::ui {

class HistogramPlot;
class RidgePlot;
class SegmentedControl;

class HistogramPage final : public QWidget {
    Q_OBJECT
public:
    explicit HistogramPage(Workspace& workspace);

    void setComparison(WeightsComparisonPointer comparison);
    // All its values by as many bins as suit them; null: not known yet.
    void setDistribution(std::shared_ptr<const Distribution> distribution);
    // The channels of the ridges; none: the widest.
    void setChannels(std::vector<std::size_t> channels);

protected:
    void showEvent(QShowEvent* event) override;

private:
    enum Form { Single, Cumulative, Ridges };
    void present();
    void countBins();
    void countChannels();

    Workspace& m_workspace;
    WeightsComparisonPointer m_comparison;
    std::shared_ptr<const Distribution> m_distribution;
    std::vector<std::size_t> m_channels;
    SegmentedControl* m_forms = nullptr;
    QCheckBox* m_logarithmic = nullptr;
    QSpinBox* m_bins = nullptr; // 0: automatic
    QStackedWidget* m_plots = nullptr;
    HistogramPlot* m_histogram = nullptr;
    RidgePlot* m_ridges = nullptr;
};

} // namespace pleat::ui
