// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/RehearsalJson.h"

namespace pleat {

namespace {

Json layerJson(const LayerLoss& layer)
{
    Json json{{"layer", layer.layer.name}, {"op", layer.layer.op}, {"weight", layer.weight}};
    json["output"] = layer.output.empty() ? Json(nullptr) : Json(layer.output);
    json["sqnr"] = number(layer.ratio);
    json["weight_sqnr"] = number(layer.weightRatio);
    if (!std::isnan(layer.alone))
        json["alone_sqnr"] = number(layer.alone);
    if (!layer.problem.empty())
        json["problem"] = layer.problem;
    return json;
}

Json accuracyJson(const std::optional<Accuracy>& accuracy)
{
    return accuracy ? Json{{"samples", accuracy->samples}, {"right", accuracy->right}} : Json(nullptr);
}

Json sideJson(const RehearsedModel& side)
{
    Json json{{"sqnr", number(side.ratio)}, {"outputs", Json::array()}, {"layers", Json::array()}};
    json["accuracy"] = {{"float", accuracyJson(side.inFloat)}, {"rounded", accuracyJson(side.rounded)}};
    json["notes"] = side.notes;
    for (const OutputLoss& output : side.outputs) {
        json["outputs"].push_back({{"name", output.name}, {"sqnr", number(output.ratio)}});
        if (output.rows > 0)
            json["outputs"].back()["classes"] = {{"rows", output.rows}, {"top1", output.agree}};
    }
    for (const LayerLoss& layer : side.layers)
        json["layers"].push_back(layerJson(layer));
    return json;
}

} // namespace

Json fileJson(const RecipeSource& file)
{
    return {{"file", file.file}, {"bytes", file.bytes}, {"sha256", file.sha256}};
}

Json inputsJson(const Inputs& inputs)
{
    Json json{{"from", inputs.origin},          {"samples", inputs.samples}, {"batches", inputs.batches},
              {"labels", inputs.labels.size()}, {"notes", inputs.notes},     {"files", Json::array()}};
    for (const InputFile& file : inputs.files)
        json["files"].push_back(fileJson({file.name, file.bytes, file.sha256}));
    return json;
}

Json rehearsalJson(const Rehearsal& rehearsal)
{
    const RehearsalOptions& options = rehearsal.options;
    Json json{{"sentence", rehearsal.problem.empty() ? Json(rehearsalSentence(rehearsal)) : Json(nullptr)},
              {"problem", rehearsal.problem.empty() ? Json(nullptr) : Json(rehearsal.problem)},
              {"bits", options.scheme.bits},
              {"per_channel", options.scheme.perChannel},
              {"symmetric", options.scheme.symmetric},
              {"activations", options.activations},
              {"sensitivity", options.sensitivity}};
    if (rehearsal.problem.empty()) {
        json["before"] = sideJson(rehearsal.before);
        json["after"] = sideJson(rehearsal.after);
    }
    return json;
}

} // namespace pleat
