// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli on real small file systems, in folders and at targets that cannot be written: exit code 4 and a
// sentence, the old file as it was, nothing left behind. The program runs in a mount namespace of its own, so
// that it may mount: as root, or as any user where user namespaces are allowed.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QFile>
#include <QTest>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/securebits.h>
#include <map>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

using namespace pleat;
using namespace pleat::test;

namespace fs = std::filesystem;

namespace {

bool write(const char* path, const std::string& text)
{
    const int file = ::open(path, O_WRONLY);
    const bool done = file >= 0 && ::write(file, text.data(), text.size()) == ssize_t(text.size());
    ::close(file);
    return done;
}

bool enterMountNamespace()
{
    if (::unshare(CLONE_NEWNS) != 0) {
        const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
        const std::string group = "0 " + std::to_string(::getegid()) + " 1";
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write("/proc/self/setgroups", "deny") ||
            !write("/proc/self/uid_map", user) || !write("/proc/self/gid_map", group))
            return false;
    }
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// In a child: root without its privileges, to whom modes apply as to anybody.
void dropPrivileges()
{
    if (::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) != 0)
        ::_exit(99);
}

// A file system in memory, mounted on a new folder for as long as this lives.
class Disk final {
public:
    Disk(const fs::path& folder, const std::string& options) : m_folder(folder)
    {
        fs::create_directories(folder);
        m_mounted = ::mount("pleat", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
    }
    ~Disk()
    {
        if (m_mounted)
            ::umount2(m_folder.c_str(), MNT_DETACH);
    }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    bool isMounted() const { return m_mounted; }
    bool makeReadOnly() const
    {
        return ::mount(nullptr, m_folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    }

private:
    fs::path m_folder;
    bool m_mounted = false;
};

std::string largeModel() // 1.44 MiB: a fifth is folded, the rest copied
{
    ModelBuilder model;
    model.input("x", {1, 64, 8, 8}).conv("c1", {.out = 128, .in = 64}).batchNorm("bn1").relu();
    model.conv("c2", {.out = 256, .in = 128}).relu();
    return model.bytes();
}

using Files = std::map<std::string, std::string>; // links by where they lead, folders by "/"

Files filesIn(const Program& program)
{
    Files files;
    const fs::path root = program.folder().toStdString();
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const QString name = QString::fromStdString(entry.path().lexically_relative(root).string());
        files[name.toStdString()] = entry.is_symlink()        ? fs::read_symlink(entry.path()).string()
                                    : entry.is_regular_file() ? program.read(name)
                                                              : "/";
    }
    return files;
}

} // namespace

class CliDiskTest final : public QObject {
    Q_OBJECT

private:
    // Folds m.onnx to `target`, which has to fail with exit code 4, with these words, and without a trace.
    void refuses(const Program& program, const QString& target, const char* words,
                 const QStringList& more = {}, const std::function<void()>& prepare = {}) const
    {
        const Files before = filesIn(program);
        const Run run = program.run(QStringList{"fold", "m.onnx", "-o", target} + more, prepare);
        const std::string said = run.err.toStdString();
        QVERIFY2(run.code == 4, (std::to_string(run.code) + ": " + said).c_str());
        QVERIFY2(said.find(words) != std::string::npos, said.c_str());
        QVERIFY2(said.find(target.left(200).toStdString()) != std::string::npos, said.c_str());
        QVERIFY(run.out.isEmpty());
        QVERIFY(filesIn(program) == before);
    }

    std::string m_model = largeModel();
    std::string m_folded;

private slots:
    void initTestCase()
    {
        const Program program;
        program.write("m.onnx", m_model);
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx"}).code, 0);
        m_folded = program.read("out.onnx");
        QCOMPARE(differenceInRuns(m_model, m_folded), std::string());
    }

    void leavesNothingOnAFullDisk_data()
    {
        QTest::addColumn<int>("kilobytes");
        QTest::addColumn<QString>("data");
        for (const QString& data : {u"keep"_s, u"external"_s}) {
            for (const int kilobytes : {8, 12, 16, 64, 256, 300, 1000, 1200, 1400, 1436})
                QTest::newRow(qPrintable(u"%1 kB, %2"_s.arg(kilobytes).arg(data))) << kilobytes << data;
        }
    }

