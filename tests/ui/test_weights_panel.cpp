// SPDX-License-Identifier: GPL-3.0-or-later
// The plots and tables of the panel WEIGHTS: what they show is what was measured, in any order, at any number
// of channels, and it can be taken along.
#include "tests/ui/Gate.h"
#include "tests/ui/WindowFixture.h"
#include "ui/weights/ChannelOrder.h"
#include "ui/weights/ChannelPlot.h"
#include "ui/weights/HistogramPlot.h"
#include "ui/weights/RidgePlot.h"
#include "ui/weights/ScaleShiftPage.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/PictureMenu.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/TableMenu.h"
#include "ui/widgets/Theme.h"
#include "ui/window/MainWindow.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFile>
#include <QImage>
#include <QSpinBox>
#include <QSvgRenderer>
#include <QTableView>
#include <QTest>
#include <cmath>
#include <memory>
#include <numeric>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

namespace {

// Channel c reaches from -(c + 1) to c + 1.
std::vector<Range> growing(std::size_t channels)
{
    std::vector<Range> ranges;
    ranges.reserve(channels);
    for (std::size_t c = 0; c < channels; ++c)
        ranges.push_back({-double(c + 1), double(c + 1)});
    return ranges;
}

ChannelPlot::Reading plainReading(std::span<const std::size_t> channels)
{
    return {QString::number(channels.front()), QString::number(channels.size())};
}

QImage painted(QWidget& widget)
{
    QImage image(widget.size(), QImage::Format_RGB32);
    image.fill(Theme::of(widget).panel);
    widget.render(&image, {}, {}, QWidget::DrawChildren);
    return image;
}

// How many pixels of a column are neither the panel's colour nor a line's: how tall what stands there is.
int inked(const QImage& image, int x, const QColor& colour)
{
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        const QColor pixel = image.pixelColor(x, y);
        const int away = std::abs(pixel.red() - colour.red()) + std::abs(pixel.green() - colour.green()) +
                         std::abs(pixel.blue() - colour.blue());
        count += away < 60 ? 1 : 0;
    }
    return count;
}

WeightsComparison twoChannelsEach(std::vector<Range> before, std::vector<Range> after, std::vector<double> s)
{
    WeightsComparison comparison;
    comparison.before.emplace().statistics.channels = std::move(before);
    comparison.after.statistics.channels = std::move(after);
    comparison.s = std::move(s);
    return comparison;
}

} // namespace

