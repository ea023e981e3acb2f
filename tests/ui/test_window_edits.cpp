// SPDX-License-Identifier: GPL-3.0-or-later
// Values of tensors, edited in the table of WEIGHTS, and another model appended, by hand and mouse; undone
// again.
#include "core/edit/EditStep.h"
#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/weights/TensorTable.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/AppendSheet.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

class TestWindowEdits final : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    static QString cell(const TensorTable& table, int row, int column = 0)
    {
        return table.model()->index(row, column).data().toString();
    }

    static void select(MainWindow& window, const char* name)
    {
        const GraphView& view = *window.workspace().shown()->view;
        window.workspace().selectValue(view.find(ScopeIndex::Main, name));
    }

    // The table with these values, when it is as the model is now.
    static bool shows(MainWindow& window, const QString& tensor)
    {
        auto* table = part<TensorTable>(window, "tensorTable");
        return QTest::qWaitFor([&] {
            return !window.workspace().jobs().isBusy() && table->isVisible() && table->cells().isRead() &&
                   toQt(table->elements().tensor().name()) == tensor;
        });
    }

    static QLineEdit& openField(TensorTable& table, int row, int column)
    {
        const QPoint place = table.visualRect(table.model()->index(row, column)).center();
        QTest::mouseDClick(table.viewport(), Qt::LeftButton, {}, place);
        return *part<QLineEdit>(table, "tableCell");
    }

    // The sample cut at `tensor`, one side of it, as a file.
    QString half(const QString& name, const CutOut& cut) const
    {
        NoProgress quiet;
        const auto opened = openModel(toPath(sampleModel()), quiet, {});
        const auto made = applyEdit(cut, GraphView::of(opened->model), {});
        const QString path = m_folder.filePath(name);
        if (!made || !saveModel(made->after, toPath(path), quiet, {}))
            qFatal("the sample cannot be cut");
        return path;
    }

    static AppendSheet& append(MainWindow& window, const QString& path)
    {
        part<QAction>(window, "actionAppend")->trigger();
        chooseFile(window, path);
        if (!QTest::qWaitFor([&] { return window.findChild<AppendSheet*>(u"appendSheet"_s) != nullptr; }))
            qFatal("nothing was asked");
        return *part<AppendSheet>(window, "appendSheet");
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }

    void aValueIsWrittenIntoItsCell()
    {
        const auto window = openedWindow(sampleModel());
        chooseTab(*window, u"Table"_s);
        select(*window, "features.0.bn.weight");
        QVERIFY(shows(*window, u"features.0.bn.weight"_s));
        auto* table = part<TensorTable>(*window, "tensorTable");
        const QString before = cell(*table, 3);
        QLineEdit& field = openField(*table, 3, 0);
        QVERIFY(field.isVisible() && field.hasFocus());
        QTest::keyClicks(&field, u"two"_s);
        QTest::keyClick(&field, Qt::Key_Return);
        QVERIFY(field.isVisible() && field.accessibleDescription().contains(u"“two” is no value of float"));
        QVERIFY(!window->workspace().document().undoStack().canUndo());
        QTest::keyClicks(&field, u"0.5"_s);
        QTest::keyClick(&field, Qt::Key_Return);
        QTRY_COMPARE(cell(*table, 3), u"0.5"_s);
        QCOMPARE(window->workspace().document().undoStack().count(), 1);
        // The original stays for comparison, and cannot be changed.
        QVERIFY(shows(*window, u"features.0.bn.weight"_s));
        auto* side = part<SegmentedControl>(*window, "tableSide");
        QVERIFY(side->isVisible() && part<QToolButton>(*window, "tableChange")->isEnabled());
        side->setCurrent(0);
        QTRY_COMPARE(cell(*table, 3), before);
        QVERIFY(!part<QToolButton>(*window, "tableChange")->isEnabled());
        QTest::mouseDClick(table->viewport(), Qt::LeftButton, {},
                           table->visualRect(table->model()->index(3, 0)).center());
        QTRY_VERIFY(!table->findChild<QLineEdit*>(u"tableCell"_s));
        QVERIFY(part<QLabel>(*window, "tableWord")->text().contains(u"“After” has them"));
        side->setCurrent(1);
        window->workspace().document().undoStack().undo();
        QTRY_COMPARE(cell(*table, 3), before);
    }

    // What folding would make of a weight is nothing that is stored: it is changed as it is before.
    void aPreviewIsNotChanged()
    {
        const auto window = openedWindow(sampleModel());
        chooseTab(*window, u"Table"_s);
        select(*window, "features.0.conv.weight");
        QVERIFY(shows(*window, u"features.0.conv.weight"_s));
        auto* change = part<QToolButton>(*window, "tableChange");
        auto* table = part<TensorTable>(*window, "tensorTable");
        QVERIFY(!change->isEnabled());
        part<SegmentedControl>(*window, "tableSide")->setCurrent(0);
        QVERIFY(change->isEnabled() && shows(*window, u"features.0.conv.weight"_s));
        QLineEdit& field = openField(*table, 1, 0);
        QTest::keyClicks(&field, u"-3"_s);
        QTest::keyClick(&field, Qt::Key_Return);
        QTRY_COMPARE(cell(*table, 1), u"-3"_s);
        QVERIFY(change->isEnabled());
    }

    void allOrSomeValuesAreAskedFor()
    {
        const auto window = openedWindow(sampleModel());
        chooseTab(*window, u"Table"_s);
        select(*window, "features.0.bn.weight");
        QVERIFY(shows(*window, u"features.0.bn.weight"_s));
        auto* table = part<TensorTable>(*window, "tensorTable");
        const auto answer = [&](const char* action, const QString& text) {
            part<QAction>(*window, action)->trigger();
            auto* dialog = part<QDialog>(*window, "tensorQuestion");
            auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
            auto* field = part<QLineEdit>(*dialog, "tensorAnswer");
            field->setText(u"much"_s);
            if (ok->isEnabled() || part<QLabel>(*dialog, "tensorProblem")->text().size() < 3)
                qFatal("“much” is taken");
            field->setText(text);
            click(ok);
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        };
        answer("tableFill", u"0.25"_s);
        QTRY_COMPARE(cell(*table, 7), u"0.25"_s);
        QVERIFY(shows(*window, u"features.0.bn.weight"_s));
        answer("tableScale", u"4"_s);
        QTRY_COMPARE(cell(*table, 7), u"1"_s);
        QVERIFY(shows(*window, u"features.0.bn.weight"_s));
        table->selectArea({1, 0, 2, 1});
        answer("tableSet", u"9"_s);
        QTRY_COMPARE(cell(*table, 2), u"9"_s);
        QCOMPARE(cell(*table, 1), u"9"_s);
        QCOMPARE(cell(*table, 3), u"1"_s);
        QVERIFY(shows(*window, u"features.0.bn.weight"_s));
        answer("tablePrune", u"2"_s);
        QTRY_COMPARE(cell(*table, 3), u"0"_s);
        QCOMPARE(cell(*table, 2), u"9"_s);
        QCOMPARE(window->workspace().document().undoStack().count(), 4);
    }

    void aModelIsAppended()
    {
        const std::string between = "/features/features.0/bn/BatchNormalization_output_0";
        const QString head = half(u"head.onnx"_s, {{}, {between}}),
                      tail = half(u"tail.onnx"_s, {{between}, {}});
        const auto window = openedWindow(head);
        Document& document = window->workspace().document();
        const auto nodes = [&] { return document.current()->view->model().graph->nodes.size(); };
        const std::size_t first = nodes();
        AppendSheet& sheet = append(*window, tail);
        auto* output = part<QComboBox>(sheet, "appendOutput0");
        auto* button = part<QPushButton>(sheet, "appendDo");
        QCOMPARE(output->currentIndex(), 1); // of the same name
        QVERIFY(button->isEnabled() && button->text() == u"&Append"_s);
        output->setCurrentIndex(0);
        QCOMPARE(button->text(), u"Put &Beside"_s);
        output->setCurrentIndex(1);
        click(button);
        QTRY_VERIFY(nodes() > first);
        QCOMPARE(document.current()->view->scopes().front().inputs.size(), std::size_t{1});
        QCOMPARE(document.current()->view->scopes().front().outputs.size(), std::size_t{1});
        document.undoStack().undo();
        QCOMPARE(nodes(), first);
    }

    void whatDoesNotFitIsSaidBeforeIt()
    {
        const auto window = openedWindow(sampleModel());
        AppendSheet& sheet = append(*window, sampleModel());
        // Its only output and its only input, which takes an image.
        QCOMPARE(part<QComboBox>(sheet, "appendOutput0")->currentIndex(), 0);
        part<QComboBox>(sheet, "appendOutput0")->setCurrentIndex(1);
        auto* problem = part<QLabel>(sheet, "appendProblem0");
        auto* button = part<QPushButton>(sheet, "appendDo");
        QVERIFY2(problem->isVisible() && problem->text().contains(u"takes float"),
                 qPrintable(problem->text()));
        QVERIFY(!button->isEnabled());
        part<QComboBox>(sheet, "appendOutput0")->setCurrentIndex(0);
        part<QLineEdit>(sheet, "appendPrefix")->setText(u"b/"_s);
        QVERIFY(!problem->isVisible() && button->isEnabled());
        click(button);
        const auto outputs = [&] {
            return window->workspace().document().current()->view->scopes().front().outputs.size();
        };
        QTRY_COMPARE(outputs(), std::size_t{2});
    }
};

QTEST_MAIN(TestWindowEdits)
#include "test_window_edits.moc"
