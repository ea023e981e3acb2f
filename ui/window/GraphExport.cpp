// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/GraphExport.h"

#include "core/model/ModelReader.h"
#include "core/worker/ShapeInference.h"
#include "ui/canvas/SceneBuilder.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldLook.h"
#include "ui/widgets/Translate.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
constexpr int inferenceSeconds = 60;
}

Result<ExportedGraph> exportGraph(const QString& model, const QString& target, GraphImageOptions options,
                                  const std::filesystem::path& worker)
{
    if (!graphImageFormats().contains(QFileInfo(target).suffix().toLower()))
        return failure(ErrorCode::Usage, toStd(target) + ": the name must end in .svg, .png or .pdf.");
    NoProgress progress;
    auto opened = openModel(toPath(model), progress, {});
    if (!opened)
        return tl::make_unexpected(opened.error());
    const InferredTypes inferred = inferTypes(opened->model, worker, inferenceSeconds, {});
    const auto snapshot = makeSnapshot(std::move(opened->model), progress, {});
    if (!snapshot)
        return tl::make_unexpected(snapshot.error());
    const GraphView& view = *(*snapshot)->view;
    ScopeState scopes = ScopeState::opening(std::make_shared<const NameScopes>(view, ScopeIndex::Main));
    scopes.expandAll();
    const auto built = buildScene({view}, foldMarks(**snapshot, **snapshot, {}), inferred.types,
                                  Direction::TopDown, {}, {}, scopes);
    if (!built)
        return cancelled();
    options.title = QFileInfo(model).fileName();
    const QString problem = writeGraphImage(built->scene, target, progress, {}, options);
    if (!problem.isEmpty())
        return failure(ErrorCode::Unwritable, toStd(problem), toStd(target));
    const ImagePixels pixels = imagePixels(built->scene, options);
    if (QFileInfo(target).suffix().toLower() != u"png"_s || !pixels.isLimited)
        return ExportedGraph{};
    return ExportedGraph{tr("%1: made smaller, %2 × %3 pixels; SVG and PDF have no such limit.")
                             .arg(target)
                             .arg(pixels.size.width())
                             .arg(pixels.size.height())};
}

} // namespace pleat::ui
