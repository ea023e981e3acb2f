// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes of one graph with the same operator, the same attributes and the same inputs make the same results
// (ONNX's operators have no state), so what reads those of the second reads those of the first, bit by bit.
// Not so where an operator draws lots (RandomNormal and its like, Multinomial, Bernoulli, a Dropout that
// trains), nor for operators of other domains and calls of functions, of which nobody knows that. Nodes with
// bodies are not compared, nor those with large tensors in their attributes. Where a batch norm waits behind
// one of the two, both stay: a layer that two batch norms read takes neither of them, and after folding what
// is still the same can be merged as well. One walk in the order of the data, with a hash of what a node is.
#include "core/graph/Attributes.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>
#include <set>

namespace pleat {

namespace {

constexpr int farthestNorm = 8; // nodes behind one of the two

class CommonSubexpressions final {
public:
    explicit CommonSubexpressions(Round& round) : m_round(round), m_view(round.view())
    {
        for (const Function& function : m_view.model().functions) {
            if (function.header->domain().empty() || function.header->domain() == "ai.onnx")
                m_ownOperators.insert(function.header->name());
        }
    }

    void run()
    {
        for (const NodeIndex node : m_round.nodes()) {
            if (!isCompared(node))
                continue;
            const auto [first, isNew] = m_firsts.try_emplace(identity(node), node);
            if (!isNew)
                merge(node, first->second);
        }
    }

private:
    bool isCompared(NodeIndex node) const
    {
        static constexpr std::array<std::string_view, 7> chance{
            "Bernoulli",        "Dropout",       "Multinomial",      "RandomNormal",
            "RandomNormalLike", "RandomUniform", "RandomUniformLike"};
        const Node& entry = m_view.entry(node);
        return m_view.domain(node).empty() && !entry.parts && !m_view.outputs(node).empty() &&
               std::ranges::find(chance, m_view.op(node)) == chance.end() &&
               !m_ownOperators.contains(m_view.op(node));
    }

    // The same for two nodes that make the same, however their attributes are ordered and commented.
    std::string identity(NodeIndex node) const
    {
        std::string identity = fmt::format("{}:{}:", index(m_view.scope(node)), m_view.op(node));
        for (const ValueIndex input : m_view.inputs(node)) {
            const auto other = m_instead.find(input);
            identity += fmt::format("{},", index(other == m_instead.end() ? input : other->second));
        }
        for (const ValueIndex output : m_view.outputs(node))
            identity += output == ValueIndex::None ? '-' : '+';
        for (const std::string& attribute : whatAttributesSay(*m_view.entry(node).proto))
            identity += fmt::format("{}:{}", attribute.size(), attribute);
        return identity;
    }

    void merge(NodeIndex node, NodeIndex first)
    {
        const auto froms = m_view.outputs(node), tos = m_view.outputs(first);
        std::vector<NodeIndex> concerned{node};
        for (std::size_t slot = 0; slot < froms.size(); ++slot) {
            if (froms[slot] == ValueIndex::None)
                continue;
            if (!m_round.pen().canReplace(froms[slot], tos[slot])) {
                m_round.leave(node, "graph-output",
                              sentence("{} stays although {} makes the same: {} is an output of the graph, "
                                       "which must have a node that makes it",
                                       operation(m_view, node), operation(m_view, first),
                                       named(m_view, froms[slot])));
                return;
            }
            if (leadsToNorm(froms[slot]) || leadsToNorm(tos[slot])) {
                m_round.leave(node, "batch-norm",
                              sentence("{} stays although {} makes the same: a batch norm behind it can be "
                                       "folded only where nobody else reads",
                                       operation(m_view, node), operation(m_view, first)));
                return;
            }
            if (!m_round.isKnownByName(tos[slot], froms[slot]))
                return;
            if (m_view.isGraphOutput(froms[slot]) && concerned.size() == 1)
                concerned.push_back(first); // its output gets that name
        }
        if (!m_round.claim(concerned, sentence("{} goes: {} makes the same", operation(m_view, node),
                                               operation(m_view, first))))
            return;
        for (std::size_t slot = 0; slot < froms.size(); ++slot) {
            if (froms[slot] == ValueIndex::None)
                continue;
            m_round.pen().replace(froms[slot], tos[slot]);
            m_instead.emplace(froms[slot], tos[slot]);
        }
        m_round.pen().remove(node);
    }

    // Through nodes that are the only readers of what they read.
    bool leadsToNorm(ValueIndex value) const
    {
        for (int step = 0; step < farthestNorm && value != ValueIndex::None; ++step) {
            const auto uses = m_view.uses(value);
            if (uses.size() != 1 || m_view.isGraphOutput(value))
                return false;
            if (m_view.op(uses.front().node) == "BatchNormalization" && uses.front().slot == 0)
                return true;
            value = m_view.output(uses.front().node, 0);
        }
        return false;
    }

    Round& m_round;
    const GraphView& m_view;
    std::set<std::string, std::less<>> m_ownOperators; // functions that replace ONNX's
    std::unordered_map<std::string, NodeIndex> m_firsts;
    std::unordered_map<ValueIndex, ValueIndex> m_instead; // what is read in place of what
};

} // namespace

Result<void> lookForCommonSubexpressions(Round& round, Progress&, const std::stop_token&)
{
    CommonSubexpressions(round).run();
    return {};
}

} // namespace pleat
