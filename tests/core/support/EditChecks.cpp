// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/EditChecks.h"

#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>

namespace pleat::test {

std::vector<std::string> Edited::codes() const
{
    std::vector<std::string> all;
    for (const ReplayedStep& step : steps)
        for (const Finding& finding : step.findings)
            all.push_back(finding.code);
    return all;
}

tl::expected<Edited, std::string> edited(const std::string& bytes, const std::vector<EditStep>& steps)
{
    Recipe recipe;
    for (const EditStep& step : steps)
        recipe.steps.emplace_back(step);
    const auto read = parseRecipe(recipeText(recipe), "r.json");
    if (!read)
        return tl::make_unexpected(read.error().message);
    if (read->steps != recipe.steps)
        return tl::make_unexpected("the recipe is read otherwise: " + recipeText(recipe));
    const auto view = viewOf(bytes);
    if (!view)
        return tl::make_unexpected(view.error());
    NoProgress quiet;
    auto replayed = replay(*read, *view, OnRefusal::Stop, quiet, {});
    if (!replayed)
        return tl::make_unexpected(replayed.error().message);
    for (const ReplayedStep& step : replayed->steps) {
        if (step.status == ReplayedStep::Status::Refused)
            return tl::make_unexpected(step.error.message);
    }
    if (savedBytes((*view)->model()) != bytes)
        return tl::make_unexpected("the model before is another one");
    Edited made{savedBytes(replayed->view->model()).value_or(""), {}, std::move(replayed->steps)};
    if (!made.model.ParseFromString(made.after))
        return tl::make_unexpected("cannot be parsed");
    return made;
}

Edited assertEdits(const std::string& bytes, const std::vector<EditStep>& steps, std::source_location where)
{
    const auto made = edited(bytes, steps);
    std::string problem = made ? whatTheCheckerSays(made->model) : made.error();
    onnx::ModelProto before;
    if (made && before.ParseFromString(bytes) && whatTheCheckerSays(before) == problem)
        problem.clear(); // it was so already
    QTest::qVerify(problem.empty(), "edited", problem.c_str(), where.file_name(),
                   static_cast<int>(where.line()));
    return made ? *made : Edited();
}

Edited assertEdits(const ModelBuilder& model, const std::vector<EditStep>& steps, std::source_location where)
{
    return assertEdits(model.bytes(), steps, where);
}

ModelBuilder network(const std::function<void(ModelBuilder&)>& middle, const Shape& shape)
{
    ModelBuilder model(3);
    model.input("x", shape).conv("c1", {});
    if (middle)
        middle(model);
    return model.conv("c2", {.in = 4}).then("GlobalAveragePool", "pool").then("Flatten", "flat");
}

Arrays outputsOf(const std::string& model, std::uint32_t seed,
                 const std::map<std::string, std::int64_t>& symbols)
{
    onnx::ModelProto proto;
    proto.ParseFromString(model);
    const auto outputs = runInOnnxRuntime(model, randomInputs(proto, seed, symbols));
    if (!outputs)
        qWarning("%s", outputs.error().c_str());
    return outputs.value_or(Arrays());
}

std::string refusalOf(const std::string& bytes, const std::vector<EditStep>& steps)
{
    const auto made = edited(bytes, steps);
    return made ? "it was not refused" : made.error();
}

bool has(const std::vector<std::string>& all, const std::string& one)
{
    return std::ranges::find(all, one) != all.end();
}

ModelBuilder choosingModel(const Shape& shape)
{
    ModelBuilder model;
    model.input("x", shape).conv("c1", {.out = 4, .in = 3}).then("Identity", "id");
    model.constant("condition", {}, {1}, DataType::Bool);
    ModelBuilder yes, no;
    yes.node("Neg", {"id_out"}, {"negated"}, {}, "inner").output("negated");
    no.node("Abs", {"id_out"}, {"absolute"}, {}, "other").output("absolute");
    return model.node("If", {"condition"}, {"either"},
                      {{"then_branch", yes.body()}, {"else_branch", no.body()}}, "if");
}

} // namespace pleat::test
