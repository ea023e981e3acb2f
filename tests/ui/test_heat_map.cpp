// SPDX-License-Identifier: GPL-3.0-or-later
// The heat map: the colours of known cells on the screen, numbers that are read, sides of a fold, and what is
// no number.
#include "tests/ui/WindowFixture.h"
#include "ui/weights/HeatMapView.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/MainWindow.h"

#include <QComboBox>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTabBar>
#include <QTest>
#include <QWheelEvent>
#include <cmath>
#include <limits>
#include <memory>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

namespace {

HeatSubject::Weights weightsOf(const std::vector<float>& values, std::vector<std::int64_t> dims)
{
    const auto bytes = std::as_bytes(std::span(values));
    const WeightLayout layout = layoutByShape(dims);
    return {TensorView("t", DataType::Float, std::move(dims),
                       Payload{std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end())}),
            layout};
}

// Where the cell is on the screen; its corner has no number over it.
QPoint middle(const HeatMap& map, int row, int column)
{
    const HeatView& view = map.view();
    return (map.area().topLeft() +
            QPointF((column + 0.5 - view.left) * view.cellWidth, (row + 0.5 - view.top) * view.cellHeight))
        .toPoint();
}

QColor colourAt(HeatMap& map, int row, int column)
{
    const QPointF corner(map.view().cellWidth * 0.4, map.view().cellHeight * 0.4);
    const QPoint at = (QPointF(middle(map, row, column)) - corner).toPoint();
    return map.grab().toImage().pixelColor(at);
}

bool near(const QColor& a, const QColor& b)
{
    return std::abs(a.red() - b.red()) < 4 && std::abs(a.green() - b.green()) < 4 &&
           std::abs(a.blue() - b.blue()) < 4;
}

void waitFor(HeatMap& map)
{
    if (!QTest::qWaitFor([&map] { return map.isComplete(); }, 10000))
        qFatal("nothing was drawn");
}

// Straight to the widget: whatever else is on the screen, the mouse is over it.
void moveMouse(HeatMap& map, QPoint to)
{
    QMouseEvent move(QEvent::MouseMove, to, map.mapToGlobal(to), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&map, &move);
}

void hover(HeatMap& map, int row, int column)
{
    moveMouse(map, middle(map, row, column));
    if (!QTest::qWaitFor([&map] { return !map.reading().isEmpty(); }, 10000))
        qFatal("nothing was read");
}

} // namespace

class TestHeatMap final : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<JobRunner> m_jobs;
    std::unique_ptr<HeatMapView> m_page;

    HeatMap& shown(std::optional<HeatSubject::Weights> before, HeatSubject::Weights after, double reach)
    {
        m_page = std::make_unique<HeatMapView>(*m_jobs);
        m_page->resize(900, 300);
        m_page->setSubject(
            std::make_shared<HeatSubject>(HeatSubject{std::move(before), std::move(after), reach}));
        m_page->show();
        waitFor(m_page->map());
        return m_page->map();
    }

