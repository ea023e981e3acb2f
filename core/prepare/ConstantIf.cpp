// SPDX-License-Identifier: GPL-3.0-or-later
// An If runs one of two graphs, by a condition (ONNX's operator page). Where the condition is the same in
// every run, the nodes of that graph stand in its place: they read what is around by the names that they read
// already, and their results get the names of the results of the If. Names that others have, too, become
// others. What a branch hands on without making it is handed on by an Identity. Computes the same, bit by
// bit. A condition that a caller may replace is not constant; sparse initializers and annotations of a branch
// have no place around it, so such an If stays. An If in a branch that goes or moves comes in the next round.
#include "core/graph/Constants.h"
#include "core/prepare/PassFiles.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// Nothing where it is not known, or may be replaced.
std::optional<bool> truth(const Constant& condition)
{
    if (condition.type != DataType::Bool || condition.isCast() || condition.tensor.elements() != 1)
        return std::nullopt;
    std::byte byte{};
    if (!condition.tensor.payload().problem().empty() || !condition.tensor.read(0, 1, {&byte, 1}))
        return std::nullopt;
    return byte != std::byte{0};
}

using NameCounts = std::unordered_map<std::string_view, int>; // how many have the name, in all graphs

// A branch whose names stay where nobody else has them.
class Branch final : public Transplant {
public:
    Branch(Rewriter& pen, const GraphView& view, const BodyScopes& bodies, const NameCounts& values,
           const NameCounts& nodes)
        : Transplant(view, bodies),
          m_pen(pen),
          m_values(values),
          m_nodes(nodes)
    {
    }

private:
    std::string newName(ValueIndex value) override { return kept(m_values, view().name(value)); }
    std::string newNodeName(NodeIndex node) override { return kept(m_nodes, view().name(node)); }

    std::string kept(const NameCounts& counts, std::string_view name)
    {
        return counts.at(name) == 1 ? std::string(name) : m_pen.uniqueName(std::string(name));
    }

    Rewriter& m_pen;
    const NameCounts &m_values, &m_nodes;
};

class ConstantIfs final {
public:
    explicit ConstantIfs(Round& round) : m_round(round), m_view(round.view()) {}

    void run()
    {
        for (const NodeIndex node : m_round.nodes()) {
            if (m_view.op(node) == "If" && m_view.domain(node).empty() && !isGone(m_view.scope(node)))
                look(node);
        }
    }

private:
    // In a body of an If that goes.
    bool isGone(ScopeIndex scope) const
    {
        for (; scope != ScopeIndex::None; scope = m_view.scopes()[index(scope)].parent) {
            const NodeIndex owner = m_view.scopes()[index(scope)].owner;
            if (owner != NodeIndex::None && !m_round.isFree(owner))
                return true;
        }
        return false;
    }

    void look(NodeIndex node)
    {
        const ValueIndex condition = m_view.input(node, 0);
        const auto constant = constantOf(m_view, condition);
        if (!constant && constant.error() == NotConstant::Overridable)
            m_round.leave(node, "overridable",
                          sentence("{} stays: a caller may give other numbers for {}",
                                   operation(m_view, node), named(m_view, condition)));
        const std::optional<bool> taken = constant ? truth(*constant) : std::nullopt;
        if (!taken)
            return;
        const ScopeIndex branch = branchOf(node, *taken ? "then_branch" : "else_branch");
        if (branch == ScopeIndex::None)
            return;
        if (const std::optional<Sentence> why = obstacle(node, branch)) {
            m_round.leave(node, "branch", sentence("{} stays: {}", operation(m_view, node), *why));
            return;
        }
        if (m_round.claim({node},
                          sentence("{} goes: {} is always {}, so that what it does then is done in its "
                                   "place",
                                   operation(m_view, node), named(m_view, condition),
                                   *taken ? "true" : "false")))
            inlineBranch(node, branch);
    }

    ScopeIndex branchOf(NodeIndex node, std::string_view attribute)
    {
        if (m_bodies.empty())
            m_bodies = bodyScopes(m_view);
        const Node& entry = m_view.entry(node);
        const auto scopes = m_bodies.find(node);
        for (std::size_t b = 0; scopes != m_bodies.end() && b < entry.bodies().size(); ++b) {
            if (entry.proto->attribute(entry.bodies()[b].attribute).name() == attribute)
                return scopes->second[b];
        }
        return ScopeIndex::None;
    }

    std::optional<Sentence> obstacle(NodeIndex node, ScopeIndex branch) const
    {
        const Scope& scope = m_view.scopes()[index(branch)];
        const onnx::GraphProto& header = *scope.graph->header;
        if (!scope.inputs.empty() || scope.outputs.size() < m_view.outputs(node).size())
            return Sentence("its branch has other inputs or outputs than it");
        if (header.sparse_initializer_size() > 0)
            return Sentence("its branch has sparse initializers");
        if (header.quantization_annotation_size() > 0)
            return Sentence("its branch has annotations of quantized tensors");
        const std::vector<bool> own = ownResults(branch);
        for (std::size_t o = 0; o < m_view.outputs(node).size(); ++o) {
            const ValueIndex result = scope.outputs[o];
            if (result == ValueIndex::None)
                return Sentence("its branch lacks one of its results");
            // Identity takes sequences from opset 14 on, optional ones from 16 on.
            if (!own[o] && m_round.types().of(result) == DataType::Undefined && m_view.model().opset() < 16)
                return sentence("its branch hands on {}, which may be no tensor", named(m_view, result));
        }
        return std::nullopt;
    }

