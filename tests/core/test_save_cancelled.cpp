// SPDX-License-Identifier: GPL-3.0-or-later
// Cancelling at every report of progress, and trouble with the source at every report: nothing is left
// behind, the target is what it was, and no weight of another file gets into the model.
#include "core/fold/Fold.h"
#include "support/SaveScene.h"
#include "support/SystemCalls.h"

#include <QtTest>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

using namespace pleat;
using namespace pleat::test;

namespace fs = std::filesystem;

namespace {

// Does something at the n-th report.
class AtNth final : public Progress {
public:
    AtNth(int nth, std::function<void()> act) : m_nth(nth), m_act(std::move(act)) {}
    void advance(std::uint64_t, std::uint64_t) override
    {
        if (++m_count == m_nth)
            m_act();
    }
    bool came() const { return m_count >= m_nth; }

private:
    int m_nth;
    int m_count = 0;
    std::function<void()> m_act;
};

// Runs `work` with a stop at its first report, its second, … until it ends before. The number of stops; -1
// when one was not obeyed.
template<class Work>
int stopsObeyed(Work&& work)
{
    for (int nth = 1;; ++nth) {
        std::stop_source stop;
        AtNth progress(nth, [&] { stop.request_stop(); });
        const auto done = work(progress, stop.get_token());
        if (!progress.came())
            return done ? nth - 1 : -1;
        if (!done && done.error().code != ErrorCode::Cancelled)
            return -1;
    }
}

// What another program may do to a file that is open here.
struct Trouble {
    const char* name;
    void (*act)(const fs::path&);
    bool isChange; // false: the open descriptor still has the old bytes
};

const std::vector<Trouble>& troubles()
{
    static const std::vector<Trouble> all{
        {"truncated", [](const fs::path& file) { fs::resize_file(file, 0); }, true},
        {"longer by a byte", [](const fs::path& file) { std::ofstream(file, std::ios::app) << 'x'; }, true},
        {"rewritten in place",
         [](const fs::path& file) {
             const auto size = fs::file_size(file);
             std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
             stream.seekp(static_cast<std::streamoff>(size / 2));
             stream << std::string(size / 2, 'x');
         },
         true},
        {"deleted", [](const fs::path& file) { fs::remove(file); }, false},
        {"replaced",
         [](const fs::path& file) {
             const fs::path other = file.string() + ".other";
             std::ofstream(other) << "another model";
             fs::rename(other, file);
         },
         false},
    };
    return all;
}

} // namespace

class TestSaveCancelled : public QObject {
    Q_OBJECT

private slots:
    void opensOrStops();
    void foldsOrStops();
    void savesOrLeavesNothing_data();
    void savesOrLeavesNothing();
    void noticesTroubleWithTheSource_data();
    void noticesTroubleWithTheSource();
};

void TestSaveCancelled::opensOrStops()
{
    const SaveScene scene({.over = SaveKind::Over::Nothing});
    const int stops = stopsObeyed([&](Progress& progress, std::stop_token stop) {
        return openModel(scene.path("source.onnx"), progress, std::move(stop));
    });
    QVERIFY(stops > 0);
    QVERIFY(scene.files() == scene.before());
}

void TestSaveCancelled::foldsOrStops()
{
    const SaveScene scene({.over = SaveKind::Over::Nothing});
    const auto view = GraphView::of(open(scene.path("source.onnx"))->model);
    const int finding = stopsObeyed([&](Progress& progress, std::stop_token stop) {
        return findFolds(view, {}, progress, std::move(stop));
    });
    const int folding = stopsObeyed([&](Progress& progress, std::stop_token stop) {
        return fold(view, {}, {}, progress, std::move(stop));
    });
    const int measuring = stopsObeyed([&](Progress& progress, std::stop_token stop) {
        NoProgress quiet;
        auto outcome = fold(view, {}, {}, quiet, {});
        return measureRanges(view->model(), *outcome, progress, std::move(stop));
    });
    QVERIFY(finding > 0 && folding > 0 && measuring > 0);
    QVERIFY(scene.files() == scene.before());
}

void TestSaveCancelled::savesOrLeavesNothing_data()
{
    QTest::addColumn<int>("kind");
    const auto kinds = saveKinds();
    for (std::size_t at = 0; at < kinds.size(); ++at)
        QTest::newRow(kinds[at].name().c_str()) << static_cast<int>(at);
}

void TestSaveCancelled::savesOrLeavesNothing()
{
    QFETCH(int, kind);
    const SaveKind saveKind = saveKinds()[static_cast<std::size_t>(kind)];
    const SaveScene scene(saveKind);
    const Interference withoutFlushing;
    bool isClean = true;
    const int stops = stopsObeyed([&](Progress& progress, std::stop_token stop) {
        const auto saved = scene.save(progress, std::move(stop));
        isClean = isClean && (saved || scene.files() == scene.before());
        return saved;
    });
    QVERIFY(stops > 5);
    QVERIFY(isClean);
    QVERIFY(scene.files() == SaveScene::after(saveKind));
}

void TestSaveCancelled::noticesTroubleWithTheSource_data()
{
    savesOrLeavesNothing_data();
}

void TestSaveCancelled::noticesTroubleWithTheSource()
{
    QFETCH(int, kind);
    const SaveKind saveKind = saveKinds()[static_cast<std::size_t>(kind)];
    const auto after = SaveScene::after(saveKind);
    const Interference withoutFlushing;
    int noticed = 0;
    for (const Trouble& trouble : troubles()) {
        for (const std::string& source : SaveScene(saveKind).sources()) {
            bool came = true;
            for (int nth = 0; came; ++nth) { // 0: before the save begins
                const SaveScene scene(saveKind);
                SaveScene::Files expected;
                const auto act = [&] {
                    trouble.act(scene.path(source));
                    expected = scene.files();
                    std::erase_if(expected,
                                  [&](const auto& file) { return !scene.before().contains(file.first); });
                };
                AtNth progress(nth, act);
                if (nth == 0)
                    act();
                const auto saved = scene.save(progress, {});
                came = progress.came();
                const std::string what = source + " " + trouble.name + " at report " + std::to_string(nth) +
                                         (saved ? ", saved" : ": " + saved.error().message);
                if (saved) {
                    // All that was read had been read before; or the descriptor still has the old bytes.
                    QVERIFY2(scene.wholeTarget(scene.files()) == scene.wholeTarget(after), what.c_str());
                    QVERIFY2(nth > 0 || !trouble.isChange, what.c_str());
                } else {
                    // Only a model that refers to the very file cannot do without it.
                    QVERIFY2(trouble.isChange || source == "weights.bin", what.c_str());
                    QVERIFY2(nth > 0 || trouble.isChange, what.c_str());
                    QVERIFY2(saved.error().code == ErrorCode::Changed, what.c_str());
                    QVERIFY2(saved.error().message.find(source) != std::string::npos, what.c_str());
                    QVERIFY2(scene.files() == expected, what.c_str());
                    ++noticed;
                }
            }
        }
    }
    QVERIFY(noticed > 10);
}

QTEST_APPLESS_MAIN(TestSaveCancelled)
#include "test_save_cancelled.moc"
