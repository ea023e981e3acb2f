// SPDX-License-Identifier: GPL-3.0-or-later
// How long an edit takes until the window shows it: from the call that a button, a key or a double click ends
// in to the moment when the canvas is painted with the new model, the panels with it. On a chain of Conv and
// BatchNormalization, shapes inferred, with the pair that is edited selected and in view; on Qt's offscreen
// platform, which paints into memory.
// Then, from a click on a layer of ten million weights to the panel that has painted their ranges before and
// after its fold.
//     bench_window [NODES…]     50000 14000 10000 1000 without any; 0 for the weights only
#include "core/worker/Tasks.h"
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/document/Session.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QEvent>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QThread>
#include <QUndoStack>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <string>

using namespace Qt::StringLiterals;
using namespace pleat::bench;
using namespace pleat::ui;

namespace {

constexpr int goalNodes = 10000, mostNodes = 50000;
constexpr int scopesNodes = 14000; // in parts of some 1,300
constexpr double goal = 10;        // milliseconds until one edit of so many nodes is shown
constexpr double reactsGoal = 100; // milliseconds that "Fold all" may keep the window from reacting
constexpr int pairsEach = 15;      // of the beginning, the middle and the end
constexpr int allRounds = 5;
constexpr int channels = 8;
constexpr int beingGivenBack = 200; // ms: memory, after the last job

struct Time {             // in ms
    double shown = 0;     // until it is on the canvas and in the panels
    double processor = 0; // until then, of all threads: beside other work, too
    double blocked = 0;   // the longest that the window did not react
    double quiet = 0;     // until nothing runs any more
};

struct Times {
    std::vector<double> shown, processor, blocked, quiet;
    void add(const Time& time)
    {
        shown.push_back(time.shown);
        processor.push_back(time.processor);
        blocked.push_back(time.blocked);
        quiet.push_back(time.quiet);
    }
};

// Turns the event loop of a window that is shown, and sees when it has painted.
class Watch final : public QObject {
public:
    explicit Watch(MainWindow& window) : m_window(window)
    {
        window.graph().canvas().installEventFilter(this);
        connect(&window.graph(), &GraphPane::sceneShown, this, [this] { m_shown = true; });
    }

    bool eventFilter(QObject*, QEvent* event) override
    {
        m_painted |= m_shown && event->type() == QEvent::Paint; // all is when the event loop comes back
        return false;
    }

    template<class Edit>
    Time measure(Edit edit)
    {
        m_shown = m_painted = false;
        m_longest = 0;
        const double start = wallSeconds(), processorStart = processorSeconds();
        react(edit);
        while (!m_painted)
            turn();
        Time time;
        time.shown = (wallSeconds() - start) * 1000;
        time.processor = (processorSeconds() - processorStart) * 1000;
        while (m_window.workspace().jobs().isBusy())
            turn();
        time.quiet = (wallSeconds() - start) * 1000;
        time.blocked = m_longest * 1000;
        settle();
        return time;
    }

    // Until nothing has happened for a while.
    void settle()
    {
        constexpr double aWhile = 0.03;
        for (double since = wallSeconds(); wallSeconds() - since < aWhile;) {
            turn();
            if (m_window.workspace().jobs().isBusy())
                since = wallSeconds();
        }
    }

private:
    template<class Work>
    void react(Work work)
    {
        const double start = wallSeconds();
        work();
        m_longest = std::max(m_longest, wallSeconds() - start);
    }
    void turn()
    {
        react([] { QCoreApplication::processEvents(QEventLoop::AllEvents); });
        QThread::usleep(50);
    }

