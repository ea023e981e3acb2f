// SPDX-License-Identifier: GPL-3.0-or-later
// A call of a local function means its body, with the call's inputs and attributes in place of the formal
// ones (ONNX's IR specification, "Functions"), so the nodes of the body can stand in the place of the call:
// those of functions that it calls, too, all at once. Values and nodes get names of their own, behind that of
// the call. Computes the same, bit by bit. Functions that nobody calls any more go.
// A call stays where that cannot be: the function imports another version of an operator set, by which one of
// its operators is another; an attribute is a graph; two functions bear the name; or there would be too much,
// since functions that call others twice double with each step. All this is known before anything is copied.
#include "core/graph/Attributes.h"
#include "core/graph/CallAttributes.h"
#include "core/prepare/PassFiles.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <limits>
#include <onnx/defs/schema.h>
#include <set>

namespace pleat {

namespace {

constexpr std::uint64_t mostNodes = 200'000; // of a model into which functions are written
constexpr std::uint64_t mostMessageBytes = std::uint64_t{1} << 27; // of its messages
constexpr std::size_t longestPrefix = 200;                         // of a name
constexpr int deepestCall = 64;                                    // of functions inside each other

std::uint64_t cappedSum(std::uint64_t a, std::uint64_t b)
{
    return a > mostNodes || b > mostNodes ? mostNodes + 1 : a + b;
}

std::string plain(const std::string& domain)
{
    return domain == "ai.onnx" ? std::string() : domain;
}

using Imports = std::map<std::string, std::int64_t>;

template<class Header>
Imports importsOf(const Header& header)
{
    Imports imports;
    for (const onnx::OperatorSetIdProto& import : header.opset_import())
        imports.emplace(plain(import.domain()), import.version());
    return imports;
}

// The same definition in both versions of the operator set.
bool isSameOperator(const std::string& domain, const std::string& op, std::int64_t a, std::int64_t b)
{
    if (a == b)
        return true;
    const auto definition = [&](std::int64_t version) -> const onnx::OpSchema* {
        if (version < 1 || version > std::numeric_limits<int>::max())
            return nullptr;
        return onnx::OpSchemaRegistry::Schema(op, static_cast<int>(version), domain);
    };
    const auto* const ofA = definition(a);
    const auto* const ofB = definition(b);
    return ofA && ofB && ofA->SinceVersion() == ofB->SinceVersion();
}

// Of what a copy of the body has beside its nodes.
std::uint64_t bytesOf(const Body& body)
{
    std::uint64_t bytes = body.graph->header->ByteSizeLong();
    for (const Initializer& initializer : body.graph->initializers)
        bytes += initializer.tensor.message()->ByteSizeLong();
    return bytes;
}

std::string prefixFrom(std::string_view name, std::string_view otherwise)
{
    const std::string_view chosen = name.empty() ? otherwise : name;
    return chosen.size() > longestPrefix ? "call" : std::string(chosen);
}

// What is known of a function before it is written anywhere.
struct Callee {
    ScopeIndex scope = ScopeIndex::None;
    const onnx::FunctionProto* header = nullptr;
    Imports imports;
    std::set<std::pair<std::string, std::string>> operators; // domain and name, of nodes that are no calls
    std::vector<ScopeIndex> calls;                           // once for each
    std::uint64_t ownNodes = 0;
    std::uint64_t nodes = 0; // written out; more than mostNodes: too many
    int depth = 0;           // of calls in it; above deepestCall: too deep
    std::uint64_t headerBytes = 0;
};

class Callees final {
public:
    explicit Callees(const GraphView& view) : m_view(view)
    {
        for (std::size_t s = 0; s < view.scopes().size(); ++s) {
            const Scope& scope = view.scopes()[s];
            if (scope.function < 0 || scope.parent != ScopeIndex::None)
                continue;
            const auto function = static_cast<ScopeIndex>(s);
            for (const NodeIndex call : view.calls(function))
                m_called.emplace(call, function);
            Callee& callee = m_all[function];
            callee.scope = function;
            callee.header = view.model().functions[static_cast<std::size_t>(scope.function)].header.get();
            callee.imports = importsOf(*callee.header);
            callee.headerBytes = callee.header->ByteSizeLong();
        }
        if (m_all.empty())
            return;
        for (std::size_t n = 0; n < view.nodeCount(); ++n)
            count(static_cast<NodeIndex>(n));
        measure();
    }

