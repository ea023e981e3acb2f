// SPDX-License-Identifier: GPL-3.0-or-later
// Files read by position, and files that appear whole or not at all.
#include "core/io/OutputFile.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace pleat;
using pleat::test::contents;
using pleat::test::Folder;

namespace fs = std::filesystem;

namespace {

std::string textAt(const File& file, std::uint64_t offset, std::size_t length)
{
    std::string text(length, '?');
    return file.read(offset, std::as_writable_bytes(std::span(text.data(), text.size()))) ? text : "error";
}

std::span<const std::byte> raw(const std::string& text)
{
    return std::as_bytes(std::span(text));
}

std::string pattern(std::size_t length)
{
    std::string text(length, ' ');
    for (std::size_t at = 0; at < length; ++at)
        text[at] = static_cast<char>('a' + (at * 7 + at / 251) % 26);
    return text;
}

} // namespace

class TestFile : public QObject {
    Q_OBJECT

private slots:
    void readsAnyRange();
    void saysWhatCannotBeOpened();
    void refusesRangesPastTheEnd();
    void noticesAFileThatChanged();
    void noticesATruncatedFile();
    void keepsReadingAFileThatWasReplaced();
    void bytesInMemoryAreAFileToo();

    void appearsOnlyWhenCommitted();
    void keepsTheModeOfWhatItReplaces();
    void newFilesObeyTheMask();
    void keepsALinkALink();
    void writesBehindALinkToNothing();
    void refusesWhatIsNoFile();
    void refusesALoopOfLinks();
    void copiesRangesBetweenWrites();
    void copyNoticesAChangedSource();
    void copyStopsWhenAsked();
    void aFullDiskLeavesTheOldFile();
    void isRemovedWhenMovedFrom();

    void aFreshFileReplacesNothing();
    void aFreshFileGoesUnlessKept();
    void aFreshFileIsAsPrivateAsItsModel();
    void refusesAFreshFileBeforeAByteIsWritten();
};

void TestFile::readsAnyRange()
{
    const Folder folder;
    const auto file = File::open(folder.write("a", "0123456789"));
    QVERIFY(file);
    QCOMPARE((*file)->size(), 10u);
    QCOMPARE(textAt(**file, 0, 10), std::string("0123456789"));
    QCOMPARE(textAt(**file, 7, 3), std::string("789"));
    QCOMPARE(textAt(**file, 10, 0), std::string());
    QVERIFY((*file)->unchanged());
}

void TestFile::saysWhatCannotBeOpened()
{
    const Folder folder;
    const auto said = [](const fs::path& path) {
        const auto file = File::open(path);
        return file || file.error().code != ErrorCode::Unreadable
                   ? QString()
                   : QString::fromStdString(file.error().message);
    };
    QVERIFY(said(folder.path("missing.onnx")).endsWith("missing.onnx: no such file."));
    QVERIFY(said(folder.path({})).contains("folder"));
    folder.write("a", "x");
    QVERIFY(said(folder.path("a/b")).contains("no such file"));
    QCOMPARE(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
    QVERIFY(said(folder.path("pipe")).contains("not a regular file"));
    QVERIFY(said("/dev/null").contains("not a regular file"));
}

void TestFile::refusesRangesPastTheEnd()
{
    const Folder folder;
    const auto file = File::open(folder.write("a", "0123456789"));
    std::vector<std::byte> into(5);
    for (const std::uint64_t offset :
         {std::uint64_t{6}, std::uint64_t{11}, ~std::uint64_t{0}, ~std::uint64_t{0} - 3}) {
        const auto got = (*file)->read(offset, into);
        QVERIFY(!got);
        QCOMPARE(got.error().code, ErrorCode::Unreadable);
    }
}

void TestFile::noticesAFileThatChanged()
{
    const Folder folder;
    const auto path = folder.write("a", "0123456789");
    const auto file = File::open(path);
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(3)); // same size
    std::vector<std::byte> into(5);
    const auto got = (*file)->read(0, into);
    QVERIFY(!got);
    QCOMPARE(got.error().code, ErrorCode::Changed);
    QVERIFY(!(*file)->unchanged());
}

