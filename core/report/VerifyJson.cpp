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
    json["cosine"] = number(output.cosine);
    json["snr"] = number(output.numbers.sqnr);
    if (output.classes)
        json["classes"] = {{"rows", output.classes->rows},
                           {"top1", output.classes->first},
                           {"top5", output.classes->firstFive}};
    return json;
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
    json["problem"] = found.problem.empty() ? Json(nullptr) : Json(found.problem);
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
    return visibleJson(json.dump(2, ' ', false, Json::error_handler_t::replace)) + '\n';
}

} // namespace pleat
