// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/Json.h"

#include "core/base/Visible.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace pleat {

namespace {

using Json = nlohmann::ordered_json;

Json number(double value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

Json numbers(const std::vector<double>& values)
{
    Json array = Json::array();
    for (const double value : values)
        array.push_back(number(value));
    return array;
}

template<class T>
Json orNull(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json range(const std::optional<Range>& range)
{
    return range ? Json::array({number(range->min), number(range->max)}) : Json(nullptr);
}

Json nodeJson(const NodeRef& node)
{
    return {{"name", node.name}, {"op", node.op}};
}

Json nodesJson(const std::vector<NodeRef>& nodes)
{
    Json array = Json::array();
    for (const NodeRef& node : nodes)
        array.push_back(nodeJson(node));
    return array;
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

Json orNull(const std::string& name)
{
    return name.empty() ? Json(nullptr) : Json(name);
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

// Bytes that are not UTF-8 become U+FFFD; what steers a terminal or turns the writing is escaped.
std::string text(const Json& json)
{
    return visibleJson(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

// Without the line break at its end, and each line but the first moved to the right. No string holds a line
// break of its own.
std::string indented(const Json& json, std::size_t columns)
{
    std::string lines = text(json);
    lines.pop_back();
    std::string result;
    result.reserve(lines.size() + lines.size() / 2);
    std::size_t from = 0;
    for (std::size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n', from)) {
        result.append(lines, from, end + 1 - from).append(columns, ' ');
        from = end + 1;
    }
    return result.append(lines, from, lines.npos);
}

// What text() makes of `before`, then the list "pairs" and then `after`, handed over element by element.
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
    return text(json);
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
    return writeWithPairs(
        {{"model", files.model},
         {"output", files.output.empty() ? Json(nullptr) : Json(files.output)},
         {"folded", folded},
         {"left", left}},
        pairs, [&](const FoldedPair& pair) { return pairJson(pair, arrays); }, after, write);
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
    Json json = {{"recipe", files.recipe},
                 {"model", files.model},
                 {"output", orNull(files.output)},
                 {"same_source", orNull(files.sameSource)},
                 {"steps", steps}};
    if (!files.data.empty())
        json["data"] = files.data;
    return text(json);
}

} // namespace pleat