    // For each result of the branch whether a node of it makes it, and it was no result before.
    std::vector<bool> ownResults(ScopeIndex branch) const
    {
        std::unordered_set<ValueIndex> seen;
        std::vector<bool> own;
        for (const ValueIndex result : m_view.scopes()[index(branch)].outputs)
            own.push_back(result != ValueIndex::None && m_view.scope(result) == branch &&
                          m_view.producer(result) != NodeIndex::None && seen.insert(result).second);
        return own;
    }

    void inlineBranch(NodeIndex node, ScopeIndex branch)
    {
        countNames();
        for (const ScopeIndex other : m_bodies.at(node)) {
            if (other != branch)
                forgetNames(other);
        }
        Rewriter& pen = m_round.pen();
        const Scope& scope = m_view.scopes()[index(branch)];
        const auto results = m_view.outputs(node);
        const std::vector<bool> own = ownResults(branch);
        Branch copy(pen, m_view, m_bodies, m_values, m_nodes);
        for (std::size_t o = 0; o < results.size(); ++o) {
            if (results[o] != ValueIndex::None && own[o])
                copy.name(scope.outputs[o], std::string(m_view.name(results[o])));
        }
        copy.nameRest(branch);
        for (const Initializer& initializer : scope.graph->initializers) {
            const ValueIndex value = m_view.find(branch, initializer.tensor.name());
            pen.store(m_view.scope(node), renamed(initializer.tensor, copy.nameOf(value)));
        }
        std::vector<Node> nodes;
        [[maybe_unused]] const bool all = copy.copyNodes(branch, nodes); // none is refused
        for (Node& made : nodes)
            pen.insertBefore(node, std::move(made));
        for (std::size_t o = 0; o < results.size(); ++o) {
            if (results[o] == ValueIndex::None || own[o])
                continue;
            onnx::NodeProto handing;
            handing.set_op_type("Identity");
            handing.add_input(copy.nameOf(scope.outputs[o]));
            handing.add_output(std::string(m_view.name(results[o])));
            pen.insertBefore(node, std::move(handing));
        }
        describe(node, branch, copy);
        pen.remove(node);
    }

    // What the branch says about its values is said around it; what is said there of its results stays.
    void describe(NodeIndex node, ScopeIndex branch, const Transplant& copy)
    {
        std::unordered_set<std::string_view> results;
        for (const ValueIndex result : m_view.outputs(node))
            results.insert(m_view.name(result));
        for (const Description& description : m_view.scopes()[index(branch)].graph->descriptions) {
            const onnx::ValueInfoProto& info = *description.proto;
            const ValueIndex value = m_view.find(branch, info.name());
            if (value == ValueIndex::None || m_view.scope(value) != branch)
                continue;
            onnx::ValueInfoProto described = info;
            described.set_name(copy.nameOf(value));
            if (!results.contains(described.name()))
                m_round.pen()
                    .graph(m_view.scope(node))
                    .described.push_back(std::make_shared<const onnx::ValueInfoProto>(std::move(described)));
        }
    }

    void countNames()
    {
        if (!m_values.empty())
            return;
        for (std::size_t v = 0; v < m_view.valueCount(); ++v) {
            if (const auto value = static_cast<ValueIndex>(v); m_view.exists(value))
                ++m_values[m_view.name(value)];
        }
        for (std::size_t n = 0; n < m_view.nodeCount(); ++n) {
            if (const auto node = static_cast<NodeIndex>(n); m_view.exists(node))
                ++m_nodes[m_view.name(node)];
        }
    }

    // Of a branch that goes.
    void forgetNames(ScopeIndex scope)
    {
        const Scope& entry = m_view.scopes()[index(scope)];
        const auto forget = [this](ValueIndex value) {
            if (value != ValueIndex::None)
                --m_values[m_view.name(value)];
        };
        for (const ValueIndex value : entry.initializers)
            forget(value);
        for (const NodeIndex node : entry.nodes) {
            std::ranges::for_each(m_view.outputs(node), forget);
            --m_nodes[m_view.name(node)];
            const auto bodies = m_bodies.find(node);
            for (std::size_t b = 0; bodies != m_bodies.end() && b < bodies->second.size(); ++b)
                forgetNames(bodies->second[b]);
        }
    }

    Round& m_round;
    const GraphView& m_view;
    BodyScopes m_bodies;          // once there is one to look at
    NameCounts m_values, m_nodes; // once there is one to inline
};

} // namespace

Result<void> lookForConstantIfs(Round& round, Progress&, const std::stop_token&)
{
    ConstantIfs(round).run();
    return {};
}

} // namespace pleat
