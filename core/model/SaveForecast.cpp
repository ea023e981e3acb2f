// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/SaveForecast.h"

#include "core/model/DataFiles.h"
#include "core/model/SavePlan.h"

namespace pleat {

namespace fs = std::filesystem;

Result<SaveForecast> forecastSave(const Model& model, const fs::path& target, DataPlacement data)
{
    std::error_code error;
    const fs::path resolved = fs::weakly_canonical(target, error);
    const fs::path& file = error ? target : resolved;
    Placement placement(model, data, file.parent_path());
    SaveForecast forecast;
    for (const FilePointer& dataFile : placement.dataFiles())
        if (placement.staysInPlace(dataFile))
            forecast.kept.push_back(dataFile->path());
    if (model.source && !model.edited && !placement.movesAny()) {
        forecast.modelBytes = model.source->size();
        return forecast;
    }
    const std::string name = freshDataFileName(file, placement);
    auto plan = planSave(model, placement, name);
    if (plan && plan->bytes > largestModel && data != DataPlacement::Inline) {
        placement = placement.withoutLargeInside();
        plan = planSave(model, placement, name);
        forecast.movedOut = true;
    }
    if (!plan)
        return tl::make_unexpected(plan.error());
    forecast.modelBytes = plan->bytes;
    forecast.tooLarge = plan->bytes > largestModel;
    if (!plan->pieces.empty()) {
        forecast.dataBytes = plan->dataBytes;
        forecast.dataFile = file.parent_path() / name;
    }
    return forecast;
}

} // namespace pleat