class TestWeightsPanel final : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    std::unique_ptr<MainWindow> openedAtAPair()
    {
        auto window = openedWindow(sampleModel());
        auto& panel = window->panel<WeightsPanel>();
        const auto candidates = window->workspace().document().current()->candidates();
        const FoldCandidate& pair = *candidates.front();
        window->workspace().selectNode(pair.layer->id, pair.id, Workspace::Reveal::No);
        if (!QTest::qWaitFor([&panel] { return panel.comparison() && panel.comparison()->before; }, 20000))
            qFatal("not measured");
        return window;
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }

    void showsAMillionChannelsAsAnEnvelope()
    {
        ChannelPlot plot;
        plot.resize(900, 300);
        plot.setData({{growing(1'000'000)}}, {}, plainReading);
        const QImage image = painted(plot);
        const QColor area = blend(Theme::of(plot).panel, Theme::of(plot).accent, 0.5);
        const int left = inked(image, 100, area), middle = inked(image, 470, area),
                  right = inked(image, 870, area);
        QVERIFY2(left < middle && middle < right, qPrintable(QString::number(middle)));
        QVERIFY(right > 150); // nearly the whole height
    }

    void oneWideChannelAmongManyIsSeen()
    {
        std::vector<Range> ranges(100'000, Range{-0.1, 0.1});
        ranges[50'000] = {-5, 5};
        ChannelPlot plot;
        plot.resize(900, 300);
        plot.setData({{ranges}}, {}, plainReading);
        const QImage image = painted(plot);
        const QColor accent = Theme::of(plot).accent;
        int most = 0;
        for (int x = 460; x < 500; ++x)
            most = std::max(most, inked(image, x, accent) +
                                      inked(image, x, blend(Theme::of(plot).panel, accent, 0.5)));
        QVERIFY2(most > 100, qPrintable(QString::number(most)));
    }

    void ordersChannels()
    {
        const WeightsComparison comparison =
            twoChannelsEach({{-1, 1}, {-1, 1}, {-4, 4}}, {{-2, 2}, {-0.1, 0.1}, {-5, 5}}, {2, -0.1, -5});
        using Order = std::vector<std::size_t>;
        QCOMPARE(channelsInOrder(comparison, ChannelOrder::Channel), (Order{0, 1, 2}));
        QCOMPARE(channelsInOrder(comparison, ChannelOrder::Width), (Order{2, 0, 1}));
        QCOMPARE(channelsInOrder(comparison, ChannelOrder::Change), (Order{1, 0, 2})); // ÷ 10, × 2, × 1.25
        QCOMPARE(channelsInOrder(comparison, ChannelOrder::Scale), (Order{2, 0, 1}));
        WeightsComparison alone = comparison;
        alone.before.reset();
        alone.s.clear();
        QVERIFY(!hasOrder(alone, ChannelOrder::Change) && !hasOrder(alone, ChannelOrder::Scale));
    }

    void selectsTheChannelThatIsSeenThere()
    {
        ChannelPlot plot;
        plot.resize(900, 300);
        plot.setSelectable(true);
        plot.setData({{growing(10)}}, {}, plainReading);
        plot.setOrder({9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
        const auto at = [&](int position) { return QPoint(56 + (position * 2 + 1) * 83 / 2, 150); };
        QTest::mouseClick(&plot, Qt::LeftButton, {}, at(0));
        QCOMPARE(plot.selected(), std::vector<std::size_t>{9});
        QTest::mouseClick(&plot, Qt::LeftButton, Qt::ShiftModifier, at(2));
        QCOMPARE(plot.selected(), (std::vector<std::size_t>{9, 8, 7}));
        QTest::mouseClick(&plot, Qt::LeftButton, Qt::ControlModifier, at(1));
        QCOMPARE(plot.selected(), (std::vector<std::size_t>{9, 7}));
        QTest::mouseClick(&plot, Qt::LeftButton, {}, at(9));
        QCOMPARE(plot.selected(), std::vector<std::size_t>{0});
        QTest::mouseClick(&plot, Qt::LeftButton, {}, at(9)); // once more: nothing
        QVERIFY(plot.selected().empty());
    }

    void countsBinsAsWished()
    {
        const auto window = openedAtAPair();
        chooseTab(*window, QStringLiteral("Histogram"));
        auto* plot = window->findChild<HistogramPlot*>(QStringLiteral("histogramPlot"));
        QVERIFY(plot);
        part<QSpinBox>(*window, "histogramBins")->setValue(7);
        QTRY_VERIFY(plot->accessibleName().contains(QStringLiteral("7 bins")));
        part<SegmentedControl>(*window, "histogramForms")->setCurrent(1);
        QTRY_VERIFY(plot->accessibleName().contains(QStringLiteral("up to")));
    }

    void countsAllValuesWhateverTheBins()
    {
        const auto window = openedAtAPair();
        const WeightsComparison& comparison = *window->panel<WeightsPanel>().comparison();
        NoProgress progress;
        for (const std::size_t bins : {1, 7, 1000}) {
            const auto counted = distribution(comparison, bins, progress, {});
            QVERIFY(counted.has_value());
            for (const Histogram* side : {&*counted->before, &counted->after})
                QCOMPARE(std::accumulate(side->bins.begin(), side->bins.end(), std::uint64_t{0}),
                         comparison.after.statistics.count);
        }
        std::vector<std::size_t> channels(comparison.after.statistics.channels.size());
        std::iota(channels.begin(), channels.end(), std::size_t{0});
        const auto each = channelDistributions(comparison, channels, 20, progress, {});
        const auto all = distribution(comparison, 20, progress, {});
        QVERIFY(each.has_value() && all.has_value());
        std::vector<std::uint64_t> sum(20);
        for (const ChannelDistribution& channel : *each)
            for (std::size_t bin = 0; bin < sum.size(); ++bin)
                sum[bin] += channel.after.bins[bin];
        QCOMPARE(sum, all->after.bins);
    }

    // Ranges do not wait for what is counted, and another layer's counts never stand beside them.
    void showsRangesBeforeValuesAreCounted()
    {
        const auto window = openedAtAPair();
        chooseTab(*window, QStringLiteral("Histogram"));
        auto* plot = window->findChild<HistogramPlot*>(QStringLiteral("histogramPlot"));
        QTRY_VERIFY(plot->accessibleName().contains(QStringLiteral(" bins")));
        auto& panel = window->panel<WeightsPanel>();
        const std::string first = panel.comparison()->after.name;
        Gate gate(QStringLiteral("weights, closer"), 1);
        gate.listenTo(window->workspace().jobs());
        const FoldCandidate& next = *window->workspace().document().current()->candidates()[1];
        window->workspace().selectNode(next.layer->id, next.id, Workspace::Reveal::No);
        QTRY_VERIFY(gate.waiting);
        QVERIFY(panel.comparison()->before && panel.comparison()->after.name != first);
        QCOMPARE(plot->accessibleName(), QStringLiteral("counting…"));
        gate.open.release();
        QTRY_VERIFY(plot->accessibleName().contains(QStringLiteral(" bins")));
    }

    void showsTheBatchNormAsATable()
    {
        const auto window = openedAtAPair();
        chooseTab(*window, QStringLiteral("Scale && shift"));
        auto* table = part<QTableView>(*window, "scaleShiftTable");
        QAbstractItemModelTester tester(table->model());
        const WeightsComparison& comparison = *window->panel<WeightsPanel>().comparison();
        QVERIFY(comparison.parameters.has_value());
        QCOMPARE(table->model()->rowCount(), static_cast<int>(comparison.s.size()));
        // What stands there is the batch norm: s = γ / √(σ² + ε), t = β − μ·s (Ioffe & Szegedy 2015).
        const auto cell = [&](int row, int column) {
            return table->model()->index(row, column).data().toString().toDouble();
        };
        for (int row = 0; row < table->model()->rowCount(); ++row) {
            const double gamma = cell(row, 1), beta = cell(row, 2), mean = cell(row, 3),
                         variance = cell(row, 4);
            const double s = gamma / std::sqrt(variance + comparison.parameters->epsilon);
            QVERIFY(std::abs(cell(row, 5) - s) <= 1e-6 * std::abs(s));
            QVERIFY(std::abs(cell(row, 6) - (beta - mean * s)) <=
                    1e-6 * (std::abs(beta) + std::abs(mean * s)));
        }
        // The same after it was folded.
        window->workspace().document().foldChosen({window->workspace().selection().value().fold});
        QTRY_VERIFY(window->panel<WeightsPanel>().comparison() &&
                    !window->panel<WeightsPanel>().comparison()->preview);
        QVERIFY(window->panel<WeightsPanel>().comparison()->parameters.has_value());

        const QString csv = csvText(*table->model());
        QCOMPARE(csv.count(QLatin1Char('\n')), table->model()->rowCount() + 1);
        QVERIFY(csv.startsWith(QStringLiteral("channel,γ,β,μ,σ²,s,t,bias before,bias after\n0,")));
        table->selectRow(1);
        const QString copied = selectedText(*table);
        QCOMPARE(copied.count(QLatin1Char('\t')), table->model()->columnCount() - 1);
        QVERIFY(copied.startsWith(QStringLiteral("1\t")));
    }

    void plotsAreTakenAlongAsPictures()
    {
        ChannelPlot plot;
        plot.resize(400, 200);
        plot.setCaption(QStringLiteral("ranges"));
        plot.setData({{growing(40)}}, {}, plainReading);
        const QString svg = m_folder.filePath(QStringLiteral("plot.svg"));
        const QString png = m_folder.filePath(QStringLiteral("plot.PNG"));
        QCOMPARE(writePicture(plot, svg), QString());
        QCOMPARE(writePicture(plot, png), QString());
        QSvgRenderer drawn(svg);
        QVERIFY(drawn.isValid());
        QCOMPARE(drawn.viewBox(), plot.rect());
        const QImage image(png);
        QCOMPARE(image.size(), plot.size() * 2);
        QVERIFY(inked(image, 700, Theme::of(plot).accent) > 50);
        QVERIFY(writePicture(plot, m_folder.filePath(QStringLiteral("plot.bmp")))
                    .contains(QStringLiteral(".svg")));
        QVERIFY(!writePicture(plot, QStringLiteral("/no/such/folder/plot.svg")).isEmpty());
        QVERIFY(!QFile::exists(m_folder.filePath(QStringLiteral("plot.bmp"))));
    }
};

QTEST_MAIN(TestWeightsPanel)
#include "test_weights_panel.moc"
