// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Validator.h"

#include "core/base/NameTable.h"
#include "core/model/FunctionCalls.h"
#include "core/model/Limits.h"
#include "core/model/TensorCheck.h"
#include "core/model/TensorWalk.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace pleat {

namespace {

using Check = std::optional<Error>; // nothing: all is well

// Instead of the index of a node.
constexpr std::size_t noNode = static_cast<std::size_t>(-1);
constexpr std::size_t anInitializer = noNode - 1;

Error invalid(std::string message, std::string where)
{
    return Error{ErrorCode::Unreadable, std::move(message), std::move(where)};
}

Error undefined(const std::string& reader, const std::string& name)
{
    return invalid(reader + " reads \"" + name + "\", which nothing in the model defines.", name);
}

std::string labelOf(const onnx::NodeProto& node)
{
    if (!node.name().empty())
        return "node \"" + node.name() + "\" (" + node.op_type() + ")";
    return "a " + node.op_type() + " node" +
           (node.output_size() > 0 ? " that makes \"" + node.output(0) + "\"" : std::string());
}

// One graph, or one function, while its nodes are walked.
struct Scope {
    explicit Scope(const Graph& walked, Scope* around = nullptr) : graph(walked), parent(around) {}

    const Graph& graph;
    Scope* parent;
    NameTable<std::size_t> definedBy;                       // noNode: an input
    std::vector<std::pair<std::size_t, std::size_t>> edges; // producer → reader, both of this graph
    std::size_t current = 0; // the node at hand, or the one whose body is being walked
};

class NameCheck final {
public:
    Check main(const Graph& graph) { return walk(graph, nullptr, 0); }
    Check function(const Function& function);
    bool outOfOrder() const { return m_outOfOrder; }

private:
    Check walk(const Graph& graph, Scope* parent, int depth);
    Check defineInputs(Scope& scope);
    Check defineNodes(Scope& scope);
    Check walkNodes(Scope& scope, int depth);
    bool read(Scope& scope, const std::string& name); // false: nothing defines it
    Check order(const Scope& scope);

