// SPDX-License-Identifier: GPL-3.0-or-later
// The whole way of `pairs` and `fold` on any model. The options are bits of the model's own model_version, so
// that a finding is a plain model file: 0 allowOverflow, 1 constantsToo, 2 quantizedToo, 3 padUniform,
// 4 canonicalize the rest, 5 by Mul and Add, 6 fold only what the bits from 8 on choose.
#include "core/fold/Fold.h"
#include "core/report/Json.h"
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/Target.h"

#include <nlohmann/json.hpp>
#include <onnx/onnx_pb.h>

namespace pleat::fuzz {

namespace {

constexpr int mostFolds = 8; // one does it all; what canonicalizer made may be folded again

std::shared_ptr<const GraphView> viewOf(const Model& model)
{
    return GraphView::of(model);
}

void requireJson(const std::function<Result<void>(const TextSink&)>& report, const char* what)
{
    std::string text;
    const auto written = report([&](std::string_view piece) -> Result<void> {
        text += piece;
        return {};
    });
    require(written && nlohmann::json::accept(text), what);
}

std::vector<FoldCandidate> candidates(const std::shared_ptr<const GraphView>& view,
                                      const FoldOptions& options)
{
    NoProgress progress;
    auto found = findFolds(view, options, progress, {});
    require(found.has_value(), "looking for folds does not fail");
    for (const FoldCandidate& candidate : *found) {
        require(!candidate.message.empty(), "a verdict has a sentence");
        require(candidate.foldable != candidate.reason.has_value(), "a refusal has its reason");
        require(candidate.foldable || !candidate.blame.empty(), "a refusal has its culprit");
    }
    requireJson([&](const TextSink& write) { return pairsJson("fuzz.onnx", *found, write); },
                "pairs are JSON");
    return *std::move(found);
}

std::optional<std::vector<FoldId>> choice(const std::vector<FoldCandidate>& found, std::uint64_t bits)
{
    if (!(bits & 64))
        return std::nullopt;
    std::vector<FoldId> chosen;
    std::uint64_t at = 8;
    for (const FoldCandidate& candidate : found) {
        if (candidate.foldable && (bits >> (at++ % 56) & 1))
            chosen.push_back(candidate.id);
    }
    return chosen;
}

// Saves a folded model and opens it again.
void requireSaved(const Model& model, const std::filesystem::path& target)
{
    NoProgress progress;
    if (const auto done = saveModel(model, target, progress, {}); !done) {
        requireSentence(done.error());
        require(hasExternalData(model), "what was folded can be saved: " + done.error().message);
        return;
    }
    const auto again = openModel(target, progress, {});
    require(again.has_value(), "what was saved opens again" + (again ? "" : ": " + again.error().message));
    require(readTensors(again->model) == readTensors(model), "what is saved is what was folded");
}

} // namespace

void look(std::span<const std::byte> input)
{
    static const Scratch scratch;
    const auto opened = modelOf(input);
    if (!opened)
        return;
    const Model& before = *opened;
    const auto bits = static_cast<std::uint64_t>(before.header->model_version());
    const FoldOptions options{.allowOverflow = (bits & 1) != 0,
                              .constantsToo = (bits & 2) != 0,
                              .quantizedToo = (bits & 4) != 0,
                              .padUniform = (bits & 8) != 0};
    NoProgress progress;
    Model model = before;
    for (int round = 0;; ++round) {
        const auto view = viewOf(model);
        const auto found = candidates(view, options);
        auto outcome = fold(view, round ? std::nullopt : choice(found, bits), options, progress, {});
        if (!outcome)
            return requireSentence(outcome.error());
        requireValid(outcome->after, "after folding");
        std::size_t folded = 0;
        for (const FoldedPair& pair : outcome->pairs)
            folded += pair.folded;
        require(folded > 0 || !outcome->after.edited || model.edited, "nothing folded is nothing changed");
        if (const auto measured = measureRanges(model, *outcome, progress, {}); !measured)
            requireSentence(measured.error());
        requireJson(
            [&](const TextSink& write) {
                return foldJson({"a.onnx", "b.onnx", {}}, outcome->pairs, Arrays::Include, write);
            },
            "a report is JSON");
        requireSaved(outcome->after, scratch.path() / "folded.onnx");
        if (round == 0 && bits & 16) {
            if (const auto canonicalized =
                    canonicalizeRest(*outcome, bits & 32 ? Rest::MulAdd : Rest::Normalise);
                !canonicalized)
                requireSentence(canonicalized.error());
            requireValid(outcome->after, "after canonicalizing");
            requireSaved(outcome->after, scratch.path() / "canonicalized.onnx");
        }
        if (round > 0 && folded == 0)
            return;
        require(round < mostFolds, "folding comes to an end");
        model = std::move(outcome->after);
    }
}

} // namespace pleat::fuzz
