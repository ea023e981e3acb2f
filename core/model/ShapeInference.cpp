// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ShapeInference.h"

#include "core/base/Failure.h"
#include "core/model/Assemble.h"
#include "core/model/ScopePath.h"
#include "core/model/ValueTypeProto.h"
#include "core/model/Worker.h"

#include <algorithm>
#include <charconv>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>
#include <set>
#include <string_view>

namespace pleat {

namespace {

constexpr std::string_view workerArgument = "--pleat-worker";
constexpr std::string_view inferTask = "infer-types";
constexpr int recursionLimit = 200; // of messages: 33 bodies and then some
// The first byte of an answer.
constexpr char answerModel = 'm';
constexpr char answerProblem = 'p';

bool parse(std::string_view bytes, onnx::ModelProto& model)
{
    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    stream.SetRecursionLimit(recursionLimit);
    return model.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

void collect(const onnx::GraphProto& graph, const std::string& path, ValueTypes& into)
{
    addDeclared(graph, into[path]);
    for (int index = 0; index < graph.node_size(); ++index) {
        const auto& node = graph.node(index);
        const auto enter = [&](const std::string& attribute, int position, const onnx::GraphProto& body) {
            collect(body,
                    bodyPath(path, node.name(), node.op_type(), static_cast<std::size_t>(index), attribute,
                             position),
                    into);
        };
        for (const auto& attribute : node.attribute()) {
            if (attribute.has_g())
                enter(attribute.name(), -1, attribute.g());
            for (int at = 0; at < attribute.graphs_size(); ++at)
                enter(attribute.name(), at, attribute.graphs(at));
        }
    }
}

// Without the IR version the library refuses what it can well read. Left-out tensors stay external ones: the
// library does not look for their bytes, as it would for those of a tensor that claims to hold them.
Result<std::string> question(const Model& model)
{
    auto structure = assemble(model, LeftOut::Keep);
    if (!structure)
        return tl::make_unexpected(structure.error());
    structure->set_ir_version(std::min<std::int64_t>(structure->ir_version(), onnx::Version::IR_VERSION));
    std::string bytes;
    if (!structure->SerializeToString(&bytes))
        return failure(ErrorCode::Unsupported,
                       "The structure of the model is too large for ONNX's shape inference.");
    return bytes;
}

std::string problemOf(const WorkerResult& result, int seconds)
{
    switch (result.end) {
    case WorkerEnd::Finished:
        if (result.output.starts_with(answerProblem))
            return result.output.substr(1);
        [[fallthrough]]; // half an answer, or none
    case WorkerEnd::Crashed:
        return "ONNX's shape inference crashed on this model; shapes are not shown.";
    case WorkerEnd::TimedOut:
        return "ONNX's shape inference took longer than " + std::to_string(seconds) +
               " seconds on this model; shapes are not shown.";
    case WorkerEnd::Stopped:
        return "Shape inference was cancelled.";
    case WorkerEnd::NotStarted:
        break;
    }
    return "ONNX's shape inference could not be started: " + result.why + ".";
}

void collectDomains(const onnx::GraphProto& graph, std::set<std::string>& domains)
{
    for (const auto& node : graph.node()) {
        domains.insert(node.domain());
        for (const auto& attribute : node.attribute()) {
            collectDomains(attribute.g(), domains);
            for (const auto& body : attribute.graphs())
                collectDomains(body, domains);
        }
    }
}

// One operator of a domain that is not imported would cost the shapes of all others.
void importMissingDomains(onnx::ModelProto& model)
{
    std::set<std::string> domains;
    collectDomains(model.graph(), domains);
    domains.erase("");
    domains.erase("ai.onnx");
    for (const auto& import : model.opset_import())
        domains.erase(import.domain());
    for (const std::string& domain : domains) {
        auto* import = model.add_opset_import();
        import->set_domain(domain);
        import->set_version(1);
    }
}

std::string infer(const std::string& input)
{
    onnx::ModelProto model;
    if (!parse(input, model))
        return answerProblem +
               std::string("ONNX cannot read the structure of this model; shapes are not shown.");
    importMissingDomains(model);
    std::string why;
    for (const bool propagateData : {true, false}) { // more shapes with it, fewer exceptions without
        onnx::ModelProto attempt = model;
        try {
            onnx::shape_inference::InferShapes(attempt, onnx::OpSchemaRegistry::Instance(),
                                               onnx::ShapeInferenceOptions(false, 0, propagateData));
        } catch (const std::exception& error) {
            why = error.what();
            continue;
        }
        attempt.mutable_graph()->clear_initializer(); // the asker has them
        return answerModel + attempt.SerializeAsString();
    }
    return answerProblem +
           ("ONNX's shape inference failed on this model; shapes are not shown. It says: " + why);
}

} // namespace

namespace {

void askWorker(const Model& model, const std::filesystem::path& worker, int seconds, std::stop_token stop,
               InferredTypes& inferred)
{
    const auto asked = question(model);
    if (!asked) {
        inferred.problem = asked.error().message;
        return;
    }
    const WorkerResult result =
        runWorker(worker, {std::string(workerArgument), std::string(inferTask), std::to_string(seconds)},
                  *asked, seconds, std::move(stop));
    onnx::ModelProto answer;
    const bool isModel = result.end == WorkerEnd::Finished && result.output.starts_with(answerModel) &&
                         parse(std::string_view(result.output).substr(1), answer);
    if (isModel)
        collect(answer.graph(), {}, inferred.types);
    else
        inferred.problem = problemOf(result, seconds);
}

} // namespace

InferredTypes inferTypes(const Model& model, const std::filesystem::path& worker, int seconds,
                         std::stop_token stop)
{
    InferredTypes inferred{declaredTypes(model), {}};
    try {
        askWorker(model, worker, seconds, std::move(stop), inferred);
    } catch (const std::exception&) { // a model can do without shapes
        inferred.problem = "Shapes are not shown: " + caughtError().message;
    }
    return inferred;
}

std::optional<int> runAsWorker(int argc, char** argv)
{
    if (argc < 2 || argv[1] != workerArgument)
        return std::nullopt;
    const std::string_view task = argc > 2 ? argv[2] : "";
    const std::string_view secondsText = argc > 3 ? argv[3] : "";
    int seconds = 60;
    std::from_chars(secondsText.data(), secondsText.data() + secondsText.size(), seconds);
    confineWorker(seconds);
    if (task != inferTask)
        return 2;
    try {
        return writeWorkerOutput(infer(workerInput())) ? 0 : 1;
    } catch (...) { // out of memory, mostly
        return 1;
    }
}

} // namespace pleat
