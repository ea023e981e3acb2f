// SPDX-License-Identifier: GPL-3.0-or-later
// A model whose every text is hostile: nothing of it is taken for markup, a mnemonic or a place in a
// sentence, and nothing that cannot be seen gets to the screen.
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/FindModel.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldPanel.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/PlainText.h"
#include "ui/window/MainWindow.h"

#include <QAbstractItemView>
#include <QAction>
#include <QFile>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

namespace {

// Conv → BatchNormalization that folds, and another batch norm that does not; every string is `hostile`.
onnx::ModelProto modelOf(const std::string& hostile)
{
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.set_producer_name(hostile);
    model.set_doc_string(hostile);
    model.add_opset_import()->set_version(13);
    auto& meta = *model.add_metadata_props();
    meta.set_key(hostile);
    meta.set_value(hostile);
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.set_name(hostile);
    const auto port = [](onnx::ValueInfoProto& info, const std::string& name) {
        info.set_name(name);
        info.set_doc_string(name);
        auto& tensor = *info.mutable_type()->mutable_tensor_type();
        tensor.set_elem_type(onnx::TensorProto::FLOAT);
        tensor.mutable_shape()->add_dim()->set_dim_param(name);
        for (const int dim : {4, 3, 3})
            tensor.mutable_shape()->add_dim()->set_dim_value(dim);
    };
    const auto weight = [&graph](const std::string& name, std::initializer_list<int> dims) {
        addFloats(graph, name, dims, [](int i) { return 1 + 0.25f * static_cast<float>(i % 5); });
    };
    const auto node = [&graph](const std::string& op, const std::string& name,
                               const std::vector<std::string>& inputs, const std::string& output) -> auto&
    {
        auto& added = *graph.add_node();
        added.set_op_type(op);
        added.set_name(name);
        added.set_doc_string(name);
        for (const std::string& input : inputs)
            added.add_input(input);
        added.add_output(output);
        return added;
    };
    const auto batchNorm = [&](const std::string& of, const std::string& in, const std::string& out) {
        std::vector<std::string> inputs{in};
        for (const char* part : {"g", "b", "m", "v"}) {
            inputs.push_back(of + part);
            weight(inputs.back(), {4});
        }
        node("BatchNormalization", of + "bn", inputs, out);
    };
    port(*graph.add_input(), hostile + "x");
    port(*graph.add_output(), hostile + "y");
    weight(hostile + "w", {4, 4, 1, 1});
    node("Conv", hostile + "conv", {hostile + "x", hostile + "w"}, hostile + "c");
    batchNorm(hostile + "1", hostile + "c", hostile + "d");
    auto& custom = node(hostile, hostile + "custom", {hostile + "d"}, hostile + "e");
    custom.set_domain(hostile + "domain");
    auto& attribute = *custom.add_attribute();
    attribute.set_name(hostile);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(hostile);
    auto& opset = *model.add_opset_import();
    opset.set_domain(hostile + "domain");
    opset.set_version(1);
    node("Called", hostile + "call", {hostile + "e"}, hostile + "f").set_domain("own");
    onnx::FunctionProto& function = *model.add_functions();
    function.set_name("Called");
    function.set_domain("own");
    function.set_doc_string(hostile);
    function.add_input(hostile + "in");
    function.add_output(hostile + "out");
    function.add_opset_import()->set_version(13);
    onnx::NodeProto& inner = *function.add_node();
    inner.set_op_type("Relu");
    inner.set_doc_string(hostile);
    inner.add_input(hostile + "in");
    inner.add_output(hostile + "out");
    auto& ownOpset = *model.add_opset_import();
    ownOpset.set_domain("own");
    ownOpset.set_version(1);
    batchNorm(hostile + "2", hostile + "f", hostile + "y");
    return model;
}

bool hasUnseen(const QString& text)
{
    static const QRegularExpression unseen(
        QStringLiteral("[\\x{00}-\\x{09}\\x{0b}-\\x{1f}\\x{7f}-\\x{9f}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}"
                       "\\x{2066}-\\x{2069}]"));
    return text.contains(unseen);
}

// What our own markup consists of; a tag of a stranger would be another one, or have another attribute.
bool isOurMarkup(const QString& text)
{
    static const QRegularExpression tag(QStringLiteral("<[^>]*>"));
    static const QRegularExpression ours(
        QStringLiteral("^<(/?(p|b|div|span|br|br/|table|tr|td)|p style='white-space:pre-wrap'|"
                       "(p|div|span|td|table)( (style|width|cellspacing|cellpadding)='[^'<>]*')+)>$"));
    for (auto each = tag.globalMatch(text); each.hasNext();)
        if (!ours.match(each.next().captured()).hasMatch())
            return false;
    return true;
}

// Everything that a person, or a screen reader, could come upon.
class Walk final {
public:
    QStringList faults;