    // Null: the node calls no function, or one of two of the same name.
    const Callee* calledBy(NodeIndex node) const
    {
        const auto called = m_called.find(node);
        return called == m_called.end() ? nullptr : &m_all.at(called->second);
    }
    const Callee& of(ScopeIndex function) const { return m_all.at(function); }
    const std::map<ScopeIndex, Callee>& all() const { return m_all; }

private:
    void count(NodeIndex node)
    {
        if (!m_view.exists(node))
            return;
        const auto within = m_all.find(rootOf(m_view, m_view.scope(node)));
        if (within == m_all.end())
            return;
        Callee& callee = within->second;
        ++callee.ownNodes;
        if (const auto called = m_called.find(node); called != m_called.end())
            callee.calls.push_back(called->second);
        else
            callee.operators.emplace(m_view.domain(node), m_view.op(node));
    }

    // From those that call nobody on; the validator has seen that none calls itself.
    void measure()
    {
        std::unordered_map<ScopeIndex, std::vector<ScopeIndex>> callers;
        std::unordered_map<ScopeIndex, std::size_t> open;
        std::vector<ScopeIndex> ready;
        for (const auto& [scope, callee] : m_all) {
            open[scope] = callee.calls.size();
            if (callee.calls.empty())
                ready.push_back(scope);
            for (const ScopeIndex called : callee.calls)
                callers[called].push_back(scope);
        }
        while (!ready.empty()) {
            Callee& callee = m_all.at(ready.back());
            ready.pop_back();
            callee.nodes = std::min(callee.ownNodes, mostNodes + 1);
            for (const ScopeIndex called : callee.calls) {
                callee.nodes = cappedSum(callee.nodes, m_all.at(called).nodes);
                callee.depth = std::max(callee.depth, std::min(m_all.at(called).depth, deepestCall) + 1);
            }
            for (const ScopeIndex caller : callers[callee.scope]) {
                if (--open[caller] == 0)
                    ready.push_back(caller);
            }
        }
    }

    const GraphView& m_view;
    std::map<ScopeIndex, Callee> m_all;
    std::unordered_map<NodeIndex, ScopeIndex> m_called;
};

// What all expansions of a round share.
struct Writing {
    Rewriter& pen;
    const GraphView& view;
    const BodyScopes& bodies;
    const Callees& callees;
    std::uint64_t bytes = 0; // that may still be copied
    std::optional<Sentence> obstacle = {};
};

// The body of a function in the place of one call.
class Expansion final : public Transplant {
public:
    Expansion(Writing& writing, const Callee& callee, const Node& call, std::string prefix)
        : Transplant(writing.view, writing.bodies),
          m_writing(writing),
          m_callee(callee),
          m_call(call),
          m_prefix(std::move(prefix))
    {
    }

    // False: the obstacle says why not.
    bool write(std::vector<Node>& into)
    {
        const Scope& scope = view().scopes()[index(m_callee.scope)];
        const onnx::NodeProto& call = *m_call.proto;
        if (static_cast<std::size_t>(call.input_size()) > scope.inputs.size() ||
            static_cast<std::size_t>(call.output_size()) > scope.outputs.size())
            return refuse("it has more inputs or outputs than its function");
        for (std::size_t i = 0; i < scope.inputs.size(); ++i) {
            const int at = static_cast<int>(i);
            name(scope.inputs[i], at < call.input_size() ? call.input(at) : std::string());
        }
        std::vector<std::pair<ValueIndex, std::string>> handedOn;
        for (int o = 0; o < call.output_size(); ++o) {
            const ValueIndex result = scope.outputs[static_cast<std::size_t>(o)];
            if (call.output(o).empty())
                continue;
            if (result == ValueIndex::None)
                return refuse("its function lacks one of its results");
            if (view().producer(result) != NodeIndex::None && !isNamed(result))
                name(result, call.output(o));
            else
                handedOn.emplace_back(result, call.output(o));
        }
        nameRest(m_callee.scope);
        if (!copyNodes(m_callee.scope, into))
            return false;
        for (const auto& [result, output] : handedOn) {
            if (view().model().opset() == 0)
                return refuse("its function hands on a value, and the model imports no Identity");
            if (nameOf(result).empty())
                return refuse("its function hands on an input that it does not get");
            onnx::NodeProto handing;
            handing.set_op_type("Identity");
            handing.add_input(nameOf(result));
            handing.add_output(output);
            into.emplace_back().proto = std::make_shared<const onnx::NodeProto>(std::move(handing));
        }
        return true;
    }

private:
    bool refuse(Sentence why)
    {
        if (!m_writing.obstacle)
            m_writing.obstacle = std::move(why);
        return false;
    }

