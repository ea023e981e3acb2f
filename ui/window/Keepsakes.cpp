// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Keepsakes.h"

#include "core/model/ModelWriter.h"
#include "core/prepare/WorkerEngine.h"
#include "core/report/FoldHtml.h"
#include "core/report/TextFile.h"
#include "ui/document/Convert.h"

namespace pleat::ui {

namespace {

FoldedPair pairOf(const FoldRecord& record)
{
    FoldedPair pair{.candidate = record.candidate,
                    .folded = true,
                    .layers = {},
                    .parameters = {},
                    .s = record.s,
                    .t = record.t};
    if (record.candidate.layer)
        pair.layers.push_back({.layer = *record.candidate.layer,
                               .weight = {},
                               .bias = {},
                               .weightBefore = {},
                               .weightAfter = {},
                               .biasAfter = {}});
    return pair;
}

// What was done here, as a fold of the whole model has it.
FoldOutcome outcomeOf(const Snapshot& now)
{
    FoldOutcome outcome{now.view->model(), {}};
    for (const auto& record : now.folded)
        outcome.pairs.push_back(pairOf(*record));
    for (const FoldCandidate* candidate : now.candidates()) {
        FoldedPair& left = outcome.pairs.emplace_back();
        left.candidate = *candidate;
    }
    return outcome;
}

} // namespace

Result<void> saveFoldReport(const std::filesystem::path& file, const Snapshot& opened, const Snapshot& now,
                            Progress& progress, const std::stop_token& stop)
{
    auto source = recipeSource(*opened.view->model().source, progress, stop);
    if (!source)
        return tl::make_unexpected(std::move(source.error()));
    const FoldPage page{std::move(*source), std::nullopt, {}, {}, today()};
    const FoldOutcome outcome = outcomeOf(now);
    return saveText(
        file,
        [&](const TextSink& write) { return foldHtml(page, *opened.view, outcome, write, progress, stop); },
        stop);
}

Result<std::vector<LeftOutTensor>> saveAllTensors(const std::filesystem::path& file, const GraphView& view,
                                                  const std::stop_token& stop)
{
    const auto format = tensorFormat(file);
    if (!format || *format == TensorFormat::Npy)
        return failure(ErrorCode::Usage, "The name has to end in .npz or .safetensors.", file.string());
    std::vector<NamedTensor> tensors = tensorsOf(view);
    std::vector<LeftOutTensor> left = leaveOut(tensors, *format);
    if (auto saved = saveTensors(file, tensors, *format, stop); !saved)
        return tl::make_unexpected(std::move(saved.error()));
    return left;
}

Result<QString> savePart(const std::filesystem::path& file, const ViewPointer& view, const CutOut& cut,
                         const WorkerPlace& place, Progress& progress, const std::stop_token& stop)
{
    const auto engine = workerEngine(place);
    const auto part = applyEdit(cut, view, stop, engine.get());
    if (!part)
        return tl::make_unexpected(part.error());
    const auto saved = saveModel(part->after, file, progress, stop);
    if (!saved)
        return tl::make_unexpected(saved.error());
    QStringList notices;
    for (const Finding& finding : part->findings)
        notices += toQt(finding.message.text()) + u'.';
    for (const std::string& notice : saved->notices)
        notices += toQt(notice);
    return notices.join(u'\n');
}

} // namespace pleat::ui
