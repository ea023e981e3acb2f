// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/RangesPage.h"

#include "ui/weights/ChannelOrder.h"
#include "ui/weights/ChannelPlot.h"
#include "ui/weights/HistogramPlot.h"
#include "ui/weights/PlotPainting.h"
#include "ui/weights/WeightsSummary.h"
#include "ui/widgets/PictureMenu.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

RangesPage::RangesPage()
{
    m_ranges = new ChannelPlot;
    m_ranges->setObjectName(u"weightsRanges"_s);
    m_ranges->setCaption(tr("range per output channel; dashed: of all channels"));
    m_ranges->setSelectable(true);
    m_order = new QComboBox;
    m_order->setObjectName(u"weightsOrder"_s);
    m_order->setAccessibleName(tr("Order of the channels"));
    m_order->setToolTip(tr("In which order the channels stand"));
    m_values = new HistogramPlot;
    m_values->setCaption(tr("all values"));
    offerPicture(*m_ranges, tr("ranges"));
    offerPicture(*m_values, tr("values"));
    auto* corner = new QWidget;
    auto* cornerLayout = new QHBoxLayout(corner);
    cornerLayout->setContentsMargins(0, 4, 14, 0);
    cornerLayout->addWidget(m_order);
    auto* plot = new QWidget;
    auto* over = new QGridLayout(plot);
    over->setContentsMargins(0, 0, 0, 0);
    over->addWidget(m_ranges, 0, 0);
    over->addWidget(corner, 0, 0, Qt::AlignTop | Qt::AlignRight);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(plot, 58);
    layout->addWidget(m_values, 18);
    layout->addWidget(makeSummary(), 24);
    connect(m_order, &QComboBox::currentIndexChanged, this, &RangesPage::sort);
    connect(m_ranges, &ChannelPlot::selectionChanged, this, &RangesPage::channelsSelected);
}

QWidget* RangesPage::makeSummary()
{
    auto* summary = new QWidget;
    auto* caption = new PlainLabel(tr("summary"));
    caption->setProperty("role", u"quiet"_s);
    caption->setFont(plotFont(font()));
    m_summary = new QLabel; // marked up by summaryHtml(), which escapes what comes from the file
    m_summary->setObjectName(u"weightsSummary"_s);
    m_summary->setTextFormat(Qt::RichText);
    m_summary->setWordWrap(true);
    m_summary->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* scroll = new QScrollArea;
    scroll->setAccessibleName(tr("Summary"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_summary);
    auto* column = new QVBoxLayout(summary);
    column->setContentsMargins(14, 8, 8, 8);
    column->setSpacing(6);
    column->addWidget(caption);
    column->addWidget(scroll, 1);
    return summary;
}

const std::vector<std::size_t>& RangesPage::selectedChannels() const
{
    return m_ranges->selected();
}

void RangesPage::setComparison(WeightsComparisonPointer comparison)
{
    m_comparison = std::move(comparison);
    m_distribution.reset();
    m_verdict.clear();
    const WeightsComparisonPointer kept = m_comparison; // the reader outlives this call
    const auto series = [](const MeasuredWeights& side, ChannelPlot::Colour colour) {
        const Statistics& found = side.statistics;
        return ChannelPlot::Series{found.channels, colour, found.means, found.range};
    };
    std::vector<ChannelPlot::Series> sides;
    if (kept->before)
        sides.push_back(series(*kept->before, ChannelPlot::Colour::Before));
    sides.push_back(series(kept->after, ChannelPlot::Colour::After));
    ChannelPlot::Channels outliers;
    outliers.reserve(kept->outliers.size());
    for (const Outlier& outlier : kept->outliers)
        outliers.push_back(outlier.channel);
    m_ranges->select({});
    m_ranges->setData(std::move(sides), std::move(outliers), [kept](std::span<const std::size_t> channels) {
        return ChannelPlot::Reading{channelTitle(*kept, channels), channelRanges(*kept, channels)};
    });
    offerOrders();
    sort();
}

void RangesPage::setDistribution(std::shared_ptr<const Distribution> distribution)
{
    m_distribution = std::move(distribution);
    m_values->setData(m_distribution ? *m_distribution : Distribution());
    updateSummary();
}

void RangesPage::offerOrders()
{
    const QVariant chosen = m_order->currentData();
    const QSignalBlocker quiet(m_order);
    m_order->clear();
    for (const auto& [order, text] : {std::pair(ChannelOrder::Channel, tr("By channel")),
                                      std::pair(ChannelOrder::Width, tr("Widest first")),
                                      std::pair(ChannelOrder::Change, tr("Most changed first")),
                                      std::pair(ChannelOrder::Scale, tr("Largest |s| first"))})
        if (hasOrder(*m_comparison, order))
            m_order->addItem(text, static_cast<int>(order));
    m_order->setCurrentIndex(std::max(0, m_order->findData(chosen)));
    m_order->setVisible(m_comparison->after.statistics.channels.size() > 1);
}

void RangesPage::sort()
{
    if (!m_comparison)
        return;
    const auto order = static_cast<ChannelOrder>(m_order->currentData().toInt());
    m_ranges->setOrder(order == ChannelOrder::Channel ? ChannelPlot::Channels()
                                                      : channelsInOrder(*m_comparison, order));
}

void RangesPage::setVerdict(const QString& verdict)
{
    m_verdict = verdict;
    updateSummary();
}

void RangesPage::updateSummary()
{
    if (!m_comparison)
        return;
    QString html = summaryHtml(*m_comparison, m_distribution.get(), Theme::of(*this));
    if (!m_verdict.isEmpty())
        html += u"<p style='margin:6px 0 0 0'>%1</p>"_s.arg(m_verdict.toHtmlEscaped());
    m_summary->setText(html);
}

void RangesPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateSummary();
}

} // namespace pleat::ui
