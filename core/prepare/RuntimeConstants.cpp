// SPDX-License-Identifier: GPL-3.0-or-later
// The constants that fold-constants does not compute itself: nodes of other operators that read constants
// alone are run in ONNX Runtime by the engine, all of them at once, and their results become initializers.
// The results are those of the model in ONNX Runtime, with its optimisations off. Operators that draw random
// numbers never count as constant (GraphView::constantDepth). What is dequantized stays: somebody wanted it
// small.
#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/Numbers.h"
#include "core/graph/Opsets.h"
#include "core/prepare/ConstantGraph.h"
#include "core/prepare/ConstantWriter.h"
#include "core/prepare/PassFiles.h"
#include "core/prepare/Unevaluated.h"
#include "core/worker/Engine.h"

#include <algorithm>

namespace pleat {

namespace {

class RuntimeConstants final {
public:
    RuntimeConstants(Round& round, Engine& engine) : m_round(round), m_view(round.view()), m_engine(engine) {}

    Result<void> run(std::span<const NodeIndex> nodes, std::span<const NodeIndex> order, Progress& progress,
                     const std::stop_token& stop)
    {
        std::map<std::int64_t, std::vector<NodeIndex>> byOpset;
        for (const NodeIndex node : nodes)
            byOpset[opsetOf(m_view, node)].push_back(node);
        for (const auto& [opset, group] : byOpset) {
            if (auto done = evaluate(group, ConstantGraph(m_view, order, opset), progress, stop); !done)
                return done;
        }
        const auto source = [this](ValueIndex value) -> std::optional<KnownTensor> {
            const auto found = m_known.find(value);
            return found == m_known.end() ? std::nullopt : std::optional(found->second);
        };
        if (auto written = ConstantWriter(m_round, source).write(nodes, stop); !written)
            return written;
        leaveRest(nodes);
        return {};
    }

private:
    Result<void> evaluate(std::span<const NodeIndex> nodes, ConstantGraph graph, Progress& progress,
                          const std::stop_token& stop)
    {
        std::vector<NodeIndex> asked;
        asked.reserve(nodes.size());
        for (const NodeIndex node : nodes) {
            if (graph.add(node))
                asked.push_back(node);
            else
                m_problems[node] = "Its constants are too large, or not to be had.";
        }
        // First what is read by others; what is between is wanted only where that may not be had.
        const auto isReadOutside = [&](ValueIndex value) {
            return m_view.isGraphOutput(value) ||
                   std::ranges::any_of(m_view.uses(value),
                                       [&](const Use& use) { return !graph.holds(use.node); });
        };
        std::vector<ValueIndex> wanted, between;
        for (const NodeIndex node : asked) {
            for (const ValueIndex output : m_view.outputs(node)) {
                if (output != ValueIndex::None && isSmallEnough(node, output))
                    (isReadOutside(output) ? wanted : between).push_back(output);
            }
        }
        auto answered = ask(graph, wanted, progress, stop);
        if (!answered && answered.error().code == ErrorCode::Cancelled)
            return answered;
        if (!answered) {
            for (const NodeIndex node : asked)
                m_problems.try_emplace(node, answered.error().message);
            return {};
        }
        const bool allWritten =
            std::ranges::none_of(
                asked,
                [this](NodeIndex node) { return m_problems.contains(node) || m_large.contains(node); }) &&
            std::ranges::all_of(wanted,
                                [this](ValueIndex value) { return m_known.at(value).bytes <= smallResult; });
        if (allWritten)
            return {};
        auto more = ask(graph, between, progress, stop);
        return !more && more.error().code == ErrorCode::Cancelled ? more : Result<void>();
    }

    // What can be said beforehand.
    bool isSmallEnough(NodeIndex node, ValueIndex output)
    {
        const KnownShape* const shape = m_round.shapes().of(output);
        if (!shape || std::ranges::any_of(*shape, [](std::int64_t size) { return size < 0; }))
            return true;
        const std::uint64_t bytes = storedBytes(m_round.types().of(output), elementCount(*shape));
        if (bytes <= m_round.options().largestResult)
            return true;
        m_large[node] = bytes;
        return false;
    }

