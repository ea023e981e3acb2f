// SPDX-License-Identifier: GPL-3.0-or-later
// Collecting an edit; Rewriting.cpp applies it.
#include "core/graph/Rewriter.h"

#include "core/graph/RewriterState.h"

#include <algorithm>
#include <cassert>
#include <ranges>

namespace pleat {

namespace {

[[maybe_unused]] bool isNodeOf(const GraphView& view, NodeIndex node)
{
    return index(node) < view.nodeCount();
}

[[maybe_unused]] bool fits(DataType type, const std::vector<std::int64_t>& dims, const Payload& payload)
{
    return payload.size() == storedBytes(type, TensorView({}, type, dims, {}).elements());
}

} // namespace

Rewriter::Rewriter(std::shared_ptr<const GraphView> view) : m_state(new State)
{
    m_state->payloads = std::make_shared<std::vector<Payload>>(*view->model().payloads);
    m_state->view = std::move(view);
}

Rewriter::~Rewriter() = default;

onnx::NodeProto& Rewriter::change(NodeIndex node)
{
    assert(isNodeOf(*m_state->view, node));
    std::shared_ptr<onnx::NodeProto>& changed = m_state->changed[node];
    if (!changed)
        changed = std::make_shared<onnx::NodeProto>(m_state->view->proto(node));
    return *changed;
}

void Rewriter::remove(NodeIndex node)
{
    assert(isNodeOf(*m_state->view, node));
    m_state->removed.insert(node);
}

void Rewriter::insertBefore(NodeIndex neighbour, onnx::NodeProto node)
{
    assert(isNodeOf(*m_state->view, neighbour));
    m_state->before[neighbour].push_back(std::move(node));
}

void Rewriter::insertAfter(NodeIndex neighbour, onnx::NodeProto node)
{
    assert(isNodeOf(*m_state->view, neighbour));
    m_state->after[neighbour].push_back(std::move(node));
}

std::string Rewriter::add(ScopeIndex scope, const std::string& wanted, DataType type,
                          std::vector<std::int64_t> dims, Payload payload)
{
    assert(fits(type, dims, payload));
    std::string name = uniqueName(wanted);
    m_state->added[scope].push_back(
        makeTensor(*m_state->payloads, name, type, std::move(dims), std::move(payload)));
    return name;
}

void Rewriter::replaceData(ValueIndex storedAt, DataType type, std::vector<std::int64_t> dims,
                           Payload payload)
{
    const GraphView& view = *m_state->view;
    assert(fits(type, dims, payload));
    assert(view.initializer(storedAt) || view.op(view.producer(storedAt)) == "Constant");
    changeNumbers(storedAt);
    const auto tensor = makeTensor(*m_state->payloads, std::string(view.name(storedAt)), type,
                                   std::move(dims), std::move(payload));
    m_state->restated[view.scope(storedAt)].push_back(tensor);
    if (view.initializer(storedAt)) {
        m_state->replaced[storedAt] = tensor;
        return;
    }
    onnx::NodeProto& constant = change(view.producer(storedAt));
    constant.clear_attribute();
    onnx::AttributeProto& value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(onnx::AttributeProto::TENSOR);
    *value.mutable_t() = *tensor;
}

void Rewriter::changeNumbers(ValueIndex value)
{
    const GraphView& view = *m_state->view;
    m_state->otherNumbers[view.scope(value)].insert(view.name(value));
}

void Rewriter::freezeInputs()
{
    m_state->freezesInputs = m_state->view->model().irVersion() >= 4;
}

std::shared_ptr<const GraphView> withFrozenInputs(const std::shared_ptr<const GraphView>& view)
{
    const std::vector<ValueIndex>& inputs = view->scopes().front().inputs;
    const bool any =
        std::ranges::any_of(inputs, [&](ValueIndex input) { return view->initializer(input) != nullptr; });
    if (!any || view->model().irVersion() < 4)
        return view;
    Rewriter rewriter(view);
    rewriter.freezeInputs();
    return GraphView::of(rewriter.apply());
}

// A fold asks for a name or two, folding all of a large model for a hundred thousand.
bool Rewriter::State::isNodeName(std::string_view name)
{
    constexpr int fewQuestions = 8;
    const auto nodes = std::views::iota(std::size_t{0}, view->nodeCount()) |
                       std::views::transform([](std::size_t n) { return static_cast<NodeIndex>(n); });
    if (++nodeNamesAsked < fewQuestions)
        return std::ranges::any_of(nodes, [&](NodeIndex node) { return view->name(node) == name; });
    if (nodeNames.empty()) {
        for (const NodeIndex node : nodes)
            nodeNames.insert(view->name(node));
    }
    return nodeNames.contains(name);
}

std::string Rewriter::uniqueName(const std::string& wanted)
{
    const auto isTaken = [&](const std::string& name) {
        return m_state->newNames.contains(name) || m_state->view->isValueName(name) ||
               m_state->isNodeName(name);
    };
    std::string name = wanted;
    // A hundred thousand layers may want the same name: each goes on where the last one stopped.
    if (isTaken(wanted)) {
        int& number = m_state->variations[wanted];
        do
            name = wanted + "_" + std::to_string(++number);
        while (isTaken(name));
    }
    m_state->newNames.insert(name);
    return name;
}

} // namespace pleat
