// SPDX-License-Identifier: GPL-3.0-or-later
// Edits by hand on any model: some that the model's own model_version draws, so that a finding is a plain
// model file. Each is refused with a sentence or leaves a valid model; all of them, from their recipe, do the
// same once more; and the model before is what it was.
#include "core/edit/Problems.h"
#include "core/recipe/Recipe.h"
#include "tests/core/support/RandomSteps.h"
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/Target.h"

namespace pleat::fuzz {

namespace {

constexpr int edits = 12;

} // namespace

void look(std::span<const std::byte> input)
{
    const auto opened = modelOf(input);
    if (!opened)
        return;
    const auto start = GraphView::of(*opened);
    const std::vector<std::string> before = readTensors(*opened);
    std::mt19937 random(static_cast<std::uint32_t>(opened->header->model_version()));
    auto view = start;
    Recipe recipe;
    for (int e = 0; e < edits; ++e) {
        const EditStep step = test::randomStep(*view, random);
        require(!describe(step).text().empty(), "an edit has a sentence");
        const auto made = applyEdit(step, view, {});
        if (!made) {
            requireSentence(made.error());
            continue;
        }
        requireValid(made->after, "after: " + describe(step).text());
        view = GraphView::of(made->after);
        recipe.steps.emplace_back(step);
    }
    require(readTensors(start->model()) == before, "the model before is what it was");
    NoProgress progress;
    for (const Finding& problem : newProblems(*start, *view))
        require(!problem.message.empty(), "a problem has a sentence");
    const auto parsed = parseRecipe(recipeText(recipe), "fuzz.json");
    require(parsed.has_value(), "a recipe can be read" + (parsed ? "" : ": " + parsed.error().message));
    const auto again = replay(*parsed, start, OnRefusal::Stop, progress, {});
    require(again && again->complete(), "a recipe does what was done");
    require(readTensors(again->view->model()) == readTensors(view->model()), "and makes the same");
}

} // namespace pleat::fuzz
