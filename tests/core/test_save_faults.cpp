// SPDX-License-Identifier: GPL-3.0-or-later
// Every single system call of a save fails in turn, in every way it can: either the file is right in the end,
// or there is a clear error, and the folder is as it was, byte for byte and without a leftover.
#include "support/SaveScene.h"
#include "support/SystemCalls.h"

#include <QtTest>
#include <cerrno>
#include <fstream>
#include <regex>
#include <set>
#include <sys/stat.h>

using namespace pleat;
using namespace pleat::test;

namespace fs = std::filesystem;

namespace {

struct Fault {
    Call kind;
    Reaction reaction;
    enum class Must { Fail, Succeed, Either } must;
    bool lasting = false; // from the n-th call on, not only there
};

constexpr auto Fail = Fault::Must::Fail;
constexpr auto Succeed = Fault::Must::Succeed;

// What can happen to a call of each kind, and what has to become of it.
std::vector<Fault> faults()
{
    std::vector<Fault> all;
    const auto add = [&](std::initializer_list<Call> kinds, std::initializer_list<int> errors,
                         Fault::Must must) {
        for (const Call kind : kinds) {
            for (const int error : errors)
                all.push_back({kind, {.error = error}, must});
        }
    };
    add({Call::Write, Call::Flush, Call::CloseWritten}, {ENOSPC, EIO, EDQUOT}, Fail);
    add({Call::Copy}, {ENOSPC, EDQUOT, EFBIG}, Fail);
    add({Call::Read}, {EIO, ESTALE}, Fail);
    add({Call::Create}, {EACCES, ENOSPC, EDQUOT, EROFS, EMFILE, EIO}, Fail);
    add({Call::Rename, Call::RenameFresh}, {EIO, ENOSPC, EDQUOT, ENOENT, EACCES}, Fail);
    add({Call::ChangeMode}, {EIO, ENOSPC, EROFS}, Fail);
    add({Call::Open, Call::Create, Call::OpenFolder, Call::Read, Call::Write, Call::Copy, Call::Flush,
         Call::FlushFolder, Call::Close, Call::CloseWritten, Call::CloseFolder},
        {EINTR}, Succeed);
    add({Call::Copy}, {EXDEV, ENOSYS, EOPNOTSUPP, EINVAL, EPERM, ETXTBSY, EIO}, Succeed);
    add({Call::RenameFresh}, {EINVAL, ENOSYS, EEXIST}, Succeed);
    add({Call::ChangeMode, Call::ChangeOwner}, {EPERM, ENOSYS, EOPNOTSUPP}, Succeed);
    add({Call::OpenFolder}, {EMFILE, ENOENT, ENOTDIR}, Fail);
    add({Call::OpenFolder}, {EACCES}, Succeed); // a folder to write in, but not to list
    add({Call::FlushFolder}, {EINVAL, EOPNOTSUPP}, Succeed);
    add({Call::FlushFolder}, {EIO, ENOSPC}, Fault::Must::Either); // once the model is there, it stays
    for (const Call kind : {Call::Read, Call::Write, Call::Copy}) {
        all.push_back({kind, {.limit = 1}, Succeed});
        all.push_back({kind, {.limit = 1000}, Succeed, true});
        all.push_back({kind, {.limit = 70'001}, Succeed, true});
    }
    all.push_back({Call::Copy, {.nothing = true}, Succeed});
    all.push_back({Call::Copy, {.nothing = true}, Succeed, true});
    all.push_back({Call::Copy, {.error = EXDEV}, Succeed, true});
    all.push_back({Call::Write, {.error = ENOSPC}, Fail, true});
    all.push_back({Call::Write, {.nothing = true}, Fail});
    return all;
}

std::string words(const Fault& fault, int nth, const SaveKind& kind)
{
    const std::string what = fault.reaction.error != 0 ? std::strerror(fault.reaction.error)
                             : fault.reaction.nothing
                                 ? "nothing done"
                                 : "at most " + std::to_string(fault.reaction.limit) + " bytes";
    return kind.name() + ", " + name(fault.kind) + " " + std::to_string(nth) +
           (fault.lasting ? " and later: " : ": ") + what;
}

// What is wrong with the error; "" when it is as clear as it has to be.
std::string unclear(const Error& error, const Fault& fault, const SaveScene& scene)
{
    const bool isSource = fault.kind == Call::Read;
    if (error.code != (isSource ? ErrorCode::Unreadable : ErrorCode::Unwritable))
        return "the wrong code";
    const auto names = [&](const std::string& file) { return error.message.find(file) != std::string::npos; };
    const auto sources = scene.sources();
    if (isSource ? std::none_of(sources.begin(), sources.end(), names) : !names(scene.targetName()))
        return "does not name the file";
    static const std::map<int, std::string> ours{
        {EACCES, "not permitted"}, {EROFS, "read-only"}, {ENOENT, "no folder"}, {ENOTDIR, "not a folder"}};
    const int number = fault.reaction.nothing ? EIO : fault.reaction.error;
    const auto known = ours.find(number);
    if (error.message.find(std::strerror(number)) == std::string::npos &&
        (known == ours.end() || error.message.find(known->second) == std::string::npos))
        return "does not say why";
    return {};
}

} // namespace

class TestSaveFaults : public QObject {
    Q_OBJECT

private slots:
    void everyCallOfTheEngineIsWrapped();
    void survivesEveryFault_data();
    void survivesEveryFault();
    void opensOrSaysWhy();
    void givesNobodyMoreRightsWhenTheOwnerIsAnother();
    void leavesNothingInAFolderThatWasMoved();
};

// So that no call can come into core/io that is never disturbed.
void TestSaveFaults::everyCallOfTheEngineIsWrapped()
{
    // They change nothing and fail only together with those that are wrapped, or are not asked for their
    // answer; memfd_create has no disk.
    const std::set<std::string> harmless{
        "sync_file_range", "getrlimit", "setrlimit", "access", "faccessat",    "fstat", "fstatat",
        "geteuid",         "getpid",    "getrandom", "lstat",  "memfd_create", "stat",  "posix_fadvise"};
    std::set<std::string> known(wrappedFunctions().begin(), wrappedFunctions().end());
    known.insert(harmless.begin(), harmless.end());
    static const std::regex call(R"([^\w>]::([a-z]\w*)\()");
    int found = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(PLEAT_SOURCE_DIR) / "core/io")) {
        const std::string source = contents(entry.path());
        for (std::sregex_iterator at(source.begin(), source.end(), call), end; at != end; ++at, ++found)
            QVERIFY2(known.contains((*at)[1].str()), (*at)[1].str().c_str());
    }
    QVERIFY(found > 20);
}

void TestSaveFaults::survivesEveryFault_data()
{
    QTest::addColumn<int>("kind");
    const auto kinds = saveKinds();
    for (std::size_t at = 0; at < kinds.size(); ++at)
        QTest::newRow(kinds[at].name().c_str()) << static_cast<int>(at);
}

void TestSaveFaults::survivesEveryFault()
{
    QFETCH(int, kind);
    const SaveKind saveKind = saveKinds()[static_cast<std::size_t>(kind)];
    const auto after = SaveScene::after(saveKind);
    std::optional<SaveScene> scene;
    int disturbed = 0;
    for (const Fault& fault : faults()) {
        for (int nth = 1;; ++nth) {
            if (!scene)
                scene.emplace(saveKind);
            bool happened = false;
            Result<Saved> saved;
            {
                const Interference interference([&](const SystemCall& call) {
                    const bool isIt =
                        call.kind == fault.kind && (call.nth == nth || (fault.lasting && call.nth > nth));
                    happened = happened || isIt;
                    return isIt ? fault.reaction : Reaction{};
                });
                saved = scene->save();
            }
            const std::string what = words(fault, nth, saveKind) + ": ";
            const bool mustFail = happened && fault.must == Fail;
            const bool mustSucceed = !happened || fault.must == Succeed;
            if (saved) {
                QVERIFY2(!mustFail, (what + "passed over").c_str());
                const auto files = scene->files();
                const bool isOtherName = happened && fault.reaction.error == EEXIST;
                QVERIFY2(isOtherName ? files.size() == after.size() &&
                                           scene->wholeTarget(files) == scene->wholeTarget(after)
                                     : files == after,
                         (what + "the wrong files").c_str());
                scene.reset();
            } else {
                const std::string message = what + saved.error().message;
                QVERIFY2(!mustSucceed, message.c_str());
                const std::string why = unclear(saved.error(), fault, *scene);
                QVERIFY2(why.empty(), (message + " — " + why).c_str());
                QVERIFY2(scene->files() == scene->before(),
                         (message + ", and the folder has changed").c_str());
            }
            disturbed += happened;
            if (!happened)
                break;
        }
    }
    qInfo("%d saves disturbed", disturbed);
    QVERIFY(disturbed > 100);
}

void TestSaveFaults::opensOrSaysWhy()
{
    const SaveScene scene({.over = SaveKind::Over::Another, .externalSource = true});
    int disturbed = 0;
    for (const Fault& fault : faults()) {
        if (fault.kind != Call::Read && fault.kind != Call::Open)
            continue;
        bool happened = true;
        for (int nth = 1; happened; ++nth, disturbed += happened) {
            happened = false;
            const Interference interference([&](const SystemCall& call) {
                const bool isIt =
                    call.kind == fault.kind && (call.nth == nth || (fault.lasting && call.nth > nth));
                happened = happened || isIt;
                return isIt ? fault.reaction : Reaction{};
            });
            const auto opened = open(scene.path("source.onnx"));
            const bool mustFail = happened && fault.must == Fail;
            const std::string what = name(fault.kind) + " " + std::to_string(nth);
            QVERIFY2(opened.has_value() != mustFail, what.c_str());
            QVERIFY2(!opened || opened->notices.empty(), what.c_str());
            if (!opened)
                QVERIFY2(unclear(opened.error(), fault, scene).empty(), opened.error().message.c_str());
        }
    }
    QVERIFY(disturbed > 10);
}

void TestSaveFaults::givesNobodyMoreRightsWhenTheOwnerIsAnother()
{
    const auto modeAfter = [](mode_t before, int refusals) {
        const SaveScene scene({.over = SaveKind::Over::Another});
        ::chmod(scene.target().c_str(), before);
        const Interference interference([&](const SystemCall& call) {
            return Reaction{.error = call.kind == Call::ChangeOwner && call.nth <= refusals ? EPERM : 0};
        });
        struct stat status {};
        return scene.save() && ::stat(scene.target().c_str(), &status) == 0 ? status.st_mode & 07777u : 0u;
    };
    QCOMPARE(modeAfter(06664, 0), 06664u);
    QCOMPARE(modeAfter(06664, 1), 0664u); // the group could be kept
    QCOMPARE(modeAfter(0664, 2), 0644u);
    QCOMPARE(modeAfter(0660, 2), 0600u);
    QCOMPARE(modeAfter(0604, 2), 0604u);
}

// The folder is moved away before the n-th call, with or without another one in its place.
void TestSaveFaults::leavesNothingInAFolderThatWasMoved()
{
    for (const auto& [isReplaced, data] :
         {std::pair(false, DataPlacement::Keep), std::pair(true, DataPlacement::Keep),
          std::pair(false, DataPlacement::External), std::pair(true, DataPlacement::External)}) {
        int refused = 0;
        bool isMoved = true;
        for (int nth = 1; isMoved; ++nth) {
            const SaveScene scene({.over = SaveKind::Over::Source, .data = data});
            const fs::path inner = scene.path("inner");
            const fs::path elsewhere = scene.path("moved away");
            fs::create_directory(inner);
            std::ofstream(inner / "out.onnx") << "old";
            isMoved = false;
            Result<Saved> saved;
            {
                const Interference interference([&, replace = isReplaced](const SystemCall& call) {
                    if (call.nthOfAll == nth) {
                        isMoved = true;
                        fs::rename(inner, elsewhere);
                        if (replace)
                            fs::create_directory(inner);
                    }
                    return Reaction{};
                });
                saved = scene.saveTo(inner / "out.onnx");
            }
            refused += !saved;
            const fs::path old = isMoved ? elsewhere : inner;
            const fs::path out = saved && fs::exists(inner / "out.onnx") ? inner : old;
            const std::string what = std::to_string(nth) + (saved ? "" : ": " + saved.error().message);
            QVERIFY2((contents(out / "out.onnx") == "old") != saved.has_value(), what.c_str());
            for (const auto& file : fs::recursive_directory_iterator(scene.path({}))) {
                QVERIFY2(file.path().extension() != ".tmp", what.c_str());
                QVERIFY2(saved || file.path().extension() != ".data", what.c_str());
            }
        }
        QVERIFY(refused > 5);
    }
}

QTEST_APPLESS_MAIN(TestSaveFaults)
#include "test_save_faults.moc"
