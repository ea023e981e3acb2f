// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON of recipes, both ways; the one place that knows its words:
//   {"version": 1, "source": {"file", "bytes", "sha256"}, "steps": [{"fold": {"ids": […], …}}, …]}
// One key a step, its parameters below it, defaults left out.
#include "core/base/Visible.h"
#include "core/recipe/EditJson.h"
#include "core/recipe/Recipe.h"

#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pleat {

namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;

struct Flag {
    const char* key;
    bool FoldOptions::*option;
};
constexpr std::array flags{
    Flag{"affine", &FoldOptions::constantsToo}, Flag{"qdq", &FoldOptions::quantizedToo},
    Flag{"pad_uniform", &FoldOptions::padUniform}, Flag{"freeze_inputs", &FoldOptions::freezeInputs},
    Flag{"allow_overflow", &FoldOptions::allowOverflow}};

void addFlags(Json& json, const FoldOptions& options)
{
    for (const Flag& flag : flags) {
        if (options.*flag.option)
            json[flag.key] = true;
    }
}

Json stepJson(const FoldStep& step)
{
    Json json = Json::object();
    if (step.ids)
        json["ids"] = *step.ids;
    addFlags(json, step.options);
    return {{"fold", json}};
}

Json stepJson(const CanonicalizeStep& step)
{
    Json json = Json::object();
    if (step.form == Rest::MulAdd)
        json["form"] = "mul-add";
    addFlags(json, step.options);
    return {{"normalize_rest", json}};
}

Json stepJson(const FreezeInputsStep&)
{
    return {{"freeze_inputs", Json::object()}};
}

Json stepJson(const PrepareStep& step)
{
    const PrepareOptions plain;
    Json json = {{"pass", step.pass}};
    if (!step.options.dims.empty())
        json["dims"] = step.options.dims;
    if (step.options.largestResult != plain.largestResult)
        json["largest_result"] = step.options.largestResult;
    if (step.options.opset)
        json["opset"] = *step.options.opset;
    return {{"prepare", json}};
}

Json stepJson(const EditStep& step)
{
    return editJson(step);
}

// Reads one recipe; the first thing that is wrong ends it.
class Reader final {
public:
    explicit Reader(std::string name) : m_name(std::move(name)) {}

    Result<Recipe> read(std::string_view text)
    {
        const Json json = Json::parse(text, nullptr, false);
        if (json.is_discarded())
            return wrong("it is no JSON");
        if (!json.is_object() || !json.contains("version") || !json.contains("steps"))
            return wrong("it is no recipe: \"version\" and \"steps\" are missing");
        const Json& number = json.at("version");
        if (!number.is_number_integer() || number.get<std::int64_t>() != version)
            return wrong(fmt::format("its version is {}, and this is Pleat {}, which knows version {}",
                                     number.dump(-1, ' ', false, Json::error_handler_t::replace),
                                     PLEAT_VERSION, version));
        Recipe recipe;
        for (const auto& [key, value] : json.items()) {
            Result<void> known;
            if (key == "source")
                known = readSource(value, recipe);
            else if (key == "steps")
                known = readSteps(value, recipe);
            else if (key != "version")
                known = wrong(fmt::format("\"{}\" is not known", key));
            if (!known)
                return tl::make_unexpected(std::move(known.error()));
        }
        return recipe;
    }

private:
    tl::unexpected<Error> wrong(const std::string& why) const
    {
        return failure(ErrorCode::Unreadable, fmt::format("{} cannot be read as a recipe: {}.", m_name, why),
                       m_name);
    }

    Result<void> readSource(const Json& json, Recipe& recipe) const
    {
        RecipeSource source;
        const bool fits = json.is_object() && json.contains("file") && json.at("file").is_string() &&
                          json.contains("bytes") && json.at("bytes").is_number_unsigned() &&
                          json.contains("sha256") && json.at("sha256").is_string();
        if (!fits)
            return wrong("its \"source\" must have a \"file\", its \"bytes\" and its \"sha256\"");
        recipe.source = {json.at("file").get<std::string>(), json.at("bytes").get<std::uint64_t>(),
                         json.at("sha256").get<std::string>()};
        return {};
    }

