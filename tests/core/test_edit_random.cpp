// SPDX-License-Identifier: GPL-3.0-or-later
// Random sequences of edits by hand on random graphs: PLEAT_EDIT_STEPS_GRAPHS says on how many (20),
// PLEAT_EDIT_STEPS_SEED where to start.
#include "core/model/Validator.h"
#include "core/recipe/Recipe.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomGraph.h"
#include "tests/core/support/RandomSteps.h"

#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <random>

using namespace pleat;
using namespace pleat::test;

class EditRandomTest final : public QObject {
    Q_OBJECT

    // Such that the checker has nothing to say of what is made with them.
    static void writeModels(const std::filesystem::path& folder)
    {
        std::uint32_t seed = 1000;
        for (std::size_t m = 0; m < mergedModels; ++m) {
            onnx::ModelProto model = randomModel(++seed);
            while (!whatTheCheckerSays(model).empty())
                model = randomModel(++seed);
            std::ofstream(folder / mergedModel(m), std::ios::binary) << model.SerializeAsString();
        }
    }

private slots:
    // Every edit that is let pass leaves a valid model that the checker takes, and all of them once more,
    // from the recipe, leave the same bytes; the first model is what it was.
    void randomEditsKeepEveryInvariant()
    {
        const int graphs = fromEnvironment("PLEAT_EDIT_STEPS_GRAPHS", 20);
        const int first = fromEnvironment("PLEAT_EDIT_STEPS_SEED", 1);
        const QTemporaryDir folder;
        writeModels(folder.path().toStdString());
        std::size_t applied = 0;
        for (int g = first; g < first + graphs; ++g) {
            std::mt19937 random(static_cast<std::uint32_t>(g));
            const onnx::ModelProto proto = randomModel(static_cast<std::uint32_t>(g));
            const std::string bytes = proto.SerializeAsString();
            const auto start = viewOf(bytes);
            QVERIFY(start);
            auto view = *start;
            Recipe recipe;
            bool shapesKnown = true;
            for (int s = 0; s < 30; ++s) {
                const EditStep step = randomStep(*view, random, folder.path().toStdString());
                const auto made = applyEdit(step, view, {});
                if (!made) {
                    QVERIFY2(made.error().code == ErrorCode::Usage, made.error().message.c_str());
                    continue;
                }
                const auto valid = validate(made->after);
                QVERIFY2(valid, describe(step).text().c_str());
                view = GraphView::of(made->after);
                // Of such an output the checker wants more than anybody knows.
                shapesKnown = shapesKnown && std::ranges::find(made->findings, "shape-unknown",
                                                               &Finding::code) == made->findings.end();
                recipe.steps.emplace_back(step);
                ++applied;
            }
            const std::string edited = savedBytes(view->model()).value_or("");
            onnx::ModelProto after;
            QVERIFY(after.ParseFromString(edited));
            // Of newer operators it knows older definitions, which may take less.
            const auto newest = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second;
            const std::string says = (*start)->model().opset() > newest ? "" : whatTheCheckerSays(after);
            QVERIFY2(says.empty() || !shapesKnown || !whatTheCheckerSays(proto).empty(),
                     (std::to_string(g) + ": " + says + recipeText(recipe)).c_str());
            NoProgress quiet;
            const auto again = parseRecipe(recipeText(recipe), "r.json");
            QVERIFY(again);
            const auto replayed = replay(*again, *start, OnRefusal::Stop, quiet, {});
            QVERIFY(replayed && replayed->complete());
            QVERIFY(savedBytes(replayed->view->model()) == edited);
            QVERIFY(savedBytes((*start)->model()) == bytes);
        }
        QVERIFY(applied > static_cast<std::size_t>(graphs) * 10);
    }
};

QTEST_APPLESS_MAIN(EditRandomTest)
#include "test_edit_random.moc"
