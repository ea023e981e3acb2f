// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelReader.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/SceneBuilder.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldLook.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>
#include <algorithm>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

class TestSceneBuilder final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    NoProgress m_progress;
    ValueTypes m_types;

    SnapshotPointer open(const QString& path)
    {
        auto model = openModel(toPath(path), m_progress, {});
        if (!model)
            qFatal("%s", model.error().message.c_str());
        m_types = declaredTypes(model->model);
        auto snapshot = makeSnapshot(std::move(model->model), m_progress, {});
        return snapshot ? *snapshot : nullptr;
    }
    SnapshotPointer snapshotOf(const std::string& bytes)
    {
        const auto* start = reinterpret_cast<const std::byte*>(bytes.data());
        auto model =
            openModel(std::make_shared<const std::vector<std::byte>>(start, start + bytes.size()), "m");
        if (!model)
            qFatal("%s", model.error().message.c_str());
        auto snapshot = makeSnapshot(std::move(model->model), m_progress, {});
        return snapshot ? *snapshot : nullptr;
    }
    BuiltScene build(const Snapshot& shown, const Snapshot& current, const SceneDetails& details = {})
    {
        auto built = buildScene({*shown.view}, foldMarks(shown, current, {}), m_types, ui::Direction::TopDown,
                                details, {});
        if (!built)
            qFatal("stopped");
        return std::move(*built);
    }
    static auto titled(const BuiltScene& built, const char* title)
    {
        return std::count_if(
            built.scene.nodes.begin(), built.scene.nodes.end(),
            [title](const SceneNode& node) { return node.title == QLatin1StringView(title); });
    }
    static auto frames(const BuiltScene& built, FoldState state)
    {
        return std::count_if(built.scene.frames.begin(), built.scene.frames.end(),
                             [state](const SceneFrame& frame) { return frame.look == lookOf(state); });
    }

