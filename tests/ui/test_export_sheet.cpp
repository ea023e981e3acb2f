// SPDX-License-Identifier: GPL-3.0-or-later
// Where the weights of an export go, as the sheet asks it and as the files then are.
#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/widgets/MessageBar.h"
#include "ui/window/ExportSheet.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

class TestExportSheet final : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_settings;
    std::unique_ptr<QTemporaryDir> m_folder;

    static std::unique_ptr<MainWindow> folded(const QString& model)
    {
        auto made = std::make_unique<MainWindow>(std::filesystem::path());
        made->show();
        QSignalSpy opened(&made->workspace().document(), &Document::openedModel);
        QSignalSpy changed(&made->workspace().document(), &Document::currentChanged);
        made->openPath(model);
        if (!opened.wait(10000))
            qFatal("the model did not open");
        made->workspace().document().foldAll();
        if (!changed.wait(10000))
            qFatal("nothing was folded");
        return made;
    }

    // Export, the name, and the sheet with its sizes.
    ExportSheet& ask(MainWindow& window, const char* action, const QString& name)
    {
        part<QAction>(window, action)->trigger();
        chooseFile(window, m_folder->filePath(name));
        auto* sheet = part<ExportSheet>(window, "exportSheet");
        QSignalSpy shown(sheet, &ExportSheet::forecastShown);
        if (!sheet->isVisible() || !shown.wait(10000))
            qFatal("no sizes");
        return *sheet;
    }

    static QStringList rows(ExportSheet& sheet)
    {
        QStringList words;
        for (const QLabel* label : part<QWidget>(sheet, "exportFiles")->findChildren<QLabel*>())
            words += label->text();
        return words;
    }

    QString sizeOf(const QString& name) const
    {
        return byteCount(std::uint64_t(QFileInfo(m_folder->filePath(name)).size()));
    }

    static bool readsDataFiles(const QString& model)
    {
        NoProgress progress;
        const auto opened = openModel(toPath(model), progress, {});
        return !opened || ExportSheet::isWorthAsking(opened->model);
    }

    void confirm(MainWindow& window, ExportSheet& sheet)
    {
        QSignalSpy exported(&window.workspace().document(), &Document::exported);
        click(part<QPushButton>(sheet, "exportWrite"));
        QVERIFY(exported.size() > 0 || exported.wait());
        QVERIFY(!window.workspace().document().hasUnsavedChanges());
    }

