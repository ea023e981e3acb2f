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

NodeId GraphView::id(NodeIndex node) const
{
    return entry(node).id;
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
    return std::span(m_slots).subspan(record.firstSlot, record.inputs);
}

std::span<const ValueIndex> GraphView::outputs(NodeIndex node) const
{
    const NodeRecord& record = m_nodes[index(node)];
    return std::span(m_slots).subspan(record.firstSlot + record.inputs, record.outputs);
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
    return *m_nodes[index(node)].node;
}

const onnx::NodeProto& GraphView::proto(NodeIndex node) const
{
    return *m_nodes[index(node)].proto;
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
    return record(value).slot;
}

std::span<const Use> GraphView::uses(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return std::span(m_uses).subspan(found.firstUse, found.uses);
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

bool GraphView::isSparse(ValueIndex value) const
{
    return record(value).sparse;
}

const Initializer* GraphView::initializer(ValueIndex value) const
{
    const ValueRecord& found = record(value);
    return found.isInitializer() ? &m_scopes[index(found.scope)].graph->initializers[found.initializer]
                                 : nullptr;
}

ValueIndex GraphView::find(ScopeIndex scope, std::string_view name) const
{
    for (; scope != ScopeIndex::None; scope = m_scopes[index(scope)].parent) {
        const std::uint32_t found = m_names[index(scope)].find(name, nameOf());
        if (found != NameIndex::none)
            return static_cast<ValueIndex>(found);
    }
    return ValueIndex::None;
}

std::span<const NodeIndex> GraphView::calls(ScopeIndex function) const
{
    const auto found = m_calls.find(function);
    return found != m_calls.end() ? std::span<const NodeIndex>(found->second) : std::span<const NodeIndex>();
}

std::span<const ValueIndex> GraphView::arguments(ValueIndex input) const
{
    const auto found = m_arguments.find(input);
    return found != m_arguments.end() ? std::span<const ValueIndex>(found->second)
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
    const std::span<const NodeIndex> nodes = m_scopes[index(scope)].nodes;
    const std::size_t first = nodes.empty() ? 0 : index(nodes.front());
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
                    visit(static_cast<std::uint32_t>(index(reader) - first));
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
    std::vector<NodeIndex> order;
    if (inOrder) {
        order.assign(nodes.begin(), nodes.end());
        return order;
    }
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
