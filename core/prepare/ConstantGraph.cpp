// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/ConstantGraph.h"

#include "core/graph/Opsets.h"
#include "core/model/Assemble.h"
#include "core/model/TensorWalk.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr std::uint64_t mostConstantBytes = std::uint64_t{1}
                                            << 29; // of constants: a worker holds them three times
constexpr int mostCalls = 64;                      // of functions in functions

std::string nameOf(ValueIndex value)
{
    return value == ValueIndex::None ? std::string() : "v" + std::to_string(index(value));
}

std::uint64_t bytesOf(const TensorMessage& tensor)
{
    if (const Payload* payload = tensor.payload())
        return payload->size();
    return tensor.message()->ByteSizeLong();
}

} // namespace

// What stands for the value outside of the functions through whose inputs it came; None: not one and the same
// in all calls.
ValueIndex ConstantGraph::stored(ValueIndex value) const
{
    for (int call = 0; call < mostCalls; ++call) {
        if (m_view.producer(value) != NodeIndex::None || m_view.initializer(value))
            return value;
        const auto arguments = m_view.arguments(value);
        if (arguments.size() != 1 || m_view.isSparse(value))
            return ValueIndex::None;
        value = arguments.front();
    }
    return ValueIndex::None;
}

bool ConstantGraph::add(NodeIndex node)
{
    std::vector<NodeIndex> nodes, waiting{node};
    std::vector<ValueIndex> constants;
    std::uint64_t bytes = m_bytes;
    bool isConstant = true;
    m_nodes.insert(node);
    while (!waiting.empty() && isConstant) {
        const NodeIndex next = waiting.back();
        waiting.pop_back();
        nodes.push_back(next);
        for (const ValueIndex input : m_view.inputs(next)) {
            if (input == ValueIndex::None)
                continue;
            const ValueIndex source = stored(input);
            const NodeIndex maker = m_view.producer(source);
            if (source != ValueIndex::None && maker == NodeIndex::None) {
                if (m_constants.insert(source).second) {
                    constants.push_back(source);
                    bytes += bytesOf(m_view.initializer(source)->tensor);
                }
            } else if (source == ValueIndex::None || m_view.constantDepth(source) == 0 ||
                       !m_view.domain(maker).empty()) {
                isConstant = false;
            } else if (m_nodes.insert(maker).second) {
                waiting.push_back(maker);
            }
        }
    }
    if (isConstant && bytes <= mostConstantBytes) {
        m_bytes = bytes;
        return true;
    }
    nodes.insert(nodes.end(), waiting.begin(), waiting.end());
    for (const NodeIndex added : nodes)
        m_nodes.erase(added);
    for (const ValueIndex added : constants)
        m_constants.erase(added);
    return false;
}

Result<std::string> ConstantGraph::modelOf(std::span<const ValueIndex> outputs) const
{
    onnx::ModelProto model;
    model.set_ir_version(std::max(irOfFreeInitializers, m_view.model().irVersion()));
    model.add_opset_import()->set_version(m_opset);
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.set_name("constants");
    std::vector<ValueIndex> constants(m_constants.begin(), m_constants.end());
    std::ranges::sort(constants); // the same bytes each time
    for (const ValueIndex constant : constants) {
        const TensorMessage& tensor = m_view.initializer(constant)->tensor;
        onnx::TensorProto& added = *graph.add_initializer();
        added = *tensor.message();
        if (auto read = readIn(added, tensor.payload()); !read)
            return tl::make_unexpected(std::move(read.error()));
        added.set_name(nameOf(constant));
    }
    for (const NodeIndex node : m_order) {
        if (!m_nodes.contains(node))
            continue;
        onnx::NodeProto& added = *graph.add_node();
        added = m_view.proto(node);
        if (auto read = readIn(added, m_view.payloads(node)); !read)
            return tl::make_unexpected(std::move(read.error()));
        const auto inputs = m_view.inputs(node), results = m_view.outputs(node);
        for (std::size_t n = 0; n < inputs.size(); ++n)
            added.set_input(static_cast<int>(n),
                            inputs[n] == ValueIndex::None ? std::string() : nameOf(stored(inputs[n])));
        for (std::size_t n = 0; n < results.size(); ++n)
            added.set_output(static_cast<int>(n), nameOf(results[n]));
    }
    for (const ValueIndex output : outputs)
        graph.add_output()->set_name(nameOf(output));
    std::string bytes;
    if (!model.SerializeToString(&bytes))
        return failure(ErrorCode::Unsupported,
                       "The constants are too large to be handed to another process.");
    return bytes;
}

} // namespace pleat
