// SPDX-License-Identifier: GPL-3.0-or-later
// VERIFY: both models are run when somebody asks, what was found is said in a sentence and in numbers, and it
// is marked once the model has changed. This program is the worker.
#include "core/worker/Tasks.h"
#include "tests/ui/Gate.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/document/Verdict.h"
#include "ui/verify/BarsDelegate.h"
#include "ui/verify/InputFields.h"
#include "ui/verify/OutputsModel.h"
#include "ui/verify/PartsModel.h"
#include "ui/verify/RehearsalModel.h"
#include "ui/verify/SpeedView.h"
#include "ui/verify/TraceModel.h"
#include "ui/verify/VerifyInputs.h"
#include "ui/verify/VerifyPanel.h"
#include "ui/widgets/TableMenu.h"
#include "ui/window/ExportSheet.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabBar>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 60000; // ms: a worker starts more than once

onnx::ModelProto read(const QString& path)
{
    onnx::ModelProto model;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || !model.ParseFromString(file.readAll().toStdString()))
        qFatal("%s cannot be read", qPrintable(path));
    return model;
}

QString write(const onnx::ModelProto& model, const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) ||
        file.write(QByteArray::fromStdString(model.SerializeAsString())) < 0)
        qFatal("%s cannot be written", qPrintable(path));
    return path;
}

// Each run of it gives other numbers, so nothing that is made of it ever computes the same.
QString modelOfChance(const QTemporaryDir& folder)
{
    onnx::ModelProto model = read(modelWithPairs(folder, 2));
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.mutable_node(graph.node_size() - 1)->set_output(0, "sum");
    const auto add = [&graph](const char* op, std::initializer_list<const char*> inputs, const char* output) {
        auto& node = *graph.add_node();
        node.set_op_type(op);
        for (const char* input : inputs)
            node.add_input(input);
        node.add_output(output);
    };
    add("RandomUniformLike", {"sum"}, "chance");
    add("Add", {"sum", "chance"}, "y");
    return write(model, folder.filePath(u"chance.onnx"_s));
}

struct Opened {
    MainWindow window;
    VerifyPanel& panel;
    Document& document;

    explicit Opened(const QString& model, const std::filesystem::path& worker = "/proc/self/exe")
        : window(worker),
          panel(window.panel<VerifyPanel>()),
          document(window.workspace().document())
    {
        window.resize(1400, 950);
        window.show();
        QSignalSpy opened(&document, &Document::openedModel);
        window.openPath(model);
        if (!opened.wait(10000))
            qFatal("the model did not open");
    }
    ~Opened() { document.undoStack().setClean(); } // nothing to be asked about

    void foldAll()
    {
        QSignalSpy changed(&document, &Document::currentChanged);
        document.foldAll();
        QVERIFY(changed.wait(10000));
    }
    void foldOne()
    {
        QSignalSpy changed(&document, &Document::currentChanged);
        document.foldChosen({document.foldable().front()});
        QVERIFY(changed.wait(10000));
    }
    void verify()
    {
        QSignalSpy answered(&panel.study(), &Study::answered);
        part<QAction>(window, "toolVerify")->trigger();
        QVERIFY(answered.wait(patience));
    }
    void verifyAgain()
    {
        QSignalSpy answered(&panel.study(), &Study::answered);
        click(button());
        QVERIFY(answered.wait(patience));
    }

    void show(const QString& tab)
    {
        Q_EMIT panel.wanted();
        auto* tabs = part<QTabBar>(window, "verifyTabs");
        for (int i = 0; i < tabs->count(); ++i)
            if (tabs->tabText(i) == tab)
                return tabs->setCurrentIndex(i);
        qFatal("there is no tab %s", qPrintable(tab));
    }
    void rehearse()
    {
        QSignalSpy answered(&panel.rehearsal(), &Study::answered);
        click(button());
        QVERIFY(answered.wait(patience));
    }

