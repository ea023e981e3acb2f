// SPDX-License-Identifier: GPL-3.0-or-later
// A model with hostile references to data files beside it. Whatever they say, nothing outside of the model's
// folder is opened, made or removed, tensors are read or refused with a sentence, and a saved model has the
// same tensors. Bits of model_version: 0 changed before saving, 1 saved into another folder, 2 over itself.
#include "tests/core/support/Rewritten.h"
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/ExternalInput.h"
#include "tests/fuzz/FileGuard.h"
#include "tests/fuzz/Target.h"

#include <onnx/onnx_pb.h>

namespace pleat::fuzz {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view secret = "what lies outside is nobody's business";

void openAndSave(const fs::path& file, const fs::path& elsewhere)
{
    NoProgress progress;
    const auto opened = openModel(file, progress, {});
    if (!opened)
        return requireSentence(opened.error());
    for (const std::string& notice : opened->notices)
        require(notice.size() > 15, "a notice is a sentence: \"" + notice + "\"");
    const Model& model = opened->model;
    const auto tensors = readTensors(model);
    describeEverything(model);

    const auto bits = static_cast<std::uint64_t>(model.header->model_version());
    const fs::path target = bits & 2   ? elsewhere / "saved.onnx"
                            : bits & 4 ? file
                                       : file.parent_path() / "saved.onnx";
    const auto done = saveModel(bits & 1 ? test::allRewritten(model) : model, target, progress, {});
    require(readTensors(model) == tensors, "a model that was saved can still be read");
    if (!done)
        return requireSentence(done.error());
    const auto again = openModel(target, progress, {});
    require(again.has_value(), "what was saved opens again" + (again ? "" : ": " + again.error().message));
    require(readTensors(again->model) == tensors, "saving keeps every tensor");
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
