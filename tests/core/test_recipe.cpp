// SPDX-License-Identifier: GPL-3.0-or-later
// Steps and recipes: what is written is read again, what is no recipe is said, and a replay gives the bytes
// that the same steps gave, on the model itself, on a renamed copy and on a similar model.
#include "core/io/Digest.h"
#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "core/recipe/Recipe.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/SmallModels.h"

#include <QCryptographicHash>
#include <QTest>
#include <random>

using namespace pleat;
using namespace pleat::test;

namespace {

// Four pairs, one of them only together with another, and a batch norm that stays.
ModelBuilder network(std::uint32_t seed = 1)
{
    ModelBuilder model(seed);
    model.input("x", {1, 3, 12, 12}).conv("c1", {}).batchNorm("bn1").relu();
    model.conv("c2", {.in = 4}).batchNorm("bn2").batchNorm("bn2b").relu();
    model.conv("c3", {.in = 4, .group = 4}).affine("Mul", "scale", {4, 1, 1}).relu();
    return model.conv("c4", {.in = 4}).batchNorm("bn4").then("Sigmoid", "gate").batchNorm("bn5");
}

std::vector<FoldId> foldableIds(const std::string& bytes)
{
    std::vector<FoldId> ids;
    const auto candidates = candidatesOf(bytes);
    for (std::size_t c = 0; candidates && c < candidates->size(); ++c) {
        if ((*candidates)[c].foldable)
            ids.push_back((*candidates)[c].id);
    }
    return ids;
}

Result<Replay> replayed(const Recipe& recipe, const std::string& bytes, OnRefusal onRefusal = OnRefusal::Stop)
{
    const auto view = viewOf(bytes);
    if (!view)
        return failure(ErrorCode::Unreadable, view.error());
    NoProgress quiet;
    return replay(recipe, *view, onRefusal, quiet, {});
}

std::string savedAfter(const Recipe& recipe, const std::string& bytes)
{
    const auto replay = replayed(recipe, bytes);
    if (!replay)
        return replay.error().message;
    return replay->complete() ? savedBytes(replay->view->model()).value_or("not saved") : "not complete";
}

std::string problemOf(std::string_view text)
{
    const auto recipe = parseRecipe(text, "r.json");
    return recipe ? "" : recipe.error().message;
}

} // namespace

class RecipeTest final : public QObject {
    Q_OBJECT

private slots:
    void isReadAsItWasWritten()
    {
        Recipe recipe;
        recipe.source = {"m \"1\".onnx", std::uint64_t{1} << 60, std::string(64, 'a')};
        recipe.steps.emplace_back(FoldStep{});
        recipe.steps.emplace_back(FoldStep{std::vector<FoldId>{"a", "n\303\251e:b\n\"", ""}, {}});
        recipe.steps.emplace_back(FoldStep{std::vector<FoldId>{}, {}});
        for (bool FoldOptions::*option :
             {&FoldOptions::allowOverflow, &FoldOptions::constantsToo, &FoldOptions::quantizedToo,
              &FoldOptions::padUniform, &FoldOptions::freezeInputs}) {
            FoldStep step;
            step.options.*option = true;
            recipe.steps.emplace_back(step);
            recipe.steps.emplace_back(CanonicalizeStep{Rest::MulAdd, step.options});
        }
        recipe.steps.emplace_back(CanonicalizeStep{});
        recipe.steps.emplace_back(FreezeInputsStep{});
        const auto read = parseRecipe(recipeText(recipe), "r.json");
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QVERIFY(read->source == recipe.source);
        QVERIFY(read->steps == recipe.steps);
        QCOMPARE(recipeText(*read), recipeText(recipe));
        const auto without = parseRecipe(recipeText({}), "r.json");
        QVERIFY(without && !without->source && without->steps.empty());
    }

    void isKeptInAFile()
    {
        const Folder folder;
        Recipe recipe;
        recipe.steps.emplace_back(FoldStep{std::vector<FoldId>{"a"}, {}});
        QVERIFY(writeRecipe(recipe, folder.path("r.json")));
        const auto read = readRecipe(folder.path("r.json"));
        QVERIFY(read && read->steps == recipe.steps);
        QCOMPARE(folder.names(), std::vector<std::string>{"r.json"});
        QVERIFY(!readRecipe(folder.path("missing.json")));
    }

