// SPDX-License-Identifier: GPL-3.0-or-later
// A model with hostile references to data files beside it. Whatever they say, nothing outside of the model's
// folder is opened, made or removed, no file that was there is changed, tensors are read or refused with a
// sentence, and a saved model has the same tensors. Bits of model_version: 0 changed before saving, 1 saved
// into another folder, 2 over itself, 3 and 4 where the data go, 5 folded first.
#include "core/fold/Fold.h"
#include "tests/core/support/Rewritten.h"
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/ExternalInput.h"
#include "tests/fuzz/FileGuard.h"
#include "tests/fuzz/Target.h"

#include <map>
#include <onnx/onnx_pb.h>

namespace pleat::fuzz {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view secret = "what lies outside is nobody's business";

using Files = std::map<std::string, std::string>; // by name; of links and folders only the name

Files filesOf(const fs::path& folder)
{
    Files files;
    for (const auto& entry : fs::directory_iterator(folder))
        files.emplace(entry.path().filename().string(),
                      fs::is_regular_file(entry.symlink_status()) ? contents(entry.path()) : std::string());
    return files;
}

Model folded(const Model& model)
{
    NoProgress progress;
    auto outcome = fold(GraphView::of(model), std::nullopt, {}, progress, {});
    require(outcome.has_value(), "folding does not fail");
    return std::move(outcome->after);
}

// The target, with a data file or without, is all that a save may have changed.
void requireOthersUntouched(Files before, Files after, const Result<Saved>& saved, const fs::path& target)
{
    if (saved) {
        before.erase(target.filename().string());
        require(after.erase(target.filename().string()) == 1, "a saved file is there");
    }
    if (saved && !saved->dataFile.empty()) {
        const std::string name = saved->dataFile.filename().string();
        require(!before.contains(name), "a data file is a fresh one");
        require(after.erase(name) == 1, "a data file that is told of is there");
    }
    require(before == after, "a save leaves all other files as they were, and nothing behind");
}

void requireSaved(const Saved& saved, const fs::path& target, DataPlacement placement,
                  const std::vector<std::string>& tensors)
{
    for (const std::string& notice : saved.notices)
        require(notice.size() > 15 && notice.ends_with('.'), "a notice is a sentence: \"" + notice + "\"");
    NoProgress progress;
    const auto again = openModel(target, progress, {});
    require(again.has_value(), "what was saved opens again" + (again ? "" : ": " + again.error().message));
    require(readTensors(again->model) == tensors, "saving keeps every tensor");
    require(placement != DataPlacement::Inline || !hasExternalData(again->model), "inline is inline");
}

void openAndSave(const fs::path& file, const fs::path& elsewhere)
{
    NoProgress progress;
    const auto opened = openModel(file, progress, {});
    if (!opened)
        return requireSentence(opened.error());
    for (const std::string& notice : opened->notices)
        require(notice.size() > 15, "a notice is a sentence: \"" + notice + "\"");
    describeEverything(opened->model);

    const auto bits = static_cast<std::uint64_t>(opened->model.header->model_version());
    const Model changed = bits & 32 ? folded(opened->model) : opened->model;
    const Model model = bits & 1 ? test::allRewritten(changed) : changed;
    const auto tensors = readTensors(model);
    const fs::path home = file.parent_path();
    const fs::path target = bits & 2 ? elsewhere / "saved.onnx" : bits & 4 ? file : home / "saved.onnx";
    constexpr DataPlacement placements[] = {DataPlacement::Keep, DataPlacement::Inline,
                                            DataPlacement::External, DataPlacement::Keep};
    const DataPlacement placement = placements[bits >> 3 & 3];
    const Files homeBefore = filesOf(home);
    const Files elsewhereBefore = filesOf(elsewhere);
    const auto done = saveModel(model, target, progress, {}, placement);
    const bool isHome = target.parent_path() == home;
    requireOthersUntouched(homeBefore, filesOf(home), isHome ? done : tl::make_unexpected(Error{}), target);
    requireOthersUntouched(elsewhereBefore, filesOf(elsewhere), isHome ? tl::make_unexpected(Error{}) : done,
                           target);
    require(readTensors(model) == tensors, "a model that was saved can still be read");
    if (!done)
        return requireSentence(done.error());
    requireSaved(*done, target, placement, tensors);
}

} // namespace

void look(std::span<const std::byte> input)
{
    static const Scratch scratch;
    scratch.clear();
    const fs::path inside = scratch.path() / "inside";
    const fs::path home = inside / "model";
    fs::create_directories(home);
    fs::create_directories(inside / "elsewhere");
    write(scratch.path() / "secret", secret);
    const fs::path file = unpack(input, home);
    {
        const FileGuard guard(inside);
        openAndSave(file, inside / "elsewhere");
    }
    require(contents(scratch.path() / "secret") == secret, "a file outside is not changed");
}

} // namespace pleat::fuzz
