// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/VerifyChecks.h"

#include <QtGlobal>
#include <cstring>
#include <onnx/onnx_pb.h>

namespace pleat::test {

namespace {

onnx::TensorProto* find(onnx::GraphProto& graph, const std::string& name);

onnx::TensorProto* find(onnx::NodeProto& node, const std::string& name)
{
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.has_t() && node.output(0) == name)
            return attribute.mutable_t();
        if (onnx::TensorProto* found = attribute.has_g() ? find(*attribute.mutable_g(), name) : nullptr)
            return found;
    }
    return nullptr;
}

onnx::TensorProto* find(onnx::GraphProto& graph, const std::string& name)
{
    for (onnx::TensorProto& tensor : *graph.mutable_initializer())
        if (tensor.name() == name)
            return &tensor;
    for (onnx::NodeProto& node : *graph.mutable_node())
        if (onnx::TensorProto* found = find(node, name))
            return found;
    return nullptr;
}

} // namespace

const WorkerPlace& ownWorker()
{
    static const WorkerPlace place{.program = "/proc/self/exe"};
    return place;
}

std::shared_ptr<const GraphView> viewed(const std::string& bytes)
{
    const auto made = viewOf(bytes);
    if (!made)
        qFatal("a model of the test is none: %s", made.error().c_str());
    return *made;
}

Verification verified(const std::string& before, const std::string& after, const VerifyOptions& options,
                      const WorkerPlace& place)
{
    NoProgress quiet;
    const auto a = viewed(before), b = viewed(after);
    auto found = verify(*a, *b, options, place, quiet, {});
    if (!found)
        qFatal("%s", found.error().message.c_str());
    return std::move(*found);
}

std::string folded(const std::string& bytes, const FoldOptions& options)
{
    const auto made = foldThroughFiles(bytes, {}, options);
    if (!made)
        qFatal("%s", made.error().c_str());
    return made->after;
}

std::string tampered(const std::string& bytes, const std::string& name, std::size_t at)
{
    onnx::ModelProto model;
    model.ParseFromString(bytes);
    onnx::TensorProto* tensor = find(*model.mutable_graph(), name);
    for (onnx::FunctionProto& function : *model.mutable_functions())
        for (onnx::NodeProto& node : *function.mutable_node())
            tensor = tensor ? tensor : find(node, name);
    if (!tensor)
        qFatal("no tensor %s", name.c_str());
    float value = 0;
    std::string& raw = *tensor->mutable_raw_data();
    if (raw.size() < (at + 1) * sizeof value)
        qFatal("%s has no number %zu", name.c_str(), at);
    std::memcpy(&value, raw.data() + at * sizeof value, sizeof value);
    value *= 1.05F;
    std::memcpy(raw.data() + at * sizeof value, &value, sizeof value);
    return model.SerializeAsString();
}

std::string blamed(const Verification& found)
{
    std::string names;
    for (const PartCheck& part : found.parts)
        if (part.differs())
            for (const NodeRef& node : part.before)
                names += node.name + " ";
    return names;
}

std::string traced(const Verification& found)
{
    return found.divergence && found.divergence->first
               ? found.divergence->values[*found.divergence->first].node.name
               : "";
}

std::string problemsOf(const Verification& found)
{
    std::string text = found.problem + found.partsProblem;
    for (const PartCheck& part : found.parts)
        text += part.problem;
    return text;
}

} // namespace pleat::test
