// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recipe/Recipe.h"

#include "core/io/Digest.h"
#include "core/io/OutputFile.h"

#include <algorithm>

namespace pleat {

Result<RecipeSource> recipeSource(const File& file, Progress& progress, const std::stop_token& stop)
{
    auto digest = sha256(file, progress, stop);
    if (!digest)
        return tl::make_unexpected(std::move(digest.error()));
    return RecipeSource{file.path().filename().string(), file.size(), std::move(*digest)};
}

Result<Recipe> readRecipe(const std::filesystem::path& path)
{
    constexpr std::uint64_t largest = std::uint64_t{1} << 28; // a million ids are 50 MB
    const auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    if ((*file)->size() > largest)
        return failure(ErrorCode::Unreadable, path.filename().string() + " is too large for a recipe.",
                       path.string());
    std::string text((*file)->size(), '\0');
    if (auto read = (*file)->read(0, std::as_writable_bytes(std::span(text))); !read)
        return tl::make_unexpected(std::move(read.error()));
    return parseRecipe(text, path.filename().string());
}

Result<void> writeRecipe(const Recipe& recipe, const std::filesystem::path& path)
{
    auto file = OutputFile::create(path);
    if (!file)
        return tl::make_unexpected(std::move(file.error()));
    const std::string text = recipeText(recipe);
    if (auto written = file->write(std::as_bytes(std::span(text))); !written)
        return written;
    return file->commit();
}

bool Replay::complete() const
{
    return std::ranges::all_of(
        steps, [](const ReplayedStep& step) { return step.status == ReplayedStep::Status::Applied; });
}

Result<Replay> replay(const Recipe& recipe, std::shared_ptr<const GraphView> view, OnRefusal onRefusal,
                      Progress& progress, const std::stop_token& stop, Engine* engine)
{
    Replay replayed{std::move(view), std::vector<ReplayedStep>(recipe.steps.size())};
    for (std::size_t s = 0; s < recipe.steps.size(); ++s) {
        ReplayedStep& step = replayed.steps[s];
        auto outcome = apply(recipe.steps[s], replayed.view, progress, stop, engine);
        if (!outcome && outcome.error().code != ErrorCode::Usage)
            return tl::make_unexpected(std::move(outcome.error()));
        if (!outcome) {
            step.status = ReplayedStep::Status::Refused;
            step.error = std::move(outcome.error());
            if (onRefusal == OnRefusal::Stop)
                break;
            continue;
        }
        step.status = ReplayedStep::Status::Applied;
        step.what = std::move(outcome->what);
        step.changed = outcome->changed;
        step.findings = std::move(outcome->findings);
        if (step.changed > 0)
            replayed.view = GraphView::of(std::move(outcome->outcome.after));
    }
    return replayed;
}

} // namespace pleat
