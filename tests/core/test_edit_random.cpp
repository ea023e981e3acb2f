// SPDX-License-Identifier: GPL-3.0-or-later
// Random sequences of edits by hand on random graphs: PLEAT_EDIT_STEPS_GRAPHS says on how many (20),
// PLEAT_EDIT_STEPS_SEED where to start.
#include "core/model/Validator.h"
#include "core/recipe/Recipe.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomEdits.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <random>

using namespace pleat;
using namespace pleat::test;

namespace {

std::string randomTensor(const GraphView& view, std::mt19937& random)
{
    const auto value = static_cast<ValueIndex>(random() % view.valueCount());
    return view.exists(value) ? std::string(view.name(value)) : "nobody";
}

std::string randomNode(const GraphView& view, std::mt19937& random)
{
    const auto& nodes = view.scopes()[random() % view.scopes().size()].nodes;
    return nodes.empty() ? "nobody" : lastingId(view, pick(nodes, random)); // a cut may have left none
}

EditStep randomStep(const GraphView& view, std::mt19937& random)
{
    const std::string tensor = randomTensor(view, random), other = randomTensor(view, random);
    const std::string node = randomNode(view, random), fresh = "new" + std::to_string(random() % 1000);
    static const std::vector<InsertNode> inserted{{"", "", "Identity", {}},
                                                  {"", "", "Relu", {}},
                                                  {"", "", "Clip", {{"max", 6.0}}},
                                                  {"", "", "BatchNormalization", {}},
                                                  {"", "", "QuantizeDequantize", {{"scale", 0.5}}}};
    switch (random() % 19) {
    case 0:
    case 1:
        return RenameTensor{tensor, fresh};
    case 2:
        return RenameNode{node, fresh};
    case 3:
        return RemoveNode{node, random() % 2 == 0};
    case 4:
    case 5:
        return BypassNode{node};
    case 6:
        return DuplicateNode{node};
    case 7:
        return ConnectInput{node, static_cast<std::int64_t>(random() % 3), tensor};
    case 8:
    case 9: {
        InsertNode step = inserted[random() % inserted.size()];
        step.tensor = tensor;
        return step;
    }
    case 10:
        return AddNode{"Add", "", {tensor, other}, {fresh}, fresh + "_node", {}};
    case 11:
        if (const auto found = pleat::findNode(view, node); found && view.op(*found) == "Conv")
            return SetAttribute{node, "strides", std::vector<std::int64_t>{1, 2}};
        return SetNodeDoc{node, fresh};
    case 12:
        return AddOutput{tensor};
    case 13:
        return RemoveOutput{tensor};
    case 14:
        return ScaleTensor{tensor, 0.5};
    case 15:
        return StoreTensorAs{tensor, random() % 2 == 0 ? DataType::Float16 : DataType::BFloat16};
    case 16:
        return SetBatch{random() % 2 == 0 ? Dimension{-1, "N"} : Dimension{2, ""}};
    case 17:
        return SetValues{tensor, random() % 2 == 0 ? "0" : "", "1"};
    default:
        return random() % 8 == 0 ? EditStep(CutOut{{}, {tensor}}) : EditStep(SetMetadata{fresh, other});
    }
}

} // namespace

class EditRandomTest final : public QObject {
    Q_OBJECT

private slots:
    // Every edit that is let pass leaves a valid model that the checker takes, and all of them once more,
    // from the recipe, leave the same bytes; the first model is what it was.
    void randomEditsKeepEveryInvariant()
    {
        const int graphs = fromEnvironment("PLEAT_EDIT_STEPS_GRAPHS", 20);
        const int first = fromEnvironment("PLEAT_EDIT_STEPS_SEED", 1);
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
                const EditStep step = randomStep(*view, random);
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
