// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/GraphExport.h"

#include "core/model/ModelReader.h"
#include "core/worker/ShapeInference.h"
#include "ui/canvas/GraphImage.h"
#include "ui/canvas/SceneBuilder.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldLook.h"

#include <QFileInfo>

namespace pleat::ui {

namespace {
constexpr int inferenceSeconds = 60;
}

Result<void> exportGraph(const QString& model, const QString& target, const std::filesystem::path& worker)
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
    const auto built = buildScene({*(*snapshot)->view}, foldMarks(**snapshot, **snapshot, {}), inferred.types,
                                  Direction::TopDown, {}, {});
    if (!built)
        return cancelled();
    const QString problem = writeGraphImage(built->scene, target, progress, {});
    if (!problem.isEmpty())
        return failure(ErrorCode::Unwritable, toStd(problem), toStd(target));
    return {};
}

} // namespace pleat::ui
