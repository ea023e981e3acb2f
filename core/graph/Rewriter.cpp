// SPDX-License-Identifier: GPL-3.0-or-later
// Collecting an edit; Rewriting.cpp applies it.
#include "core/graph/Rewriter.h"

#include "core/graph/RewriterState.h"

#include <algorithm>
#include <cassert>

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

std::string Rewriter::uniqueName(const std::string& wanted)
{
    std::unordered_map<std::string_view, int>& names = m_state->names;
    if (names.empty()) {
        const GraphView& view = *m_state->view;
        for (std::size_t v = 0; v < view.valueCount(); ++v)
            names.try_emplace(view.name(static_cast<ValueIndex>(v)));
        for (std::size_t n = 0; n < view.nodeCount(); ++n)
            names.try_emplace(view.name(static_cast<NodeIndex>(n)));
    }
    std::string name = wanted;
    // A hundred thousand layers may want the same name: each goes on where the last one stopped.
    if (const auto taken = names.find(wanted); taken != names.end()) {
        int& number = taken->second;
        do
            name = wanted + "_" + std::to_string(++number);
        while (names.contains(name));
    }
    names.try_emplace(m_state->newNames.emplace_back(name));
    return name;
}

} // namespace pleat