private Q_SLOTS:
    void init()
    {
        m_settings = std::make_unique<QTemporaryDir>();
        m_folder = std::make_unique<QTemporaryDir>();
        isolate(*m_settings);
    }

    void asksForAModelWithADataFile()
    {
        const auto window = folded(sampleWithDataFile(*m_folder));
        ExportSheet& sheet = ask(*window, "actionExport", u"kept.onnx"_s);
        QVERIFY(part<QRadioButton>(sheet, "exportKeep")->isChecked());
        const QStringList words = rows(sheet);
        QVERIFY(words.contains(u"kept.onnx"_s));
        QVERIFY(words.contains(u"kept.onnx.1.data"_s));
        QVERIFY(words.contains(u"weights.data"_s)); // with what did not change
        const QByteArray data = filesIn(*m_folder)[u"weights.data"_s];
        confirm(*window, sheet);
        QVERIFY(words.contains(sizeOf(u"kept.onnx"_s)));
        QVERIFY(words.contains(sizeOf(u"kept.onnx.1.data"_s)));
        QVERIFY(filesIn(*m_folder)[u"weights.data"_s] == data);
        QVERIFY(part<QLabel>(*window, "messageSentence")->text().contains(u"kept.onnx.1.data"_s));
    }

    void putsEverythingIntoTheModelFile()
    {
        const auto window = folded(sampleWithDataFile(*m_folder));
        ExportSheet& sheet = ask(*window, "actionExport", u"whole.onnx"_s);
        part<QRadioButton>(sheet, "exportInline")->click();
        const QStringList words = rows(sheet);
        QVERIFY(!words.contains(u"weights.data"_s));
        const auto before = filesIn(*m_folder).keys();
        confirm(*window, sheet);
        QCOMPARE(filesIn(*m_folder).size(), before.size() + 1);
        QVERIFY(words.contains(sizeOf(u"whole.onnx"_s)));
        QVERIFY(!readsDataFiles(m_folder->filePath(u"whole.onnx"_s)));
        QVERIFY(!part<QLabel>(*window, "messageSentence")->text().contains(u".data"_s));
    }

    void putsTheWeightsOfAnyModelIntoADataFileOnRequest()
    {
        const auto window = folded(sampleModel());
        ExportSheet& sheet = ask(*window, "actionExportOptions", u"outside.onnx"_s);
        part<QRadioButton>(sheet, "exportExternal")->click();
        const QStringList words = rows(sheet);
        confirm(*window, sheet);
        QVERIFY(words.contains(sizeOf(u"outside.onnx"_s)));
        QVERIFY(words.contains(sizeOf(u"outside.onnx.1.data"_s)));
        QVERIFY(readsDataFiles(m_folder->filePath(u"outside.onnx"_s)));
        QVERIFY(part<QLabel>(*window, "messageSentence")->text().contains(u"outside.onnx.1.data"_s));
    }

    void forecastsWhatIsWritten_data()
    {
        QTest::addColumn<int>("data");
        QTest::addColumn<bool>("beside");
        QTest::addColumn<bool>("folds");
        const std::array places{std::pair{"keep", DataPlacement::Keep},
                                std::pair{"inline", DataPlacement::Inline},
                                std::pair{"external", DataPlacement::External}};
        for (const auto& [name, data] : places)
            for (const bool beside : {false, true})
                for (const bool folds : {false, true})
                    QTest::addRow("%s%s%s", name, beside ? ", beside the data" : "", folds ? ", folded" : "")
                        << int(data) << beside << folds;
    }
    void forecastsWhatIsWritten()
    {
        QFETCH(int, data);
        QFETCH(bool, beside);
        QFETCH(bool, folds);
        const auto window = folded(sampleWithDataFile(*m_folder));
        const SnapshotPointer snapshot =
            folds ? window->workspace().document().current() : window->workspace().document().opened();
        const Model& model = snapshot->view->model();
        const auto target = toPath((beside ? *m_folder : *m_settings).filePath(u"target.onnx"_s));
        const auto forecast = forecastSave(model, target, static_cast<DataPlacement>(data));
        QVERIFY(forecast.has_value());
        NoProgress progress;
        const auto saved = saveModel(model, target, progress, {}, static_cast<DataPlacement>(data));
        QVERIFY(saved.has_value());
        QCOMPARE(forecast->modelBytes, std::filesystem::file_size(target));
        QVERIFY(forecast->dataFile == saved->dataFile);
        if (!saved->dataFile.empty())
            QCOMPARE(forecast->dataBytes, std::filesystem::file_size(saved->dataFile));
        // What it keeps is what it cannot do without.
        QFile::remove(m_folder->filePath(u"weights.data"_s));
        const auto opened = openModel(target, progress, {});
        QVERIFY(opened.has_value());
        QCOMPARE(opened->notices.empty(), forecast->kept.empty());
    }

    void refusesASingleFileAbove2GiB()
    {
        const QString model = sampleWithDataFile(*m_folder);
        addTensor(model, std::uint64_t{3} << 30); // zeros that take no room on the disk
        const auto window = folded(model);
        ExportSheet& sheet = ask(*window, "actionExport", u"large.onnx"_s);
        QVERIFY(!part<QRadioButton>(sheet, "exportInline")->isEnabled());
        QVERIFY(part<QRadioButton>(sheet, "exportKeep")->isChecked());
        QVERIFY(part<QRadioButton>(sheet, "exportExternal")->isEnabled());
        QVERIFY(part<QLabel>(sheet, "exportWarning")->isVisible());
        QVERIFY(part<QLabel>(sheet, "exportWarning")->text().contains(u"3.2"_s)); // GB
    }

    void writesNothingWhenTheSheetIsCancelled()
    {
        const auto window = folded(sampleWithDataFile(*m_folder));
        const auto before = filesIn(*m_folder);
        answerNextQuestion(u"Export"_s);
        QVERIFY(!window->close());
        chooseFile(*window, m_folder->filePath(u"never.onnx"_s));
        part<ExportSheet>(*window, "exportSheet")->reject();
        QVERIFY(filesIn(*m_folder) == before);
        QSignalSpy exported(&window->workspace().document(), &Document::exported);
        window->workspace().document().exportTo(m_folder->filePath(u"later.onnx"_s));
        QVERIFY(exported.wait());
        QVERIFY(window->isVisible()); // it was not to be closed any more
    }
};

QTEST_MAIN(TestExportSheet)
#include "test_export_sheet.moc"
