// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of VERIFY by themselves: what they say of what was found. This program is the worker.
#include "core/fold/Fold.h"
#include "core/model/Assemble.h"
#include "core/model/ModelReader.h"
#include "core/worker/Tasks.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/document/Verdict.h"
#include "ui/verify/BarsDelegate.h"
#include "ui/verify/DecadesPlot.h"
#include "ui/verify/OutputsModel.h"
#include "ui/verify/OutputsPage.h"
#include "ui/verify/PartsModel.h"
#include "ui/verify/RehearsalModel.h"
#include "ui/verify/TraceModel.h"
#include "ui/verify/VerifyInputs.h"
#include "ui/widgets/TableMenu.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QTest>
#include <cstring>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

SnapshotPointer snapshotOf(const QString& path)
{
    NoProgress progress;
    auto opened = openModel(toPath(path), progress, {});
    if (!opened)
        qFatal("the model did not open");
    return makeSnapshot(std::move(opened->model), progress, {}).value();
}

// A model, and what folding it makes, but that one weight of one channel of the second layer is another.
VerifyQuestion wrongInOneChannel(const QTemporaryDir& folder)
{
    VerifyQuestion question{snapshotOf(modelWithPairs(folder, 3)), nullptr, {}};
    NoProgress progress;
    const auto outcome = fold(question.before->view, {}, {}, progress, {});
    onnx::ModelProto model = assemble(outcome.value().after, LeftOut::Whole).value();
    for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (tensor.name() != model.graph().node(1).input(1))
            continue;
        float weight = 0;
        char* const stored = tensor.mutable_raw_data()->data() + (2 * 4 + 1) * sizeof weight;
        std::memcpy(&weight, stored, sizeof weight);
        weight *= 1.01f;
        std::memcpy(stored, &weight, sizeof weight);
    }
    const QString path = folder.filePath(u"tampered.onnx"_s);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) ||
        file.write(QByteArray::fromStdString(model.SerializeAsString())) < 0)
        qFatal("%s cannot be written", qPrintable(path));
    file.close();
    question.after = snapshotOf(path);
    return question;
}

VerificationPointer foundOf(const VerifyQuestion& question)
{
    NoProgress progress;
    auto found =
        verify(*question.before->view, *question.after->view, optionsFor(question, progress, {}).value(),
               {.program = "/proc/self/exe"}, progress, {});
    return std::make_shared<const Verification>(std::move(found.value()));
}

} // namespace

class TestVerifyPages final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }

    void namesTheOutputThatDiffers()
    {
        const VerificationPointer found = foundOf(wrongInOneChannel(m_folder));
        const Verdict verdict = verdictOf(*found);
        QCOMPARE(verdict.sentence, u"It does not compute the same."_s);
        QVERIFY2(verdict.details.startsWith(u"At conv1, channel 2, it differs by "_s),
                 qPrintable(verdict.details));
        QVERIFY2(verdict.details.contains(u"Output y differs by up to "_s), qPrintable(verdict.details));
        OutputsModel model;
        model.setFound(found);
        QCOMPARE(model.index(0, OutputsModel::Found).data().toString(),
                 u"differs by more than is tolerated"_s);
        QVERIFY(model.index(0, OutputsModel::Found).data(RowsModel::WarnRole).toBool());
    }

    void drawsErrorsByDecade()
    {
        OutputDifference output;
        output.name = "y";
        output.numbers.count = 100;
        output.numbers.differing = 40;
        output.tolerated = 2e-5;
        output.decades = {{-7, 30}, {-5, 10}};
        auto found = std::make_shared<Verification>();
        found->outputs.push_back(output);
        OutputsPage page;
        page.resize(700, 400);
        page.setFound(found);
        page.show();
        const auto* plot = page.findChild<DecadesPlot*>();
        QVERIFY(plot && plot->isVisible());
        QCOMPARE(plot->words(), u"the same: 60\nfrom 10⁻⁷: 30\nfrom 10⁻⁶: 0\nfrom 10⁻⁵: 10"_s);
        QVERIFY(!page.grab().isNull());
        page.setFound(nullptr);
        QVERIFY(plot->isHidden());
    }

    void namesTheFoldAndTheChannelThatAreWrong()
    {
        const VerificationPointer found = foundOf(wrongInOneChannel(m_folder));
        PartsModel parts;
        QAbstractItemModelTester tester(&parts, QAbstractItemModelTester::FailureReportingMode::QtTest);
        parts.setParts({found, &found->parts});
        QCOMPARE(parts.rowCount(), 3);
        QCOMPARE(parts.index(1, PartsModel::Layer).data().toString(), u"conv1"_s);
        QCOMPARE(parts.index(1, PartsModel::Channel).data().toString(), u"2"_s);
        for (int row = 0; row < 3; ++row) {
            const QModelIndex error = parts.index(row, PartsModel::Error);
            QCOMPARE(parts.index(row, PartsModel::Found).data(RowsModel::WarnRole).toBool(), row == 1);
            QCOMPARE(error.data(AfterBarRole).toDouble() > error.data(LimitRole).toDouble(), row == 1);
        }
        parts.setParts(nullptr);
    }

    void isAWellBehavedModel()
    {
        const VerificationPointer found = foundOf(wrongInOneChannel(m_folder));
        OutputsModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFound(found);
        QVERIFY(csvText(model).startsWith(u"Output,Type,Shape,"_s));
        model.setFound(nullptr);
        model.setFound(found);
        TraceModel trace;
        QAbstractItemModelTester traceTester(&trace, QAbstractItemModelTester::FailureReportingMode::QtTest);
        auto traced = std::make_shared<Trace>();
        traced->divergence.values.resize(4);
        traced->makers.resize(4);
        traced->divergence.values[1].difference.numbers.largest = 1;
        traced->divergence.values[2].difference.problem = "They have other shapes.";
        trace.setTrace(traced);
        QVERIFY(trace.index(1, TraceModel::Error).data(RowsModel::WarnRole).toBool());
        trace.setTrace(nullptr);
        RehearsalModel layers;
        QAbstractItemModelTester layersTester(&layers,
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        auto rehearsal = std::make_shared<Rehearsal>();
        rehearsal->before.layers.resize(3);
        rehearsal->before.layers[2].key = "gone";
        rehearsal->after.layers.resize(2);
        rehearsal->after.layers[1].key = "came";
        layers.setRehearsal(rehearsal);
        QCOMPARE(layers.rowCount(), 3);
        layers.setRehearsal(nullptr);
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    QApplication application(argc, argv);
    TestVerifyPages test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_verify_pages.moc"
