// SPDX-License-Identifier: GPL-3.0-or-later
// The worker: every way in which a task can end, seen from the host. This program is its own worker, with
// tasks that the shipped ones do not have. Frames from strangers; a model streamed to a descriptor.
#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "core/worker/Evaluation.h"
#include "core/worker/Frames.h"
#include "core/worker/Tasks.h"
#include "core/worker/Worker.h"
#include "support/SmallModels.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>
#include <array>
#include <csignal>
#include <dlfcn.h>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace pleat;
using namespace pleat::test;

namespace {

const std::filesystem::path thisProgram = "/proc/self/exe";

// Gives back its parameters and its input, with progress between.
Result<void> echo(TaskChannel& channel)
{
    channel.give(channel.parameters);
    channel.progress.advance(1, 2);
    channel.give(readAll(channel.input));
    channel.progress.advance(2, 2);
    return {};
}

Result<void> fails(TaskChannel& channel)
{
    channel.give("something");
    return failure(ErrorCode::Unsupported, "It cannot be done, for a reason.");
}

Result<void> throws(TaskChannel&)
{
    throw std::bad_alloc();
}

Result<void> crashes(TaskChannel& channel)
{
    std::fputs("a library says: oh no\n", stderr);
    std::signal(SIGSEGV, SIG_DFL);
    if (channel.parameters == "abort")
        std::abort();
    if (channel.parameters == "exit")
        ::_exit(7);
    if (channel.parameters == "silent")
        ::_exit(0);
    std::raise(SIGSEGV);
    return {};
}

Result<void> sleeps(TaskChannel& channel)
{
    channel.progress.advance(0, 1);
    while (true)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

// As a well-behaved task does.
Result<void> waitsForTheStop(TaskChannel& channel)
{
    channel.progress.advance(0, 1);
    while (!channel.stop.stop_requested())
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return cancelled();
}

Result<void> eats(TaskChannel& channel)
{
    std::vector<std::unique_ptr<std::array<char, 1 << 20>>> all;
    for (int block = 0; block < (1 << 16); ++block) {
        all.push_back(std::make_unique<std::array<char, 1 << 20>>());
        all.back()->fill('x');
    }
    channel.give("ate");
    return {};
}

Result<void> talks(TaskChannel& channel)
{
    const std::string much(1 << 20, 'x');
    for (int piece = 0; piece < 1000; ++piece)
        channel.give(much);
    return {};
}

// Writes to the channel past its own words.
Result<void> babbles(TaskChannel& channel)
{
    std::mt19937 random(static_cast<unsigned>(channel.parameters.size()));
    std::string bytes(5000, ' ');
    for (char& byte : bytes)
        byte = static_cast<char>(random());
    static_cast<void>(!::send(3, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    return {};
}

Result<void> endsInTheMiddle(TaskChannel&)
{
    const std::string part = framed(FrameKind::Part, "half") + framed(FrameKind::Done);
    static_cast<void>(!::send(3, part.data(), part.size(), MSG_NOSIGNAL));
    return {};
}

// Leaves its own pid where its host can find it, and never ends.
Result<void> stays(TaskChannel& channel)
{
    channel.give(std::to_string(::getpid()));
    return sleeps(channel);
}

// A host that dies while its worker is at work: says the worker's pid, and is gone.
Result<void> hosts(TaskChannel& channel)
{
    NoProgress quiet;
    const auto take = [&](std::string piece) -> Result<void> {
        channel.give(piece);
        return {};
    };
    constexpr Task task{"stays", {}, stays};
    static_cast<void>(runTask(thisProgram, task, {}, take, quiet, {}));
    return {};
}

constexpr TaskLimits quick{.time = std::chrono::seconds(20), .grace = std::chrono::seconds(5)};
constexpr std::array tasks{
    Task{"echo", quick, echo},
    Task{"fails", quick, fails},
    Task{"throws", quick, throws},
    Task{"crashes", quick, crashes},
    Task{"sleeps", {.time = std::chrono::seconds(1), .grace = std::chrono::milliseconds(100)}, sleeps},
    Task{"waits", quick, waitsForTheStop},
    Task{"eats", {.memory = std::uint64_t{512} << 20}, eats},
    Task{"talks", {.result = 10'000'000}, talks},
    Task{"babbles", quick, babbles},
    Task{"middle", quick, endsInTheMiddle},
    Task{"stays", quick, stays},
    Task{"hosts", quick, hosts},
    evaluationTask,
    onnxRuntimeTask,
};

// A variable of the environment, as long as this lives.
class Variable final {
public:
    Variable(const char* name, const QByteArray& value) : m_name(name) { qputenv(name, value); }
    ~Variable() { qunsetenv(m_name); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* m_name;
};

std::string messageOf(const Result<OnnxRuntimeLibrary>& found)
{
    return found ? "found " + found->version : found.error().message;
}

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

const Task& named(std::string_view name)
{
    return *std::ranges::find(tasks, name, &Task::name);
}

struct Heard final : Progress {
    void advance(std::uint64_t done, std::uint64_t total) override
    {
        figures.emplace_back(done, total);
        if (onAdvance)
            onAdvance();
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> figures;
    std::function<void()> onAdvance;
};

struct Run {
    std::vector<std::string> pieces;
    Heard progress;
    std::optional<WorkerFailure> failure;
    qint64 milliseconds = 0;
};

Run run(const Task& task, const Ask& ask = {}, const std::filesystem::path& program = thisProgram)
{
    Run made;
    QElapsedTimer timer;
    timer.start();
    const auto take = [&](std::string piece) -> Result<void> {
        made.pieces.push_back(std::move(piece));
        return {};
    };
    if (auto done = runTask(program, task, ask, take, made.progress, {}); !done)
        made.failure = std::move(done.error());
    made.milliseconds = timer.elapsed();
    return made;
}

Descriptor input(const std::string& bytes)
{
    auto made = workerInput([&](int descriptor) {
        return DescriptorSink(descriptor, "input").write(std::as_bytes(std::span(bytes)));
    });
    return std::move(*made);
}

bool isAlive(pid_t process)
{
    // A zombie that nobody has buried yet is as good as gone.
    QFile file(QStringLiteral("/proc/%1/stat").arg(process));
    return file.open(QIODevice::ReadOnly) && !file.readAll().contains(") Z ");
}

} // namespace

class TestWorker : public QObject {
    Q_OBJECT

private slots:
    void handsOverParametersInputPiecesAndProgress()
    {
        // Larger than a frame and than a socket's buffer.
        const std::string large(5'000'000, 'z');
        const Descriptor in = input(large);
        const Run made = run(named("echo"), {.parameters = "two words", .input = in.get()});
        QVERIFY(!made.failure);
        QCOMPARE(made.pieces.size(), std::size_t{2});
        QCOMPARE(made.pieces[0], std::string("two words"));
        QVERIFY(made.pieces[1] == large);
        QCOMPARE(made.progress.figures.size(), std::size_t{2});
        QVERIFY((made.progress.figures.back() == std::pair<std::uint64_t, std::uint64_t>(2, 2)));
    }

    void saysWhatTheTaskSays()
    {
        const Run made = run(named("fails"));
        QVERIFY(made.failure && made.failure->end == WorkerEnd::Failed);
        QCOMPARE(made.failure->why, std::string("It cannot be done, for a reason."));
        QCOMPARE(made.pieces.size(), std::size_t{1});
        const Run thrown = run(named("throws"));
        QVERIFY(thrown.failure && thrown.failure->end == WorkerEnd::Failed);
        QVERIFY(thrown.failure->why.find("memory") != std::string::npos);
    }

    void survivesCrashes()
    {
        const Run made = run(named("crashes"));
        QVERIFY(made.failure && made.failure->end == WorkerEnd::Crashed);
        QVERIFY2(made.failure->why.find("signal 11") != std::string::npos ||
                     made.failure->why.find("exit code") != std::string::npos, // under a sanitizer
                 made.failure->why.c_str());
        QCOMPARE(run(named("crashes"), {.parameters = "abort"}).failure->end, WorkerEnd::Crashed);
        const Run exited = run(named("crashes"), {.parameters = "exit"});
        QCOMPARE(exited.failure->why, std::string("exit code 7: a library says: oh no"));
        QCOMPARE(run(named("crashes"), {.parameters = "silent"}).failure->end, WorkerEnd::Silent);
    }

    void survivesProgramsThatAreNoWorker()
    {
        QCOMPARE(run(named("echo"), {}, "/nowhere/at/all").failure->end, WorkerEnd::NotStarted);
        QCOMPARE(run(named("echo"), {}, "/bin/true").failure->end, WorkerEnd::Silent);
        QCOMPARE(run(named("echo"), {}, "/bin/false").failure->end, WorkerEnd::Crashed);
        // One that knows no such task.
        QCOMPARE(run(Task{"unknown", quick, echo}).failure->end, WorkerEnd::Crashed);
    }

    void endsWhatTakesTooLong()
    {
        const Run made = run(named("sleeps"));
        QVERIFY(made.failure && made.failure->end == WorkerEnd::TimedOut);
        QVERIFY(made.milliseconds < 15'000);
    }

    void isCancelledEarlyAndInTheMiddle()
    {
        for (const char* name : {"waits", "sleeps"}) { // one that listens, one that does not
            std::stop_source stop;
            Heard progress;
            progress.onAdvance = [&] { stop.request_stop(); };
            const auto done = runTask(
                thisProgram, named(name), {}, [](std::string) { return Result<void>(); }, progress,
                stop.get_token());
            QVERIFY(!done);
            QCOMPARE(done.error().end, WorkerEnd::Stopped);
            std::stop_source before;
            before.request_stop();
            const auto never = runTask(
                thisProgram, named(name), {}, [](std::string) { return Result<void>(); }, progress,
                before.get_token());
            QVERIFY(!never);
            QCOMPARE(never.error().end, WorkerEnd::Stopped);
        }
    }

    void isCancelledAtAnyMoment()
    {
        const Descriptor in = input(std::string(3'000'000, 'y'));
        for (int moment = 0; moment < 40; ++moment) {
            ::lseek(in.get(), 0, SEEK_SET);
            std::stop_source stop;
            std::jthread canceller([&] {
                std::this_thread::sleep_for(std::chrono::microseconds(moment * 400));
                stop.request_stop();
            });
            std::size_t bytes = 0;
            const auto take = [&](const std::string& piece) -> Result<void> {
                bytes += piece.size();
                return {};
            };
            NoProgress quiet;
            const auto done = runTask(thisProgram, named("echo"), {.parameters = {}, .input = in.get()}, take,
                                      quiet, stop.get_token());
            // All of it, or stopped.
            if (done)
                QCOMPARE(bytes, std::size_t{3'000'000});
            else
                QCOMPARE(done.error().end, WorkerEnd::Stopped);
        }
    }

    void keepsTheLimitOfMemory()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        qInfo("a sanitizer reserves terabytes of addresses: the limit is not kept under it");
#else
        const Run made = run(named("eats"));
        QVERIFY(made.failure && made.pieces.empty());
        QVERIFY(made.failure->end == WorkerEnd::Failed || made.failure->end == WorkerEnd::Crashed);
#endif
    }

    void keepsTheLimitOfTheResult()
    {
        const Run made = run(named("talks"));
        QVERIFY(made.failure && made.failure->end == WorkerEnd::TooMuch);
        QVERIFY(made.pieces.size() <= 10);
    }

    void believesNothing()
    {
        for (std::size_t seed = 0; seed < 20; ++seed) {
            const Run made = run(named("babbles"), {.parameters = std::string(seed, '.')});
            QVERIFY(made.failure);
            QVERIFY(made.failure->end == WorkerEnd::Nonsense || made.failure->end == WorkerEnd::Silent);
        }
        QCOMPARE(run(named("middle")).failure->end, WorkerEnd::Nonsense);
    }

    void stopsWhenTheTakerRefuses()
    {
        NoProgress quiet;
        const auto done = runTask(
            thisProgram, named("echo"), {},
            [](const std::string&) -> Result<void> { return failure(ErrorCode::Internal, "no thanks"); },
            quiet, {});
        QVERIFY(!done);
        QCOMPARE(done.error().end, WorkerEnd::Refused);
        QCOMPARE(done.error().why, std::string("no thanks"));
    }

    void diesWithItsHost()
    {
        // A host in a process of its own, killed when its worker is at work.
        std::stop_source stop;
        pid_t worker = 0;
        const auto take = [&](const std::string& piece) -> Result<void> {
            worker = static_cast<pid_t>(std::stol(piece));
            stop.request_stop(); // "hosts" does not listen, and is killed
            return {};
        };
        NoProgress quiet;
        constexpr Task impatient{"hosts", {.time = std::chrono::seconds(20)}, hosts};
        const auto done = runTask(thisProgram, impatient, {}, take, quiet, stop.get_token());
        QVERIFY(!done);
        QVERIFY(worker > 0);
        QTRY_VERIFY_WITH_TIMEOUT(!isAlive(worker), 10'000);
    }

    void readsFramesFromStrangers()
    {
        FrameReader reader;
        const std::string good =
            framed(FrameKind::Piece, "abc") + framedProgress(1, 2) + framed(FrameKind::Done);
        for (const char byte : good) // one byte at a time
            reader.add(std::string_view(&byte, 1));
        QCOMPARE(reader.next()->body, std::string("abc"));
        const auto progress = reader.next();
        QCOMPARE(progressOf(*progress)->total, std::uint64_t{2});
        QCOMPARE(reader.next()->kind, FrameKind::Done);
        QVERIFY(!reader.next());
        QVERIFY(!reader.isNonsense());
        QVERIFY(!progressOf({FrameKind::Progress, "short"}));

        for (const std::string& bad :
             {std::string("\xff\xff\xff\xff\x01", 5), std::string("\x01\x00\x10\x00\x01", 5),
              std::string("\0\0\0\0\0", 5), std::string("\0\0\0\0\x77", 5)}) {
            FrameReader strict;
            strict.add(bad);
            QVERIFY(!strict.next());
            QVERIFY(strict.isNonsense());
            strict.add(good);
            QVERIFY(!strict.next());
        }
        std::mt19937 random(7);
        for (int round = 0; round < 2000; ++round) {
            FrameReader any;
            std::string bytes = good;
            for (int change = 0; change < 3; ++change)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            bytes.resize(random() % (bytes.size() + 1));
            any.add(bytes);
            int frames = 0;
            while (any.next())
                ++frames;
            QVERIFY(frames <= 9);
        }
    }

    // What goes to a descriptor is what goes to a file with all its data inside.
    void streamsAModelToADescriptor()
    {
        const Folder folder;
        const auto opened = open(convModel());
        QVERIFY(opened);
        NoProgress quiet;
        QVERIFY(saveModel(opened->model, folder.path("file.onnx"), quiet, {}, DataPlacement::Inline));
        std::array<int, 2> pipe{};
        QCOMPARE(::pipe(pipe.data()), 0);
        std::string got;
        std::jthread reader([&] { got = readAll(pipe[0]); });
        DescriptorSink sink(pipe[1], "a pipe");
        const auto streamed = streamModel(opened->model, sink, quiet, {});
        ::close(pipe[1]);
        reader.join();
        ::close(pipe[0]);
        QVERIFY2(streamed, streamed ? "" : streamed.error().message.c_str());
        QVERIFY(got == contents(folder.path("file.onnx")));
        QCOMPARE(sink.written(), std::uint64_t{got.size()});
    }

    void saysWhenADescriptorTakesNoMore()
    {
        const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
        DescriptorSink sink(full.get(), "the full one");
        const auto opened = open(convModel());
        NoProgress quiet;
        const auto streamed = streamModel(opened->model, sink, quiet, {});
        QVERIFY(!streamed);
        QCOMPARE(streamed.error().code, ErrorCode::Unwritable);
        QVERIFY(streamed.error().message.find("the full one") != std::string::npos);
    }

    void findsOnnxRuntime()
    {
        const auto found = findOnnxRuntime({.program = thisProgram}, {});
        QVERIFY2(found, messageOf(found).c_str());
        QVERIFY(found->version.starts_with("1."));
        QVERIFY(std::filesystem::exists(found->path));
        // By its place, as a setting and as a variable: the file, its folder.
        for (const auto& place : {found->path, found->path.parent_path()}) {
            const auto given = findOnnxRuntime({.program = thisProgram, .onnxRuntime = place}, {});
            QVERIFY2(given, messageOf(given).c_str());
            const Variable variable("PLEAT_ONNXRUNTIME", QByteArray::fromStdString(place.string()));
            QVERIFY(findOnnxRuntime({.program = thisProgram}, {}));
        }
    }

    void saysWhenOnnxRuntimeIsAbsent()
    {
        const Folder folder;
        const auto sentence = [](const std::filesystem::path& place) {
            return messageOf(findOnnxRuntime({.program = thisProgram, .onnxRuntime = place}, {}));
        };
        QVERIFY(contains(sentence("/nowhere/at/all"), "/nowhere/at/all"));
        QVERIFY(contains(sentence(folder.write("text.so", std::string("no library"))), "cannot be loaded"));
        QVERIFY(contains(sentence(folder.path("")), "There is no libonnxruntime.so in"));
        const std::string pipe = folder.path("pipe").string();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QVERIFY(contains(sentence(pipe), "pipe is no library")); // nobody waits for who writes it
        const Variable variable("PLEAT_ONNXRUNTIME", "/nowhere/else");
        QVERIFY(contains(sentence({}), "/nowhere/else"));
        QVERIFY(contains(sentence("/nowhere/first"), "/nowhere/first")); // what is given counts more
    }

    void survivesALibraryThatIsNone()
    {
        const auto sentence = [](const char* place) {
            return messageOf(findOnnxRuntime({.program = thisProgram, .onnxRuntime = place}, {}));
        };
        Dl_info libc{};
        QVERIFY(::dladdr(reinterpret_cast<void*>(&::getpid), &libc));
        QVERIFY(contains(sentence(libc.dli_fname), "not ONNX Runtime"));
        QVERIFY(contains(sentence(PLEAT_FAKE_ONNXRUNTIME), "1.0.0, which is too old"));
        const Variable variable("PLEAT_FAKE_CRASHES", "1");
        const std::string crashed = sentence(PLEAT_FAKE_ONNXRUNTIME);
        QVERIFY2(contains(crashed, "ONNX Runtime crashed") && contains(crashed, "oh no"), crashed.c_str());
        NoProgress quiet;
        const auto evaluated = evaluateByOnnxRuntime(
            {}, 1, 1, {.program = thisProgram, .onnxRuntime = PLEAT_FAKE_ONNXRUNTIME}, quiet, {});
        QVERIFY(!evaluated && contains(evaluated.error().message, "ONNX Runtime crashed"));
    }

    // The places in the order of the README; the system's are left to the loader.
    void looksWherePipInstalls()
    {
        const Folder folder;
        const auto library = [&](const std::string& place) {
            const std::filesystem::path file =
                folder.path(place + "/onnxruntime/capi/libonnxruntime.so.1.2.3");
            std::filesystem::create_directories(file.parent_path());
            std::ofstream(file) << "x";
            return file;
        };
        const auto venv = library("tree/build/venv/lib/python3.11/site-packages");
        const auto active = library("active/lib/python3.12/site-packages");
        const auto data = library("home/.local/share/pleat");
        const auto user = library("home/.local/lib/python3.11/site-packages");
        std::filesystem::create_directories(folder.path("tree/build/dev/tests"));
        std::ofstream(folder.path("tree/build/dev/CMakeCache.txt")) << "x";
        const Variable home("HOME", QByteArray::fromStdString(folder.path("home").string()));
        const Variable environment("VIRTUAL_ENV", QByteArray::fromStdString(folder.path("active").string()));
        qunsetenv("XDG_DATA_HOME");
        const auto all = onnxRuntimeCandidates({}, folder.path("tree/build/dev/tests/program"));
        std::vector<std::filesystem::path> ours;
        std::ranges::copy_if(all, std::back_inserter(ours), [&](const std::filesystem::path& each) {
            return contains(each.string(), folder.path("").string());
        });
        QVERIFY((ours == std::vector{venv, active, data, user}));
        QCOMPARE(all.front().string(), std::string("libonnxruntime.so.1"));
    }

    void leavesNoProcessBehind()
    {
        QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1); // no children, dead or alive
        QCOMPARE(errno, ECHILD);
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv, tasks))
        return *worked;
    TestWorker test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_worker.moc"
