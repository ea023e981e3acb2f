// SPDX-License-Identifier: GPL-3.0-or-later
// Collecting an edit; Rewriting.cpp applies it.
#include "core/graph/Rewriter.h"

#include "core/graph/RewriterState.h"

namespace pleat {

Rewriter::Rewriter(std::shared_ptr<const GraphView> view) : m_state(new State)
{
    m_state->payloads = *view->model().payloads;
    m_state->view = std::move(view);
}

Rewriter::~Rewriter() = default;

onnx::NodeProto& Rewriter::change(NodeIndex node)
{
    const auto found = m_state->changed.find(node);
    return found != m_state->changed.end()
               ? found->second
               : m_state->changed.emplace(node, m_state->view->proto(node)).first->second;
}

void Rewriter::remove(NodeIndex node)
{
    m_state->removed.insert(node);
}

void Rewriter::insertBefore(NodeIndex neighbour, onnx::NodeProto node)
{
    m_state->before[neighbour].push_back(std::move(node));
}

void Rewriter::insertAfter(NodeIndex neighbour, onnx::NodeProto node)
{
    m_state->after[neighbour].push_back(std::move(node));
}

std::string Rewriter::add(ScopeIndex scope, const std::string& wanted, DataType type,
                          std::vector<std::int64_t> dims, Payload payload)
{
    std::string name = uniqueName(wanted);
    m_state->added[scope].push_back(
        makeTensor(m_state->payloads, name, type, std::move(dims), std::move(payload)));
    return name;
}

void Rewriter::replaceData(ValueIndex storedAt, DataType type, std::vector<std::int64_t> dims,
                           Payload payload)
{
    const GraphView& view = *m_state->view;
    const auto tensor = makeTensor(m_state->payloads, std::string(view.name(storedAt)), type, std::move(dims),
                                   std::move(payload));
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

std::string Rewriter::uniqueName(const std::string& wanted)
{
    std::unordered_map<std::string, int>& names = m_state->names;
    if (names.empty()) {
        const GraphView& view = *m_state->view;
        for (std::size_t v = 0; v < view.valueCount(); ++v)
            names.try_emplace(std::string(view.name(static_cast<ValueIndex>(v))));
        for (std::size_t n = 0; n < view.nodeCount(); ++n)
            names.try_emplace(std::string(view.name(static_cast<NodeIndex>(n))));
    }
    const auto [known, fresh] = names.try_emplace(wanted);
    if (fresh)
        return wanted;
    // A hundred thousand layers may want the same name: each goes on where the last one stopped.
    int& number = known->second;
    std::string name;
    do
        name = wanted + "_" + std::to_string(++number);
    while (!names.try_emplace(name).second);
    return name;
}

} // namespace pleat
