// SPDX-License-Identifier: GPL-3.0-or-later
// The tab Table: any tensor of the model, any two axes of it, the sides of a fold; going to and finding
// values, taking them along, and 10⁹ of them of which only those on the screen are read.
#include "core/tensor/Scaling.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/weights/TensorPage.h"
#include "ui/weights/TensorTable.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/weights/WideScrollBar.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/MainWindow.h"

#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <array>
#include <cstring>
#include <fstream>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

TensorSides sides(std::vector<std::int64_t> dims, const std::vector<double>& values)
{
    return {std::nullopt, Elements({"w", DataType::Float, std::move(dims), stored(DataType::Float, values)})};
}

// 0, 1, 2, …
TensorSides counting(std::vector<std::int64_t> dims)
{
    std::vector<double> values(1);
    for (const std::int64_t dim : dims)
        values.resize(values.size() * std::size_t(dim));
    for (std::size_t e = 0; e < values.size(); ++e)
        values[e] = double(e);
    return sides(std::move(dims), values);
}

// The page on its own, with everything that is asked of it.
struct Page {
    JobRunner jobs;
    TensorPage page{jobs};
    TensorTable* table = part<TensorTable>(page, "tensorTable");
    QAbstractItemModelTester tester{table->model()};

    explicit Page(std::vector<TensorSides> tensors)
    {
        page.resize(900, 300);
        page.setTensors(std::move(tensors));
        page.show();
        settle();
    }
    void settle()
    {
        QCoreApplication::processEvents(); // its size is what it will be
        const bool read = QTest::qWaitFor([this] { return !jobs.isBusy() && table->cells().isRead(); });
        if (!read)
            qFatal("not read");
    }
    QString at(int row, int column) const { return table->model()->index(row, column).data().toString(); }
    QString word() { return part<QLabel>(page, "tableWord")->text(); }
    void choose(const char* box, int entry)
    {
        part<QComboBox>(page, box)->setCurrentIndex(entry);
        settle();
    }
    void type(const char* field, const QString& words)
    {
        auto* edit = part<QLineEdit>(page, field);
        edit->setText(words);
        QTest::keyClick(edit, Qt::Key_Return);
        settle();
    }
    void press(const char* name)
    {
        click(part<QAbstractButton>(page, name));
        settle();
    }
};

std::uint64_t bytesRead()
{
    std::ifstream io("/proc/self/io");
    std::string name;
    std::uint64_t bytes = 0;
    io >> name >> bytes;
    return bytes;
}

QString contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : u"no file"_s;
}

} // namespace