    void saysWhatIsNoRecipe_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("nothing") << QByteArray() << QByteArray("it is no JSON");
        QTest::newRow("cut off") << QByteArray(R"({"version": 1, "steps": [)") << QByteArray("it is no JSON");
        QTest::newRow("not UTF-8") << QByteArray(
                                          "{\"version\": 1, \"steps\": [{\"fold\": {\"ids\": [\"\xff\"]}}]}")
                                   << QByteArray("it is no JSON");
        QTest::newRow("other") << QByteArray("[1]") << QByteArray("it is no recipe");
        QTest::newRow("newer") << QByteArray(R"({"version": 2, "steps": []})")
                               << QByteArray("its version is 2");
        QTest::newRow("version") << QByteArray(R"({"version": "1", "steps": []})")
                                 << QByteArray("its version is");
        QTest::newRow("steps") << QByteArray(R"({"version": 1, "steps": {}})")
                               << QByteArray("must be a list");
        QTest::newRow("key") << QByteArray(R"({"version": 1, "steps": [], "x": 1})")
                             << QByteArray("\"x\" is not known");
        QTest::newRow("kind") << QByteArray(R"({"version": 1, "steps": [{"fold": {}}, {"melt": {}}]})")
                              << QByteArray("step 2: \"melt\" is not a kind");
        QTest::newRow("two kinds") << QByteArray(R"({"version": 1, "steps": [{"fold": {}, "prepare": {}}]})")
                                   << QByteArray("step 1: it must be an object with one key");
        QTest::newRow("parameter") << QByteArray(R"({"version": 1, "steps": [{"fold": {"id": []}}]})")
                                   << QByteArray("step 1: \"id\" is not known");
        QTest::newRow("ids") << QByteArray(R"({"version": 1, "steps": [{"fold": {"ids": [1]}}]})")
                             << QByteArray("step 1: \"ids\" must be a list of strings");
        QTest::newRow("flag") << QByteArray(R"({"version": 1, "steps": [{"fold": {"qdq": 1}}]})")
                              << QByteArray("step 1: \"qdq\" must be true or false");
        QTest::newRow("form") << QByteArray(R"({"version": 1, "steps": [{"normalize_rest": {"form": 3}}]})")
                              << QByteArray("step 1: \"form\" must be");
        QTest::newRow("source") << QByteArray(
                                       R"({"version": 1, "steps": [], "source": {"file": "m", "bytes": -1}})")
                                << QByteArray("its \"source\" must have");
        QTest::newRow("deep") << QByteArray(1000000, '[') << QByteArray("it is no JSON");
    }

    void saysWhatIsNoRecipe()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const QByteArray, says);
        const std::string problem = problemOf({text.data(), static_cast<std::size_t>(text.size())});
        QVERIFY2(problem.find(says.toStdString()) != std::string::npos, problem.c_str());
        QVERIFY2(problem.starts_with("r.json cannot be read as a recipe: "), problem.c_str());
    }

    // The truth is another implementation's.
    void digestsAreThoseOfOthers()
    {
        const Folder folder;
        for (const std::size_t size : {0, 3, 1 << 20, 2500001}) {
            std::string bytes(size, '\0');
            for (std::size_t b = 0; b < size; ++b)
                bytes[b] = static_cast<char>(b * 7 + b / 251);
            const auto file = File::open(folder.write("f", bytes));
            NoProgress quiet;
            const auto digest = sha256(**file, quiet, {});
            QVERIFY(digest);
            QCOMPARE(QByteArray::fromStdString(*digest),
                     QCryptographicHash::hash(QByteArray::fromStdString(bytes), QCryptographicHash::Sha256)
                         .toHex());
        }
        std::stop_source stop;
        stop.request_stop();
        NoProgress quiet;
        QCOMPARE(sha256(**File::open(folder.path("f")), quiet, stop.get_token()).error().code,
                 ErrorCode::Cancelled);
    }

    void aReplayGivesTheBytesOfTheFirstTime()
    {
        const std::string bytes = network().bytes();
        std::vector<FoldId> ids = foldableIds(bytes);
        QCOMPARE(ids.size(), std::size_t{4});
        std::mt19937 random(3);
        for (int order = 0; order < 6; ++order) {
            Recipe recipe;
            // One by one, as in the window, each on the model that the last one left.
            std::string model = bytes;
            auto view = *viewOf(bytes);
            NoProgress quiet;
            for (const FoldId& id : ids) {
                recipe.steps.emplace_back(FoldStep{std::vector{id}, {.constantsToo = true}});
                const auto outcome = fold(view, std::vector{id}, {.constantsToo = true}, quiet, {});
                QVERIFY2(outcome, outcome ? "" : outcome.error().message.c_str());
                view = GraphView::of(outcome->after);
            }
            const std::string expected = *savedBytes(view->model());
            QVERIFY(expected != bytes);
            QVERIFY(savedAfter(recipe, bytes) == expected);
            const auto again = parseRecipe(recipeText(recipe), "r.json");
            QVERIFY(again && savedAfter(*again, bytes) == expected);
            std::ranges::shuffle(ids, random);
        }
    }

    void inputsAreFrozen()
    {
        const std::string bytes = network().ir(4).listInitializersAsInputs().bytes();
        Recipe all, apart;
        all.steps.emplace_back(FoldStep{{}, {.freezeInputs = true}});
        apart.steps.emplace_back(FreezeInputsStep{});
        apart.steps.emplace_back(FoldStep{});
        const std::string folded = savedAfter(all, bytes);
        QVERIFY(savedAfter(apart, bytes) == folded);
        onnx::ModelProto before, after;
        QVERIFY(before.ParseFromString(bytes) && after.ParseFromString(folded));
        QVERIFY(before.graph().input_size() > 10);
        QCOMPARE(after.graph().input_size(), 1);
        const auto replay = replayed(apart, bytes);
        QCOMPARE(replay->steps[0].changed, static_cast<std::size_t>(before.graph().input_size() - 1));
    }

    void aReplayServesASimilarModel()
    {
        const std::string trained = network(1).bytes(), again = network(2).bytes();
        Recipe recipe;
        recipe.steps.emplace_back(FoldStep{foldableIds(trained), {}});
        recipe.steps.emplace_back(CanonicalizeStep{});
        const std::string after = savedAfter(recipe, again);
        QCOMPARE(differenceInRuns(again, after), std::string());
        onnx::ModelProto model;
        QVERIFY(model.ParseFromString(after));
        QCOMPARE(countNodes(model, "BatchNormalization"), 1);
    }

    void aStepThatDoesNotFitIsRefused()
    {
        const std::string bytes = network().bytes();
        const auto ids = foldableIds(bytes);
        Recipe recipe;
        recipe.steps.emplace_back(FoldStep{std::vector{ids.front()}, {}});
        recipe.steps.emplace_back(FoldStep{std::vector<FoldId>{"nobody"}, {}});
        recipe.steps.emplace_back(FoldStep{std::vector{ids.back()}, {}});
        using Status = ReplayedStep::Status;
        const auto stopped = replayed(recipe, bytes);
        QVERIFY(stopped && !stopped->complete());
        QCOMPARE(stopped->steps[0].status, Status::Applied);
        QCOMPARE(stopped->steps[1].status, Status::Refused);
        QVERIFY(stopped->steps[1].error.message.find("nobody") != std::string::npos);
        QCOMPARE(stopped->steps[2].status, Status::NotReached);
        const auto wentOn = replayed(recipe, bytes, OnRefusal::GoOn);
        QVERIFY(wentOn && !wentOn->complete());
        QCOMPARE(wentOn->steps[2].status, Status::Applied);
        QCOMPARE(wentOn->steps[2].what.text(), std::string("folded bn4 into c4"));
        Recipe twice;
        twice.steps = {recipe.steps[0], recipe.steps[0]};
        QVERIFY(replayed(twice, bytes)->steps[1].status == Status::Refused);
    }

    void nothingToDoIsSaidAndLeavesTheBytes()
    {
        const std::string bytes = ModelBuilder().input("x", {1, 3, 4, 4}).relu().bytes();
        Recipe recipe;
        recipe.steps.emplace_back(FoldStep{});
        recipe.steps.emplace_back(CanonicalizeStep{});
        const auto replay = replayed(recipe, bytes);
        QVERIFY(replay && replay->complete());
        QCOMPARE(replay->steps[0].what.text(), std::string("there was nothing to fold"));
        QVERIFY(savedAfter(recipe, bytes) == bytes);
    }
};

QTEST_APPLESS_MAIN(RecipeTest)
#include "test_recipe.moc"