    void plain(const QString& text, const QString& where) // shown as it is
    {
        if (hasUnseen(text))
            fault(where, text);
    }
    void judged(const QString& text, const QString& where) // taken for markup by Qt if it looks so
    {
        if (hasUnseen(text) || (Qt::mightBeRichText(text) && !isOurMarkup(text)))
            fault(where, text);
        ++m_seen;
    }
    void widget(QWidget& widget)
    {
        const QString where =
            QLatin1StringView(widget.metaObject()->className()) + QStringLiteral(" ") + widget.objectName();
        judged(widget.toolTip(), where + QStringLiteral(" tool tip"));
        judged(widget.whatsThis(), where + QStringLiteral(" what's this"));
        plain(widget.statusTip(), where + QStringLiteral(" status tip"));
        plain(widget.windowTitle(), where + QStringLiteral(" title"));
        if (const auto* label = qobject_cast<QLabel*>(&widget)) {
            if (label->textFormat() == Qt::PlainText)
                plain(label->text(), where);
            else if (label->textFormat() == Qt::RichText && isOurMarkup(label->text()))
                plain(label->text(), where);
            else if (!label->text().isEmpty())
                fault(where, label->text());
        }
        if (const auto* button = qobject_cast<QAbstractButton*>(&widget))
            plain(button->text(), where);
        if (const auto* browser = qobject_cast<QTextBrowser*>(&widget)) {
            plain(browser->toPlainText(), where);
            // Our own pencil is the only picture, and a link leads to a place in the window.
            static const QRegularExpression places(QStringLiteral("^((edit|node|value):[0-9]+)?$"));
            for (QTextBlock block = browser->document()->begin(); block.isValid(); block = block.next())
                for (auto piece = block.begin(); !piece.atEnd(); ++piece) {
                    const QTextCharFormat format = piece.fragment().charFormat();
                    if (format.isImageFormat() && format.toImageFormat().name() != QStringLiteral("pencil"))
                        fault(where, format.toImageFormat().name());
                    if (!places.match(format.anchorHref()).hasMatch())
                        fault(where, format.anchorHref());
                }
        }
        if (const auto* view = qobject_cast<QAbstractItemView*>(&widget); view && view->model())
            model(*view->model(), where);
        for (QAction* each : widget.actions())
            action(*each);
    }
    void action(QAction& action)
    {
        plain(action.text(), QStringLiteral("action"));
        plain(action.iconText(), QStringLiteral("action"));
        judged(action.toolTip(), QStringLiteral("action's tool tip"));
        judged(action.whatsThis(), QStringLiteral("action's help"));
        plain(action.statusTip(), QStringLiteral("action's status tip"));
    }
    void model(const QAbstractItemModel& model, const QString& where)
    {
        const std::array judgedRoles{int(Qt::ToolTipRole), int(Qt::WhatsThisRole)};
        const std::array plainRoles{int(Qt::DisplayRole),        int(Qt::StatusTipRole),
                                    int(Qt::AccessibleTextRole), int(FoldModel::DetailRole),
                                    int(FindModel::NameRole),    int(FindModel::KindRole)};
        for (int row = 0; row < model.rowCount(); ++row) {
            const QModelIndex index = model.index(row, 0);
            for (const int role : judgedRoles)
                judged(index.data(role).toString(), where + QStringLiteral(" row"));
            for (const int role : plainRoles) {
                // The ids of FoldModel have the number of a role of FindModel: they are never shown.
                if (role == FoldModel::IdRole && !qobject_cast<const FindModel*>(&model))
                    continue;
                plain(index.data(role).toString(), where + QStringLiteral(" row"));
            }
        }
    }
    void window(MainWindow& window)
    {
        widget(window);
        for (QWidget* each : window.findChildren<QWidget*>())
            widget(*each);
        for (QAction* each : window.findChildren<QAction*>())
            action(*each);
        for (const QChar letter : window.workspace().shown() ? QStringLiteral("bcdewxy") : QString()) {
            FindModel found;
            found.find(window.workspace().shown()->view, window.workspace().document().types(), letter);
            model(found, QStringLiteral("find"));
        }
        for (const SceneNode& node : window.graph().canvas().scene().nodes) {
            plain(node.title, QStringLiteral("node"));
            for (const std::vector<WeightRow>* rows : {&node.rows, &node.ports})
                for (const WeightRow& row : *rows)
                    plain(row.name + row.shape, QStringLiteral("row of a node"));
        }
        for (const SceneEdge& edge : window.graph().canvas().scene().edges)
            plain(edge.label, QStringLiteral("edge"));
    }
    int seen() const { return m_seen; }

private:
    void fault(const QString& where, const QString& text)
    {
        faults += where + QStringLiteral(": ") + text.left(120);
    }
    int m_seen = 0;
};

} // namespace