    QPushButton* button() { return part<QPushButton>(window, "verifyRun"); }
    QString verdict() { return part<QLabel>(window, "verifyVerdict")->text(); }
    QString details() { return part<QLabel>(window, "verifyDetails")->text(); }
    QString stale() { return part<QLabel>(window, "verifyStale")->text(); }
    QAbstractItemModel& outputs() { return *part<QTableView>(window, "verifyOutputs")->model(); }
    QString cell(int column) { return outputs().index(0, column).data().toString(); }
};

} // namespace

class TestVerifyPanel final : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        isolate(*m_folder);
    }

    void hasNothingToVerifyBeforeAnythingIsDone()
    {
        Opened opened(sampleModel());
        part<QAction>(opened.window, "toolVerify")->trigger();
        QVERIFY(part<QDockWidget>(opened.window, "verify")->isVisible());
        QCOMPARE(opened.verdict(), u"There is nothing to verify."_s);
        QVERIFY(!opened.button()->isEnabled());
        QVERIFY(!opened.panel.study().hasAnswer());
    }

    void saysThatItComputesTheSame()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        opened.verify();
        QCOMPARE(opened.verdict(), u"It computes the same."_s);
        QVERIFY2(opened.details().contains(u"is tolerated"_s), qPrintable(opened.details()));
        QVERIFY(opened.stale().isEmpty());
        QCOMPARE(opened.outputs().rowCount(), 1);
        QCOMPARE(opened.cell(OutputsModel::Found), u"within what is tolerated"_s);
        QCOMPARE(opened.cell(OutputsModel::FirstClass), u"1 of 1"_s);
        QVERIFY(part<QLabel>(opened.window, "verifyFindings")->text().startsWith(u"batch was taken as 1"_s));
        QVERIFY(part<QLabel>(opened.window, "verifyRuntime")->text().startsWith(u"ONNX Runtime 1."_s));
        // Each fold by itself.
        const auto& folds = *part<QTableView>(opened.window, "partsTable")->model();
        QCOMPARE(folds.rowCount(), opened.document.current()->counts.folded);
        for (int row = 0; row < folds.rowCount(); ++row)
            QVERIFY(!folds.index(row, PartsModel::Found).data(RowsModel::WarnRole).toBool());
        QVERIFY2(opened.details().contains(u"parts that changed is within rounding"_s),
                 qPrintable(opened.details()));
        part<QTableView>(opened.window, "partsTable")->selectRow(2);
        QCOMPARE(quint32(opened.window.workspace().selection().value().node),
                 folds.index(2, 0).data(RowsModel::NodeRole).toUInt());
    }

    void isOfferedAfterFolding()
    {
        Opened opened(modelWithPairs(*m_folder, 2));
        opened.foldAll();
        auto* offer = part<QToolButton>(opened.window, "messageOtherAction");
        QTRY_COMPARE(offer->text(), u"Verify"_s);
        QSignalSpy answered(&opened.panel.study(), &Study::answered);
        click(offer);
        QVERIFY(answered.wait(patience));
        QVERIFY(part<QDockWidget>(opened.window, "verify")->isVisible());
        QCOMPARE(opened.verdict(), u"It computes the same."_s);
        // What was found is forgotten with the model.
        opened.document.undoStack().setClean();
        QSignalSpy other(&opened.document, &Document::openedModel);
        opened.window.openPath(sampleModel());
        QVERIFY(other.wait(10000));
        QVERIFY(!opened.panel.study().hasAnswer());
        QCOMPARE(opened.outputs().rowCount(), 0);
    }

    void knowsWhereItBeginsToDifferFromWhatIsToleratedByHand()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        auto* absolute = part<QLineEdit>(opened.window, "verifyAbsolute");
        absolute->setText(u"0"_s); // no float survives folding to the last bit
        opened.verify();
        QCOMPARE(opened.verdict(), u"It does not compute the same."_s);
        QCOMPARE(opened.cell(OutputsModel::Tolerated), u"0"_s);
        opened.show(u"Where it begins"_s);
        QVERIFY2(opened.verdict().startsWith(u"It begins at features.0"_s), qPrintable(opened.verdict()));
        opened.window.workspace().selection().clear();
        click(part<QPushButton>(opened.window, "traceFirst"));
        const auto& divergence = opened.panel.trace().trace()->divergence;
        QVERIFY(divergence.first);
        const auto& table = *part<QTableView>(opened.window, "traceTable");
        QCOMPARE(table.currentIndex().row(), int(*divergence.first));
        opened.show(u"Outputs"_s);
        absolute->clear();
        QCOMPARE(opened.stale(), u"This is with other settings."_s);
        opened.verifyAgain();
        QCOMPARE(opened.verdict(), u"It computes the same."_s);
        QVERIFY(opened.stale().isEmpty());
    }

    void runsOnInputsOfTheSizeThatIsGiven()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        part<QSpinBox>(opened.window, "verifySize batch")->setValue(3);
        opened.verify();
        QVERIFY(opened.cell(OutputsModel::Shape).startsWith(u"3×"_s));
        QCOMPARE(opened.cell(OutputsModel::FirstClass), u"3 of 3"_s);
        QVERIFY(part<QLineEdit>(opened.window, "verifyCommand")->text().endsWith(u"--dim 'batch=3'"_s));
    }

    void isMarkedAfterAnEdit()
    {
        Opened opened(modelWithPairs(*m_folder, 3));
        opened.foldOne();
        opened.verify();
        QVERIFY(opened.stale().isEmpty());
        QVERIFY(!opened.panel.study().isStale());
        opened.foldOne();
        QVERIFY(opened.panel.study().isStale());
        QCOMPARE(opened.stale(), u"This is of the model before your last change."_s);
        QCOMPARE(opened.verdict(), u"It computes the same."_s); // still to be read
        opened.document.undoStack().undo();
        QVERIFY(opened.stale().isEmpty()); // it is that model again
    }

    void comparesWithTheModelBeforeTheLastStep()
    {
        Opened opened(modelWithPairs(*m_folder, 3));
        opened.foldOne();
        const SnapshotPointer first = opened.document.current();
        opened.foldOne();
        part<QComboBox>(opened.window, "verifyAgainst")->setCurrentIndex(1);
        opened.verify();
        QVERIFY(first != opened.document.opened());
        QCOMPARE(opened.document.beforeLastStep(), first);
        QCOMPARE(opened.verdict(), u"It computes the same."_s);
        QVERIFY(part<QLineEdit>(opened.window, "verifyCommand")->text().isEmpty()); // it is in no file
        opened.document.undoStack().undo();
        opened.document.undoStack().undo();
        QCOMPARE(opened.document.beforeLastStep(), nullptr);
        QVERIFY(!opened.button()->isEnabled());
    }

    void saysWhyItCouldNotBeRun()
    {
        for (const char* worker : {"", "/nowhere/pleat"}) {
            Opened opened(modelWithPairs(*m_folder, 2), worker);
            opened.foldAll();
            opened.verify();
            QCOMPARE(opened.verdict(), u"It could not be verified."_s);
            QVERIFY(!opened.details().isEmpty());
            QCOMPARE(opened.outputs().rowCount(), 0);
        }
    }

    void stopsAtOnce()
    {
        Opened opened(modelWithPairs(*m_folder, 2));
        opened.foldAll();
        QSignalSpy answered(&opened.panel.study(), &Study::answered);
        part<QAction>(opened.window, "toolVerify")->trigger();
        QCOMPARE(opened.verdict(), u"Verifying…"_s);
        QCOMPARE(opened.button()->text(), u"Stop"_s);
        click(opened.button());
        QCOMPARE(opened.verdict(), u"Not verified yet"_s);
        QTest::qWait(200);
        QVERIFY(answered.isEmpty());
        opened.verifyAgain();
        QCOMPARE(opened.verdict(), u"It computes the same."_s);
    }

    void stopsInTheMiddle()
    {
        Gate gate(u"verify"_s, 1);
        Opened opened(modelWithPairs(*m_folder, 2));
        opened.foldAll();
        gate.listenTo(opened.window.workspace().jobs());
        QSignalSpy answered(&opened.panel.study(), &Study::answered);
        part<QAction>(opened.window, "toolVerify")->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(gate.waiting, patience);
        click(opened.button());
        gate.open.release();
        QCOMPARE(opened.verdict(), u"Not verified yet"_s);
        QTRY_VERIFY(!opened.window.workspace().jobs().isBusy());
        QVERIFY(answered.isEmpty());
    }

    void saysHowToDoItAgain()
    {
        Opened opened(modelWithPairs(*m_folder, 2));
        opened.foldAll();
        const QString path = m_folder->filePath(u"it's folded.onnx"_s);
        QSignalSpy exported(&opened.document, &Document::exported);
        opened.document.exportTo(path);
        QVERIFY(exported.wait(10000));
        part<QSpinBox>(opened.window, "verifySeed")->setValue(7);
        part<QAction>(opened.window, "toolVerify")->trigger();
        click(part<QToolButton>(opened.window, "verifyCopy"));
        QCOMPARE(QApplication::clipboard()->text(),
                 u"pleat-cli verify '%1' '%2' --seed 7"_s.arg(opened.document.path(),
                                                              QString(path).replace(u"'"_s, u"'\\''"_s)));
    }

    void writesWhatComputesTheSame()
    {
        Opened opened(modelWithPairs(*m_folder, 2));
        opened.foldAll();
        const QString path = m_folder->filePath(u"same.onnx"_s);
        QSignalSpy exported(&opened.document, &Document::exported);
        opened.document.exportTo(path, DataPlacement::Keep, Document::Verified::Yes);
        QVERIFY(exported.wait(patience));
        QVERIFY(QFile::exists(path));
    }

    void doesNotWriteWhatComputesSomethingElse()
    {
        Opened opened(modelOfChance(*m_folder));
        opened.foldAll();
        part<QAction>(opened.window, "actionExportOptions")->trigger();
        const QString path = m_folder->filePath(u"other.onnx"_s);
        chooseFile(opened.window, path);
        auto* sheet = part<ExportSheet>(opened.window, "exportSheet");
        part<QCheckBox>(*sheet, "exportVerify")->click();
        QVERIFY(sheet->verifies());
        QSignalSpy failed(&opened.document, &Document::failed);
        click(part<QPushButton>(*sheet, "exportWrite"));
        QVERIFY(failed.wait(patience));
        QVERIFY(!QFile::exists(path));
        QVERIFY(opened.document.hasUnsavedChanges());
        QCOMPARE(part<QLabel>(opened.window, "messageSentence")->text(), u"other.onnx was not written."_s);
        const QString why = opened.window.messages().message().details;
        QVERIFY2(why.startsWith(u"It does not compute the same. Output y differs by up to "_s),
                 qPrintable(why));

        // It is remembered, also where nobody is asked.
        opened.window.messages().dismiss();
        part<QAction>(opened.window, "actionExport")->trigger();
        chooseFile(opened.window, path);
        QVERIFY(failed.wait(patience));
        QVERIFY(!QFile::exists(path));
        Settings::setVerifiesExports(false);
    }

    void tracesAndColoursTheGraph()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        opened.show(u"Where it begins"_s);
        QSignalSpy answered(&opened.panel.trace(), &Study::answered);
        click(opened.button());
        QVERIFY(answered.wait(patience));
        QCOMPARE(opened.verdict(), u"Nothing differs by more than is tolerated."_s);
        QVERIFY(opened.window.workspace().heat());
        QVERIFY(part<QTableView>(opened.window, "traceTable")->model()->rowCount() > 10);
        const auto& rows = *part<QTableView>(opened.window, "traceTable")->model();
        const auto node = static_cast<NodeId>(rows.index(0, 0).data(RowsModel::NodeRole).toUInt());
        QVERIFY(opened.document.current()->view->find(node) != NodeIndex::None); // not what was folded
        opened.show(u"Outputs"_s);
        QVERIFY(!opened.window.workspace().heat()); // the colours go with what explains them
    }

    void measuresHowLongBothTake()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        opened.show(u"Speed"_s);
        QSignalSpy answered(&opened.panel.speed(), &Study::answered);
        click(opened.button());
        QVERIFY(answered.wait(patience));
        QVERIFY2(opened.details().startsWith(u"Medians of 20 runs"_s), qPrintable(opened.details()));
        const QString words = part<SpeedView>(opened.window, "speedView")->words();
        QVERIFY2(words.startsWith(u"optimisations on: before "_s), qPrintable(words));
        QVERIFY2(words.contains(u" → "_s), qPrintable(words)); // fewer nodes
    }

    void rehearsesQuantization()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        opened.show(u"Quantization"_s);
        QCOMPARE(opened.button()->text(), u"Rehearse"_s);
        opened.rehearse();
        QVERIFY2(opened.verdict().startsWith(u"8 bits, per tensor: "_s), qPrintable(opened.verdict()));
        QVERIFY2(opened.details().contains(u"Top-1 as in float: "_s), qPrintable(opened.details()));
        const auto& layers = *part<QTableView>(opened.window, "rehearsalTable")->model();
        QVERIFY(layers.rowCount() > 10);
        QCOMPARE(layers.index(0, RehearsalModel::Alone).data().toString(), u"–"_s); // nobody asked for it
        auto* table = part<QTableView>(opened.window, "rehearsalTable");
        table->selectRow(3);
        QCOMPARE(quint32(opened.window.workspace().selection().value().node),
                 table->model()->index(3, 0).data(RowsModel::NodeRole).toUInt());
        const double eight = opened.panel.rehearsal().rehearsal()->after.ratio;
        part<QComboBox>(opened.window, "rehearsalBits")->setCurrentIndex(1);
        QCOMPARE(opened.stale(), u"This is with other settings."_s);
        opened.rehearse();
        QVERIFY(opened.stale().isEmpty());
        QVERIFY(opened.panel.rehearsal().rehearsal()->after.ratio < eight);
        opened.show(u"Outputs"_s);
        QCOMPARE(opened.verdict(), u"Not verified yet"_s); // another question
    }

    void rehearsesOnOwnSamplesWithLabels()
    {
        Opened opened(sampleModel());
        opened.foldAll();
        opened.show(u"Quantization"_s);
        auto* inputs = opened.window.findChild<InputFields*>();
        inputs->setFiles({QStringLiteral(PLEAT_SOURCE_DIR "/tests/fixtures/digits-300.csv")});
        part<QLineEdit>(opened.window, "inputsLabels")->setText(u"last"_s);
        part<QLineEdit>(opened.window, "inputsScale")->setText(u"16"_s);
        opened.rehearse();
        QVERIFY2(opened.details().contains(u"Accuracy: "_s),
                 qPrintable(opened.verdict() + u' ' + opened.details()));
        QVERIFY2(part<QLineEdit>(opened.window, "verifyCommand")
                     ->text()
                     .endsWith(u"digits-300.csv' --scale 16 --label-column 'last'"_s),
                 qPrintable(part<QLineEdit>(opened.window, "verifyCommand")->text()));
        const Rehearsal& found = *opened.panel.rehearsal().rehearsal();
        QCOMPARE(found.after.inFloat->samples, std::uint64_t{300});
        QVERIFY(found.after.inFloat->right > 270); // it was trained on such
        inputs->setFiles({m_folder->filePath(u"nothing.npz"_s)});
        opened.rehearse();
        QCOMPARE(opened.verdict(), u"It could not be rehearsed."_s);
        QVERIFY2(opened.details().contains(u"nothing.npz"_s), qPrintable(opened.details()));
    }

    void stopsARehearsalInTheMiddle()
    {
        Gate gate(u"rehearsal"_s, 2);
        Opened opened(sampleModel());
        opened.foldAll();
        opened.show(u"Quantization"_s);
        gate.listenTo(opened.window.workspace().jobs());
        click(opened.button());
        QTRY_VERIFY_WITH_TIMEOUT(gate.waiting, patience);
        QCOMPARE(opened.button()->text(), u"Stop"_s);
        click(opened.button());
        gate.open.release();
        QTRY_VERIFY(!opened.window.workspace().jobs().isBusy());
        QVERIFY(!opened.panel.rehearsal().hasAnswer());
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    QApplication application(argc, argv);
    TestVerifyPanel test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_verify_panel.moc"
