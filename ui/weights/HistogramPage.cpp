// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HistogramPage.h"

#include "ui/weights/ChannelOrder.h"
#include "ui/weights/HistogramPlot.h"
#include "ui/weights/RidgePlot.h"
#include "ui/widgets/PictureMenu.h"
#include "ui/widgets/SegmentedControl.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int mostBins = 100'000;
constexpr std::size_t ridgesAtFirst = 12; // as many as can be told apart in a low panel
constexpr std::size_t mostRidges = 64;
const auto histogramLane = u"histogram"_s;

} // namespace

HistogramPage::HistogramPage(Workspace& workspace) : m_workspace(workspace)
{
    m_forms = new SegmentedControl;
    m_forms->setObjectName(u"histogramForms"_s);
    m_forms->setSegments({tr("Bins"), tr("Cumulative"), tr("Channels")});
    m_forms->setToolTip(tr("Count the values of each bin, those up to each bin, or each channel by itself"));
    m_forms->setAccessibleName(tr("What is counted"));
    m_logarithmic = new QCheckBox(tr("Logarithmic"));
    m_logarithmic->setToolTip(tr("Make bins with few values visible"));
    m_bins = new QSpinBox;
    m_bins->setObjectName(u"histogramBins"_s);
    m_bins->setRange(0, mostBins);
    m_bins->setSingleStep(16);
    m_bins->setSpecialValueText(tr("Automatic bins"));
    m_bins->setSuffix(tr(" bins"));
    m_bins->setKeyboardTracking(false);
    m_bins->setAccessibleName(tr("Number of bins"));
    m_histogram = new HistogramPlot;
    m_histogram->setObjectName(u"histogramPlot"_s);
    m_ridges = new RidgePlot;
    offerPicture(*m_histogram, tr("histogram"));
    offerPicture(*m_ridges, tr("channels"));
    m_plots = new QStackedWidget;
    m_plots->addWidget(m_histogram);
    m_plots->addWidget(m_ridges);

    auto* side = new QVBoxLayout;
    side->setContentsMargins(0, 10, 0, 8);
    side->setSpacing(10);
    side->addWidget(m_forms);
    side->addWidget(m_bins);
    side->addWidget(m_logarithmic);
    side->addStretch();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 14, 0);
    layout->addWidget(m_plots, 1);
    layout->addLayout(side);
    connect(m_forms, &SegmentedControl::currentChanged, this, &HistogramPage::present);
    connect(m_bins, &QSpinBox::valueChanged, this, &HistogramPage::present);
    connect(m_logarithmic, &QCheckBox::toggled, m_histogram, &HistogramPlot::setLogarithmic);
}

void HistogramPage::setComparison(WeightsComparisonPointer comparison)
{
    m_comparison = std::move(comparison);
    m_distribution.reset();
    m_channels.clear();
    present();
}

void HistogramPage::setDistribution(std::shared_ptr<const Distribution> distribution)
{
    m_distribution = std::move(distribution);
    if (m_forms->current() != Ridges && m_bins->value() == 0)
        present();
}

void HistogramPage::setChannels(std::vector<std::size_t> channels)
{
    m_channels = std::move(channels);
    if (m_forms->current() == Ridges)
        present();
}

void HistogramPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    present();
}

void HistogramPage::present()
{
    m_workspace.jobs().cancel(this, histogramLane);
    const bool ridges = m_forms->current() == Ridges;
    m_logarithmic->setEnabled(m_forms->current() == Single);
    m_histogram->setCumulative(m_forms->current() == Cumulative);
    m_plots->setCurrentIndex(ridges ? 1 : 0);
    if (!m_comparison || !isVisible())
        return;
    if (ridges)
        countChannels();
    else
        countBins();
}

void HistogramPage::countBins()
{
    const auto show = [this](const Distribution& counted) {
        m_histogram->setCaption(
            m_forms->current() == Cumulative
                ? tr("share of the values up to each bin, %1 bins").arg(counted.after.bins.size())
                : tr("share of all values, %1 bins").arg(counted.after.bins.size()));
        m_histogram->setData(counted);
    };
    if (m_bins->value() == 0 && m_distribution) {
        show(*m_distribution);
        return;
    }
    if (m_bins->value() == 0) {
        m_histogram->setCaption(tr("counting…"));
        m_histogram->setData({});
        return;
    }
    m_workspace.jobs().start(
        histogramLane, tr("Counting…"), this,
        [comparison = m_comparison, bins = static_cast<std::size_t>(m_bins->value())](Progress& progress,
                                                                                      std::stop_token stop) {
            return distribution(*comparison, bins, progress, stop);
        },
        [show](const Result<Distribution>& counted) {
            if (counted) // else what cannot be read was said
                show(*counted);
        },
        JobDisplay::Quiet, JobPriority::LookedAt);
}

void HistogramPage::countChannels()
{
    std::vector<std::size_t> channels = m_channels;
    const bool widest = channels.empty();
    if (widest)
        channels = channelsInOrder(*m_comparison, ChannelOrder::Width);
    channels.resize(std::min(channels.size(), widest ? ridgesAtFirst : mostRidges));
    m_ridges->setCaption(
        widest ? tr("the widest channels, each by itself; select others in Ranges")
        : channels.size() < m_channels.size()
            ? tr("the first %1 of the selected channels, each by itself").arg(channels.size())
            : tr("the selected channels, each by itself"));
    m_workspace.jobs().start(
        histogramLane, tr("Counting…"), this,
        [comparison = m_comparison, channels = std::move(channels),
         bins = static_cast<std::size_t>(m_bins->value())](Progress& progress, std::stop_token stop) {
            return channelDistributions(*comparison, channels, bins, progress, stop);
        },
        [this](Result<std::vector<ChannelDistribution>> counted) {
            if (counted)
                m_ridges->setData(std::move(*counted));
        },
        JobDisplay::Quiet, JobPriority::LookedAt);
}

} // namespace pleat::ui
