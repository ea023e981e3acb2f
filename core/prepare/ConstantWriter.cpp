// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/ConstantWriter.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"

#include <algorithm>
#include <ranges>

namespace pleat {

namespace {

constexpr std::size_t mostBehind = 1000; // nodes that are looked through for what a result is made of

} // namespace

// From the back: what is read only by nodes that go is not written out.
Result<void> ConstantWriter::write(std::span<const NodeIndex> nodes, const std::stop_token& stop)
{
    for (const NodeIndex node : std::views::reverse(nodes)) {
        if (stop.stop_requested())
            return cancelled();
        look(node);
    }
    return {};
}

void ConstantWriter::look(NodeIndex node)
{
    const auto outputs = m_view.outputs(node);
    if (m_view.op(node) == "Constant" || !m_view.domain(node).empty() ||
        !m_view.entry(node).bodies().empty() || refersToCall(m_view.proto(node)))
        return;
    std::vector<ValueIndex> needed;
    bool wasRead = false;
    for (const ValueIndex output : outputs) {
        wasRead = wasRead || !m_view.uses(output).empty();
        if (isNeeded(output))
            needed.push_back(output);
    }
    if (needed.empty()) {
        if (wasRead && m_round.claim({node}, sentence("{} goes: only what is computed beforehand read it",
                                                      operation(m_view, node))))
            remove(node);
        return;
    }
    if (m_view.op(node) == "Identity")
        return; // its reader may read what it reads
    std::vector<TensorMessage> tensors;
    tensors.reserve(needed.size());
    for (const ValueIndex output : needed) {
        auto known = m_source(output);
        if (!known || !isSmallEnough(node, output, known->bytes))
            return;
        tensors.push_back(std::move(known->tensor));
    }
    if (!m_round.claim({node}, sentence("{} becomes the initializer {}", operation(m_view, node),
                                        named(m_view, needed.front()))))
        return;
    remove(node);
    for (std::size_t n = 0; n < needed.size(); ++n)
        m_round.pen().store(needed[n], std::move(tensors[n]));
}

void ConstantWriter::remove(NodeIndex node)
{
    m_round.pen().remove(node);
    m_gone.insert(node);
}

bool ConstantWriter::isNeeded(ValueIndex value) const
{
    return value != ValueIndex::None &&
           (m_view.isGraphOutput(value) || std::ranges::any_of(m_view.uses(value), [&](const Use& use) {
                return !m_gone.contains(use.node);
            }));
}

bool ConstantWriter::isSmallEnough(NodeIndex node, ValueIndex value, std::uint64_t bytes)
{
    if (bytes > m_round.options().largestResult) {
        leaveLargeResult(m_round, node, bytes);
        return false;
    }
    const std::uint64_t before = bytes > smallResult ? bytesOfSources(node) : 0;
    if (bytes > smallResult && bytes > before) {
        m_round.leave(node, "larger",
                      sentence("{} stays: {} would take {} bytes, and what it is computed from takes {}",
                               operation(m_view, node), named(m_view, value), bytes, before));
        return false;
    }
    return true;
}

// Bytes of the constants that are read only to compute what the node makes, and so go with it.
std::uint64_t ConstantWriter::bytesOfSources(NodeIndex node) const
{
    std::unordered_set<NodeIndex> behind{node};
    std::vector<NodeIndex> waiting{node};
    std::unordered_set<ValueIndex> sources;
    while (!waiting.empty() && behind.size() < mostBehind) {
        const NodeIndex next = waiting.back();
        waiting.pop_back();
        for (const ValueIndex input : m_view.inputs(next)) {
            const NodeIndex maker = m_view.producer(input);
            if (input == ValueIndex::None || (maker == NodeIndex::None && !m_view.initializer(input)))
                continue;
            if (maker == NodeIndex::None || m_view.op(maker) == "Constant")
                sources.insert(input);
            else if (m_view.constantDepth(input) > 0 && behind.insert(maker).second)
                waiting.push_back(maker);
        }
    }
    std::uint64_t bytes = 0;
    for (const ValueIndex source : sources) {
        const bool goes =
            !m_view.isGraphOutput(source) && std::ranges::all_of(m_view.uses(source), [&](const Use& use) {
                return behind.contains(use.node) || m_gone.contains(use.node);
            });
        const auto constant = goes ? constantOf(m_view, source) : tl::unexpected(NotConstant::Computed);
        if (constant)
            bytes += storedBytes(constant->tensor.type(), constant->tensor.elements());
    }
    return bytes;
}

void leaveLargeResult(Round& round, NodeIndex node, std::uint64_t bytes)
{
    round.leave(node, "large-result",
                sentence("{} stays: its result would take {} bytes, and the limit is {}",
                         operation(round.view(), node), bytes, round.options().largestResult));
}

} // namespace pleat