    MainWindow& m_window;
    bool m_shown = false, m_painted = false;
    double m_longest = 0;
};

// Sees when a widget is painted after somebody has asked for it.
class Painting final : public QObject {
public:
    explicit Painting(QWidget& widget) { widget.installEventFilter(this); }
    void await() { m_isAwaited = true; }
    bool isDone() const { return m_isDone; } // all is when the event loop comes back
    bool eventFilter(QObject*, QEvent* event) override
    {
        m_isDone |= m_isAwaited && event->type() == QEvent::Paint;
        return false;
    }

private:
    bool m_isAwaited = false, m_isDone = false;
};

void add(Report& report, int nodes, const std::string& what, const Times& times, bool single)
{
    const std::optional<double> most = single && nodes == goalNodes ? std::optional(goal) : std::nullopt;
    const auto row = [&](const char* which, double value, std::optional<double> atMost) {
        report.add({.what = fmt::format("{} nodes, {}{}", nodes, what, which),
                    .value = value,
                    .unit = "ms",
                    .atMost = atMost});
    };
    row("", median(times.shown), most);
    row(", 95th percentile", percentile95(times.shown), most);
    row(", processor time", median(times.processor), {});
    if (single)
        return;
    row(", does not react", median(times.blocked), reactsGoal);
    row(", until all is quiet", median(times.quiet), {});
}

// A scope that is expanded in place, with all that is in it, between others that stay as they are.
void measureScopes(Report& report, MainWindow& window, Watch& watch)
{
    constexpr quint32 goalScope = 1500; // nodes
    GraphCanvas& canvas = window.graph().canvas();
    std::vector<double> shown, processor;
    quint32 size = 0;
    for (int round = 0; round < allRounds; ++round) {
        window.graph().collapseScopes(2);
        watch.settle();
        window.graph().collapseScopes(1);
        watch.settle();
        const GraphScene& scene = canvas.scene();
        const auto block = std::ranges::find(scene.nodes, Category::Scope, &SceneNode::category);
        if (block == scene.nodes.end())
            return;
        const auto number = static_cast<int>(block - scene.nodes.begin());
        const int group = scene.groupOf[static_cast<std::size_t>(number)];
        size = scene.groups[static_cast<std::size_t>(group)].nodes;
        const Time time = watch.measure([&] { Q_EMIT canvas.nodeActivated(number); });
        shown.push_back(time.shown);
        processor.push_back(time.processor);
    }
    report.add({.what = fmt::format("expand a scope of {} nodes", size),
                .value = median(shown),
                .unit = "ms",
                .atMost = size <= goalScope ? std::optional(50.0) : std::nullopt});
    report.add({.what = "the same, processor time", .value = median(processor), .unit = "ms"});
}

double residentMegabytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::strtod(line.c_str() + 6, nullptr) * 1024 / 1e6;
    return 0;
}

void measure(Report& report, const std::filesystem::path& path, int nodes,
             const std::filesystem::path& worker)
{
    inAnotherProcess([&] { writeChain(path, nodes / 2, channels); });
    const QTemporaryDir sessions;
    MainWindow window(worker, sessions.path());
    window.resize(1440, 900);
    window.show();
    window.graph().canvas().setAnimated(false);
    Watch watch(window);
    Workspace& workspace = window.workspace();
    Document& document = workspace.document();
    const Time opened = watch.measure([&] { window.openPath(fromPath(path)); });
    report.add({.what = fmt::format("{} nodes, the first picture", nodes),
                .value = opened.shown,
                .unit = "ms",
                .atMost = nodes == mostNodes ? std::optional(1000.0) : std::nullopt});
    report.add({.what = fmt::format("{} nodes, the first picture, processor time", nodes),
                .value = opened.processor,
                .unit = "ms"});
    QThread::msleep(beingGivenBack);
    report.add({.what = fmt::format("{} nodes, memory of the process", nodes),
                .value = residentMegabytes(),
                .unit = "MB",
                .atMost = nodes == mostNodes ? std::optional(250.0) : std::nullopt});

    const std::vector<const pleat::FoldCandidate*> candidates = document.current()->candidates();
    std::vector<pleat::FoldId> ids; // outlive their candidates
    for (const pleat::FoldCandidate* candidate : candidates)
        ids.push_back(candidate->id);
    // Fonts, glyphs and icons are made ready by whoever needs them first.
    Times first;
    first.add(watch.measure([&] { document.foldChosen({ids[ids.size() / 2]}); }));
    first.add(watch.measure([&] { document.undoStack().undo(); }));
    report.add({.what = fmt::format("{} nodes, the first edit of the window", nodes),
                .value = first.shown.front(),
                .unit = "ms"});
    const std::size_t each = std::min<std::size_t>(pairsEach, ids.size() / 3);
    const std::array places{std::pair{"the beginning", std::size_t{0}},
                            std::pair{"the middle", (ids.size() - each) / 2},
                            std::pair{"the end", ids.size() - each}};
    for (const auto& [place, start] : places) {
        Times fold, undo, redo, side;
        for (std::size_t i = start; i < start + each; ++i) {
            const pleat::FoldCandidate& pair = *document.current()->candidate(ids[i]);
            workspace.selectNode(pair.layer->id, pair.id, Workspace::Reveal::Yes);
            watch.settle();
            fold.add(watch.measure([&] { document.foldChosen({ids[i]}); }));
            undo.add(watch.measure([&] { document.undoStack().undo(); }));
            redo.add(watch.measure([&] { document.undoStack().redo(); }));
            side.add(watch.measure([&] { workspace.setSide(Side::Before); }));
            side.add(watch.measure([&] { workspace.setSide(Side::After); }));
        }
        add(report, nodes, fmt::format("fold one at {}", place), fold, true);
        add(report, nodes, fmt::format("undo it at {}", place), undo, true);
        add(report, nodes, fmt::format("redo it at {}", place), redo, true);
        add(report, nodes, fmt::format("Before | After at {}", place), side, false);
    }
    if (nodes > goalNodes)
        measureScopes(report, window, watch);
    Times all, back;
    for (int round = 0; round < allRounds; ++round) {
        all.add(watch.measure([&] { document.foldAll(); }));
        back.add(watch.measure([&] { document.undoStack().undo(); }));
    }
    add(report, nodes, "fold all", all, false);
    add(report, nodes, "undo that", back, false);
    window.session().end();
}

