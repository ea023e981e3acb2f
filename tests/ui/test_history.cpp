// SPDX-License-Identifier: GPL-3.0-or-later
// History, recipes and sessions: what was done can be gone back to, saved, done again, and found after the
// program was killed at any moment.
#include "core/model/ModelWriter.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Convert.h"
#include "ui/document/Session.h"
#include "ui/history/HistoryPanel.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QUndoView>
#include <random>
#include <signal.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

// A window with the sample, or another model, and sessions in a folder of the test.
struct Opened {
    explicit Opened(const QTemporaryDir& folder, const QString& model = sampleModel())
        : window({}, folder.filePath(u"sessions"_s))
    {
        window.resize(1400, 950);
        window.show();
        window.session().setDelay(0);
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        window.openPath(model);
        if (opened.isEmpty() && !opened.wait(20000))
            qFatal("%s was not opened", qPrintable(model));
    }

    void foldNext()
    {
        QSignalSpy changed(&window.workspace().document(), &Document::currentChanged);
        window.workspace().document().foldChosen({window.workspace().document().foldable().front()});
        if (changed.isEmpty() && !changed.wait(20000))
            qFatal("nothing was folded");
    }

    std::string bytes() { return bytesOf(*window.workspace().document().current()); }

    static std::string bytesOf(const Snapshot& snapshot)
    {
        const QTemporaryDir folder;
        NoProgress quiet;
        if (!saveModel(snapshot.view->model(), toPath(folder.filePath(u"m.onnx"_s)), quiet, {}))
            qFatal("not saved");
        QFile file(folder.filePath(u"m.onnx"_s));
        return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
    }

    QStringList sessions() const
    {
        return QDir(window.session().folder()).entryList({u"*.json"_s}, QDir::Files);
    }

    mutable MainWindow window;
};

void choose(MainWindow& window, const char* action)
{
    for (QAction* each : window.actions())
        if (each->shortcut().toString() == QLatin1StringView(action))
            return each->trigger();
    qFatal("no action with %s", action);
}

// What is left of the sessions in a folder, without the locks on them.
std::vector<LostSession> lostIn(const QTemporaryDir& folder)
{
    return Session::lost(folder.filePath(u"sessions"_s));
}

// Folds one pair after the other, says so once the session says so, and waits to be killed.
[[noreturn]] void foldUntilKilled(const QString& folder, const QString& model)
{
    MainWindow window({}, folder);
    window.session().setDelay(0);
    QObject::connect(&window.session(), &Session::written, [](int steps) {
        std::printf("%d\n", steps);
        std::fflush(stdout);
    });
    const auto next = [&window] {
        const auto ids = window.workspace().document().foldable();
        if (!ids.empty())
            window.workspace().document().foldChosen({ids.front()});
    };
    QObject::connect(&window.workspace().document(), &Document::openedModel, &window, next);
    QObject::connect(&window.workspace().document(), &Document::currentChanged, &window, next,
                     Qt::QueuedConnection);
    window.openPath(model);
    std::exit(QApplication::exec());
}

} // namespace

class HistoryTest final : public QObject {
    Q_OBJECT
    QTemporaryDir m_settings;

private Q_SLOTS:
    void initTestCase() { isolate(m_settings); }

    void listsWhatWasDoneAndGoesThere()
    {
        const QTemporaryDir folder;
        Opened opened(folder);
        auto* view = part<QUndoView>(opened.window, "historyList");
        QCOMPARE(view->model()->rowCount(), 1);
        QVERIFY(view->model()->index(0, 0).data().toString().contains(u"digits.onnx"_s));
        std::vector<std::string> states{opened.bytes()};
        for (int step = 0; step < 3; ++step) {
            opened.foldNext();
            states.push_back(opened.bytes());
        }
        QCOMPARE(view->model()->rowCount(), 4);
        QVERIFY2(view->model()->index(1, 0).data().toString().startsWith(u"fold "_s),
                 qPrintable(view->model()->index(1, 0).data().toString()));
        for (const int row : {1, 3, 0, 2}) {
            QTest::mouseClick(view->viewport(), Qt::LeftButton, {},
                              view->visualRect(view->model()->index(row, 0)).center());
            QCOMPARE(opened.window.workspace().document().undoStack().index(), row);
            QVERIFY(opened.bytes() == states[static_cast<std::size_t>(row)]);
            QCOMPARE(opened.window.workspace().document().steps().size(), static_cast<std::size_t>(row));
        }
    }

