// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/VerifyJson.h"

#include "core/base/Visible.h"
#include "core/report/RehearsalJson.h"

namespace pleat {

namespace {

Json outputJson(const OutputDifference& output)
{
    Json json{{"name", output.name}, {"dtype", name(output.type)}, {"shape", output.dims}};
    json["within"] = output.isWithin;
    if (!output.problem.empty()) {
        json["problem"] = output.problem;
        return json;
    }
    json["differing"] = output.numbers.differing;
    json["non_finite"] = output.numbers.apart;
    json["max_difference"] = number(output.numbers.largest);
    json["scaled"] = number(output.scaled);
    json["max_relative"] = number(output.numbers.largestRelative);
    json["tolerated"] = number(output.tolerated);
    if (const auto& steps = output.besideSteps)
        json["beside_steps"] = {{"max_difference", number(steps->largest)},
                                {"tolerated", number(steps->tolerated)},
                                {"rounding", number(steps->rounding)},
                                {"biases", steps->biases}};
    json["cosine"] = number(output.cosine);
    json["snr"] = number(output.numbers.sqnr);
    json["decades"] = Json::array();
    for (const ErrorDecade& decade : output.decades)
        json["decades"].push_back({{"exponent", decade.exponent}, {"count", decade.count}});
    if (output.classes)
        json["classes"] = {{"rows", output.classes->rows},
                           {"top1", output.classes->first},
                           {"top5", output.classes->firstFive}};
    return json;
}

Json partJson(const PartCheck& part)
{
    Json json{{"output", part.output},
              {"scope", part.scope},
              {"folds", part.folds},
              {"before", nodesJson(part.before)},
              {"after", nodesJson(part.after)},
              {"within", part.isWithin}};
    json["inputs"] = Json::array();
    for (std::size_t i = 0; i < part.inputShapes.size(); ++i)
        json["inputs"].push_back({{"name", i < part.inputs.size() ? part.inputs[i] : std::string()},
                                  {"dtype", name(part.inputShapes[i].type)},
                                  {"shape", part.inputShapes[i].dims}});
    json["problem"] = orNull(part.problem);
    if (!part.problem.empty())
        return json;
    json["dtype"] = name(part.type);
    json["computed_as_float"] = part.asFloat;
    json["shape"] = part.dims;
    json["channel_axis"] = part.channelAxis;
    json["worst_channel"] = part.worstChannel;
    json["max_difference"] = number(part.largest);
    json["scaled"] = number(part.scaled);
    json["units"] = part.hasBound ? number(part.worst) : Json(nullptr);
    json["allowed"] = number(part.allowed);
    json["allowed_in"] = part.isByUnits ? "units" : "difference";
    json["channels"] = {{"max_difference", numbers(part.errors)}, {"units", numbers(part.units)}};
    return json;
}

Json traceJson(const Divergence& divergence)
{
    Json json{{"first", divergence.first ? Json(*divergence.first) : Json(nullptr)}};
    json["values"] = Json::array();
    for (const TracedValue& value : divergence.values) {
        const OutputDifference& difference = value.difference;
        Json traced{{"name", difference.name},
                    {"node", value.node.name},
                    {"op", value.node.op},
                    {"within", difference.isWithin},
                    {"max_difference", number(difference.numbers.largest)},
                    {"scaled", number(difference.scaled)},
                    {"snr", number(difference.numbers.sqnr)}};
        if (!difference.problem.empty())
            traced["problem"] = difference.problem;
        json["values"].push_back(std::move(traced));
    }
    return json;
}

Json quartilesJson(const Quartiles& times)
{
    return {{"runs", times.runs},
            {"lower_ns", times.lower.count()},
            {"median_ns", times.median.count()},
            {"upper_ns", times.upper.count()}};
}

Json speedJson(const SpeedOfSide& side)
{
    return {{"nodes", side.nodes},
            {"parameters", side.parameters},
            {"plain", quartilesJson(side.plain)},
            {"optimised", quartilesJson(side.optimised)}};
}

const char* word(Equivalence verdict)
{
    return verdict == Equivalence::Same        ? "same"
           : verdict == Equivalence::Different ? "different"
                                               : "unknown";
}

} // namespace

std::string verificationJson(const std::string& before, const std::string& after,
                             const VerifyOptions& options, const Verification& found,
                             const VerifyRecord* record)
{
    Json json{{"before", before},     {"after", after},         {"verdict", word(found.verdict)},
              {"seed", options.seed}, {"sizes", options.sizes}, {"structure", found.structure},
              {"notes", found.notes}};
    json["problem"] = orNull(found.problem);
    json["onnxruntime"] = found.library.version.empty() ? Json(nullptr) : Json(found.library.version);
    if (options.tolerance)
        json["tolerance"] = {{"absolute", options.tolerance->absolute},
                             {"relative", options.tolerance->relative}};
    json["outputs"] = Json::array();
    for (const OutputDifference& output : found.outputs)
        json["outputs"].push_back(outputJson(output));
    if (record) {
        json["files"] = {{"before", fileJson(record->before)}, {"after", fileJson(record->after)}};
        json["command"] = record->command;
        json["program"] = PLEAT_VERSION;
        json["inputs"] = record->inputs ? inputsJson(*record->inputs) : Json(nullptr);
        json["rehearsal"] = record->rehearsal ? rehearsalJson(*record->rehearsal) : Json(nullptr);
    }
    json["parts"] = Json::array();
    for (const PartCheck& part : found.parts)
        json["parts"].push_back(partJson(part));
    json["parts_problem"] = orNull(found.partsProblem);
    json["trace"] = found.divergence ? traceJson(*found.divergence) : Json(nullptr);
    json["trace_problem"] = orNull(found.divergenceProblem);
    json["speed"] = found.speed ? Json{{"before", speedJson(found.speed->before)},
                                       {"after", speedJson(found.speed->after)}}
                                : Json(nullptr);
    json["speed_problem"] = orNull(found.speedProblem);
    return jsonText(json);
}

} // namespace pleat
