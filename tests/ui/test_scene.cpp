// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes as values: frames, places kept over an edit, pictures, and colours that can be read.
#include "tests/ui/SceneFixture.h"
#include "ui/canvas/GraphImage.h"
#include "ui/canvas/KeptPlaces.h"

#include <QFile>
#include <QImage>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QXmlStreamReader>
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
        // Far out as well, where lines are left out by what they are within: it is longer than it was.
        const QRectF everything(-1e5, -1e5, 2e5, 2e5);
        const auto& shorter = before->scene.layout.trunks[branch.trunk].points;
        const double least = direction == Direction::TopDown ? shorter.back().y - shorter.front().y
                                                             : shorter.back().x - shorter.front().x;
        const auto far = [&](const GraphScene& scene, const QRectF& area) {
            return before->index->lines(scene, area, least + 1);
        };
        QCOMPARE(std::ranges::count(far(before->scene, everything), branch.trunk), 0);
        QCOMPARE(std::ranges::count(far(after, everything), branch.trunk), 1);
        QVERIFY(far(after, everything.translated(3e5, 0)).empty());
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

    // A part, in the colours of the screen; words that are text, with the fonts they need; titles.
    void writesWordsAndPartsAndTitles()
    {
        pleat::NoProgress progress;
        QTemporaryDir folder;
        const GraphScene scene = smallNetwork();
        GraphImageOptions options;
        options.title = QStringLiteral("small <network>.onnx");
        options.theme = Theme::darkTheme();
        options.scale = 2;
        options.area = scene.nodes[Relu].rect.adjusted(-10, -10, 10, 10);
        const QString png = folder.filePath(QStringLiteral("part.png"));
        QCOMPARE(writeGraphImage(scene, png, progress, {}, options), QString());
        const QImage image(png);
        QCOMPARE(image.size(), (options.area.size() * 2).toSize());
        QCOMPARE(image.size(), imagePixels(scene, options).size);
        QCOMPARE(image.text(QStringLiteral("Title")), options.title);
        QCOMPARE(image.pixelColor(2, 2), Theme::darkTheme().canvas);
        QCOMPARE(image.pixelColor(20 + 16, 20 + 6), Theme::darkTheme().category(Category::Activation));

        options.area = {};
        const QString svg = folder.filePath(QStringLiteral("graph.svg"));
        QCOMPARE(writeGraphImage(scene, svg, progress, {}, options), QString());
        QFile file(svg);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QXmlStreamReader xml(&file);
        QStringList words;
        QString title;
        while (!xml.atEnd()) {
            if (xml.readNext() != QXmlStreamReader::StartElement)
                continue;
            if (xml.name() == u"text")
                words += xml.readElementText().trimmed();
            else if (xml.name() == u"title")
                title = xml.readElementText();
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QCOMPARE(title, options.title);
        for (const SceneNode& node : scene.nodes)
            QVERIFY(words.contains(node.title));
        QVERIFY(words.contains(scene.frames.front().badge) && words.contains(scene.edges.front().label));

        const QString pdf = folder.filePath(QStringLiteral("graph.pdf"));
        QCOMPARE(writeGraphImage(scene, pdf, progress, {}, options), QString());
        QFile paper(pdf);
        QVERIFY(paper.open(QIODevice::ReadOnly));
        const QByteArray bytes = paper.readAll();
        for (const char* what : {"/Type /Font", "/FontFile2", "/ToUnicode", "/Title", "/Creator"})
            QVERIFY2(bytes.contains(what), what); // embedded, and what its glyphs mean
        QVERIFY(!bytes.contains("/Subtype /Image"));
    }

    void saysWhereAPngIsSmallerThanAsked()
    {
        GraphScene scene;
        scene.bounds = QRectF(0, 0, 400 - 64, 40000 - 64);
        const ImagePixels tall = imagePixels(scene, {});
        QVERIFY(tall.isLimited);
        QCOMPARE(tall.size, QSize(320, 32000));
        scene.bounds = QRectF(0, 0, 10000 - 64, 10000 - 64);
        QVERIFY(!imagePixels(scene, {}).isLimited);
        const ImagePixels large = imagePixels(scene, {.scale = 2});
        QVERIFY(large.isLimited);
        QCOMPARE(large.size, QSize(10954, 10954)); // the root of 120 million
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
