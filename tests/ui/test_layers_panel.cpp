// SPDX-License-Identifier: GPL-3.0-or-later
// The panel LAYERS: its rows are what measuring the model before and after a real fold gives, they come worst
// first, lead to the canvas, survive folding and undoing, and colour the graph.
#include "tests/core/support/ModelBuilder.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/layers/LayersPanel.h"
#include "ui/window/MainWindow.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QTableView>
#include <QTest>
#include <cmath>
#include <map>
#include <memory>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

namespace {

std::map<std::string, LayerRow> measured(const GraphView& view)
{
    std::map<std::string, LayerRow> rows;
    NoProgress progress;
    const auto done = measureWeights(view,
                                     [&rows](LayerRow row) -> Result<void> {
                                         rows[row.layer.name] = std::move(row);
                                         return {};
                                     },
                                     progress, {});
    if (!done)
        qFatal("%s", done.error().message.c_str());
    return rows;
}

double ratio(const LayerRow& row, const QuantizationScheme& scheme)
{
    for (std::size_t s = 0; s < commonSchemes().size(); ++s)
        if (commonSchemes()[s] == scheme)
            return row.sqnr[s];
    qFatal("no such scheme");
}

// The colour of a node, near its left border, where no words are.
QColor colourOf(GraphCanvas& canvas, NodeId id)
{
    const int node = canvas.nodeWithKey(static_cast<quint32>(id));
    if (node < 0)
        qFatal("it is not on the canvas");
    canvas.centreOn(node);
    const QRectF& box = canvas.scene().nodes[static_cast<std::size_t>(node)].rect;
    const QPointF at = canvas.toWidget({box.left() + 4, box.center().y()});
    return canvas.grab().toImage().pixelColor(at.toPoint());
}

const QColor darkRed(103, 0, 31); // the end of ColorBrewer's RdBu

} // namespace