    void leavesNothingOnAFullDisk()
    {
        QFETCH(int, kilobytes);
        QFETCH(QString, data);
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "size=" + std::to_string(kilobytes) + "k");
        QVERIFY(disk.isMounted());
        refuses(program, "disk/new.onnx", "No space left on device", {"--data", data});
        program.write("disk/old.onnx", "what was here before");
        refuses(program, "disk/old.onnx", "No space left on device", {"--data", data});
    }

    // The old file must not have to make room for the new one before that is whole.
    void succeedsWhereThereIsRoom()
    {
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "size=3200k");
        program.write("disk/out.onnx", m_model);
        QCOMPARE(program.run({"fold", "disk/out.onnx", "-o", "disk/out.onnx"}).code, 0);
        QVERIFY(program.read("disk/out.onnx") == m_folded);
    }

    void leavesNothingOnADiskWithoutInodes()
    {
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "nr_inodes=2"); // the root and one file
        QVERIFY(disk.isMounted());
        program.write("disk/old.onnx", "what was here before");
        refuses(program, "disk/old.onnx", "No space left on device");
        refuses(program, "disk/new.onnx", "No space left on device");
    }

    // A limit on the size of files (ulimit -f) comes with a signal, which by default is death.
    void leavesNothingAboveALimitOnSizes()
    {
        const Program program;
        program.write("m.onnx", m_model);
        program.write("old.onnx", "what was here before");
        const auto limit = [] {
            const rlimit small{100'000, 100'000};
            setrlimit(RLIMIT_FSIZE, &small);
        };
        refuses(program, "old.onnx", "File too large", {}, limit);
        refuses(program, "new.onnx", "File too large", {"--data", "external"}, limit);
    }

    // The model fits with one more inode, its data file does not.
    void leavesNothingWhereThereIsRoomForOneOfTwoFiles()
    {
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "nr_inodes=2");
        refuses(program, "disk/new.onnx", "No space left on device", {"--data", "external"});
    }

    void refusesAReadOnlyDisk()
    {
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "size=8m");
        program.write("disk/old.onnx", "what was here before");
        QVERIFY(disk.makeReadOnly());
        refuses(program, "disk/old.onnx", "the disk is read-only");
        refuses(program, "disk/new.onnx", "is read-only");
        refuses(program, "disk/new.onnx", "is read-only", {"--data", "external"});
    }

    void refusesAReadOnlyFolder()
    {
        const Program program;
        program.write("m.onnx", m_model);
        fs::create_directory(program.path("folder").toStdString());
        program.write("folder/old.onnx", "what was here before");
        QCOMPARE(::chmod(qPrintable(program.path("folder")), 0555), 0);
        refuses(program, "folder/old.onnx", "not permitted to write in the folder", {}, dropPrivileges);
        refuses(program, "folder/new.onnx", "not permitted to write in the folder", {}, dropPrivileges);
        QCOMPARE(::chmod(qPrintable(program.path("folder")), 0755), 0);
    }

    void refusesAFileThatMayNotBeWritten()
    {
        const Program program;
        program.write("m.onnx", m_model);
        program.write("old.onnx", "what was here before");
        QCOMPARE(::chmod(qPrintable(program.path("old.onnx")), 0444), 0);
        refuses(program, "old.onnx", "write-protected", {}, dropPrivileges);
    }

    // One may be allowed to make files in a folder and not to list it.
    void writesInAFolderThatCannotBeListed()
    {
        const Program program;
        program.write("m.onnx", m_model);
        fs::create_directory(program.path("folder").toStdString());
        QCOMPARE(::chmod(qPrintable(program.path("folder")), 0300), 0);
        const Run run = program.run({"fold", "m.onnx", "-o", "folder/out.onnx"}, dropPrivileges);
        QCOMPARE(::chmod(qPrintable(program.path("folder")), 0700), 0);
        QVERIFY2(run.code == 0, run.err.constData());
        QVERIFY(program.read("folder/out.onnx") == m_folded);
    }

    void refusesWhatIsNoFile()
    {
        const Program program;
        program.write("m.onnx", m_model);
        fs::create_directory(program.path("folder").toStdString());
        QCOMPARE(::mkfifo(qPrintable(program.path("pipe")), 0600), 0);
        fs::create_symlink("folder", program.path("link").toStdString());
        refuses(program, "folder", "this is a folder");
        refuses(program, "folder/", "this is a folder");
        refuses(program, "link", "this is a folder");
        refuses(program, "pipe", "a pipe or a device");
        refuses(program, "/dev/full", "a pipe or a device");
        refuses(program, "m.onnx/out.onnx", "is not a folder");
        refuses(program, "no/out.onnx", "there is no folder");
        refuses(program, "/proc/out.onnx", "");
    }

    void refusesNamesThatAreTooLong()
    {
        const Program program;
        program.write("m.onnx", m_model);
        refuses(program, QString(256, 'n'), "too long");
        refuses(program, QString(255, 'n'), "too long", {"--data", "external"}); // of the data file
        QCOMPARE(program.run({"fold", "m.onnx", "-o", QString(255, 'n')}).code, 0);
    }

    void refusesAFileThatIsAMountPoint()
    {
        const Program program;
        program.write("m.onnx", m_model);
        program.write("old.onnx", "what was here before");
        program.write("mounted.onnx", "");
        const QByteArray from = program.path("old.onnx").toUtf8();
        const QByteArray onto = program.path("mounted.onnx").toUtf8();
        QCOMPARE(::mount(from, onto, nullptr, MS_BIND, nullptr), 0);
        refuses(program, "mounted.onnx", "mount point");
        refuses(program, "mounted.onnx", "mount point", {"--data", "external"});
        QCOMPARE(::umount(onto), 0);
    }

    void refusesToReplaceAFileOfOthersInASharedFolder()
    {
        const Program program;
        program.write("m.onnx", m_model);
        fs::create_directory(program.path("shared").toStdString());
        program.write("shared/old.onnx", "what was here before");
        const QByteArray folder = program.path("shared").toUtf8();
        const QByteArray file = program.path("shared/old.onnx").toUtf8();
        QCOMPARE(::chmod(folder, 01777), 0);
        QCOMPARE(::chmod(file, 0666), 0);
        if (::chown(folder, 1, 1) != 0 || ::chown(file, 2, 2) != 0)
            QSKIP("There is only one user in this user namespace; root has others.");
        QCOMPARE(::chmod(qPrintable(program.folder()), 0755), 0);
        const auto becomeAnother = [] {
            if (::setgid(3) != 0 || ::setuid(3) != 0)
                ::_exit(99);
        };
        refuses(program, "shared/old.onnx", "belongs to somebody else", {}, becomeAnother);
        refuses(program, "shared/old.onnx", "not permitted", {}, dropPrivileges);
    }

    void keepsLinksToOtherDisksLinks()
    {
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "size=8m");
        QVERIFY(disk.isMounted());
        program.write("disk/old.onnx", "what was here before");
        const fs::path folder = program.folder().toStdString();
        fs::create_symlink("disk/old.onnx", folder / "first.onnx");
        fs::create_symlink("first.onnx", folder / "second.onnx");
        fs::create_symlink(folder / "second.onnx", folder / "third.onnx");
        fs::create_symlink("disk/absent.onnx", folder / "dangling.onnx");
        const Files before = filesIn(program);
        for (const char* link : {"third.onnx", "dangling.onnx"})
            QCOMPARE(program.run({"fold", "m.onnx", "-o", link}).code, 0);
        Files expected = before;
        expected["disk/old.onnx"] = expected["disk/absent.onnx"] = m_folded;
        QVERIFY(filesIn(program) == expected);
        // Through the link, a data file beside the model would not be found.
        refuses(program, "third.onnx", "symbolic link into another folder", {"--data", "external"});
    }

    void leavesLinksToAFullDiskAlone()
    {
        const Program program;
        program.write("m.onnx", m_model);
        const Disk disk(program.path("disk").toStdString(), "size=256k");
        program.write("disk/old.onnx", "what was here before");
        const fs::path folder = program.folder().toStdString();
        fs::create_symlink("disk/old.onnx", folder / "link.onnx");
        fs::create_symlink("disk/absent.onnx", folder / "dangling.onnx");
        fs::create_symlink("no/absent.onnx", folder / "broken.onnx");
        fs::create_symlink("round.onnx", folder / "round.onnx");
        refuses(program, "link.onnx", "No space left on device");
        refuses(program, "dangling.onnx", "No space left on device");
        refuses(program, "broken.onnx", "there is no folder");
        refuses(program, "round.onnx", "circle");
    }

    // Nothing that was asked for may be lost silently: neither a report nor what goes to standard output.
    void saysWhenItsAnswerIsLost()
    {
        const Program program;
        program.write("m.onnx", m_model);
        for (const char* command : {"info m.onnx", "info m.onnx --json", "pairs m.onnx --json",
                                    "fold m.onnx --dry-run", "fold m.onnx --dry-run --json"}) {
            const Run run = program.shell(QString("\"$PLEAT\" %1 >/dev/full").arg(command));
            QVERIFY2(run.code == 4, (std::string(command) + ": " + std::to_string(run.code)).c_str());
            QVERIFY2(run.err.contains("No space left on device"), run.err.constData());
        }
        const Disk disk(program.path("disk").toStdString(), "size=4k");
        const Run run = program.run({"fold", "m.onnx", "--dry-run", "--report", "disk/report.json"});
        QCOMPARE(run.code, 4);
        QVERIFY(filesIn(program).size() == 2); // the model, the mount
    }
};

int main(int argc, char** argv)
{
    // Before there is a second thread, which a user namespace does not allow.
    if (!enterMountNamespace()) {
        std::fprintf(stderr,
                     "cli_disk: cannot mount small file systems (%s). Run as root, or allow user namespaces "
                     "(kernel.unprivileged_userns_clone=1; in a container, --cap-add SYS_ADMIN).\n",
                     std::strerror(errno));
        return 1;
    }
    QCoreApplication application(argc, argv);
    CliDiskTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_cli_disk.moc"