// From a click on a layer of ten million weights to WEIGHTS that show its ranges, before and after its fold.
void measureWeights(Report& report, const std::filesystem::path& path, const std::filesystem::path& worker)
{
    constexpr int layers = 9, wide = 3200;
    constexpr double weightsGoal = 50; // ms
    inAnotherProcess([&] { writeChain(path, layers, wide); });
    const QTemporaryDir sessions;
    MainWindow window(worker, sessions.path());
    window.resize(1440, 900);
    window.show();
    Watch watch(window);
    Workspace& workspace = window.workspace();
    watch.measure([&] { window.openPath(fromPath(path)); });
    auto& panel = window.panel<WeightsPanel>();
    Q_EMIT panel.wanted();
    watch.settle();
    std::vector<double> shown, processor;
    for (const pleat::FoldCandidate* candidate : workspace.document().current()->candidates()) {
        if (workspace.selection().value().fold == candidate->id)
            continue; // the window begins with it
        Painting painting(*panel.findChild<QWidget*>(u"weightsRanges"_s));
        QObject::connect(&panel, &WeightsPanel::shown, &painting, &Painting::await);
        const double start = wallSeconds(), processorStart = processorSeconds();
        workspace.selectNode(candidate->layer->id, candidate->id, Workspace::Reveal::Yes);
        while (!painting.isDone())
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
        shown.push_back((wallSeconds() - start) * 1000);
        processor.push_back((processorSeconds() - processorStart) * 1000);
        watch.settle();
    }
    shown.erase(shown.begin());
    processor.erase(processor.begin()); // fonts and pages are made ready by the first
    report.add({.what = fmt::format("a pair of {:.1f} million weights", wide * wide / 1e6),
                .value = median(shown),
                .unit = "ms",
                .atMost = weightsGoal});
    report.add({.what = "the same, processor time", .value = median(processor), .unit = "ms"});
    window.session().end();
}

} // namespace

int main(int argc, char** argv)
{
    if (const auto code = pleat::runAsWorker(argc, argv))
        return *code;
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    Report report("window", argc, argv);
    const QApplication application(argc, argv);
    QStandardPaths::setTestModeEnabled(true); // nobody's settings
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    std::vector<int> sizes;
    for (int i = 1; i < argc; ++i)
        sizes.push_back(std::atoi(argv[i]));
    if (sizes.empty())
        sizes = {mostNodes, scopesNodes, goalNodes, 1000}; // the memory of the first window is its own
    const Scratch scratch;
    report.heading("From an edit to the window that shows it, a chain of Conv and BatchNormalization");
    for (const int nodes : sizes)
        if (nodes > 0)
            measure(report, scratch.path() / "chain.onnx", std::max(6, nodes),
                    toPath(QCoreApplication::applicationFilePath()));
    report.heading("From a click on a layer to its weights before and after");
    measureWeights(report, scratch.path() / "weights.onnx", toPath(QCoreApplication::applicationFilePath()));
    return report.finish();
}
