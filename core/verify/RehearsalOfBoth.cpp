// SPDX-License-Identifier: GPL-3.0-or-later
// Rehearsing a model before folding and after (Rehearsal.h).
#include "core/verify/QuantizedModel.h"
#include "core/verify/Rehearsal.h"

#include <fmt/format.h>
#include <set>

namespace pleat {

namespace {

// Where the layers of a model are measured; keys that several share are nobody's.
std::map<std::string, std::string> measuredAt(const GraphView& view)
{
    std::map<std::string, std::string> found;
    std::set<std::string> seen;
    for (const QuantizableLayer& layer : quantizableLayers(view)) {
        if (!seen.insert(layer.key).second)
            found.erase(layer.key);
        else if (!layer.output.empty())
            found.emplace(layer.key, layer.output);
    }
    return found;
}

} // namespace

Result<Rehearsal> rehearse(const std::shared_ptr<const GraphView>& before,
                           const std::shared_ptr<const GraphView>& after, const Inputs& inputs,
                           const RehearsalOptions& options, const WorkerPlace& place, Progress& progress,
                           const std::stop_token& stop)
{
    Rehearsal result;
    result.options = options;
    const auto library = findOnnxRuntime(place, stop);
    if (stop.stop_requested())
        return cancelled();
    if (!library) {
        result.problem = library.error().message;
        return result;
    }
    result.library = *library;
    const auto places = measuredAt(*after);
    for (const auto& [view, which, into] :
         {std::tuple(&before, "before", &result.before), std::tuple(&after, "after", &result.after)}) {
        auto model = rehearse(*view, inputs, places, options, place, progress, stop);
        if (!model && (model.error().code != ErrorCode::Unsupported || stop.stop_requested()))
            return tl::make_unexpected(std::move(model.error()));
        if (!model) {
            result.problem =
                fmt::format("The model {} could not be rehearsed: {}", which, model.error().message);
            return result;
        }
        *into = std::move(*model);
    }
    return result;
}

} // namespace pleat