    std::string own(std::string_view name) const
    {
        return m_writing.pen.uniqueName(m_prefix + "/" + std::string(name));
    }
    std::string newName(ValueIndex value) override { return own(view().name(value)); }
    std::string newNodeName(NodeIndex node) override { return own(view().name(node)); }

    std::optional<Message> message(NodeIndex node) override
    {
        const Node& entry = view().entry(node);
        std::uint64_t size = entry.proto->ByteSizeLong();
        for (const onnx::AttributeProto& attribute : entry.proto->attribute()) {
            if (attribute.ref_attr_name().empty())
                continue;
            const auto* const given = pleat::attribute(*m_call.proto, attribute.ref_attr_name());
            size += given ? given->ByteSizeLong() : m_callee.headerBytes;
        }
        for (const ValueIndex input : view().inputs(node)) {
            if (size <= m_writing.bytes)
                size += nameOf(input).size();
        }
        for (const Body& body : entry.bodies())
            size += bytesOf(body);
        if (size > m_writing.bytes) {
            refuse("its function would take too much memory");
            return std::nullopt;
        }
        m_writing.bytes -= size;
        const NodeMessage call{*m_call.proto, m_call.payloads()};
        if (auto resolved = asCalled({*entry.proto, entry.payloads()}, *m_callee.header, {&call, 1})) {
            if (refersToCall(resolved->proto)) {
                refuse("an attribute that its function hands on is a graph or of a type that is not known");
                return std::nullopt;
            }
            return Message{std::move(resolved->proto), std::move(resolved->payloads)};
        }
        return Message{*entry.proto, {entry.payloads().begin(), entry.payloads().end()}};
    }

    // Calls in it are written out as well.
    bool put(NodeIndex node, Node copy, std::vector<Node>& into) override
    {
        const Callee* const called = m_writing.callees.calledBy(node);
        if (!called) {
            into.push_back(std::move(copy));
            return true;
        }
        if (!copy.bodies().empty())
            return refuse("a function in it is called with a graph as an attribute");
        return Expansion(m_writing, *called, copy, prefixFrom(copy.proto->name(), m_prefix)).write(into);
    }

    Writing& m_writing;
    const Callee& m_callee;
    const Node& m_call;
    std::string m_prefix;
};

class Inlining final {
public:
    explicit Inlining(Round& round)
        : m_round(round),
          m_view(round.view()),
          m_callees(m_view),
          m_imports(importsOf(*m_view.model().header))
    {
    }

    Result<void> run(const std::stop_token& stop)
    {
        if (m_callees.all().empty())
            return {};
        m_bodies = bodyScopes(m_view);
        std::uint64_t bytes = 0;
        for (std::size_t n = 0; n < m_view.nodeCount(); ++n) {
            if (const auto node = static_cast<NodeIndex>(n); m_view.exists(node)) {
                m_nodes = cappedSum(m_nodes, 1);
                bytes += m_view.entry(node).proto->ByteSizeLong();
            }
        }
        Writing writing{m_round.pen(), m_view, m_bodies, m_callees,
                        mostMessageBytes - std::min(bytes, mostMessageBytes)};
        for (const NodeIndex node : m_round.nodes()) {
            const Callee* const callee = m_callees.calledBy(node);
            // Those in functions are written where these are called.
            if (!callee || m_view.scopes()[index(rootOf(m_view, m_view.scope(node)))].function >= 0)
                continue;
            if (stop.stop_requested())
                return cancelled();
            inlineCall(node, *callee, writing);
        }
        if (!m_inlined.empty())
            removeUncalled();
        return {};
    }

private:
    void inlineCall(NodeIndex node, const Callee& callee, Writing& writing)
    {
        std::vector<Node> made;
        Imports imports = m_imports;
        writing.obstacle = obstacle(node, callee, imports);
        const Node& call = m_view.entry(node);
        const std::uint64_t bytes = writing.bytes;
        if (!writing.obstacle)
            Expansion(writing, callee, call, prefixFrom(m_view.name(node), callee.header->name()))
                .write(made);
        if (writing.obstacle) {
            writing.bytes = bytes;
            m_round.leave(node, "function",
                          sentence("{} stays a call: {}", operation(m_view, node), *writing.obstacle));
            return;
        }
        if (!m_round.claim({node}, sentence("{} goes: what its function does is done in its place",
                                            operation(m_view, node))))
            return;
        for (Node& one : made)
            m_round.pen().insertBefore(node, std::move(one));
        m_round.pen().remove(node);
        for (const auto& [domain, version] : imports) {
            if (!m_imports.contains(domain))
                m_round.pen().model().opsets.emplace_back(domain, version);
        }
        m_imports = std::move(imports);
        m_nodes = cappedSum(m_nodes, callee.nodes);
        m_inlined.insert(node);
    }