void TestFile::noticesATruncatedFile()
{
    const Folder folder;
    const auto path = folder.write("a", "0123456789");
    const auto file = File::open(path);
    fs::resize_file(path, 3);
    std::vector<std::byte> into(5);
    const auto got = (*file)->read(4, into);
    QVERIFY(!got);
    QCOMPARE(got.error().code, ErrorCode::Changed);
}

void TestFile::keepsReadingAFileThatWasReplaced()
{
    const Folder folder;
    const auto path = folder.write("a", "0123456789");
    const auto file = File::open(path);
    fs::rename(folder.write("b", "other"), path);
    QCOMPARE(textAt(**file, 2, 3), std::string("234"));
    fs::remove(path);
    QCOMPARE(textAt(**file, 2, 3), std::string("234"));
}

void TestFile::bytesInMemoryAreAFileToo()
{
    const auto file = File::inMemory(raw("hello"), "hello.txt");
    QVERIFY(file);
    QCOMPARE((*file)->path(), fs::path("hello.txt"));
    QCOMPARE(textAt(**file, 1, 4), std::string("ello"));
}

void TestFile::appearsOnlyWhenCommitted()
{
    const Folder folder;
    {
        auto output = OutputFile::create(folder.path("a"));
        QVERIFY(output);
        QVERIFY(output->write(raw("new")));
        QVERIFY(!fs::exists(folder.path("a")));
        QVERIFY(output->commit());
        QCOMPARE(output->written(), 3u);
    }
    QCOMPARE(contents(folder.path("a")), std::string("new"));
    {
        auto output = OutputFile::create(folder.path("a"));
        QVERIFY(output->write(raw("never seen")));
    }
    QCOMPARE(contents(folder.path("a")), std::string("new"));
    QCOMPARE(folder.names(), std::vector<std::string>{"a"});
}

void TestFile::keepsTheModeOfWhatItReplaces()
{
    const Folder folder;
    const auto path = folder.write("a", "old");
    QCOMPARE(::chmod(path.c_str(), 0751), 0);
    auto output = OutputFile::create(path);
    QVERIFY(output && output->write(raw("new")) && output->commit());
    struct stat status {};
    ::stat(path.c_str(), &status);
    QCOMPARE(status.st_mode & 07777u, 0751u);
    QCOMPARE(contents(path), std::string("new"));
}

void TestFile::newFilesObeyTheMask()
{
    const Folder folder;
    const mode_t before = ::umask(027);
    auto output = OutputFile::create(folder.path("a"));
    QVERIFY(output && output->commit());
    ::umask(before);
    struct stat status {};
    ::stat(folder.path("a").c_str(), &status);
    QCOMPARE(status.st_mode & 07777u, 0640u);
}

void TestFile::keepsALinkALink()
{
    const Folder folder;
    fs::create_directory(folder.path("deep"));
    folder.write("deep/real", "old");
    fs::create_symlink("deep/real", folder.path("link"));
    auto output = OutputFile::create(folder.path("link"));
    QVERIFY(output && output->write(raw("new")) && output->commit());
    QVERIFY(fs::is_symlink(folder.path("link")));
    QCOMPARE(contents(folder.path("deep/real")), std::string("new"));
}

void TestFile::writesBehindALinkToNothing()
{
    const Folder folder;
    fs::create_symlink("absent", folder.path("link"));
    auto output = OutputFile::create(folder.path("link"));
    QVERIFY(output && output->write(raw("new")) && output->commit());
    QVERIFY(fs::is_symlink(folder.path("link")));
    QCOMPARE(contents(folder.path("absent")), std::string("new"));
}

