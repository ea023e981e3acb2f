// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/GraphView.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <queue>

namespace pleat {

int GraphView::constantDepth(ValueIndex value) const
{
    return value == ValueIndex::None ? 0 : record(value).constantDepth;
}

NodeIndex GraphView::find(NodeId id) const
{
    return index(id) < m_byId.size() ? m_byId[index(id)] : NodeIndex::None;
}

ValueIndex GraphView::find(TensorId id) const
{
    return index(id) < m_initializerById.size() ? m_initializerById[index(id)] : ValueIndex::None;
}

bool GraphView::isBefore(NodeIndex maker, NodeIndex reader) const
{
    while (reader != NodeIndex::None && scope(reader) != scope(maker))
        reader = m_scopes[index(scope(reader))].owner;
    return reader == NodeIndex::None || place(maker) < place(reader);
}

NodeId GraphView::id(NodeIndex node) const
{
    return entry(node).id;
}

// Nodes come after what they read; where a file has them otherwise, their results pass for data.
std::uint8_t GraphView::constantDepthOf(NodeIndex node) const
{
    constexpr int deepest = 255;
    const auto position = [&](NodeIndex at) { return std::pair(scope(at), place(at)); };
    const auto drawsNumbers = [](std::string_view op) {
        return op.starts_with("Random") || op == "Bernoulli" || op == "Multinomial";
    };
    int depth = 0;
    for (const ValueIndex value : inputs(node)) {
        const int before = value == ValueIndex::None ? 1 : constantDepth(value);
        const NodeIndex maker = producer(value);
        if (before == 0 || (maker != NodeIndex::None && position(maker) >= position(node)))
            return 0;
        depth = std::max(depth, before);
    }
    if (!entry(node).bodies().empty() || drawsNumbers(op(node)))
        return 0;
    return static_cast<std::uint8_t>(std::min(depth + 1, deepest));
}

std::size_t GraphView::bytesBeside(const GraphView& other) const
{
    std::size_t bytes = sizeof(*this) + m_nodes.bytesBeside(other.m_nodes) +
                        m_values.bytesBeside(other.m_values) + m_slots.bytesBeside(other.m_slots) +
                        m_uses.bytesBeside(other.m_uses) + m_byId.bytesBeside(other.m_byId) +
                        m_initializerById.bytesBeside(other.m_initializerById);
    for (std::size_t s = 0; s < m_scopes.size() && s < other.m_scopes.size(); ++s) {
        const Scope &scope = m_scopes[s], &old = other.m_scopes[s];
        bytes += sizeof(scope) + scope.nodes.bytesBeside(old.nodes) +
                 scope.initializers.bytesBeside(old.initializers);
        if (scope.graph != old.graph)
            bytes += scope.graph->nodes.bytesBeside(old.graph->nodes) +
                     scope.graph->initializers.bytesBeside(old.graph->initializers);
    }
    return bytes;
}

ScopeIndex GraphView::scope(NodeIndex node) const
{
    return m_nodes[index(node)].scope;
}

std::string_view GraphView::op(NodeIndex node) const
{
    return proto(node).op_type();
}

std::string_view GraphView::domain(NodeIndex node) const
{
    const std::string& domain = proto(node).domain();
    return domain == "ai.onnx" ? std::string_view() : domain;
}

std::string_view GraphView::name(NodeIndex node) const
{
    return proto(node).name();
}

std::string GraphView::label(NodeIndex node) const
{
    if (!name(node).empty())
        return std::string(name(node));
    for (const ValueIndex value : outputs(node)) {
        if (value != ValueIndex::None)
            return std::string(op(node)) + " that makes " + std::string(name(value));
    }
    return std::string(op(node));
}

std::span<const ValueIndex> GraphView::inputs(NodeIndex node) const
{
    const NodeRecord& record = m_nodes[index(node)];
    return m_slots.span(record.firstSlot, record.inputs);
}

std::span<const ValueIndex> GraphView::outputs(NodeIndex node) const
{
    const NodeRecord& record = m_nodes[index(node)];
    return m_slots.span(record.firstSlot + record.inputs, record.outputs);
}

ValueIndex GraphView::input(NodeIndex node, std::size_t slot) const
{
    const auto all = inputs(node);
    return slot < all.size() ? all[slot] : ValueIndex::None;
}

ValueIndex GraphView::output(NodeIndex node, std::size_t slot) const
{
    const auto all = outputs(node);
    return slot < all.size() ? all[slot] : ValueIndex::None;
}

const Node& GraphView::entry(NodeIndex node) const
{
    const NodeRecord& record = m_nodes[index(node)];
    return m_scopes[index(record.scope)].graph->nodes[record.place];
}

Place GraphView::place(NodeIndex node) const
{
    return m_nodes[index(node)].place;
}

const onnx::NodeProto& GraphView::proto(NodeIndex node) const
{
    return *m_nodes[index(node)].proto;
}

std::span<const Payload> GraphView::payloads(NodeIndex node) const
{
    const auto& resolved = m_functions->resolvedPayloads;
    if (!resolved.empty()) {
        if (const auto found = resolved.find(node); found != resolved.end())
            return found->second;
    }
    return entry(node).payloads();
}

std::string_view GraphView::name(ValueIndex value) const
{
    return record(value).name();
}

// An operand that should be there may be absent ("") in any file; it then is a value that nobody makes or
// reads.
const GraphView::ValueRecord& GraphView::record(ValueIndex value) const
{
    static const ValueRecord absent;
    return value == ValueIndex::None ? absent : m_values[index(value)];
}

ScopeIndex GraphView::scope(ValueIndex value) const
{
    return record(value).scope;
}

NodeIndex GraphView::producer(ValueIndex value) const
{
    return record(value).producer;
}

std::size_t GraphView::producerSlot(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return found.initializer ? 0 : found.slot;
}

std::span<const Use> GraphView::uses(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return m_uses.span(found.firstUse, found.uses);
}

NodeIndex GraphView::readerInBody(ValueIndex value) const
{
    return record(value).readerInBody;
}

bool GraphView::isGraphInput(ValueIndex value) const
{
    return record(value).graphInput;
}

bool GraphView::isGraphOutput(ValueIndex value) const
{
    return record(value).graphOutput;
}

const onnx::SparseTensorProto* GraphView::sparseInitializer(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return found.sparse
               ? &m_scopes[index(found.scope)].graph->header->sparse_initializer(static_cast<int>(found.slot))
               : nullptr;
}

bool GraphView::isSparse(ValueIndex value) const
{
    return record(value).sparse;
}

const Initializer* GraphView::initializer(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return found.initializer
               ? &m_scopes[index(found.scope)].graph->initializers[static_cast<Place>(found.slot)]
               : nullptr;
}

Place GraphView::initializerPlace(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return found.initializer ? static_cast<Place>(found.slot) : Place::None;
}

ValueIndex GraphView::find(ScopeIndex scope, std::string_view name) const
{
    for (; scope != ScopeIndex::None; scope = m_scopes[index(scope)].parent) {
        const std::uint32_t found = findHere(m_names[index(scope)], name);
        if (found != NameIndex::none)
            return static_cast<ValueIndex>(found);
    }
    return ValueIndex::None;
}

std::uint32_t GraphView::findHere(const Names& names, std::string_view name) const
{
    const std::uint32_t found = names.since.find(name, nameOf());
    return found == NameIndex::none ? names.built->find(name, nameOf()) : found;
}

bool GraphView::isValueName(std::string_view name) const
{
    return std::ranges::any_of(m_names,
                               [&](const Names& names) { return findHere(names, name) != NameIndex::none; });
}

std::span<const NodeIndex> GraphView::calls(ScopeIndex function) const
{
    const auto found = m_functions->calls.find(function);
    return found != m_functions->calls.end() ? std::span<const NodeIndex>(found->second)
                                             : std::span<const NodeIndex>();
}

std::span<const ValueIndex> GraphView::arguments(ValueIndex input) const
{
    const auto found = m_functions->arguments.find(input);
    return found != m_functions->arguments.end() ? std::span<const ValueIndex>(found->second)
                                                 : std::span<const ValueIndex>();
}

ValueIndex GraphView::origin(ValueIndex value) const
{
    constexpr int longest = 64;
    for (int step = 0; step < longest; ++step) {
        const NodeIndex maker = producer(value);
        if (const auto passed = arguments(value); passed.size() == 1)
            value = passed.front();
        else if (maker != NodeIndex::None && op(maker) == "Identity" && domain(maker).empty() &&
                 input(maker, 0) != ValueIndex::None)
            value = input(maker, 0);
        else
            break;
    }
    return value;
}

std::vector<NodeIndex> GraphView::topological(ScopeIndex scope) const
{
    const Sequence<NodeIndex>& list = m_scopes[index(scope)].nodes;
    std::vector<NodeIndex> nodes(list.begin(), list.end());
    if (m_inOrder)
        return nodes;
    std::vector<std::size_t> firstOfChunk{0};
    for (std::size_t c = 0; c < list.chunks(); ++c)
        firstOfChunk.push_back(firstOfChunk.back() + list.chunkAt(c).size());
    const auto position = [&](NodeIndex node) {
        return static_cast<std::uint32_t>(firstOfChunk[list.chunkOf(place(node))] +
                                          list.offsetOf(place(node)));
    };
    const auto inScope = [&](NodeIndex node) {
        for (; node != NodeIndex::None && this->scope(node) != scope;)
            node = m_scopes[index(this->scope(node))].owner;
        return node;
    };
    const auto forEachReader = [&](std::uint32_t n, auto visit) {
        for (const ValueIndex value : outputs(nodes[n])) {
            for (const Use& use : uses(value)) {
                // A reader in a body counts for the node of this scope that holds the body.
                const NodeIndex reader = inScope(use.node);
                if (reader != NodeIndex::None && reader != nodes[n])
                    visit(position(reader));
            }
        }
    };
    std::vector<std::uint32_t> missing(nodes.size());
    bool inOrder = true;
    for (std::uint32_t n = 0; n < nodes.size(); ++n) {
        forEachReader(n, [&](std::uint32_t reader) {
            ++missing[reader];
            inOrder &= reader > n;
        });
    }
    if (inOrder)
        return nodes;
    std::vector<NodeIndex> order;
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
    for (std::uint32_t n = 0; n < nodes.size(); ++n) {
        if (missing[n] == 0)
            ready.push(n);
    }
    order.reserve(nodes.size());
    while (!ready.empty()) {
        const std::uint32_t n = ready.top();
        ready.pop();
        order.push_back(nodes[n]);
        forEachReader(n, [&](std::uint32_t reader) {
            if (--missing[reader] == 0)
                ready.push(reader);
        });
    }
    return order;
}

} // namespace pleat