    bool m_outOfOrder = false;
};

Check NameCheck::function(const Function& function)
{
    Scope scope(*function.body);
    scope.definedBy.reserve(function.body->nodes.size() + 8);
    for (const auto& name : function.header->input()) {
        if (!scope.definedBy.tryEmplace(name, noNode).second)
            return invalid("function \"" + function.header->name() + "\" has two inputs \"" + name + "\".",
                           name);
    }
    if (auto wrong = defineNodes(scope))
        return wrong;
    if (auto wrong = walkNodes(scope, 0))
        return wrong;
    for (const auto& name : function.header->output()) {
        if (!read(scope, name))
            return undefined("function \"" + function.header->name() + "\"", name);
    }
    return order(scope);
}

Check NameCheck::walk(const Graph& graph, Scope* parent, int depth)
{
    if (depth > deepestBody)
        return invalid("bodies of If, Loop or Scan nodes nest more than " + std::to_string(deepestBody) +
                           " deep.",
                       graph.header->name());
    Scope scope(graph, parent);
    scope.definedBy.reserve(graph.nodes.size() + graph.initializers.size() + 8);
    if (auto wrong = defineInputs(scope))
        return wrong;
    if (auto wrong = defineNodes(scope))
        return wrong;
    if (auto wrong = walkNodes(scope, depth))
        return wrong;
    for (const auto& output : graph.header->output()) {
        if (!read(scope, output.name()))
            return undefined("the output list of graph \"" + graph.header->name() + "\"", output.name());
    }
    return order(scope);
}

Check NameCheck::defineInputs(Scope& scope)
{
    for (const auto& input : scope.graph.header->input()) {
        if (input.name().empty())
            return invalid("graph \"" + scope.graph.header->name() + "\" has an input without a name.", {});
        if (!scope.definedBy.tryEmplace(input.name(), noNode).second)
            return invalid("graph input \"" + input.name() + "\" is there twice.", input.name());
    }
    // An initializer may carry the name of an input (it is its default then), but not that of another one.
    const auto define = [&](std::string_view name) -> Check {
        if (name.empty())
            return invalid("graph \"" + scope.graph.header->name() + "\" has an initializer without a name.",
                           {});
        if (std::exchange(scope.definedBy.tryEmplace(name, noNode).first, anInitializer) != noNode)
            return invalid("initializer \"" + std::string(name) + "\" is there twice.", std::string(name));
        return {};
    };
    for (const auto& initializer : scope.graph.initializers) {
        if (auto wrong = define(initializer.tensor.name()))
            return wrong;
    }
    for (const auto& sparse : scope.graph.header->sparse_initializer()) {
        if (auto wrong = define(sparse.values().name()))
            return wrong;
    }
    return {};
}

Check NameCheck::defineNodes(Scope& scope)
{
    std::size_t index = 0;
    for (const Node& entry : scope.graph.nodes) {
        const auto& node = *entry.proto;
        for (const auto& output : node.output()) {
            if (output.empty())
                continue; // an optional output that nobody asked for
            if (!scope.definedBy.tryEmplace(output, index).second)
                return invalid(
                    "\"" + output + "\" is defined twice; the second time by " + labelOf(node) + ".", output);
        }
        ++index;
    }
    return {};
}

Check NameCheck::walkNodes(Scope& scope, int depth)
{
    scope.current = 0;
    for (const Node& node : scope.graph.nodes) {
        for (const auto& input : node.proto->input()) {
            if (input.empty())
                continue; // an optional input that is absent
            if (!read(scope, input))
                return undefined(labelOf(*node.proto), input);
        }
        for (const Body& body : node.bodies()) {
            if (auto wrong = walk(*body.graph, &scope, depth + 1))
                return wrong;
        }
        ++scope.current;
    }
    scope.current = noNode;
    return {};
}

bool NameCheck::read(Scope& scope, const std::string& name)
{
    for (Scope* at = &scope; at; at = at->parent) {
        const std::size_t* producer = at->definedBy.find(name);
        if (!producer)
            continue;
        if (*producer < anInitializer && at->current != noNode) {
            at->edges.emplace_back(*producer, at->current);
            m_outOfOrder |= *producer > at->current;
        }
        return true;
    }
    return false;
}

// No node may wait for itself, however long the way round.
Check NameCheck::order(const Scope& scope)
{
    const std::size_t count = scope.graph.nodes.size();
    std::vector<std::size_t> waiting(count, 0);
    std::vector<std::size_t> first(count + 1, 0); // of each producer's readers
    for (const auto& [producer, reader] : scope.edges) {
        ++waiting[reader];
        ++first[producer + 1];
    }
    for (std::size_t index = 0; index < count; ++index)
        first[index + 1] += first[index];
    std::vector<std::size_t> readers(scope.edges.size());
    auto next = first;
    for (const auto& [producer, reader] : scope.edges)
        readers[next[producer]++] = reader;

    std::vector<std::size_t> ready;
    for (std::size_t index = 0; index < count; ++index) {
        if (waiting[index] == 0)
            ready.push_back(index);
    }
    for (std::size_t done = 0; done < ready.size(); ++done) {
        const std::size_t node = ready[done];
        for (std::size_t at = first[node]; at < first[node + 1]; ++at) {
            if (--waiting[readers[at]] == 0)
                ready.push_back(readers[at]);
        }
    }
    if (ready.size() == count)
        return {};
    std::size_t index = 0;
    for (const Node& entry : scope.graph.nodes) {
        if (waiting[index++] > 0) {
            const auto& node = *entry.proto;
            return invalid("the graph has a cycle: " + labelOf(node) + " waits for its own result.",
                           node.name());
        }
    }
    return {};
}

// Of every tensor in a graph and its bodies.
Check checkTensors(const Graph& graph)
{
    Check wrong;
    const auto check = [&](const auto& tensor, const Payload* payload) {
        if (!wrong)
            wrong = checkTensor(tensor, payload);
    };
    const auto checkParts = [&](const onnx::SparseTensorProto& tensor) {
        if (!wrong)
            wrong = checkSparse(tensor);
    };
    for (const Initializer& initializer : graph.initializers)
        forEachTensor(initializer, check);
    forEachTensor(*graph.header, graph.payloads, check);
    std::ranges::for_each(graph.header->sparse_initializer(), checkParts);
    for (const Node& node : graph.nodes) {
        forEachTensor(*node.proto, node.payloads(), check);
        forEachSparseTensor(*node.proto, checkParts);
        for (const Body& body : node.bodies()) {
            if (!wrong)
                wrong = checkTensors(*body.graph); // as deep as NameCheck has allowed
        }
        if (wrong)
            return wrong;
    }
    return wrong;
}

} // namespace

Result<std::vector<std::string>> validate(const Model& model)
{
    NameCheck names;
    auto wrong = names.main(*model.graph);
    for (std::size_t at = 0; at < model.functions.size() && !wrong; ++at)
        wrong = names.function(model.functions[at]);
    if (!wrong)
        wrong = checkFunctionCalls(model);
    if (!wrong)
        wrong = checkTensors(*model.graph);
    for (std::size_t at = 0; at < model.functions.size() && !wrong; ++at)
        wrong = checkTensors(*model.functions[at].body);
    if (wrong)
        return tl::make_unexpected(std::move(*wrong));
    std::vector<std::string> notices;
    if (names.outOfOrder())
        notices.emplace_back(
            "The nodes of the file are not in the order of their computation. Pleat does not mind; "
            "other programs may.");
    return notices;
}

} // namespace pleat
