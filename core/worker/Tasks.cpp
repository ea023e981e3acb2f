// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/Tasks.h"

#include "core/worker/Evaluation.h"
#include "core/worker/LatencyRun.h"
#include "core/worker/ModelCheck.h"
#include "core/worker/ModelRun.h"
#include "core/worker/OpsetConversion.h"
#include "core/worker/ShapeInference.h"

#include <array>

namespace pleat {

std::span<const Task> workerTasks()
{
    static constexpr std::array all{
        checkTask, conversionTask, evaluationTask, inferenceTask, latencyTask, modelRunTask, onnxRuntimeTask,
    };
    return all;
}

} // namespace pleat