private Q_SLOTS:
    void drawsInputsNodesAndOutputs()
    {
        const auto snapshot = open(modelWithoutBatchNorms(m_folder));
        const BuiltScene built = build(*snapshot, *snapshot);
        QCOMPARE(built.scene.nodes.size(), std::size_t(3));
        QCOMPARE(built.items.size(), std::size_t(3));
        QCOMPARE(built.scene.nodes[0].category, Category::GraphInput);
        QCOMPARE(built.scene.nodes[0].title, QStringLiteral("x  ·  float"));
        QCOMPARE(built.scene.nodes[2].category, Category::GraphOutput);
        QCOMPARE(built.scene.edges.size(), std::size_t(2));
        QCOMPARE(built.scene.edges[0].tensorName, QStringLiteral("x"));
        QCOMPARE(built.scene.edges[0].label, QStringLiteral("1×3×8×8"));
        QCOMPARE(built.scene.edges[1].label, QStringLiteral("1×4×8×8"));
    }

    void writesWeightsIntoTheNodeThatReadsThem()
    {
        for (const QString& path : {modelWithoutBatchNorms(m_folder), modelWithConstantNodes(m_folder)}) {
            const auto snapshot = open(path);
            const BuiltScene built = build(*snapshot, *snapshot);
            QCOMPARE(built.scene.nodes.size(), std::size_t(3)); // no Constant, no Identity
            const SceneNode& conv = built.scene.nodes[1];
            QCOMPARE(conv.title, QStringLiteral("Conv"));
            QCOMPARE(conv.rows.size(), std::size_t(2));
            QCOMPARE(conv.rows[0].name, QStringLiteral("W"));
            QCOMPARE(conv.rows[0].shape, QStringLiteral("4 × 3 × 1 × 1"));
            QCOMPARE(conv.rows[1].name, QStringLiteral("B"));
            QCOMPARE(conv.rows[1].shape, QStringLiteral("4"));
        }
    }

    void leavesWeightsOutAndNamesInOnDemand()
    {
        const auto snapshot = open(modelWithoutBatchNorms(m_folder));
        const BuiltScene built =
            build(*snapshot, *snapshot, {.weights = false, .attributes = false, .names = true});
        QVERIFY(built.scene.nodes[1].rows.empty());
        QVERIFY(built.scene.nodes[1].title.endsWith(QStringLiteral("conv")));
    }

    void readsPastWhatIsLeftOut()
    {
        const SnapshotPointer snapshot = snapshotOfPairs(2);
        SceneDetails details;
        details.leftOut = {"Relu"};
        const BuiltScene built = build(*snapshot, *snapshot, details);
        QCOMPARE(titled(built, "Relu"), 0);
        QStringList edges;
        for (const SceneEdge& edge : built.scene.edges)
            edges += built.scene.nodes[edge.from].title + u'>' + built.scene.nodes[edge.to].title;
        const QString input = built.scene.nodes[0].title;
        const QString output = built.scene.nodes[built.scene.nodes.size() - 1].title;
        QCOMPARE(edges,
                 (QStringList{input + u">Conv"_s, u"Conv>BatchNormalization"_s, u"BatchNormalization>Conv"_s,
                              u"Conv>BatchNormalization"_s, u"BatchNormalization>"_s + output}));
        QCOMPARE(built.scene.frames.size(), std::size_t(2));
    }

    // A sum that is left out lets a line pass from each of its summands.
    void readsPastAllInputsOfWhatIsLeftOut()
    {
        pleat::test::ModelBuilder model;
        model.input("x", {1, 4}).node("Relu", {"x"}, {"a"}, {}, "a").node("Sigmoid", {"x"}, {"b"}, {}, "b");
        model.node("Add", {"a", "b"}, {"sum"}, {}, "sum").node("Add", {"sum", "a"}, {"more"}, {}, "more");
        model.node("Tanh", {"more"}, {"y"}, {}, "tanh").output();
        const SnapshotPointer snapshot = snapshotOf(model.bytes());
        SceneDetails details;
        details.leftOut = {"Add"};
        const BuiltScene built = build(*snapshot, *snapshot, details);
        QStringList into;
        std::set<std::pair<quint32, quint32>> ports;
        for (const SceneEdge& edge : built.scene.edges) {
            ports.emplace(edge.to, edge.toPort);
            if (built.scene.nodes[edge.to].title == u"Tanh"_s)
                into += built.scene.nodes[edge.from].title;
        }
        QCOMPARE(into, QStringList({u"Relu"_s, u"Sigmoid"_s}));
        QCOMPARE(ports.size(), built.scene.edges.size());
    }

    void leavesOutWhatOnlyComputesShapes()
    {
        pleat::test::ModelBuilder model;
        model.input("x", {"N", 4, 2, 2}).node("Shape", {"x"}, {"sizes"}, {}, "shape");
        model.shapeConstant("first", {0});
        model.node("Gather", {"sizes", "first"}, {"batch"}, {}, "gather");
        model.shapeConstant("rest", {-1});
        model.node("Concat", {"batch", "rest"}, {"wanted"}, {{"axis", 0}}, "concat");
        model.node("Reshape", {"x", "wanted"}, {"y"}, {}, "reshape").output();
        const SnapshotPointer snapshot = snapshotOf(model.bytes());
        QCOMPARE(shapeComputations({*snapshot->view}).size(), std::size_t(3));
        QCOMPARE(build(*snapshot, *snapshot).scene.nodes.size(), std::size_t(6));
        SceneDetails details;
        details.shapes = false;
        const BuiltScene built = build(*snapshot, *snapshot, details);
        QCOMPARE(built.scene.nodes.size(), std::size_t(3)); // x, Reshape, y
        QCOMPARE(built.scene.edges.size(), std::size_t(2));
    }

    void framesEveryCandidate()
    {
        const auto snapshot = open(sampleModel());
        const BuiltScene built = build(*snapshot, *snapshot);
        QCOMPARE(titled(built, "Constant"), 0);
        QCOMPARE(titled(built, "BatchNormalization"), 14);
        QCOMPARE(built.marks.size(), built.scene.frames.size());
        QCOMPARE(frames(built, FoldState::CanFold), 13);
        QCOMPARE(frames(built, FoldState::Blocked), 1);
        for (const SceneFrame& frame : built.scene.frames)
            QVERIFY(!frame.badge.isEmpty());
    }

    void framesWhatWasFoldedOnBothSides()
    {
        const auto opened = open(sampleModel());
        const auto folded =
            stepSnapshot(opened, FoldStep{{{opened->candidates().front()->id}}, {}}, m_progress, {});
        QVERIFY(folded.has_value());
        const BuiltScene after = build(*folded->snapshot, *folded->snapshot);
        QCOMPARE(titled(after, "BatchNormalization"), 13);
        QCOMPARE(frames(after, FoldState::Folded), 1);
        QCOMPARE(frames(after, FoldState::CanFold), 12);
        const BuiltScene before = build(*opened, *folded->snapshot);
        QCOMPARE(titled(before, "BatchNormalization"), 14);
        QCOMPARE(frames(before, FoldState::Folded), 1);
        QCOMPARE(frames(before, FoldState::CanFold), 12);
    }

    void drawsABodyAsAPageOfItsOwn()
    {
        using pleat::test::ModelBuilder;
        ModelBuilder inner, other, outer;
        inner.from("x", 3).conv("conv", {}).batchNorm("bn").relu().output();
        other.from("x", 3).conv("other", {.out = 4}).output();
        outer.input("cond", {}, DataType::Bool).input("x", {1, 3, 8, 8});
        outer.node("If", {"cond"}, {"y"}, {{"then_branch", inner.body()}, {"else_branch", other.body()}});
        const QString path = m_folder.filePath(u"if.onnx"_s);
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(outer.bytes()));
        file.close();
        const SnapshotPointer snapshot = open(path);
        const GraphView& view = *snapshot->view;
        const auto marks = foldMarks(*snapshot, *snapshot, {});
        const auto page = [&](ScopeIndex scope) {
            return *buildScene({view, scope}, marks, m_types, ui::Direction::TopDown, {}, {});
        };
        const BuiltScene main = page(ScopeIndex::Main);
        QCOMPARE(titled(main, "If"), 1);
        QCOMPARE(titled(main, "Conv"), 0);
        QCOMPARE(main.scene.frames.size(), std::size_t(0));
        int bodies = 0;
        for (std::uint32_t i = 1; i < view.scopes().size(); ++i) {
            if (view.scopes()[i].nodes.size() != 3)
                continue;
            const BuiltScene body = page(ScopeIndex{i});
            ++bodies;
            QCOMPARE(titled(body, "x"), 1); // read from outside: an input of the page
            QCOMPARE(titled(body, "Conv"), 1);
            QCOMPARE(titled(body, "Relu"), 1);
            QCOMPARE(titled(body, "If"), 0);
            QCOMPARE(body.scene.nodes.size(), std::size_t(5)); // those, the batch norm, and the output
            QCOMPARE(body.scene.edges.size(), std::size_t(4));
            QCOMPARE(frames(body, FoldState::CanFold), 1);
        }
        QCOMPARE(bodies, 1);
    }

    void keepsTheKeysOfWhatSurvivesAFold()
    {
        const auto opened = open(sampleModel());
        const auto folded =
            stepSnapshot(opened, FoldStep{{{opened->candidates().front()->id}}, {}}, m_progress, {});
        QVERIFY(folded.has_value());
        const auto keys = [](const BuiltScene& built) {
            std::vector<quint32> result;
            for (const SceneNode& node : built.scene.nodes)
                result.push_back(node.key);
            std::sort(result.begin(), result.end());
            return result;
        };
        const auto before = keys(build(*opened, *opened));
        const auto after = keys(build(*folded->snapshot, *folded->snapshot));
        QCOMPARE(after.size(), before.size() - 1);
        QVERIFY(std::includes(before.begin(), before.end(), after.begin(), after.end()));
        QVERIFY(std::adjacent_find(before.begin(), before.end()) == before.end());
    }

    void stopsWhenItIsTold()
    {
        const auto snapshot = open(sampleModel());
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(!buildScene({*snapshot->view}, foldMarks(*snapshot, *snapshot, {}), m_types,
                            ui::Direction::TopDown, {}, stop.get_token()));
    }

    void buildsTheOpenedModelOfManyFoldsInTimeThatGrowsWithTheirNumber()
    {
        const auto seconds = [&](int pairs) {
            const SnapshotPointer opened = snapshotOfPairs(pairs);
            const auto all = stepSnapshot(opened, FoldStep{}, m_progress, {});
            if (!all)
                return -1.0;
            QElapsedTimer clock;
            clock.start();
            const auto built = buildScene({*opened->view}, foldMarks(*opened, *all->snapshot, {}), m_types,
                                          ui::Direction::TopDown, {}, {});
            return built ? double(clock.nsecsElapsed()) * 1e-9 : -1;
        };
        seconds(500);
        const double some = seconds(1'000);
        const double many = seconds(16'000);
        QVERIFY(some > 0 && many > 0);
        // Sixteen times as many: 16 times as long or a little more, where it was 256 times.
        QVERIFY2(many < 0.2 || many < 64 * some,
                 qPrintable(QStringLiteral("%1 s, %2 s").arg(some).arg(many)));
    }
};

QTEST_MAIN(TestSceneBuilder)
#include "test_scene_builder.moc"
