// SPDX-License-Identifier: GPL-3.0-or-later
// What no output of the model depends on. A node counts when somebody who counts reads one of its results, or
// when one is an output of its graph; a body counts with its node, a function with its calls. Operators have
// no effects but their results (ONNX's IR specification), so the rest can go. Inputs of the model stay, with
// what they hold: callers name them. Optional results that nobody reads are cut off, or left out ("") where
// others follow; not those of BatchNormalization, which trains because it has them.
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <onnx/defs/schema.h>

namespace pleat {

namespace {

class Liveness final {
public:
    explicit Liveness(const GraphView& view)
        : m_view(view),
          m_nodes(view.nodeCount()),
          m_scopes(view.scopes().size())
    {
        const auto scopes = view.scopes();
        for (std::size_t s = 0; s < scopes.size(); ++s) {
            const auto scope = static_cast<ScopeIndex>(s);
            if (scopes[s].owner != NodeIndex::None)
                m_bodies[scopes[s].owner].push_back(scope);
            if (scopes[s].parent == ScopeIndex::None && scopes[s].function >= 0) {
                // Two functions of one name: nobody knows which of them is called.
                const auto calls = view.calls(scope);
                for (const NodeIndex call : calls)
                    m_called[call].push_back(scope);
            }
        }
        markScope(ScopeIndex::Main);
        while (!m_waiting.empty()) {
            const NodeIndex node = m_waiting.back();
            m_waiting.pop_back();
            for (const ValueIndex input : view.inputs(node))
                mark(input);
            for (const auto* scopesOf : {find(m_bodies, node), find(m_called, node)}) {
                for (std::size_t i = 0; scopesOf && i < scopesOf->size(); ++i)
                    markScope((*scopesOf)[i]);
            }
        }
    }

    bool counts(NodeIndex node) const { return m_nodes[index(node)]; }
    bool counts(ScopeIndex scope) const { return m_scopes[index(scope)]; }

private:
    using Scopes = std::unordered_map<NodeIndex, std::vector<ScopeIndex>>;

    static const std::vector<ScopeIndex>* find(const Scopes& scopes, NodeIndex node)
    {
        const auto found = scopes.find(node);
        return found == scopes.end() ? nullptr : &found->second;
    }

    void markScope(ScopeIndex scope)
    {
        if (m_scopes[index(scope)])
            return;
        m_scopes[index(scope)] = true;
        for (const ValueIndex output : m_view.scopes()[index(scope)].outputs)
            mark(output);
    }

    void mark(ValueIndex value)
    {
        const NodeIndex maker = value == ValueIndex::None ? NodeIndex::None : m_view.producer(value);
        if (maker == NodeIndex::None || m_nodes[index(maker)])
            return;
        m_nodes[index(maker)] = true;
        m_waiting.push_back(maker);
    }

    const GraphView& m_view;
    Scopes m_bodies, m_called;
    std::vector<bool> m_nodes, m_scopes;
    std::vector<NodeIndex> m_waiting;
};

// Two functions of the same name have no calls() although they may be called.
bool isAlone(const GraphView& view, const Scope& scope)
{
    const auto& functions = view.model().functions;
    const auto& header = functions[static_cast<std::size_t>(scope.function)].header;
    return std::ranges::count_if(functions, [&](const Function& each) {
               return each.header->domain() == header->domain() && each.header->name() == header->name();
           }) == 1;
}

void lookAtFunctions(Round& round, const Liveness& live)
{
    const GraphView& view = round.view();
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const Scope& scope = view.scopes()[s];
        if (scope.function < 0 || scope.parent != ScopeIndex::None ||
            live.counts(static_cast<ScopeIndex>(s)) || !isAlone(view, scope))
            continue;
        // Somebody who does not count may still call it: that node goes first.
        if (view.calls(static_cast<ScopeIndex>(s)).empty() &&
            round.claim(std::span<const NodeIndex>(), sentence("{} goes: nobody calls it", scope.path)))
            round.pen().removeFunction(scope.function);
    }
}

void lookAtNodes(Round& round, const Liveness& live)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        const bool goesWithItsGraph =
            !live.counts(view.scope(node)); // a body, or a function that nobody calls
        if (!live.counts(node) && !goesWithItsGraph &&
            round.claim({node}, sentence("{} goes: nothing reads what it makes", operation(view, node))))
            round.pen().remove(node);
    }
}

bool isRead(const GraphView& view, ValueIndex value)
{
    return value != ValueIndex::None && (!view.uses(value).empty() || view.isGraphOutput(value));
}

void lookAtOutputs(Round& round, const Liveness& live)
{
    const GraphView& view = round.view();
    const auto opset = static_cast<int>(std::clamp<std::int64_t>(view.model().opset(), 1, 1000));
    for (const NodeIndex node : round.nodes()) {
        const auto outputs = view.outputs(node);
        if (outputs.size() < 2 || !live.counts(node) || !view.domain(node).empty() ||
            view.op(node) == "BatchNormalization")
            continue;
        const auto* const schema = onnx::OpSchemaRegistry::Schema(std::string(view.op(node)), opset);
        const auto isOptional = [&](std::size_t slot) {
            return schema && slot < schema->outputs().size() &&
                   schema->outputs()[slot].GetOption() == onnx::OpSchema::Optional;
        };
        std::vector<std::size_t> unread;
        for (std::size_t slot = 1; slot < outputs.size(); ++slot) {
            if (outputs[slot] != ValueIndex::None && isOptional(slot) && !isRead(view, outputs[slot]))
                unread.push_back(slot);
        }
        if (unread.empty() ||
            !round.claim({node}, sentence("{} does not make {} any more: nothing reads it",
                                          operation(view, node), named(view, outputs[unread.front()]))))
            continue;
        auto& names = *round.pen().rewire(node).mutable_output();
        for (const std::size_t slot : unread)
            names[static_cast<int>(slot)].clear();
        while (names.size() > 1 && names[names.size() - 1].empty())
            names.RemoveLast();
    }
}

void lookAtInitializers(Round& round, const Liveness& live)
{
    const GraphView& view = round.view();
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        if (!live.counts(static_cast<ScopeIndex>(s)))
            continue;
        for (const ValueIndex value : view.scopes()[s].initializers) {
            const bool isInput = view.isGraphInput(value) && view.model().irVersion() >= 4;
            if (!isInput && !view.isSparse(value) && !isRead(view, value) && view.initializer(value) &&
                round.claim(std::span<const NodeIndex>(),
                            sentence("Initializer {} goes: nothing reads it", named(view, value))))
                round.pen().drop(value);
        }
    }
}

} // namespace

Result<void> lookForUnused(Round& round, Progress&, const std::stop_token&)
{
    const Liveness live(round.view());
    lookAtNodes(round, live);
    lookAtOutputs(round, live);
    lookAtInitializers(round, live);
    if (round.done().empty()) // functions last: a view is built anew for them
        lookAtFunctions(round, live);
    return {};
}

} // namespace pleat
