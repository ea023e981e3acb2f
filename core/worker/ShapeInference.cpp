// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/ShapeInference.h"

#include "core/base/Failure.h"
#include "core/io/Sink.h"
#include "core/model/Assemble.h"
#include "core/model/ScopePath.h"
#include "core/model/ValueTypeProto.h"
#include "core/worker/Worker.h"

#include <algorithm>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>
#include <set>
#include <string_view>

namespace pleat {

namespace {

constexpr int recursionLimit = 200; // of messages: 33 bodies and then some

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

std::string problemOf(const WorkerFailure& failure, int seconds)
{
    switch (failure.end) {
    case WorkerEnd::Failed:
        return failure.why;
    case WorkerEnd::Crashed:
    case WorkerEnd::Silent:
    case WorkerEnd::Nonsense:
    case WorkerEnd::TooMuch:
    case WorkerEnd::Refused:
        return "ONNX's shape inference crashed on this model; shapes are not shown.";
    case WorkerEnd::TimedOut:
        return "ONNX's shape inference took longer than " + std::to_string(seconds) +
               " seconds on this model; shapes are not shown.";
    case WorkerEnd::Stopped:
        return "Shape inference was cancelled.";
    case WorkerEnd::NotStarted:
        break;
    }
    return "ONNX's shape inference could not be started: " + failure.why + ".";
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

void askWorker(const Model& model, const std::filesystem::path& worker, int seconds,
               const std::stop_token& stop, InferredTypes& inferred)
{
    const auto asked = question(model);
    const auto input = asked ? workerInput([&](int descriptor) {
        return DescriptorSink(descriptor, "the question to ONNX's shape inference")
            .write(std::as_bytes(std::span(*asked)));
    })
                             : Result<Descriptor>(tl::make_unexpected(asked.error()));
    if (!input) {
        inferred.problem = input.error().message;
        return;
    }
    const auto take = [&inferred](const std::string& piece) -> Result<void> {
        onnx::ModelProto answer;
        if (!parse(piece, answer))
            return failure(ErrorCode::Internal, "the answer is no model");
        collect(answer.graph(), {}, inferred.types);
        return {};
    };
    NoProgress quiet;
    const auto done = runTask(
        worker, inferenceTask,
        {.parameters = {}, .input = input->get(), .time = std::chrono::seconds(seconds)}, take, quiet, stop);
    if (!done)
        inferred.problem = problemOf(done.error(), seconds);
}

} // namespace

Result<void> inferShapes(TaskChannel& channel)
{
    onnx::ModelProto model;
    if (!parse(readAll(channel.input), model))
        return failure(ErrorCode::Unsupported,
                       "ONNX cannot read the structure of this model; shapes are not shown.");
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
        channel.give(attempt.SerializeAsString());
        return {};
    }
    return failure(ErrorCode::Unsupported,
                   "ONNX's shape inference failed on this model; shapes are not shown. It says: " + why);
}

InferredTypes inferTypes(const Model& model, const std::filesystem::path& worker, int seconds,
                         std::stop_token stop)
{
    InferredTypes inferred{declaredTypes(model), {}};
    try {
        askWorker(model, worker, seconds, stop, inferred);
    } catch (const std::exception&) { // a model can do without shapes
        inferred.problem = "Shapes are not shown: " + caughtError().message;
    }
    return inferred;
}

} // namespace pleat