    Result<void> ask(const ConstantGraph& graph, std::span<const ValueIndex> outputs, Progress& progress,
                     const std::stop_token& stop)
    {
        if (outputs.empty())
            return {};
        const auto model = graph.modelOf(outputs);
        if (!model)
            return tl::make_unexpected(model.error());
        const auto answers =
            m_engine.evaluate(*model, outputs.size(), m_round.options().largestResult, progress, stop);
        if (!answers)
            return tl::make_unexpected(answers.error());
        for (std::size_t n = 0; n < outputs.size(); ++n)
            take(m_view.producer(outputs[n]), outputs[n], (*answers)[n]);
        return {};
    }

    void take(NodeIndex maker, ValueIndex output, const EvaluatedOutput& answer)
    {
        if (!answer.problem.empty()) {
            m_problems[maker] = answer.problem;
        } else if (!answer.tensor) {
            m_large[maker] = answer.bytes;
        } else {
            onnx::TensorProto tensor = *answer.tensor->message();
            tensor.set_name(std::string(m_view.name(output)));
            m_known[output] = {TensorMessage(std::move(tensor)), answer.bytes};
        }
    }

    void leaveRest(std::span<const NodeIndex> nodes)
    {
        std::unordered_set<NodeId> said;
        for (const LeftPlace& place : m_round.left())
            said.insert(place.node);
        for (const NodeIndex node : nodes) {
            if (!m_round.isFree(node) || said.contains(m_view.id(node)))
                continue;
            if (const auto large = m_large.find(node); large != m_large.end())
                leaveLargeResult(m_round, node, large->second);
            else if (const auto problem = m_problems.find(node); problem != m_problems.end())
                m_round.leave(node, "unevaluated",
                              sentence("{} stays: what it reads is constant, but {} of such inputs is not "
                                       "computed here. {}",
                                       operation(m_view, node), m_view.op(node), problem->second));
        }
    }

    Round& m_round;
    const GraphView& m_view;
    Engine& m_engine;
    std::unordered_map<ValueIndex, KnownTensor> m_known;
    std::unordered_map<NodeIndex, std::string> m_problems; // why it could not be computed
    std::unordered_map<NodeIndex, std::uint64_t> m_large;  // bytes of a result beyond the limit
};

} // namespace

std::vector<NodeIndex> unevaluatedNodes(const Subject& subject, std::span<const NodeIndex> nodes)
{
    const GraphView& view = subject.view();
    static constexpr std::string_view others[] = {"QuantizeLinear", "DequantizeLinear", "Dropout",
                                                  "DynamicQuantizeLinear"};
    std::unordered_set<NodeIndex> chosen;
    const auto isStored = [&](ValueIndex input) {
        return input == ValueIndex::None || chosen.contains(view.producer(input)) ||
               constantOf(view, input).has_value();
    };
    const auto isOpen = [&](ValueIndex output) {
        return output == ValueIndex::None || (subject.types().of(output) != DataType::Undefined &&
                                              view.constantDepth(output) > 0 && !constantOf(view, output));
    };
    const auto makesConstants = [&](NodeIndex node) {
        return std::ranges::any_of(view.outputs(node), [&](ValueIndex output) {
            return output != ValueIndex::None && view.constantDepth(output) > 0;
        });
    };
    std::vector<NodeIndex> found;
    for (const NodeIndex node : nodes) {
        if (view.domain(node).empty() && view.op(node) != "Constant" && makesConstants(node) &&
            std::ranges::find(others, view.op(node)) == std::end(others) && !refersToCall(view.proto(node)) &&
            std::ranges::all_of(view.outputs(node), isOpen) &&
            std::ranges::all_of(view.inputs(node), isStored)) {
            found.push_back(node);
            chosen.insert(node);
        }
    }
    return found;
}

Result<void> lookForRuntimeConstants(Round& round, Progress& progress, const std::stop_token& stop)
{
    const std::vector<NodeIndex> order = round.nodes();
    const std::vector<NodeIndex> nodes = unevaluatedNodes(round.subject(), order);
    if (nodes.empty())
        return {};
    if (round.engine())
        return RuntimeConstants(round, *round.engine()).run(nodes, order, progress, stop);
    const GraphView& view = round.view();
    for (const NodeIndex node : nodes)
        round.leave(
            node, "unevaluated",
            sentence("{} stays: what it reads is constant, but {} of such inputs is not computed here",
                     operation(view, node), view.op(node)));
    return {};
}

} // namespace pleat