    // Also which operator sets the model imports with it.
    std::optional<Sentence> obstacle(NodeIndex node, const Callee& callee, Imports& imports) const
    {
        if (callee.depth > deepestCall)
            return sentence("its function calls others, more than {} deep", deepestCall);
        if (cappedSum(m_nodes, callee.nodes) > mostNodes)
            return sentence("the model would have more than {} nodes", mostNodes);
        if (!m_view.entry(node).bodies().empty())
            return Sentence("it has a graph as an attribute");
        std::vector<ScopeIndex> waiting{callee.scope};
        std::set<ScopeIndex> seen{callee.scope};
        while (!waiting.empty()) {
            const Callee& each = m_callees.of(waiting.back());
            waiting.pop_back();
            for (const auto& [domain, op] : each.operators) {
                const auto own = each.imports.find(domain);
                if (own == each.imports.end())
                    return sentence("function {} does not import operator set {}", each.header->name(),
                                    domain.empty() ? "ai.onnx" : domain);
                const auto [import, isNew] = imports.emplace(domain, own->second);
                if (!isSameOperator(domain, op, own->second, import->second))
                    return sentence("function {} has operators of {} {}, the model those of {}, and {} is "
                                    "another one there",
                                    each.header->name(), domain.empty() ? "ai.onnx" : domain, own->second,
                                    import->second, op);
            }
            for (const ScopeIndex called : each.calls) {
                if (seen.insert(called).second)
                    waiting.push_back(called);
            }
        }
        return std::nullopt;
    }

    // A function stays where somebody who stays calls it, or nobody did before.
    void removeUncalled()
    {
        std::set<ScopeIndex> stays;
        std::vector<ScopeIndex> waiting;
        const auto keep = [&](ScopeIndex function) {
            if (stays.insert(function).second)
                waiting.push_back(function);
        };
        for (const auto& [function, callee] : m_callees.all()) {
            const auto calls = m_view.calls(function);
            const auto isKept = [&](NodeIndex call) {
                return m_view.scopes()[index(rootOf(m_view, m_view.scope(call)))].function < 0 &&
                       !m_inlined.contains(call);
            };
            if (calls.empty() || std::ranges::any_of(calls, isKept))
                keep(function);
        }
        while (!waiting.empty()) {
            const Callee& callee = m_callees.of(waiting.back());
            waiting.pop_back();
            std::ranges::for_each(callee.calls, keep);
        }
        for (const auto& [function, callee] : m_callees.all()) {
            if (!stays.contains(function))
                m_round.pen().removeFunction(m_view.scopes()[index(function)].function);
        }
    }

    Round& m_round;
    const GraphView& m_view;
    Callees m_callees;
    Imports m_imports; // of the model, with what is inlined so far
    BodyScopes m_bodies;
    std::uint64_t m_nodes = 0; // of the model, with what is inlined so far
    std::unordered_set<NodeIndex> m_inlined;
};

} // namespace

Result<void> lookForCalls(Round& round, Progress&, const std::stop_token& stop)
{
    return Inlining(round).run(stop);
}

} // namespace pleat
