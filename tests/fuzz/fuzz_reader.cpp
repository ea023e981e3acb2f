// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a model: they are refused with a sentence, or they open as protobuf reads them, can be looked
// at, and come back from a save, byte for byte when nothing was changed.
#include "tests/core/support/Rewritten.h"
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/Target.h"

namespace pleat::fuzz {

namespace {

std::string saved(const Model& model, const std::filesystem::path& target)
{
    NoProgress progress;
    if (auto done = saveModel(model, target, progress, {}); !done) {
        requireSentence(done.error());
        require(hasExternalData(model), "what was opened can be saved: " + done.error().message);
        return {};
    }
    return contents(target);
}

} // namespace

void look(std::span<const std::byte> input)
{
    static const Scratch scratch;
    const auto bytes = std::make_shared<const std::vector<std::byte>>(input.begin(), input.end());
    const auto opened = openModel(bytes, "fuzz.onnx");
    if (!opened)
        return requireSentence(opened.error());
    const Model& model = opened->model;
    const auto tensors = readTensors(model);
    describeEverything(model);

    const auto target = scratch.path() / "saved.onnx";
    const std::string text(reinterpret_cast<const char*>(input.data()), input.size());
    const bool external = hasExternalData(model);
    if (!external) {
        require(saved(model, target) == text, "an unchanged model is saved as the same bytes");
        onnx::ModelProto truth;
        require(truth.ParseFromString(text), "protobuf reads what Pleat reads");
        makeRaw(truth);
        require(whole(model).SerializeAsString() == truth.SerializeAsString(),
                "the model is what protobuf reads");
    }
    const std::string rewritten = saved(test::allRewritten(model), target);
    if (rewritten.empty())
        return;
    NoProgress progress;
    const auto again = openModel(target, progress, {});
    require(again.has_value(), "what was saved opens again" + (again ? "" : ": " + again.error().message));
    require(readTensors(again->model) == tensors, "saving keeps every tensor");
    if (!external)
        require(whole(again->model).SerializeAsString() == whole(model).SerializeAsString(),
                "saving keeps every field");
}

} // namespace pleat::fuzz