class TestTensorTable final : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    std::unique_ptr<MainWindow> opened(const QString& path)
    {
        auto window = openedWindow(path);
        chooseTab(*window, QStringLiteral("Table"));
        return window;
    }

    // Selects a value of the main graph; what the table shows of it.
    static const TensorTable* select(MainWindow& window, const char* name)
    {
        const GraphView& view = *window.workspace().shown()->view;
        window.workspace().selectValue(view.find(ScopeIndex::Main, name));
        auto* table = part<TensorTable>(window, "tensorTable");
        const bool shown = QTest::qWaitFor([&] {
            return table->isVisible() && table->elements().tensor().name() == name && table->cells().isRead();
        });
        return shown ? table : nullptr;
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }

    void showsTheAxesThatAreChosen()
    {
        Page page({counting({4, 3, 5, 2})});
        QCOMPARE(page.at(1, 2), u"34"_s); // [1, 0, 2, 0]: 30 + 2 · 2
        auto* third = part<QSpinBox>(page.page, "tableAxis3");
        third->setValue(1);
        page.settle();
        QCOMPARE(page.at(1, 2), u"35"_s);
        page.choose("tableRows", 1);      // down: axis 1
        QCOMPARE(page.at(2, 3), u"27"_s); // [0, 2, 3, 1]
        page.choose("tableColumns", 1);   // they change places
        QCOMPARE(page.at(3, 2), u"27"_s);
        QCOMPARE(part<QComboBox>(page.page, "tableRows")->currentIndex(), 2);
    }

    void showsBeforeAfterAndDifference()
    {
        TensorSides both = sides({2, 2}, {2, 4, 6, 8});
        both.before = sides({2, 2}, {1, 1, 1, 0.5}).after;
        Page page({both});
        auto* side = part<SegmentedControl>(page.page, "tableSide");
        QVERIFY(side->isVisible());
        QCOMPARE(page.at(1, 1), u"8"_s);
        side->setCurrent(0);
        page.settle();
        QCOMPARE(page.at(1, 1), u"0.5"_s);
        side->setCurrent(2);
        page.settle();
        QCOMPARE(page.at(1, 1), u"7.5"_s);
        page.page.setTensors({counting({2})});
        page.settle();
        QVERIFY(!side->isVisible());
    }

    void goesToAnIndexAndFindsValues()
    {
        std::vector<double> values(12000, 0.5);
        values[7777] = -2; // [1, 3, 777]
        values[11999] = std::numeric_limits<double>::quiet_NaN();
        Page page({sides({3, 4, 1000}, values)});
        page.type("tableIndex", u"2, 1, -1"_s);
        QCOMPARE(page.table->current().row, std::uint64_t(2));
        QCOMPARE(page.table->current().column, std::uint64_t(999));
        QCOMPARE(part<QSpinBox>(page.page, "tableAxis1")->value(), 1);
        QVERIFY(page.table->cells().window().contains(2, 999));
        QVERIFY(page.word().startsWith(u"[2, 1, 999] = 0.5"));
        page.type("tableIndex", u"2, 1, 1000"_s);
        QVERIFY(page.word().contains(u"size is 1,000"));
        page.press("tableFindNonFinite");
        QVERIFY(page.word().startsWith(u"[2, 3, 999] = nan"));
        page.type("tableLimit", u"1"_s);
        QVERIFY(page.word().startsWith(u"[1, 3, 777] = -2"));
        page.type("tableLimit", u"5"_s);
        QVERIFY(page.word().startsWith(u"No value is larger"));
        page.type("tableLimit", u"much"_s);
        QVERIFY(page.word().startsWith(u"A limit is a number"));
    }

    void movesByKeysAndMouse()
    {
        Page page({counting({100, 100})});
        TensorTable& table = *page.table;
        table.setFocus();
        QTest::mouseClick(table.viewport(), Qt::LeftButton, {},
                          table.visualRect(table.model()->index(1, 1)).center());
        QCOMPARE(table.current().row, std::uint64_t(1));
        QTest::keyClick(&table, Qt::Key_End, Qt::ControlModifier);
        page.settle();
        QVERIFY(page.word().startsWith(u"[99, 99] = 9999"));
        QTest::keyClick(&table, Qt::Key_Right);
        QTest::keyClick(&table, Qt::Key_Down);
        QCOMPARE(table.current().row, std::uint64_t(99));
        QTest::keyClick(&table, Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(table.selection().rows, std::uint64_t(2));
        QTest::keyClick(&table, Qt::Key_Home, Qt::ControlModifier);
        QCOMPARE(table.cells().window().row, std::uint64_t(0));
        QTest::keyClick(&table, Qt::Key_PageDown);
        QVERIFY(table.current().row > 1);
        QTest::keyClick(&table, Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(table.selection().cells(), std::uint64_t(10000));
    }

    void copiesAndSavesWhatIsSelected()
    {
        Page page({counting({5, 6})});
        page.table->selectArea({1, 2, 2, 3});
        page.table->setFocus();
        QTest::keyClick(page.table, Qt::Key_C, Qt::ControlModifier);
        page.settle();
        QCOMPARE(QGuiApplication::clipboard()->text(), u"8\t9\t10\n14\t15\t16"_s);

        const QString csv = m_folder.filePath(u"part.csv"_s);
        part<QAction>(page.page, "tableCsv")->trigger();
        chooseFile(page.page, csv);
        page.settle();
        QCOMPARE(contents(csv), u"8,9,10\n14,15,16\n"_s);

        const QString npy = m_folder.filePath(u"w.npy"_s);
        part<QAction>(page.page, "tableNpy")->trigger();
        chooseFile(page.page, npy);
        page.settle();
        QFile file(npy);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray written = file.readAll();
        QVERIFY(written.contains("'shape': (5, 6)"));
        QCOMPARE(written.size(), qsizetype(128 + 30 * 4));

        const QString selected = m_folder.filePath(u"selected.npy"_s);
        part<QAction>(page.page, "tableNpySelection")->trigger();
        chooseFile(page.page, selected);
        page.settle();
        QFile some(selected);
        QVERIFY(some.open(QIODevice::ReadOnly));
        const QByteArray few = some.readAll();
        QVERIFY(few.contains("'shape': (2, 3)"));
        std::array<float, 6> values{};
        QCOMPARE(few.size(), qsizetype(128 + sizeof values));
        std::memcpy(values.data(), few.constData() + 128, sizeof values);
        QCOMPARE(values, (std::array<float, 6>{8, 9, 10, 14, 15, 16}));
    }

    void roundsToTheDigitsThatAreChosen()
    {
        Page page({sides({1}, {1.0 / 3})});
        QCOMPARE(page.at(0, 0), u"0.33333334"_s);
        page.choose("tableDigits", 1);
        QCOMPARE(page.at(0, 0), u"0.333"_s);
        QVERIFY(page.word().contains(u"0.33333334"));
    }

    void scrollsOverAnyNumberOfRowsAndReadsWhatIsSeen()
    {
        // 3 · 10⁹ rows, more than an int counts, in a file that is one large hole.
        constexpr std::uint64_t rows = 3'000'000'000;
        const QString path = m_folder.filePath(u"hole"_s);
        QFile hole(path);
        QVERIFY(hole.open(QIODevice::WriteOnly) && hole.resize(qint64(rows)) && hole.seek(qint64(rows) - 1) &&
                hole.write("\x7f") == 1);
        hole.close();
        const auto file = File::open(toPath(path));
        QVERIFY(file);
        const Elements elements({"w", DataType::Int8, {rows}, Payload{FileRange{*file, 0, rows}}});
        const std::uint64_t before = bytesRead();
        Page page({{std::nullopt, elements}});
        QVERIFY(page.table->model()->rowCount() < 100);
        WideScrollBar* bar = nullptr;
        for (auto* each : page.page.findChildren<WideScrollBar*>())
            if (each->orientation() == Qt::Vertical)
                bar = each;
        QVERIFY(bar && bar->isVisible());
        for (int step = 0; step <= 100; ++step) {
            bar->setValue(int(std::int64_t(bar->maximum()) * step / 100));
            page.settle();
        }
        const PlaneArea window = page.table->cells().window();
        QCOMPARE(window.row + window.rows, rows);
        const int last = page.table->model()->rowCount() - 1;
        QCOMPARE(page.at(last, 0), u"127"_s);
        QCOMPARE(page.table->model()->headerData(last, Qt::Vertical).toString(), QString::number(rows - 1));
        QVERIFY(page.table->visualRect(page.table->model()->index(last, 0)).bottom() <=
                page.table->viewport()->height());
        QVERIFY(bytesRead() - before < 200'000);
        page.type("tableIndex", u"1500000000"_s);
        QVERIFY(page.word().startsWith(u"[1500000000] = 0"));
    }

    void saysWhatCannotBeShown()
    {
        Page page({counting({3, 0})});
        auto* sentence = part<QLabel>(page.page, "tableSentence");
        QVERIFY(sentence->isVisible() && sentence->text().contains(u"empty"));
        const Elements missing({"w",
                                DataType::Float,
                                {2},
                                Payload{Bytes{}, std::make_shared<const ExternalPlace>(
                                                     ExternalPlace{{}, FileId::None, "It is missing."})}});
        QSignalSpy failed(&page.page, &TensorPage::failed);
        page.page.setTensors({{std::nullopt, missing}});
        QVERIFY(failed.wait());
        QVERIFY(sentence->isVisible() && sentence->text() == u"It is missing."_s);
        page.page.setTensors({counting({2})});
        page.settle();
        QVERIFY(page.table->isVisible() && page.at(1, 0) == u"1"_s);
    }

    void showsAnyTensorOfTheModel()
    {
        onnx::ModelProto model;
        {
            std::ifstream sample(sampleModel().toStdString(), std::ios::binary);
            QVERIFY(model.ParseFromIstream(&sample));
        }
        onnx::GraphProto& graph = *model.mutable_graph();
        auto& words = *graph.add_initializer();
        words.set_name("words");
        words.set_data_type(onnx::TensorProto::STRING);
        words.add_dims(2);
        words.add_string_data("first");
        words.add_string_data("<b>second</b>");
        auto& quantized = *graph.add_initializer();
        quantized.set_name("quantized");
        quantized.set_data_type(onnx::TensorProto::INT8);
        quantized.add_dims(3);
        quantized.set_raw_data(std::string("\x80\x00\x7f", 3));
        auto& constant = *graph.add_node();
        constant.set_op_type("Constant");
        constant.add_output("made");
        auto& strings = *constant.add_attribute();
        strings.set_name("value_strings");
        strings.set_type(onnx::AttributeProto::STRINGS);
        strings.add_strings("only");
        onnx::NodeProto& branching = *graph.add_node();
        branching.set_op_type("If");
        branching.set_name("if");
        branching.add_input("condition");
        branching.add_output("chosen");
        auto& condition = *graph.add_initializer();
        condition.set_name("condition");
        condition.set_data_type(onnx::TensorProto::BOOL);
        condition.set_raw_data(std::string(1, '\1'));
        for (const char* branch : {"then_branch", "else_branch"}) {
            auto& attribute = *branching.add_attribute();
            attribute.set_name(branch);
            attribute.set_type(onnx::AttributeProto::GRAPH);
            onnx::GraphProto& body = *attribute.mutable_g();
            body.set_name(branch);
            addFloats(body, "inner", {2},
                      [&](int e) { return float(e) + (branch[0] == 't' ? 0.5F : 0.25F); });
            onnx::NodeProto& node = *body.add_node();
            node.set_op_type("Identity");
            node.add_input("inner");
            node.add_output("out");
            body.add_output()->set_name("out");
        }
        // A function that has a constant of its own; nothing of it is on the canvas.
        onnx::FunctionProto& function = *model.add_functions();
        function.set_name("Shift");
        function.set_domain("own");
        function.add_input("x");
        function.add_output("y");
        function.add_opset_import()->set_version(13);
        onnx::NodeProto& kept = *function.add_node();
        kept.set_op_type("Constant");
        kept.add_output("shift");
        auto& shift = *kept.add_attribute();
        shift.set_name("value");
        shift.set_type(onnx::AttributeProto::TENSOR);
        shift.mutable_t()->set_data_type(onnx::TensorProto::DOUBLE);
        shift.mutable_t()->add_dims(2);
        shift.mutable_t()->add_double_data(0.125);
        shift.mutable_t()->add_double_data(-7);
        onnx::NodeProto& sum = *function.add_node();
        sum.set_op_type("Add");
        sum.add_input("x");
        sum.add_input("shift");
        sum.add_output("y");
        auto& domain = *model.add_opset_import();
        domain.set_domain("own");
        domain.set_version(1);
        const QString path = m_folder.filePath(u"any.onnx"_s);
        {
            std::ofstream file(path.toStdString(), std::ios::binary);
            QVERIFY(model.SerializeToOstream(&file));
        }
        const auto window = opened(path);
        const auto cell = [](const TensorTable* table, int row) {
            return table->model()->index(row, 0).data().toString();
        };
        const TensorTable* table = select(*window, "words");
        QVERIFY(table);
        QCOMPARE(cell(table, 1), u"<b>second</b>"_s);
        const auto& panel = window->panel<WeightsPanel>();
        QTRY_VERIFY(!window->workspace().jobs().isBusy());
        chooseTab(*window, u"Ranges"_s);
        auto* empty = part<QLabel>(*window, "weightsEmpty");
        QVERIFY(empty->isVisible() && empty->text().contains(u"string"));
        QVERIFY(panel.title().endsWith(u"words"));
        chooseTab(*window, u"Table"_s);
        QVERIFY(select(*window, "made") && cell(table, 0) == u"only"_s);
        QVERIFY(select(*window, "quantized"));
        QCOMPARE(cell(table, 0), u"-128"_s);
        QTRY_VERIFY(panel.comparison() && panel.comparison()->after.name == "quantized");
        QCOMPARE(panel.comparison()->after.statistics.range, (Range{-128, 127}));
        QVERIFY(select(*window, "features.0.bn.weight")); // of a batch norm
        QTRY_VERIFY(panel.comparison() && panel.comparison()->after.name == "features.0.bn.weight");
        // In a body, where another one has the same name.
        const GraphView& whole = *window->workspace().shown()->view;
        for (std::uint32_t scope = 0; scope < whole.scopes().size(); ++scope)
            if (whole.scopes()[scope].path.find("else_branch") != std::string::npos)
                window->workspace().selectValue(whole.find(ScopeIndex{scope}, "inner"));
        QTRY_VERIFY(panel.comparison() && panel.comparison()->after.name == "inner");
        QTRY_COMPARE(cell(table, 1), u"1.25"_s);
        for (std::uint32_t scope = 0; scope < whole.scopes().size(); ++scope)
            if (whole.scopes()[scope].function >= 0)
                window->workspace().selectValue(whole.find(ScopeIndex{scope}, "shift"));
        QTRY_VERIFY(panel.comparison() && panel.comparison()->after.name == "shift");
        QTRY_COMPARE(cell(table, 1), u"-7"_s);
        // A value that is computed has none; and back to a layer, with its bias beside its weight.
        const GraphView& view = *window->workspace().shown()->view;
        window->workspace().selectValue(view.find(ScopeIndex::Main, "image"));
        QTRY_VERIFY(empty->isVisible() && empty->text().contains(u"no stored values"));
        QVERIFY(select(*window, "features.0.conv.weight"));
        auto* choice = part<QComboBox>(*window, "tableTensor");
        QVERIFY(choice->findText(u"features.0.conv.bias"_s) > 0);
        QVERIFY(part<SegmentedControl>(*window, "tableSide")->isVisible());
    }
};

QTEST_MAIN(TestTensorTable)
#include "test_tensor_table.moc"