    Result<void> readSteps(const Json& json, Recipe& recipe)
    {
        if (!json.is_array())
            return wrong("its \"steps\" must be a list");
        for (const Json& step : json) {
            ++m_step;
            if (!step.is_object() || step.size() != 1 || !step.front().is_object())
                return wrongStep("it must be an object with one key, its kind");
            const std::string kind = step.items().begin().key();
            Result<void> known;
            if (kind == "fold")
                known = readFold(step.front(), recipe);
            else if (kind == "normalize_rest")
                known = readCanonicalize(step.front(), recipe);
            else if (kind == "freeze_inputs")
                known = readFreezeInputs(step.front(), recipe);
            else if (kind == "prepare")
                known = readPrepare(step.front(), recipe);
            else if (auto edit = readEdit(kind, step.front()); edit && *edit)
                recipe.steps.emplace_back(std::move(**edit));
            else
                known = wrongStep(
                    edit ? edit->error()
                         : fmt::format("\"{}\" is not a kind of step that this version knows", kind));
            if (!known)
                return known;
        }
        return {};
    }

    tl::unexpected<Error> wrongStep(const std::string& why) const
    {
        return wrong(fmt::format("step {}: {}", m_step, why));
    }

    Result<void> readFold(const Json& json, Recipe& recipe) const
    {
        FoldStep step;
        for (const auto& [key, value] : json.items()) {
            if (key == "ids") {
                if (!value.is_array() || !std::ranges::all_of(value, &Json::is_string))
                    return wrongStep("\"ids\" must be a list of strings");
                step.ids = value.get<std::vector<FoldId>>();
            } else if (auto known = readFlag(key, value, step.options); !known) {
                return known;
            }
        }
        recipe.steps.emplace_back(std::move(step));
        return {};
    }

    Result<void> readCanonicalize(const Json& json, Recipe& recipe) const
    {
        CanonicalizeStep step;
        for (const auto& [key, value] : json.items()) {
            if (key == "form") {
                if (value != "mul-add" && value != "in-place")
                    return wrongStep("\"form\" must be \"in-place\" or \"mul-add\"");
                step.form = value == "mul-add" ? Rest::MulAdd : Rest::Normalise;
            } else if (auto known = readFlag(key, value, step.options); !known) {
                return known;
            }
        }
        recipe.steps.emplace_back(step);
        return {};
    }

    Result<void> readFreezeInputs(const Json& json, Recipe& recipe) const
    {
        if (!json.empty())
            return wrongStep("\"freeze_inputs\" has no parameters");
        recipe.steps.emplace_back(FreezeInputsStep{});
        return {};
    }

    Result<void> readPrepare(const Json& json, Recipe& recipe) const
    {
        PrepareStep step;
        for (const auto& [key, value] : json.items()) {
            if (key == "pass" && value.is_string()) {
                step.pass = value.get<std::string>();
            } else if (key == "dims" && value.is_object() && std::ranges::all_of(value, [](const Json& size) {
                           return size.is_number_unsigned();
                       })) {
                step.options.dims = value.get<std::map<std::string, std::int64_t>>();
            } else if (key == "largest_result" && value.is_number_unsigned()) {
                step.options.largestResult = value.get<std::uint64_t>();
            } else if (key == "opset" && value.is_number_unsigned()) {
                step.options.opset = value.get<std::int64_t>();
            } else {
                return wrongStep(fmt::format("\"{}\" is not known, or is of another type", key));
            }
        }
        if (!findPass(step.pass))
            return wrongStep(fmt::format("\"{}\" is not a pass that this version knows", step.pass));
        recipe.steps.emplace_back(std::move(step));
        return {};
    }

    Result<void> readFlag(const std::string& key, const Json& value, FoldOptions& options) const
    {
        const auto flag = std::ranges::find_if(flags, [&](const Flag& each) { return key == each.key; });
        if (flag == flags.end())
            return wrongStep(fmt::format("\"{}\" is not known", key));
        if (!value.is_boolean())
            return wrongStep(fmt::format("\"{}\" must be true or false", key));
        options.*flag->option = value.get<bool>();
        return {};
    }

    std::string m_name;
    std::size_t m_step = 0; // the one that is being read, counted from 1
};

} // namespace

std::string recipeText(const Recipe& recipe)
{
    Json json = {{"version", version}};
    if (const auto& source = recipe.source)
        json["source"] = {{"file", source->file}, {"bytes", source->bytes}, {"sha256", source->sha256}};
    json["steps"] = Json::array();
    for (const Step& step : recipe.steps)
        json["steps"].push_back(std::visit([](const auto& change) { return stepJson(change); }, step));
    return visibleJson(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

Result<Recipe> parseRecipe(std::string_view text, const std::string& name)
{
    return Reader(name).read(text);
}

} // namespace pleat