private Q_SLOTS:
    void initTestCase()
    {
        isolate(m_folder);
        Theme::apply(*qApp, Theme::lightTheme());
        m_jobs = std::make_unique<JobRunner>();
    }

    void cleanup() { m_page.reset(); }

    // The ends and the middle of ColorBrewer's RdBu, as it is published.
    void coloursCellsByTheirValue()
    {
        HeatMap& map = shown({}, weightsOf({-4, 0, 4, -2, 1, 3}, {2, 3}), 4);
        QVERIFY(near(colourAt(map, 0, 0), QColor(5, 48, 97)));
        QVERIFY(near(colourAt(map, 0, 1), QColor(247, 247, 247)));
        QVERIFY(near(colourAt(map, 0, 2), QColor(103, 0, 31)));
        QCOMPARE(map.legend().low, QStringLiteral("−4.00"));
        QCOMPARE(map.legend().high, QStringLiteral("4.00"));
        part<QComboBox>(*m_page, "heatScale")->setCurrentIndex(1); // PuOr
        QVERIFY(near(colourAt(map, 0, 0), QColor(45, 0, 75)));
        QVERIFY(near(colourAt(map, 0, 2), QColor(127, 59, 8)));
    }

    void readsWhatIsUnderTheMouse()
    {
        HeatMap& map = shown({}, weightsOf({-4, 0, 4, -2, 0.1F, 3}, {2, 3}), 4);
        hover(map, 1, 1);
        QCOMPARE(map.reading(), QStringLiteral("[1, 1]\n0.1"));
        hover(map, 0, 0);
        QTRY_COMPARE(map.reading(), QStringLiteral("[0, 0]\n−4"));
    }

    // Beyond 2^53 a double is not enough.
    void readsLargeIntegersExactly()
    {
        const std::array<std::uint64_t, 2> numbers{9'007'199'254'740'993, 18'446'744'073'709'551'615U};
        const auto bytes = std::as_bytes(std::span(numbers));
        const Payload payload{std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end())};
        const std::vector<std::int64_t> dims{1, 2};
        const WeightLayout layout = layoutByShape(dims);
        HeatMap& map = shown({}, {TensorView("t", DataType::UInt64, dims, payload), layout}, 0);
        hover(map, 0, 0);
        QCOMPARE(map.reading(), QStringLiteral("[0, 0]\n9007199254740993"));
        hover(map, 0, 1);
        QTRY_COMPARE(map.reading(), QStringLiteral("[0, 1]\n18446744073709551615"));
        HeatMap& signedMap = shown({}, {TensorView("t", DataType::Int64, dims, payload), layout}, 0);
        hover(signedMap, 0, 1);
        QCOMPARE(signedMap.reading(), QStringLiteral("[0, 1]\n−1"));
    }

    void showsBeforeAfterAndTheirDifferences()
    {
        HeatMap& map = shown(weightsOf({2, -4, 0, 1}, {2, 2}), weightsOf({3, -2, 4, 1}, {2, 2}), 4);
        auto* sides = part<SegmentedControl>(*m_page, "heatSide");
        QCOMPARE(sides->current(), 1);
        QVERIFY(near(colourAt(map, 1, 0), QColor(103, 0, 31))); // 4 of 4
        QCOMPARE(map.legend().high, QStringLiteral("4.00"));
        sides->setCurrent(0);
        waitFor(map);
        QVERIFY(near(colourAt(map, 0, 1), QColor(5, 48, 97))); // −4 of 4
        QVERIFY(near(colourAt(map, 1, 0), QColor(247, 247, 247)));
        sides->setCurrent(2);
        waitFor(map);
        QVERIFY(near(colourAt(map, 1, 0), QColor(103, 0, 31)));    // 4 of 4
        QVERIFY(near(colourAt(map, 1, 1), QColor(247, 247, 247))); // 0
        hover(map, 0, 1);
        QCOMPARE(map.reading(), QStringLiteral("[0, 1]\nbefore −4 → after −2, difference 2.00"));
        sides->setCurrent(3);
        waitFor(map);
        QCOMPARE(map.legend().low, QStringLiteral("0"));
        QCOMPARE(map.legend().high, QStringLiteral("1.00e+06")); // 4 / max(0, 4e-6)
    }

    void tellsNumbersFromWhatIsNone()
    {
        const float infinity = std::numeric_limits<float>::infinity();
        HeatMap& map = shown({}, weightsOf({1, std::nanf(""), infinity, -1}, {2, 2}), 1);
        QVERIFY(!map.legend().others.isEmpty());
        const QRgb seen = colourAt(map, 0, 1).rgb();
        QVERIFY(seen == 0xff000000 || seen == 0xffffd60a);
        QVERIFY(near(colourAt(map, 0, 0), QColor(103, 0, 31)));
        hover(map, 0, 1);
        QCOMPARE(map.reading(), QStringLiteral("[0, 1]\nNaN"));
    }

    // One large value among 12 million: it is there from afar, and can be gone to.
    void losesNothingFromAfar()
    {
        std::vector<float> values(std::size_t{3000} * 4000, 0.01F);
        values[std::size_t{1717} * 4000 + 2929] = -8;
        HeatMap& map = shown({}, weightsOf(values, {3000, 4000}), 8);
        QVERIFY(map.caption().contains(QStringLiteral("largest of")));
        const QImage seen = map.grab().toImage();
        QList<QPoint> dark;
        for (int x = 50; x < seen.width() - 16; ++x)
            for (int y = 30; y < seen.height() - 30; ++y)
                if (near(seen.pixelColor(x, y), QColor(5, 48, 97)))
                    dark.append({x, y});
        QCOMPARE(dark.size(), 1);
        const QPoint there = dark.first();
        QVERIFY((there - middle(map, 1717, 2929)).manhattanLength() <= 2);
        moveMouse(map, there);
        QTRY_VERIFY(!map.reading().isEmpty());
        QCOMPARE(map.reading(), QStringLiteral("[1717, 2929]\n−8"));
        for (int i = 0; i < 40; ++i) {
            QWheelEvent wheel(there, map.mapToGlobal(there), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                              Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(&map, &wheel);
        }
        waitFor(map);
        QCOMPARE(map.view().cellWidth, HeatView::widest);
        const CellRegion visible = map.view().visible();
        QVERIFY(visible.contains({1717, 1, 2929, 1}));
        QVERIFY(near(colourAt(map, 1717, 2929), QColor(5, 48, 97)));
        QTest::mouseDClick(&map, Qt::LeftButton, {}, there);
        QVERIFY(map.view().isFit());
    }

    void obeysTheKeys()
    {
        HeatMap& map = shown({}, weightsOf(std::vector<float>(std::size_t{200} * 300, 1), {200, 300}), 1);
        for (int i = 0; i < 8; ++i)
            QTest::keyClick(&map, Qt::Key_Plus);
        const HeatView closer = map.view();
        QVERIFY(!closer.isFit());
        QTest::keyClick(&map, Qt::Key_Right);
        QTest::keyClick(&map, Qt::Key_Down);
        QVERIFY(map.view().left > closer.left && map.view().top > closer.top);
        QTest::keyClick(&map, Qt::Key_Home);
        QVERIFY(map.view().isFit());
        QVERIFY(!map.accessibleName().isEmpty() && !map.accessibleDescription().isEmpty());
    }

    void saysWhyThereIsNothing()
    {
        m_page = std::make_unique<HeatMapView>(*m_jobs);
        m_page->resize(600, 200);
        m_page->show();
        const auto external = std::make_shared<const ExternalPlace>(
            ExternalPlace{{}, FileId::None, "The file weights.bin is missing."});
        const TensorView missing("t", DataType::Float, {2, 2}, Payload{Bytes(), external});
        const auto show = [&](const TensorView& tensor) {
            m_page->setSubject(
                std::make_shared<HeatSubject>(HeatSubject{{}, {tensor, layoutByShape(tensor.dims())}, 0}));
        };
        show(missing);
        QTRY_VERIFY(m_page->map().problem().contains(QStringLiteral("weights.bin is missing")));
        show(TensorView("s", DataType::String, {2}, Payload{Bytes()}));
        QTRY_VERIFY(m_page->map().problem().contains(QStringLiteral("string")));
        show(TensorView("e", DataType::Float, {0, 3}, Payload{Bytes()}));
        QVERIFY(m_page->map().problem().contains(QStringLiteral("no values")));
    }

    // In the window: the first layer of the sample, whose numbers the model holds.
    void isATabOfTheWeights()
    {
        MainWindow window{std::filesystem::path()};
        window.resize(1500, 950);
        window.show();
        QSignalSpy known(&window.workspace().document(), &Document::openedModel);
        window.openPath(sampleModel());
        QVERIFY(known.wait(20000));
        auto& panel = window.panel<WeightsPanel>();
        const auto candidates = window.workspace().document().current()->candidates();
        for (const FoldCandidate* candidate : candidates) {
            if (!candidate->foldable || !candidate->layer)
                continue;
            window.workspace().selectNode(candidate->layer->id);
            break;
        }
        QTRY_VERIFY_WITH_TIMEOUT(panel.comparison() != nullptr, 20000);
        auto* tabs = part<QTabBar>(window, "weightsTabs");
        for (int tab = 0; tab < tabs->count(); ++tab)
            if (tabs->tabText(tab) == QStringLiteral("Heat map"))
                tabs->setCurrentIndex(tab);
        auto& map = *part<HeatMap>(window, "heatMap");
        waitFor(map);
        hover(map, 0, 0);
        const auto& after = panel.comparison()->after.source.weight;
        const auto values = after.doubles();
        QVERIFY(values);
        const auto now = static_cast<float>((*values)[map.grid().element(0, 0)]);
        const QString read = map.reading().section(QStringLiteral("after "), 1).replace(u'−', u'-');
        QCOMPARE(read.toFloat(), now);
    }
};

QTEST_MAIN(TestHeatMap)
#include "test_heat_map.moc"