    void aSavedRecipeDoesItAgain()
    {
        const QTemporaryDir folder;
        const QString recipe = folder.filePath(u"r.json"_s), copy = folder.filePath(u"other name.onnx"_s);
        QVERIFY(QFile::copy(sampleModel(), copy));
        std::string folded;
        {
            Opened first(folder);
            for (int step = 0; step < 3; ++step)
                first.foldNext();
            first.window.workspace().document().undoStack().undo();
            folded = first.bytes();
            QSignalSpy saved(&first.window.workspace().document(), &Document::recipeSaved);
            choose(first.window, "Ctrl+Alt+S");
            chooseFile(first.window, recipe);
            QVERIFY(!saved.isEmpty() || saved.wait(20000));
        }
        const auto read = readRecipe(toPath(recipe));
        QVERIFY(read && read->source);
        QCOMPARE(read->steps.size(), std::size_t{2});
        Opened second(folder, copy);
        QSignalSpy applied(&second.window.workspace().document(), &Document::recipeApplied);
        choose(second.window, "Ctrl+Alt+O");
        chooseFile(second.window, recipe);
        QVERIFY(!applied.isEmpty() || applied.wait(20000));
        QCOMPARE(second.window.workspace().document().undoStack().index(), 2);
        QVERIFY(second.bytes() == folded);
        QVERIFY(second.window.messages().message().kind == MessageBar::Kind::Done);
        second.window.workspace().document().undoStack().setIndex(0);
        QVERIFY(second.bytes() == Opened::bytesOf(*second.window.workspace().document().opened()));
    }

    void saysWhatDoesNotApply()
    {
        const QTemporaryDir folder;
        const QString recipe = folder.filePath(u"r.json"_s);
        Opened opened(folder);
        Recipe steps;
        steps.source = {"mobilenet.onnx", 3, std::string(64, '0')};
        steps.steps.emplace_back(FoldStep{{{opened.window.workspace().document().foldable().back()}}, {}});
        steps.steps.emplace_back(FoldStep{{{"nobody"}}, {}});
        steps.steps.emplace_back(FoldStep{});
        QVERIFY(writeRecipe(steps, toPath(recipe)));
        QSignalSpy applied(&opened.window.workspace().document(), &Document::recipeApplied);
        opened.window.panel<HistoryPanel>().applyRecipe(recipe);
        QVERIFY(applied.wait(20000));
        QCOMPARE(opened.window.workspace().document().undoStack().index(), 1);
        const MessageBar::Message& message = opened.window.messages().message();
        QVERIFY(message.kind == MessageBar::Kind::Error);
        QVERIFY2(message.sentence.contains(u"Step 2 does not apply"_s), qPrintable(message.sentence));
        QVERIFY2(message.details.contains(u"nobody"_s) && message.details.contains(u"mobilenet.onnx"_s),
                 qPrintable(message.details));
        QFile broken(recipe);
        QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("{") == 1);
        broken.close();
        opened.window.panel<HistoryPanel>().applyRecipe(recipe);
        QTRY_VERIFY_WITH_TIMEOUT(
            opened.window.messages().message().details.contains(u"cannot be read as a recipe"_s), 20000);
    }

    void aSessionIsThereAsLongAsItIsNeeded()
    {
        const QTemporaryDir folder;
        Opened opened(folder);
        QSignalSpy written(&opened.window.session(), &Session::written);
        QVERIFY(opened.sessions().isEmpty());
        opened.foldNext();
        QVERIFY(!written.isEmpty() || written.wait(5000));
        QCOMPARE(opened.sessions().size(), 1);
        QVERIFY(lostIn(folder).empty()); // its program is alive
        written.clear();
        opened.window.workspace().document().undoStack().undo();
        QVERIFY(!written.isEmpty() || written.wait(5000));
        QVERIFY(opened.sessions().isEmpty());
        written.clear();
        opened.window.workspace().document().undoStack().redo();
        QVERIFY(!written.isEmpty() || written.wait(5000));
        QCOMPARE(opened.sessions().size(), 1);
        written.clear();
        opened.window.workspace().document().exportTo(folder.filePath(u"out.onnx"_s));
        QVERIFY(!written.isEmpty() || written.wait(20000));
        QVERIFY(opened.sessions().isEmpty()); // it is in the exported file
        opened.foldNext();
        QTRY_COMPARE(opened.sessions().size(), 1);
        answerNextQuestion(u"Discard"_s);
        opened.window.close();
        QVERIFY(QDir(folder.filePath(u"sessions"_s)).isEmpty());
    }

    void isSaidWhenItCannotBeWritten()
    {
        const QTemporaryDir folder;
        QFile inTheWay(folder.filePath(u"sessions"_s));
        QVERIFY(inTheWay.open(QIODevice::WriteOnly));
        Opened opened(folder);
        QSignalSpy failed(&opened.window.session(), &Session::failed);
        opened.foldNext();
        QVERIFY(!failed.isEmpty() || failed.wait(5000));
        QVERIFY(opened.window.messages().message().sentence.contains(u"cannot be kept"_s));
    }

    void whatWasKilledIsRecovered()
    {
        std::mt19937 random(5);
        const std::vector<std::string> states = statesOf(sampleModel());
        for (int round = 0; round < 6; ++round) {
            const QTemporaryDir folder;
            const int said = killAfter(folder, sampleModel(), std::uniform_int_distribution(0, 400)(random));
            auto lost = lostIn(folder);
            // The session says at least what it has told of; a write that was under way may be there, too.
            QCOMPARE(lost.size(), std::size_t{said > 0 || !lost.empty()});
            if (lost.empty())
                continue;
            const auto steps = lost.front().recipe.steps.size();
            QVERIFY(steps >= static_cast<std::size_t>(said));
            QVERIFY(!lost.front().isSourceChanged());
            lost.clear(); // and the lock
            MainWindow window({}, folder.filePath(u"sessions"_s));
            window.show();
            QSignalSpy applied(&window.workspace().document(), &Document::recipeApplied);
            answerNextQuestion(u"Recover"_s);
            QVERIFY(window.offerRecovery());
            QVERIFY(applied.wait(20000));
            QCOMPARE(window.workspace().document().steps().size(), steps);
            QVERIFY(Opened::bytesOf(*window.workspace().document().current()) == states[steps]);
            QVERIFY(window.workspace().document().hasUnsavedChanges());
            QCOMPARE(QDir(folder.filePath(u"sessions"_s)).entryList({u"*.json"_s}).size(), 1);
            answerNextQuestion(u"Discard"_s);
            window.close();
            QVERIFY(lostIn(folder).empty());
        }
    }

    void aFileThatHasChangedIsSaidAndAskedAbout()
    {
        const QTemporaryDir folder;
        const QString model = folder.filePath(u"m.onnx"_s);
        QVERIFY(QFile::copy(sampleModel(), model));
        QVERIFY(killAfter(folder, model, 300, 2) >= 2);
        // Another file, with the same tensors in it.
        QFile changed(model);
        QVERIFY(changed.open(QIODevice::Append) && changed.write("\x12\x01x", 3) == 3); // producer_name: x
        changed.close();
        {
            auto lost = lostIn(folder);
            QCOMPARE(lost.size(), std::size_t{1});
            QVERIFY(lost.front().isSourceChanged() && !lost.front().isSourceGone());
        }
        for (const QString& answer : {u"Cancel"_s, u"Apply"_s}) {
            MainWindow window({}, folder.filePath(u"sessions"_s));
            window.show();
            QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
            QSignalSpy applied(&window.workspace().document(), &Document::recipeApplied);
            answerNextQuestion(u"Recover"_s);
            QVERIFY(window.offerRecovery());
            answerNextQuestion(answer);
            QVERIFY(!opened.isEmpty() || opened.wait(20000));
            if (answer == u"Cancel"_s) {
                QTRY_VERIFY(!window.workspace().jobs().isBusy(u"read-recipe"_s));
                QVERIFY(applied.isEmpty() && window.workspace().document().steps().empty());
                continue; // and it is offered again
            }
            QVERIFY(!applied.isEmpty() || applied.wait(20000));
            QVERIFY(window.workspace().document().steps().size() >= 2);
            QVERIFY(window.messages().message().details.contains(u"changed since"_s));
        }
    }

    void discardedAndUnreadableSessions()
    {
        const QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkpath(u"sessions"_s));
        for (const char* text : {"", "{", "{\"version\": 1, \"model\": \"/x\"}", "[]"}) {
            QFile file(folder.filePath(u"sessions/broken.json"_s));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) >= 0);
            file.close();
            QVERIFY(lostIn(folder).empty());
        }
        killAfter(folder, sampleModel(), 300, 1);
        QCOMPARE(lostIn(folder).size(), std::size_t{1});
        MainWindow window({}, folder.filePath(u"sessions"_s));
        window.show();
        answerNextQuestion(u"Not Now"_s);
        QVERIFY(!window.offerRecovery());
        QCOMPARE(lostIn(folder).size(), std::size_t{1});
        answerNextQuestion(u"Discard"_s);
        QVERIFY(!window.offerRecovery());
        QVERIFY(lostIn(folder).empty());
        QVERIFY(!window.offerRecovery()); // asks nothing
    }