class TestLayersPanel final : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    std::unique_ptr<MainWindow> opened(const QString& path)
    {
        auto window = openedWindow(path);
        auto& panel = window->panel<LayersPanel>();
        Q_EMIT panel.wanted();
        if (!QTest::qWaitFor([&panel] { return panel.isComplete(); }, 20000))
            qFatal("not measured");
        return window;
    }

    QString written(const pleat::test::ModelBuilder& model, const QString& name) const
    {
        const QString path = m_folder.filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            qFatal("not written");
        file.write(QByteArray::fromStdString(model.bytes()));
        return path;
    }

    static void compare(const LayersPanel& panel, const Document& document)
    {
        NoProgress progress;
        const auto folded = FoldTable::fold(document.current()->table, std::nullopt, progress, {});
        const auto before = measured(*document.opened()->view), after = measured(*folded->after->view());
        QCOMPARE(panel.model().layers().size(), after.size());
        for (const ComparedLayer& layer : panel.model().layers()) {
            const LayerRow& was = before.at(layer.layer.name);
            const LayerRow& now = after.at(layer.layer.name);
            QCOMPARE(layer.before->range, was.statistics.range);
            QCOMPARE(layer.after->range, now.statistics.range);
            for (std::size_t s = 0; s < briefSchemes.size(); ++s) {
                QCOMPARE(layer.before->sqnr[s], ratio(was, briefSchemes[s]));
                QCOMPARE(layer.after->sqnr[s], ratio(now, briefSchemes[s]));
            }
        }
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }

    void measuresWhatFoldingLeaves()
    {
        const auto window = opened(sampleModel());
        auto& panel = window->panel<LayersPanel>();
        const QAbstractItemModelTester tester(const_cast<LayersModel*>(&panel.model()));
        Document& document = window->workspace().document();
        compare(panel, document);
        if (QTest::currentTestFailed())
            return;
        document.foldChosen({document.foldable().front()});
        QTRY_COMPARE(document.current()->counts.folded, 1);
        QTRY_VERIFY(panel.isComplete());
        compare(panel, document);
        document.foldAll();
        QTRY_VERIFY(document.foldable().empty());
        QTRY_VERIFY(panel.isComplete());
        compare(panel, document);
        document.undoStack().setIndex(0);
        QTRY_VERIFY(panel.isComplete());
        compare(panel, document);
    }

    void comesWorstFirstAndLeadsToTheLayer()
    {
        const auto window = opened(sampleModel());
        auto* table = part<QTableView>(*window, "layersTable");
        const QAbstractItemModel& shown = *table->model();
        double last = 0;
        for (int row = 0; row < shown.rowCount(); ++row) {
            const double now =
                shown.index(row, LayersModel::EightBits).data(LayersModel::SortRole).toDouble();
            QVERIFY(now >= last);
            last = now;
        }
        const QModelIndex third = shown.index(2, 0);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(third).center());
        const auto node = static_cast<NodeId>(third.data(LayersModel::NodeRole).toUInt());
        QCOMPARE(window->workspace().selection().value().node, node);
        // And the other way round.
        const auto other = static_cast<NodeId>(shown.index(5, 0).data(LayersModel::NodeRole).toUInt());
        window->workspace().selectNode(other);
        QCOMPARE(table->currentIndex().row(), 5);

        auto* words = part<QLineEdit>(*window, "layersFilter");
        words->setText(QStringLiteral("depthwise"));
        QVERIFY(shown.rowCount() > 0 && shown.rowCount() < 10);
        words->clear();
        QCOMPARE(shown.rowCount(), 14);
    }

    void saysWhyIntegersHaveNoRatio()
    {
        pleat::test::ModelBuilder builder;
        builder.opset(13).input("x", {1, 2});
        builder.constant("w", {2, 2}, {-4, 2, 100, 50}, DataType::Int8);
        builder.node("DequantizeLinear", {"w", builder.constant("scale", {}, {0.5})}, {"real"});
        builder.node("MatMul", {"x", "real"}, {"y"}, {}, "layer").output("y");
        const auto window = opened(written(builder, QStringLiteral("integers.onnx")));
        const LayersModel& rows = window->panel<LayersPanel>().model();
        QCOMPARE(rows.rowCount(), 1);
        QCOMPARE(rows.layers().front().after->range, (Range{-2, 50}));
        QVERIFY(!rows.index(0, LayersModel::EightBits).data(LayersModel::SortRole).isValid());
        QCOMPARE(rows.index(0, LayersModel::Note).data().toString(),
                 QStringLiteral("stored as int8: rounded already, so there is no ratio"));
    }

    void coloursTheGraphByGrowth()
    {
        const auto window = opened(sampleModel());
        Workspace& workspace = window->workspace();
        GraphCanvas& canvas = window->graph().canvas();
        canvas.setAnimated(false);
        QTRY_VERIFY(!canvas.scene().nodes.empty());
        const auto* legend = part<QWidget>(canvas, "heatLegend");
        QVERIFY(!legend->isVisible());
        auto* colours = part<QComboBox>(*window, "layersColours");
        colours->setCurrentIndex(1);
        QVERIFY(legend->isVisible());

        NoProgress progress;
        const auto folded =
            FoldTable::fold(workspace.document().current()->table, std::nullopt, progress, {});
        const auto before = measured(*workspace.document().opened()->view);
        const auto after = measured(*folded->after->view());
        NodeId hottest = NodeId::None;
        double most = 0;
        for (const auto& [name, row] : after) {
            const Range &now = row.statistics.range, &was = before.at(name).statistics.range;
            const double growth = (now.max - now.min) / (was.max - was.min);
            if (growth > most) {
                most = growth;
                hottest = row.layer.id;
            }
        }
        QVERIFY(most > 2);
        QCOMPARE(workspace.heat()->nodes.size(), after.size());
        const QString words = QString::number(most, 'f', most < 10 ? 2 : 1) + QStringLiteral(" ×");
        QCOMPARE(workspace.heat()->nodes.at(hottest).words, words);
        QCOMPARE(workspace.heat()->high, words);
        QCOMPARE(colourOf(canvas, hottest), darkRed);
        const int node = canvas.nodeWithKey(static_cast<quint32>(hottest));
        QVERIFY(canvas.toolTipFor({node, -1, -1}).contains(words));

        // It stays while folding changes the graph, and goes when asked to.
        workspace.document().foldAll();
        QTRY_VERIFY(workspace.document().foldable().empty());
        QTRY_VERIFY(window->panel<LayersPanel>().isComplete());
        QTRY_COMPARE(colourOf(canvas, hottest), darkRed);
        colours->setCurrentIndex(0);
        QVERIFY(!legend->isVisible() && !workspace.heat());
        QVERIFY(colourOf(canvas, hottest) != darkRed);
    }

    // Only the If is on the canvas; it has the colour of the worse of its two bodies.
    void coloursANodeByWhatIsInItsBodies()
    {
        const auto branch = [](const char* name, double largest) {
            pleat::test::ModelBuilder body;
            std::vector<double> values(8, 0.1);
            values.back() = largest;
            body.from("x", 2).node("Conv",
                                   {"x", body.constant(std::string(name) + ".weight", {4, 2, 1, 1}, values)},
                                   {std::string(name) + ".y"}, {}, name);
            return body.output().body();
        };
        pleat::test::ModelBuilder builder;
        builder.input("x", {1, 2, 4, 4}).input("c", {}, DataType::Bool);
        builder.node("If", {"c"}, {"y"}, {}, "choice");
        auto& choice = *builder.graphProto().mutable_node(0);
        for (const auto& [name, largest] : {std::pair{"then_branch", 1.0}, std::pair{"else_branch", 50.0}}) {
            auto& attribute = *choice.add_attribute();
            attribute.set_name(name);
            attribute.set_type(onnx::AttributeProto::GRAPH);
            *attribute.mutable_g() = branch(name, largest);
        }
        builder.output("y");
        const auto window = opened(written(builder, QStringLiteral("bodies.onnx")));
        part<QComboBox>(*window, "layersColours")->setCurrentIndex(2);
        const GraphView& view = *window->workspace().document().current()->view;
        const NodeId owner = view.id(*view.scopes()[index(ScopeIndex::Main)].nodes.begin());
        const auto& nodes = window->workspace().heat()->nodes;
        QCOMPARE(nodes.size(), std::size_t{3});
        const QAbstractItemModel& shown = *part<QTableView>(*window, "layersTable")->model();
        const auto worst = static_cast<NodeId>(shown.index(0, 0).data(LayersModel::NodeRole).toUInt());
        QVERIFY(worst != owner);
        QCOMPARE(nodes.at(owner).words, nodes.at(worst).words);
        QCOMPARE(nodes.at(owner).share, 1.0);
    }

    void coloursTheGraphByWhatRoundingLeaves()
    {
        const auto window = opened(sampleModel());
        GraphCanvas& canvas = window->graph().canvas();
        canvas.setAnimated(false);
        QTRY_VERIFY(!canvas.scene().nodes.empty());
        part<QComboBox>(*window, "layersColours")->setCurrentIndex(2);
        const QAbstractItemModel& shown = *part<QTableView>(*window, "layersTable")->model();
        const auto worst = static_cast<NodeId>(shown.index(0, 0).data(LayersModel::NodeRole).toUInt());
        const auto best =
            static_cast<NodeId>(shown.index(shown.rowCount() - 1, 0).data(LayersModel::NodeRole).toUInt());
        QCOMPARE(colourOf(canvas, worst), darkRed);
        QCOMPARE(colourOf(canvas, best), QColor(247, 247, 247));
        const double decibels = shown.index(0, LayersModel::EightBits).data(LayersModel::SortRole).toDouble();
        QCOMPARE(window->workspace().heat()->nodes.at(worst).words,
                 QString::number(decibels, 'f', 1) + QStringLiteral(" dB"));
    }
};

QTEST_MAIN(TestLayersPanel)
#include "test_layers_panel.moc"
