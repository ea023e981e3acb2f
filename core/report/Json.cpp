// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/Json.h"

#include "core/base/Visible.h"
#include "core/report/JsonValues.h"

namespace pleat {

namespace {

Json range(const std::optional<Range>& range)
{
    return range ? Json::array({number(range->min), number(range->max)}) : Json(nullptr);
}

Json warningsJson(const std::vector<FoldWarning>& warnings)
{
    Json array = Json::array();
    for (const FoldWarning& warning : warnings)
        array.push_back({{"code", warning.code}, {"message", warning.message.text()}});
    return array;
}

Json candidateJson(const FoldCandidate& candidate)
{
    Json blame = Json::array();
    for (const Blame& whom : candidate.blame)
        blame.push_back({{whom.kind == Blame::Kind::Node ? "node" : "tensor", whom.name}});
    Json direction = nullptr;
    if (candidate.direction)
        direction = *candidate.direction == FoldDirection::After ? "after" : "before";
    return {{"id", candidate.id},
            {"status", candidate.foldable ? "foldable" : "blocked"},
            {"code", candidate.reason ? Json(code(*candidate.reason)) : Json(nullptr)},
            {"message", candidate.message.text()},
            {"blame", blame},
            {"direction", direction},
            {"layer", candidate.layer ? nodeJson(*candidate.layer) : Json(nullptr)},
            {"affine", nodesJson(candidate.affine)},
            {"between", nodesJson(candidate.between)},
            {"batch_norm", candidate.batchNorm},
            {"channels", orNull(candidate.channels)},
            {"scope", candidate.scope},
            {"warnings", warningsJson(candidate.warnings)}};
}

// The keys of one layer: those of the pair itself where it was folded into one.
void addLayer(Json& json, const FoldedLayer& layer)
{
    json["weight"] = orNull(layer.weight);
    json["bias"] = orNull(layer.bias);
    json["weight_range"] = {{"before", range(layer.weightBefore)}, {"after", range(layer.weightAfter)}};
    json["bias_range"] = range(layer.biasAfter);
}

Json pairJson(const FoldedPair& pair, Arrays arrays)
{
    Json json = candidateJson(pair.candidate);
    json["folded"] = pair.folded;
    if (pair.canonicalized)
        json["normalized"] = true;
    addLayer(json, pair.layers.empty() ? FoldedLayer{} : pair.layers.front());
    for (std::size_t l = 0; pair.layers.size() > 1 && l < pair.layers.size(); ++l) {
        Json layer = nodeJson(pair.layers[l].layer);
        addLayer(layer, pair.layers[l]);
        json["layers"].push_back(std::move(layer));
    }
    if (arrays == Arrays::Include) {
        json["parameters"] = nullptr;
        if (const auto& p = pair.parameters)
            json["parameters"] = {{"gamma", numbers(p->gamma)},
                                  {"beta", numbers(p->beta)},
                                  {"mean", numbers(p->mean)},
                                  {"variance", numbers(p->variance)},
                                  {"epsilon", number(p->epsilon)}};
        json["s"] = numbers(pair.s);
        json["t"] = numbers(pair.t);
    }
    return json;
}

Json portsJson(const std::vector<ModelInfo::Port>& ports)
{
    Json array = Json::array();
    for (const ModelInfo::Port& port : ports) {
        Json shape = Json::array();
        for (const Dimension& dimension : port.type.shape) {
            if (dimension.value >= 0)
                shape.push_back(dimension.value);
            else
                shape.push_back(dimension.symbol.empty() ? Json(nullptr) : Json(dimension.symbol));
        }
        array.push_back({{"name", port.name},
                         {"dtype", name(port.type.type)},
                         {"shape", port.type.hasShape ? shape : Json(nullptr)}});
    }
    return array;
}

Json stateDictJson(const std::string& file, const StateDict& dict)
{
    Json mapped = Json::array();
    for (const MappedName& name : dict.mapped)
        mapped.push_back({{"from", name.from}, {"to", name.to}, {"how", name.how}});
    return {{"file", file}, {"tensors", dict.tensors.size()}, {"mapped", mapped}, {"left_out", dict.leftOut}};
}

// What jsonText() makes of `before`, then the list "pairs" and then `after`, handed over element by element.
template<class Elements, class ToJson>
Result<void> writeWithPairs(const Json& before, const Elements& elements, ToJson toJson, const Json& after,
                            const TextSink& write)
{
    std::string piece = "{";
    for (const auto& [key, value] : before.items())
        piece += "\n  " + Json(key).dump() + ": " + indented(value, 2) + ",";
    piece += elements.empty() ? "\n  \"pairs\": []" : "\n  \"pairs\": [";
    bool first = true;
    for (const auto& element : elements) {
        piece += (first ? "\n    " : ",\n    ") + indented(toJson(element), 4);
        first = false;
        if (auto written = write(piece); !written)
            return written;
        piece.clear();
    }
    if (!elements.empty())
        piece = "\n  ]";
    for (const auto& [key, value] : after.items())
        piece += ",\n  " + Json(key).dump() + ": " + indented(value, 2);
    return write(piece + "\n}\n");
}

} // namespace

std::string infoJson(const ModelInfo& info)
{
    Json opsets = Json::object(), ops = Json::object();
    for (const auto& [domain, version] : info.opsets)
        opsets[domain.empty() ? "ai.onnx" : domain] = version;
    for (const auto& [op, count] : info.ops)
        ops[op] = count;
    Json byType = Json::object(), notes = Json::array();
    for (const auto& [type, count] : info.parametersByType)
        byType[name(type)] = count;
    for (const std::string& note : notesOf(info))
        notes.push_back(note);
    Json json = {{"file", info.file},
                 {"bytes", info.bytes},
                 {"ir_version", info.irVersion},
                 {"producer", info.producer},
                 {"opsets", opsets},
                 {"nodes", info.nodes},
                 {"parameters", info.parameters},
                 {"macs", orNull(info.macs)},
                 {"ops", ops},
                 {"inputs", portsJson(info.inputs)},
                 {"outputs", portsJson(info.outputs)}};
    // What is beyond a float network whose shapes are known.
    if (info.parametersByType.size() > 1 || !info.parametersByType.contains(DataType::Float))
        json["parameters_by_type"] = byType;
    if (!info.macs)
        json["macs_at_least"] = info.macsAtLeast;
    if (!notes.empty())
        json["notes"] = notes;
    for (const ModelInfo::DataFile& data : info.dataFiles)
        json["data"].push_back({{"file", data.file}, {"bytes", data.bytes}});
    return jsonText(json);
}

Result<void> pairsJson(const std::string& model, std::span<const FoldCandidate> candidates,
                       const TextSink& write)
{
    std::uint64_t foldable = 0, blocked = 0, other = 0;
    for (const FoldCandidate& candidate : candidates) {
        if (candidate.batchNorm)
            ++(candidate.foldable ? foldable : blocked);
        else
            other += candidate.foldable;
    }
    return writeWithPairs({{"model", model}, {"foldable", foldable}, {"blocked", blocked}, {"other", other}},
                          candidates, candidateJson, Json::object(), write);
}

Result<void> foldJson(const FoldFiles& files, std::span<const FoldedPair> pairs, Arrays arrays,
                      const TextSink& write)
{
    std::uint64_t folded = 0, left = 0;
    for (const FoldedPair& pair : pairs) {
        folded += pair.folded;
        left += !pair.folded && pair.candidate.batchNorm;
    }
    Json after = Json::object();
    if (!files.data.empty())
        after["data"] = files.data;
    if (files.written)
        after["state_dict"] = stateDictJson(files.stateDict, *files.written);
    return writeWithPairs(
        {{"model", files.model},
         {"output", files.output.empty() ? Json(nullptr) : Json(files.output)},
         {"folded", folded},
         {"left", left}},
        pairs, [&](const FoldedPair& pair) { return pairJson(pair, arrays); }, after, write);
}

namespace {

Json leftJson(std::string_view pass, const LeftPlace& place, const GraphView& view)
{
    return {{"pass", pass},
            {"code", place.code},
            {"id", lastingId(view, view.find(place.node))},
            {"message", place.why.text()}};
}

} // namespace

std::string prepareJson(const PrepareFiles& files, const GraphView& before, const PreparedAll& prepared)
{
    Json applied = Json::array(), left = Json::array();
    const GraphView* last = &before;
    for (const AppliedPass& pass : prepared.applied) {
        Json places = Json::array();
        for (const PreparedPlace& place : pass.done)
            places.push_back(place.what.text());
        applied.push_back({{"pass", pass.pass},
                           {"changed", pass.done.size()},
                           {"operators", operatorChanges(*last, pass.after.view())},
                           {"places", places}});
        last = &pass.after.view();
    }
    for (const auto& [pass, place] : prepared.left)
        left.push_back(leftJson(pass, place, *last));
    Json json = {{"model", files.model},
                 {"output", orNull(files.output)},
                 {"passes", applied},
                 {"left", left},
                 {"operators", operatorChanges(before, *last)}};
    if (!files.data.empty())
        json["data"] = files.data;
    return jsonText(json);
}

std::string passesJson(const std::string& model, const std::vector<ListedPass>& passes,
                       const Result<OnnxRuntimeLibrary>& runtime)
{
    Json all = Json::array();
    for (const ListedPass& listed : passes) {
        Json json = {{"pass", listed.pass->id},
                     {"name", listed.pass->name},
                     {"about", listed.pass->about},
                     {"default", listed.pass->byDefault}};
        if (listed.alone) {
            Json left = Json::array();
            for (const LeftPlace& place : listed.alone->left)
                left.push_back(leftJson(listed.pass->id, place, listed.alone->after.view()));
            json["would_change"] = listed.alone->done.size();
            json["left"] = std::move(left);
        }
        if (!listed.problem.empty())
            json["problem"] = listed.problem;
        all.push_back(std::move(json));
    }
    const Json found = runtime ? Json{{"version", runtime->version}, {"path", runtime->path.string()}}
                               : Json{{"problem", runtime.error().message}};
    return jsonText({{"model", orNull(model)}, {"passes", all}, {"onnxruntime", found}});
}

std::string replayJson(const ReplayFiles& files, const Recipe& recipe, const Replay& replayed)
{
    Json steps = Json::array();
    for (std::size_t s = 0; s < replayed.steps.size(); ++s) {
        const ReplayedStep& step = replayed.steps[s];
        const bool applied = step.status == ReplayedStep::Status::Applied;
        const bool refused = step.status == ReplayedStep::Status::Refused;
        Json findings = Json::array();
        for (const Finding& finding : step.findings)
            findings.push_back(
                {{"id", finding.id}, {"code", finding.code}, {"message", finding.message.text()}});
        steps.push_back({{"step", describe(recipe.steps[s]).text()},
                         {"status", applied   ? "applied"
                                    : refused ? "refused"
                                              : "not-reached"},
                         {"message", refused ? step.error.message : step.what.text()},
                         {"changed", step.changed},
                         {"findings", findings}});
    }
    Json json = {{"recipe", orNull(files.recipe)},
                 {"model", files.model},
                 {"output", orNull(files.output)},
                 {"same_source", orNull(files.sameSource)},
                 {"steps", steps}};
    if (!files.data.empty())
        json["data"] = files.data;
    return jsonText(json);
}

namespace {

// {"8": {"tensor": {"symmetric": {"min_max", "clipped"}, "asymmetric": {…}}, "channel": {…}}, "4": {…}}
Json ratiosJson(const std::vector<double>& ratios)
{
    Json json = Json::object();
    for (std::size_t s = 0; s < ratios.size(); ++s) {
        const QuantizationScheme& scheme = commonSchemes()[s];
        json[std::to_string(scheme.bits)][scheme.perChannel ? "channel" : "tensor"]
            [scheme.symmetric ? "symmetric" : "asymmetric"][scheme.clipped ? "clipped" : "min_max"] =
                number(ratios[s]);
    }
    return json;
}

Json weightJson(const LayerRow& row)
{
    const Statistics& measured = row.statistics;
    Json json{{"layer", row.layer.name}, {"op", row.layer.op}, {"scope", row.scope}, {"weight", row.tensor},
              {"dtype", name(row.type)}, {"shape", row.dims},  {"bytes", row.bytes}};
    if (row.problem) {
        json["problem"] = row.problem->message;
        return json;
    }
    json["channels"] = measured.channels.size();
    json["min"] = number(measured.range.min);
    json["max"] = number(measured.range.max);
    json["mean"] = number(measured.mean);
    json["std"] = number(measured.deviation);
    json["zeros"] = measured.zeros;
    json["nan"] = measured.nans;
    json["inf"] = measured.infinities;
    json["subnormal"] = measured.subnormals;
    json["entropy"] = number(row.entropy);
    json["outlier"] = row.outlier
                          ? Json{{"channel", row.outlier->channel}, {"ratio", number(row.outlier->ratio)}}
                          : Json(nullptr);
    json["sqnr"] = row.sqnr.empty() ? Json(nullptr) : ratiosJson(row.sqnr);
    return json;
}

} // namespace

Result<void> WeightsJson::begin(const std::string& model)
{
    return m_write("{\n  \"model\": " + indented(Json(model), 2) + ",\n  \"layers\": [");
}

Result<void> WeightsJson::add(const LayerRow& row)
{
    const std::string piece = (m_any ? ",\n    " : "\n    ") + indented(weightJson(row), 4);
    m_any = true;
    return m_write(piece);
}

Result<void> WeightsJson::end()
{
    return m_write(m_any ? "\n  ]\n}\n" : "]\n}\n");
}

std::string tensorsJson(const TensorFiles& files)
{
    Json tensors = Json::array(), leftOut = Json::array();
    for (const NamedTensor& tensor : files.tensors)
        tensors.push_back({{"name", tensor.name},
                           {"dtype", name(tensor.tensor.type())},
                           {"shape", tensor.dims()},
                           {"bytes", storedBytes(tensor.tensor.type(), tensor.tensor.elements())}});
    for (const LeftOutTensor& tensor : files.leftOut)
        leftOut.push_back({{"name", tensor.name}, {"why", tensor.why}});
    return jsonText({{"model", files.model},
                     {"output", orNull(files.output)},
                     {"tensors", tensors},
                     {"left_out", leftOut}});
}

} // namespace pleat