void TestFile::refusesWhatIsNoFile()
{
    const Folder folder;
    const auto said = [](const fs::path& path) {
        const auto output = OutputFile::create(path);
        return output || output.error().code != ErrorCode::Unwritable
                   ? QString()
                   : QString::fromStdString(output.error().message);
    };
    fs::create_directory(folder.path("deep"));
    QVERIFY(said(folder.path("deep")).contains("this is a folder"));
    QVERIFY(said(folder.path("deep/")).contains("this is a folder"));
    QVERIFY(said(folder.path("absent/a")).contains("there is no folder"));
    folder.write("file", "x");
    QVERIFY(said(folder.path("file/a")).contains("is not a folder"));
    QCOMPARE(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
    QVERIFY(said(folder.path("pipe")).contains("pipe"));
    QVERIFY(said("/dev/full").contains("device"));
    QVERIFY(!said("/proc/a").isEmpty());
    QCOMPARE(folder.names(), (std::vector<std::string>{"deep", "file", "pipe"}));
}

void TestFile::refusesALoopOfLinks()
{
    const Folder folder;
    fs::create_symlink("b", folder.path("a"));
    fs::create_symlink("a", folder.path("b"));
    const auto output = OutputFile::create(folder.path("a"));
    QVERIFY(!output);
    QCOMPARE(output.error().code, ErrorCode::Unwritable);
}

void TestFile::copiesRangesBetweenWrites()
{
    const Folder folder;
    const std::string source = pattern(5'000'000);
    const auto file = File::open(folder.write("source", source));
    auto output = OutputFile::create(folder.path("target"));
    std::string expected;
    for (const auto& [offset, length] : std::vector<std::pair<std::size_t, std::size_t>>{
             {0, 10}, {3, 3'000'000}, {77, 200'000}, {4'999'999, 1}, {5, 0}, {1, 4'999'999}}) {
        const std::string between = "<" + std::to_string(length) + ">";
        QVERIFY(output->write(raw(between)));
        QVERIFY(output->copy({*file, offset, length}, {}));
        expected += between + source.substr(offset, length);
    }
    const std::string large = pattern(2'500'000);
    QVERIFY(output->write(raw(large)));
    expected += large;
    QCOMPARE(output->written(), expected.size());
    QVERIFY(output->commit());
    QVERIFY(contents(folder.path("target")) == expected);
}

void TestFile::copyNoticesAChangedSource()
{
    const Folder folder;
    const auto path = folder.write("source", pattern(1'000'000));
    const auto file = File::open(path);
    fs::resize_file(path, 400'000);
    auto output = OutputFile::create(folder.path("target"));
    for (const std::uint64_t length : {std::uint64_t{1000}, std::uint64_t{1'000'000}}) {
        const auto copied = output->copy({*file, 0, length}, {});
        QVERIFY(!copied);
        QCOMPARE(copied.error().code, ErrorCode::Changed);
    }
}

void TestFile::copyStopsWhenAsked()
{
    const Folder folder;
    const auto file = File::open(folder.write("source", pattern(1'000'000)));
    auto output = OutputFile::create(folder.path("target"));
    std::stop_source stop;
    stop.request_stop();
    const auto copied = output->copy({*file, 0, 1'000'000}, stop.get_token());
    QVERIFY(!copied);
    QCOMPARE(copied.error().code, ErrorCode::Cancelled);
}

void TestFile::aFullDiskLeavesTheOldFile()
{
    const Folder folder;
    const auto target = folder.write("target", "old");
    const auto source = File::open(folder.write("source", pattern(3'000'000)));
    // The largest file this process may write: to a writer, the same as a disk that is full at that byte.
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    for (const rlim_t limit : {rlim_t{0}, rlim_t{1}, rlim_t{100'000}, rlim_t{1'500'000}}) {
        for (const bool byKernel : {true, false}) {
            rlimit small{limit, before.rlim_max};
            ::setrlimit(RLIMIT_FSIZE, &small);
            Result<void> done;
            {
                auto output = OutputFile::create(target);
                done = byKernel ? output->copy({*source, 0, 3'000'000}, {})
                                : output->write(raw(pattern(3'000'000)));
                if (done)
                    done = output->commit();
            }
            ::setrlimit(RLIMIT_FSIZE, &before);
            QVERIFY(!done);
            QCOMPARE(done.error().code, ErrorCode::Unwritable);
            QVERIFY(done.error().message.find("File too large") != std::string::npos);
            QCOMPARE(contents(target), std::string("old"));
            QCOMPARE(folder.names(), (std::vector<std::string>{"source", "target"}));
        }
    }
}

void TestFile::isRemovedWhenMovedFrom()
{
    const Folder folder;
    {
        auto first = OutputFile::create(folder.path("a"));
        auto second = OutputFile::create(folder.path("b"));
        QVERIFY(first->write(raw("1")));
        *second = std::move(*first);
        QVERIFY(second->write(raw("2")));
        QVERIFY(second->commit());
    }
    QCOMPARE(folder.names(), std::vector<std::string>{"a"});
    QCOMPARE(contents(folder.path("a")), std::string("12"));
}

namespace {

std::string numbered(int n)
{
    return "model." + std::to_string(n) + ".data";
}

} // namespace

void TestFile::aFreshFileReplacesNothing()
{
    const Folder folder;
    folder.write(numbered(1), "one");
    fs::create_symlink("absent", folder.path(numbered(2)));
    fs::create_directory(folder.path(numbered(3)));
    auto output = OutputFile::createFresh(folder.path({}), numbered, folder.path("model"));
    QVERIFY(output && output->write(raw("new")));
    folder.write(numbered(4), "meanwhile");
    const auto placed = output->place();
    QVERIFY(placed);
    QCOMPARE(*placed, folder.path(numbered(5)));
    output->keep();
    QCOMPARE(contents(folder.path(numbered(1))), std::string("one"));
    QCOMPARE(contents(folder.path(numbered(4))), std::string("meanwhile"));
    QCOMPARE(contents(folder.path(numbered(5))), std::string("new"));
    QVERIFY(fs::is_symlink(folder.path(numbered(2))));
    QCOMPARE(folder.names().size(), std::size_t{5});
}

void TestFile::aFreshFileGoesUnlessKept()
{
    const Folder folder;
    for (const bool isPlaced : {false, true}) {
        auto output = OutputFile::createFresh(folder.path({}), numbered, folder.path("model"));
        QVERIFY(output && output->write(raw("new")));
        QVERIFY(!isPlaced || output->place());
        QCOMPARE(folder.names().size(), std::size_t{1});
        QCOMPARE(fs::exists(folder.path(numbered(1))), isPlaced);
    }
    QCOMPARE(folder.names(), std::vector<std::string>{});
    {
        auto output = OutputFile::createFresh(folder.path({}), numbered, folder.path("model"));
        QVERIFY(output->place());
        OutputFile elsewhere = std::move(*output);
        elsewhere.keep();
    }
    QCOMPARE(folder.names(), std::vector<std::string>{numbered(1)});
}

void TestFile::aFreshFileIsAsPrivateAsItsModel()
{
    const Folder folder;
    const auto model = folder.write("model", "x");
    QCOMPARE(::chmod(model.c_str(), 0640), 0);
    auto output = OutputFile::createFresh(folder.path({}), numbered, model);
    QVERIFY(output->place());
    struct stat status {};
    ::stat(folder.path(numbered(1)).c_str(), &status);
    QCOMPARE(status.st_mode & 07777u, 0640u);
}

void TestFile::refusesAFreshFileBeforeAByteIsWritten()
{
    const Folder folder;
    folder.write("file", "x");
    const auto said = [&](const fs::path& in, const std::string& name) {
        const auto output = OutputFile::createFresh(
            in, [&](int) { return name; }, folder.path("model"));
        return output || output.error().code != ErrorCode::Unwritable
                   ? QString()
                   : QString::fromStdString(output.error().message);
    };
    QVERIFY(said(folder.path("absent"), "a").contains("there is no folder"));
    QVERIFY(said(folder.path("file"), "a").contains("is not a folder"));
    QVERIFY(said(folder.path({}), std::string(256, 'n')).contains("too long"));
    const auto output = OutputFile::create(folder.path(std::string(256, 'n')));
    QVERIFY(!output && QString::fromStdString(output.error().message).contains("too long"));
    QCOMPARE(folder.names(), std::vector<std::string>{"file"});
}

QTEST_APPLESS_MAIN(TestFile)
#include "test_file.moc"