private:
    // The bytes after each step that foldUntilKilled() takes.
    static std::vector<std::string> statesOf(const QString& model)
    {
        const QTemporaryDir folder;
        Opened opened(folder, model);
        std::vector<std::string> states{opened.bytes()};
        while (!opened.window.workspace().document().foldable().empty()) {
            opened.foldNext();
            states.push_back(opened.bytes());
        }
        return states;
    }

    // Runs foldUntilKilled() in another process and kills it so many milliseconds after its session has so
    // many steps. What it said last.
    static int killAfter(const QTemporaryDir& folder, const QString& model, int milliseconds, int steps = 0)
    {
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(),
                    {u"--fold-until-killed"_s, folder.filePath(u"sessions"_s), model});
        if (!child.waitForStarted())
            qFatal("the child did not start");
        QByteArray said;
        while (steps > 0 && said.count('\n') < steps && child.waitForReadyRead(20000))
            said += child.readAllStandardOutput();
        QTest::qWait(milliseconds);
        ::kill(static_cast<pid_t>(child.processId()), SIGKILL);
        child.waitForFinished();
        said += child.readAllStandardOutput();
        const QList<QByteArray> lines = said.trimmed().split('\n');
        return lines.constLast().toInt();
    }
};

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() == 4 && arguments[1] == u"--fold-until-killed"_s) {
        const QTemporaryDir settings;
        isolate(settings);
        foldUntilKilled(arguments[2], arguments[3]);
    }
    HistoryTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_history.moc"
