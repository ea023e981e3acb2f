// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/prepare/Preview.h"

#include "ui/document/Convert.h"
#include "ui/document/FoldCounts.h"
#include "ui/widgets/Translate.h"

#include <algorithm>
#include <unordered_set>

namespace pleat::ui {

namespace {

int foldableOf(const FoldTable& table)
{
    return static_cast<int>(std::ranges::count_if(
        table.candidates(), [](const CandidatePointer& each) { return each->foldable && each->batchNorm; }));
}

Result<int> moreFolds(const Snapshot& before, const PreparedAll& prepared, Progress& progress,
                      const std::stop_token& stop)
{
    if (prepared.applied.empty())
        return 0;
    auto table = FoldTable::after(before.table, prepared.after.view().model(), progress, stop);
    if (!table)
        return tl::make_unexpected(std::move(table.error()));
    return std::max(0, foldableOf(**table) - foldableOf(*before.table));
}

std::vector<Step> stepsOf(const PreparedAll& prepared, const PrepareOptions& options)
{
    std::vector<Step> steps;
    steps.reserve(prepared.applied.size());
    for (const AppliedPass& applied : prepared.applied)
        steps.emplace_back(PrepareStep{applied.pass, options});
    return steps;
}

bool isToldWhatItWants(const Pass& pass, const PrepareOptions& options)
{
    return pass.id == "dims" ? !options.dims.empty() : pass.id == "opset" ? options.opset.has_value() : true;
}

} // namespace

Result<PreviewPointer> previewOf(SnapshotPointer snapshot, std::set<std::string, std::less<>> chosen,
                                 PrepareOptions options, Progress& progress, const std::stop_token& stop,
                                 Engine* engine)
{
    auto preview = std::make_shared<Preview>();
    preview->of = snapshot;
    const Subject subject(snapshot->view);
    std::vector<std::string> able; // of the chosen ones
    for (const Pass& pass : passes()) {
        PassPreview& each = preview->passes.emplace_back();
        each.pass = &pass;
        each.chosen = chosen.contains(pass.id);
        each.looked = each.chosen || (!pass.isSlow && isToldWhatItWants(pass, options));
        if (!each.looked)
            continue;
        auto alone = prepare(pass.id, subject, options, progress, stop, engine);
        if (!alone && alone.error().code == ErrorCode::Cancelled)
            return tl::make_unexpected(std::move(alone.error()));
        if (!alone) {
            each.problem = std::move(alone.error().message);
            continue;
        }
        if (each.chosen) {
            able.emplace_back(pass.id);
        } else {
            each.done = std::move(alone->done);
            each.left = std::move(alone->left);
        }
    }
    auto all = prepareAll(able, subject, options, progress, stop, engine);
    if (!all)
        return tl::make_unexpected(std::move(all.error()));
    const auto entry = [&](const std::string& id) {
        return std::ranges::find(preview->passes, id, [](const PassPreview& each) { return each.pass->id; });
    };
    preview->steps = stepsOf(*all, options);
    for (AppliedPass& applied : all->applied) {
        preview->places += applied.done.size();
        std::vector<PreparedPlace>& done = entry(applied.pass)->done;
        std::ranges::move(applied.done, std::back_inserter(done));
    }
    for (auto& [pass, place] : all->left)
        entry(pass)->left.push_back(std::move(place));
    if (preview->steps.empty())
        return preview;
    preview->operators = operatorChanges(*snapshot->view, all->after.view());
    const auto more = moreFolds(*snapshot, *all, progress, stop);
    if (!more)
        return tl::make_unexpected(more.error());
    preview->moreFolds = *more;
    return preview;
}

Result<Workspace::Preparation> preparationOf(SnapshotPointer snapshot, Progress& progress,
                                             const std::stop_token& stop, Engine* engine)
{
    const auto all = prepareAll(defaultPasses(), Subject(snapshot->view), {}, progress, stop, engine);
    if (!all)
        return tl::make_unexpected(all.error());
    const auto more = moreFolds(*snapshot, *all, progress, stop);
    if (!more)
        return tl::make_unexpected(more.error());
    return Workspace::Preparation{std::move(snapshot), stepsOf(*all, {}), *more};
}

std::vector<Mark> marksOf(const Preview& preview, const Snapshot& shown, const std::stop_token& stop)
{
    std::vector<Mark> marks;
    std::unordered_set<NodeId> marked;
    for (const PassPreview& pass : preview.passes) {
        if (!pass.chosen)
            continue;
        for (const PreparedPlace& place : pass.done) {
            if (stop.stop_requested())
                return marks;
            for (const NodeId node : place.nodes) {
                if (shown.view->find(node) == NodeIndex::None || !marked.insert(node).second)
                    continue;
                Mark& mark = marks.emplace_back();
                mark.nodes = {node};
                mark.badge = tr(pass.pass->name);
                mark.tip = toQt(place.what.text());
                mark.id = pass.pass->id;
            }
        }
    }
    return marks;
}

} // namespace pleat::ui
