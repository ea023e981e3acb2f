// SPDX-License-Identifier: GPL-3.0-or-later
// What the window saves beside the model: the report has what was folded and what is left, the file of
// tensors what the model has now. Names and hashes are held against the file itself.
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/window/Keepsakes.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QCryptographicHash>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>
#include <memory>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no %s", qPrintable(path));
    return file.readAll();
}

// The header of a .safetensors file.
QJsonObject header(const QByteArray& file)
{
    quint64 length = 0;
    std::memcpy(&length, file.constData(), sizeof length);
    return QJsonDocument::fromJson(file.mid(8, static_cast<qsizetype>(length))).object();
}

} // namespace

class TestKeepsakes final : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

private Q_SLOTS:
    void init() { isolate(m_folder); }

    void savesAReportOfWhatWasFolded()
    {
        const auto window = openedWindow(sampleModel());
        Document& document = window->workspace().document();
        document.foldAll();
        QTRY_VERIFY(document.foldable().empty());
        const QString path = m_folder.filePath(QStringLiteral("report.html"));
        part<QAction>(*window, "actionSaveReport")->trigger();
        chooseFile(*window, path);
        QTRY_VERIFY(QFile::exists(path));
        const QByteArray page = contents(path);
        QCOMPARE(document.current()->folded.size(), 13U);
        for (const auto& record : document.current()->folded)
            QVERIFY2(page.contains(record->candidate.layer->name.c_str()),
                     record->candidate.layer->name.c_str());
        QCOMPARE(page.count("<tr class=\"more\">"), 13);
        QVERIFY(page.contains("Batch norms that are left"));
        QVERIFY(page.contains(
            QCryptographicHash::hash(contents(sampleModel()), QCryptographicHash::Sha256).toHex()));
        QVERIFY(page.endsWith("</html>\n"));
    }

    void savesTheTensorsAsTheyAreNow()
    {
        const auto window = openedWindow(sampleModel());
        Document& document = window->workspace().document();
        document.foldAll();
        QTRY_VERIFY(document.foldable().empty());
        const QString path = m_folder.filePath(QStringLiteral("all.safetensors"));
        part<QAction>(*window, "actionSaveWeights")->trigger();
        chooseFile(*window, path);
        QTRY_VERIFY(QFile::exists(path));
        const QJsonObject tensors = header(contents(path));
        const GraphView& view = *document.current()->view;
        const Scope& main = view.scopes()[index(ScopeIndex::Main)];
        const auto constants =
            std::ranges::count_if(main.nodes, [&](NodeIndex node) { return view.op(node) == "Constant"; });
        QCOMPARE(tensors.size(), static_cast<qsizetype>(main.initializers.size()) + constants);
        for (const ValueIndex value : main.initializers) {
            const QString name = toQt(view.name(value));
            QVERIFY2(tensors.contains(name), qPrintable(name));
        }
    }

    void refusesAnUnknownEnding()
    {
        const auto window = openedWindow(sampleModel());
        const auto saved = saveAllTensors(toPath(m_folder.filePath(QStringLiteral("weights.txt"))),
                                          *window->workspace().document().current()->view, {});
        QVERIFY(!saved);
        QCOMPARE(saved.error().code, ErrorCode::Usage);
        QVERIFY(!QFile::exists(m_folder.filePath(QStringLiteral("weights.txt"))));
    }

    void saysWhyAReportIsNotWritten()
    {
        const auto window = openedWindow(sampleModel());
        const Document& document = window->workspace().document();
        NoProgress progress;
        const auto saved = saveFoldReport(toPath(m_folder.filePath(QStringLiteral("no folder/report.html"))),
                                          *document.opened(), *document.current(), progress, {});
        QVERIFY(!saved);
        QCOMPARE(saved.error().code, ErrorCode::Unwritable);
    }
};

QTEST_MAIN(TestKeepsakes)
#include "test_keepsakes.moc"
