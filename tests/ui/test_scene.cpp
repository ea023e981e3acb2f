// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes as values: frames, places kept over an edit, pictures, and colours that can be read.
#include "tests/ui/SceneFixture.h"
#include "ui/canvas/GraphImage.h"
#include "ui/canvas/KeptPlaces.h"

#include <QFile>
#include <QImage>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QtTest>

using namespace pleat::ui;
using namespace pleat::ui::fixture;

class TestScene final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void framesStandAroundTheirNodesAndTouchNoOthers_data()
    {
        QTest::addColumn<Direction>("direction");
        QTest::newRow("top-down") << Direction::TopDown;
        QTest::newRow("left-right") << Direction::LeftRight;
    }
    void framesStandAroundTheirNodesAndTouchNoOthers()
    {
        QFETCH(Direction, direction);
        const GraphScene scene = smallNetwork(direction);
        const SceneFrame& frame = scene.frames.front();
        for (int n = 0; n < static_cast<int>(scene.nodes.size()); ++n) {
            const QRectF& rect = scene.nodes[static_cast<std::size_t>(n)].rect;
            if (n == Conv || n == Norm) {
                QVERIFY(frame.rect.contains(rect));
            } else {
                QVERIFY(!frame.rect.intersects(rect));
                QVERIFY(!frame.badgeRect.intersects(rect));
            }
        }
        QVERIFY(frame.badgeRect.right() <= frame.rect.right());
    }

    void foldingAPairMovesNothingElse_data() { framesStandAroundTheirNodesAndTouchNoOthers_data(); }
    void foldingAPairMovesNothingElse()
    {
        QFETCH(Direction, direction);
        const ScenePointer before = IndexedScene::of(smallNetwork(direction));
        GraphScene folded = foldedNetwork(before->scene);
        prepareLayout(folded, direction);
        const auto kept = keepPlaces(folded, *before);
        QVERIFY(kept);
        const GraphScene& after = kept->scene;
        QCOMPARE(after.nodes.size(), before->scene.nodes.size());
        for (std::size_t n = 0; n < after.nodes.size(); ++n) {
            QCOMPARE(before->scene.nodes[n].key, after.nodes[n].key);
            QCOMPARE(after.nodes[n].gone, n == Norm);
            if (n != Conv)
                QCOMPARE(after.nodes[n].rect, before->scene.nodes[n].rect);
        }
        QVERIFY(after.frames[0].rect.contains(after.nodes[Conv].rect));
        // Conv → Relu passes where the batch norm was, and takes the number of the edge that led to Relu.
        QVERIFY(after.edges[1].gone);
        QCOMPARE(after.edges[2].from, quint32(Conv));
        const pleat::layout::Branch& branch = after.layout.branches[2];
        const pleat::layout::PointF start = after.layout.trunks[branch.trunk].points.front(),
                                    tip = branch.points.back();
        if (direction == Direction::TopDown) {
            QCOMPARE(start.y, after.nodes[Conv].rect.bottom());
            QCOMPARE(tip.y, after.nodes[Relu].rect.top());
        } else {
            QCOMPARE(start.x, after.nodes[Conv].rect.right());
            QCOMPARE(tip.x, after.nodes[Relu].rect.left());
        }
        QCOMPARE(after.layout.branches[3].trunk, after.layout.branches[4].trunk);
        // It is found where the line that is gone ran.
        const QRectF& gap = before->scene.nodes[Norm].rect;
        const auto lines = before->index->lines(after, gap);
        QVERIFY(std::ranges::find(lines, branch.trunk) != lines.end());
        QCOMPARE(before->index->at(after, gap.center(), 4).node, -1);
        QCOMPARE(before->index->edgesOut(after, Conv), std::vector<std::uint32_t>{2});

        GraphScene other = foldedNetwork(before->scene);
        other.nodes.change(Input).key = 7; // a node that was not there
        prepareLayout(other, direction);
        QVERIFY(!keepPlaces(other, *before));
    }

    void writesPicturesOfTheWholeGraph()
    {
        pleat::NoProgress progress;
        QTemporaryDir folder;
        const GraphScene scene = smallNetwork();
        const QString svg = folder.filePath(QStringLiteral("graph.svg"));
        QCOMPARE(writeGraphImage(scene, svg, progress, {}), QString());
        QSvgRenderer renderer(svg);
        QVERIFY(renderer.isValid());
        QVERIFY(renderer.defaultSize().height() >= scene.bounds.height());
        const QString png = folder.filePath(QStringLiteral("graph.png"));
        QCOMPARE(writeGraphImage(scene, png, progress, {}), QString());
        const QImage image(png);
        QVERIFY(image.height() >= scene.bounds.height());
        const QPointF title = scene.nodes[Conv].rect.topLeft() + QPointF(32 + 8, 32 + 4);
        QCOMPARE(image.pixelColor(title.toPoint()), Theme::lightTheme().category(Category::Convolution));
        const QString pdf = folder.filePath(QStringLiteral("graph.pdf"));
        QCOMPARE(writeGraphImage(scene, pdf, progress, {}), QString());
        QFile file(pdf);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.read(5) == "%PDF-");
        QVERIFY(
            !writeGraphImage(scene, folder.filePath(QStringLiteral("graph.gif")), progress, {}).isEmpty());
        QVERIFY(!writeGraphImage(scene, folder.filePath(QStringLiteral("missing/graph.svg")), progress, {})
                     .isEmpty());
    }

    void wordsOnColouredGroundCanBeRead_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void wordsOnColouredGroundCanBeRead()
    {
        QFETCH(bool, dark);
        const Theme theme = dark ? Theme::darkTheme() : Theme::lightTheme();
        const auto readableOn = [](const QColor& words, const QColor& ground) {
            return contrast(words, ground) >= 4.5;
        };
        for (int c = 0; c < categoryCount; ++c) {
            const auto category = static_cast<Category>(c);
            QVERIFY(readableOn(theme.onCategory(category), theme.category(category)));
        }
        for (int c = 0; c < markColourCount; ++c) {
            const auto colour = static_cast<MarkColour>(c);
            QVERIFY(readableOn(theme.onBadge(colour), theme.badge(colour)));
            QVERIFY(readableOn(theme.markText(colour), theme.panel));
        }
        QVERIFY(readableOn(theme.text, theme.panel));
        QVERIFY(readableOn(theme.quiet, theme.panel));
        QVERIFY(readableOn(theme.onAccent, theme.accent));
        QVERIFY(!theme.styleSheet().contains(QLatin1Char('@'))); // every role was filled in
    }
};

QTEST_MAIN(TestScene)
#include "test_scene.moc"