class TestPlainText final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void init() { isolate(m_folder); }

    void escapesWhatCannotBeSeen()
    {
        QCOMPARE(oneLine(QStringLiteral("a\nb\tc\x1b[31m\u0085\u202e")),
                 QStringLiteral("a\\nb\\tc\\x1b[31m\\u0085\\u202e"));
        QCOMPARE(manyLines(QStringLiteral("a\nb\r")), QStringLiteral("a\nb\\r"));
        QCOMPARE(oneLine(QStringLiteral("Größe 重み")), QStringLiteral("Größe 重み"));
        QVERIFY(isOurMarkup(plainTip(QStringLiteral("<img src='file:///dev/zero'>"))));
        QVERIFY(plainTip(QStringLiteral("&lt;b>")).contains(QStringLiteral("&amp;lt;b&gt;")));
        QCOMPARE(plainTip({}), QString());
        QCOMPARE(actionText(QStringLiteral("a&b")), QStringLiteral("a&&b"));
        QVERIFY(actionText(QString(100000, u'x')).size() < 100);
        QCOMPARE(titleText(QStringLiteral("a[*].onnx")), QStringLiteral("a[*][*].onnx"));
        QVERIFY(!isOurMarkup(QStringLiteral("<img src='x'>")));
        QVERIFY(!isOurMarkup(QStringLiteral("<a href='x'>")));
    }

    void showsHostileModelsAsPlainText_data()
    {
        QTest::addColumn<QByteArray>("hostile");
        QTest::newRow("image") << QByteArray("<img src=\"file:///dev/zero\">");
        QTest::newRow("link") << QByteArray("<a href=\"http://example.org\">x</a>");
        QTest::newRow("entity") << QByteArray("&lt;b&gt;");
        QTest::newRow("style") << QByteArray("<b style='font-size:90pt'>");
        QTest::newRow("line break first") << QByteArray("\n<img src=\"file:///dev/zero\">");
        QTest::newRow("tag over lines") << QByteArray("<img\nsrc=\"file:///dev/zero\">");
        QTest::newRow("escape sequence") << QByteArray("\x1b[31m\x07");
        QTest::newRow("control") << QByteArray("a\tb\rc\x01");
        QTest::newRow("C1") << QByteArray("\xc2\x9b"
                                          "31m");
        QTest::newRow("bidi") << QByteArray("\xe2\x80\xae"
                                            "x\xe2\x81\xa6");
        QTest::newRow("mnemonic") << QByteArray("a&b");
        QTest::newRow("places") << QByteArray("%1%2%n%L1");
        QTest::newRow("placeholder of the title") << QByteArray("[*]");
        QTest::newRow("no text") << QByteArray("\xff\xfe");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("long") << QByteArray("<img src=\"x\">").repeated(3000);
        QTest::newRow("a word of a sentence") << QByteArray("it");
    }
    void showsHostileModelsAsPlainText()
    {
        QFETCH(QByteArray, hostile);
        QString name = QString::fromUtf8(hostile.left(60)).remove(u'/').remove(QChar(0xfffd));
        const QString path = m_folder.filePath(name + QStringLiteral(".onnx"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(modelOf(hostile.toStdString()).SerializeAsString()));
        file.close();

        MainWindow window({});
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        QSignalSpy failed(&window.workspace().document(), &Document::failed);
        window.openPath(path);
        QTRY_VERIFY(!opened.isEmpty() || !failed.isEmpty());
        Walk walk;
        if (opened.isEmpty()) { // refused: then the message is what is shown
            walk.window(window);
            QVERIFY2(walk.faults.isEmpty(), qPrintable(walk.faults.join(u'\n')));
            return;
        }
        QTRY_VERIFY(window.panel<WeightsPanel>().comparison());
        QTRY_VERIFY(!window.graph().canvas().scene().nodes.empty());
        for (const bool names : {false, true}) {
            SceneDetails details{true, true, names};
            QSignalSpy drawn(&window.graph(), &GraphPane::sceneShown);
            window.graph().setDetails(details);
            QTRY_VERIFY(!drawn.isEmpty());
            walk.window(window);
        }
        // Every node once, so that the inspector and the weights show it.
        GraphCanvas& canvas = window.graph().canvas();
        for (int node = 0; node < int(canvas.scene().nodes.size()); ++node) {
            canvas.select({node, -1, canvas.scene().frameOf[static_cast<std::size_t>(node)]});
            walk.window(window);
            walk.judged(canvas.toolTipFor({node, -1, canvas.scene().frameOf[static_cast<std::size_t>(node)]}),
                        QStringLiteral("canvas"));
            walk.plain(canvas.accessibleDescription().left(0), QString());
        }
        for (int edge = 0; edge < int(canvas.scene().edges.size()); ++edge)
            walk.judged(canvas.toolTipFor({-1, edge, -1}), QStringLiteral("canvas"));
        for (int frame = 0; frame < int(canvas.scene().frames.size()); ++frame)
            walk.judged(canvas.toolTipFor({-1, -1, frame}), QStringLiteral("canvas"));
        // The undo button bears the name of the layer; one folded alone.
        QSignalSpy changed(&window.workspace().document(), &Document::currentChanged);
        window.workspace().document().foldChosen(window.workspace().document().foldable());
        QVERIFY(changed.wait());
        walk.window(window);
        const auto* undo = part<QToolButton>(window, "toolUndo");
        QVERIFY(!undo->text().contains(QRegularExpression(QStringLiteral("(^|[^&])&(&&)*([^&]|$)"))));
        // What is recent, in the menu and on the first page.
        for (QMenu* menu : window.findChildren<QMenu*>()) {
            Q_EMIT menu->aboutToShow();
            for (QAction* action : menu->actions())
                walk.action(*action);
        }
        MainWindow second({});
        walk.window(second);
        QVERIFY2(walk.faults.isEmpty(), qPrintable(walk.faults.mid(0, 20).join(u'\n')));
        QVERIFY(walk.seen() > 100);
        // The sentence before closing.
        bool asked = false;
        QTimer::singleShot(50, this, [&asked, &walk] {
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            if (!box)
                return;
            asked = true;
            for (QLabel* label : box->findChildren<QLabel*>())
                walk.widget(*label);
            box->reject();
        });
        QVERIFY(!window.close());
        QVERIFY(asked);
        QVERIFY2(walk.faults.isEmpty(), qPrintable(walk.faults.join(u'\n')));
        window.workspace().document().undoStack().undo();
    }

    void showsMessagesAsPlainText()
    {
        MainWindow window({});
        window.show();
        window.openPath(m_folder.filePath(QStringLiteral("<img src=x>\x1b[0m.onnx")));
        QTRY_VERIFY(window.messages().isVisible());
        Walk walk;
        walk.window(window);
        QVERIFY2(walk.faults.isEmpty(), qPrintable(walk.faults.join(u'\n')));
    }
};

QTEST_MAIN(TestPlainText)
#include "test_plain_text.moc"
