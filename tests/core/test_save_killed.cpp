// SPDX-License-Identifier: GPL-3.0-or-later
// A save is killed before and after every single system call it makes. What is there afterwards is the old
// model with all it refers to, or the new one; and the next save works.
#include "support/SaveScene.h"
#include "support/SystemCalls.h"

#include <QtTest>
#include <csignal>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace pleat;
using namespace pleat::test;

namespace {

enum class Ending { Killed, Finished, Failed };

// Saves in a process of its own, which dies at its n-th system call.
Ending saveInAnotherProcess(const SaveScene& scene, int nth, bool afterTheCall, bool freshRenames)
{
    const pid_t process = ::fork();
    if (process < 0)
        qFatal("no process: %s", std::strerror(errno));
    if (process == 0) {
        const auto killAtNth = [nth](const SystemCall& call) {
            if (call.nthOfAll == nth)
                ::raise(SIGKILL);
        };
        const Interference interference(
            [&](const SystemCall& call) {
                if (!afterTheCall)
                    killAtNth(call);
                return Reaction{.error = call.kind == Call::RenameFresh && !freshRenames ? ENOSYS : 0};
            },
            [&](const SystemCall& call) {
                if (afterTheCall)
                    killAtNth(call);
            });
        ::_exit(scene.save() ? 0 : 1);
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0) {
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return Ending::Killed;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Ending::Finished : Ending::Failed;
}

} // namespace

class TestSaveKilled : public QObject {
    Q_OBJECT

private slots:
    void leavesTheOldOrTheNew_data();
    void leavesTheOldOrTheNew();
    void isOnDiskBeforeItHasAName();
    void savesOfManyAtTheSameTimeStayWhole();
};

void TestSaveKilled::leavesTheOldOrTheNew_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("freshRenames");
    const auto kinds = saveKinds();
    for (std::size_t at = 0; at < kinds.size(); ++at)
        QTest::newRow(kinds[at].name().c_str()) << static_cast<int>(at) << true;
    QTest::newRow("one file, external, no fresh renames") << 5 << false;
}

void TestSaveKilled::leavesTheOldOrTheNew()
{
    QFETCH(int, kind);
    QFETCH(bool, freshRenames);
    const SaveKind saveKind = saveKinds()[static_cast<std::size_t>(kind)];
    const auto after = SaveScene::after(saveKind);
    int olds = 0;
    int news = 0;
    for (const bool afterTheCall : {false, true}) {
        Ending ending = Ending::Killed;
        for (int nth = 1; ending != Ending::Finished; ++nth) {
            const SaveScene scene(saveKind);
            ending = saveInAnotherProcess(scene, nth, afterTheCall, freshRenames);
            const std::string what =
                std::string(afterTheCall ? "after" : "before") + " call " + std::to_string(nth) + ": ";
            QVERIFY2(ending != Ending::Failed, what.c_str());
            bool isNew = false;
            const std::string damage = scene.damage(after, isNew);
            QVERIFY2(damage.empty(), (what + damage).c_str());
            QVERIFY2(ending != Ending::Finished || isNew, what.c_str());
            (isNew ? news : olds) += 1;
            // The model that is open has its descriptors still, as a window has that is not killed itself.
            const Interference withoutFlushing;
            const auto again = scene.save();
            QVERIFY2(again, (what + (again ? "" : again.error().message)).c_str());
            QVERIFY2(scene.wholeTarget(scene.files()) == scene.wholeTarget(after), what.c_str());
        }
    }
    qInfo("%d times the old one, %d times the new one", olds, news);
    QVERIFY(olds > 10);
    QVERIFY(news >=
            4); // killed when the model is renamed, when the folder is flushed and closed; and at last
}

// Killing a process loses nothing that it has written; losing power does. So the order counts.
void TestSaveKilled::isOnDiskBeforeItHasAName()
{
    for (const SaveKind& kind : saveKinds()) {
        const SaveScene scene(kind);
        std::set<int> unflushed; // descriptors
        bool isFolderFlushed = true;
        int renames = 0;
        QStringList wrong;
        const auto look = [&](const SystemCall& call) {
            if (call.kind == Call::Write || call.kind == Call::Copy)
                unflushed.insert(call.file);
            if (call.kind == Call::Flush)
                unflushed.erase(call.file);
            if (call.kind == Call::CloseWritten && unflushed.contains(call.file))
                wrong << "closed without a flush";
            const bool isRename = call.kind == Call::Rename || call.kind == Call::RenameFresh;
            if (isRename && !unflushed.empty())
                wrong << "named before it is flushed";
            if (call.kind == Call::Rename && !isFolderFlushed)
                wrong << "the model is there before its data file has a name on disk";
            if (isRename)
                ++renames;
            isFolderFlushed = (isFolderFlushed && !isRename) || call.kind == Call::FlushFolder;
            return Reaction{};
        };
        const Interference interference(look);
        QVERIFY(scene.save());
        QVERIFY2(wrong.empty(), qPrintable(wrong.join(", ")));
        QVERIFY(renames > 0);
        QVERIFY(isFolderFlushed);
    }
}

// Each gets a data file of its own; the last one to rename its model wins.
void TestSaveKilled::savesOfManyAtTheSameTimeStayWhole()
{
    const SaveKind kind{.over = SaveKind::Over::Another, .data = DataPlacement::External};
    const auto after = SaveScene::after(kind);
    for (const bool freshRenames : {true, false}) {
        const SaveScene scene(kind);
        std::vector<pid_t> processes;
        for (int i = 0; i < 6; ++i) {
            processes.push_back(::fork());
            if (processes.back() != 0)
                continue;
            const Interference interference([&](const SystemCall& call) {
                return Reaction{.error = call.kind == Call::RenameFresh && !freshRenames ? ENOSYS : 0};
            });
            ::_exit(scene.save() ? 0 : 1);
        }
        for (const pid_t process : processes) {
            int status = -1;
            QCOMPARE(::waitpid(process, &status, 0), process);
            QCOMPARE(status, 0);
        }
        QVERIFY(scene.wholeTarget(scene.files()) == scene.wholeTarget(after));
        QCOMPARE(scene.files().size(), scene.before().size() + processes.size());
    }
}

QTEST_APPLESS_MAIN(TestSaveKilled)
#include "test_save_killed.moc"
