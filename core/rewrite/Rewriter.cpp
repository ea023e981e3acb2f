// SPDX-License-Identifier: GPL-3.0-or-later
// Collecting an edit; Rewriting.cpp applies it.
#include "core/rewrite/Rewriter.h"

#include "core/model/TensorWalk.h"
#include "core/rewrite/RewriterState.h"

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

// A node with the attributes of another, which lives as long.
struct Borrower {
    explicit Borrower(std::shared_ptr<const onnx::NodeProto> from) : lender(std::move(from))
    {
        onnx::NodeProto whole(*lender); // the one way to get at fields that this ONNX does not know
        whole.clear_attribute();
        node = std::move(whole);
        node.mutable_attribute()->Reserve(lender->attribute_size());
        for (const onnx::AttributeProto& attribute : lender->attribute())
            node.mutable_attribute()->UnsafeArenaAddAllocated(const_cast<onnx::AttributeProto*>(&attribute));
    }
    Borrower(const Borrower&) = delete;
    Borrower& operator=(const Borrower&) = delete;
    ~Borrower()
    {
        while (node.attribute_size() > 0)
            node.mutable_attribute()->UnsafeArenaReleaseLast();
    }

    std::shared_ptr<const onnx::NodeProto> lender;
    onnx::NodeProto node;
};

} // namespace

std::vector<Payload> setValue(onnx::NodeProto& constant, const TensorMessage& tensor)
{
    constant.clear_attribute();
    onnx::AttributeProto& value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(onnx::AttributeProto::TENSOR);
    *value.mutable_t() = *tensor.message();
    if (!tensor.payload())
        return {};
    setPayload(*value.mutable_t(), 0);
    return {*tensor.payload()};
}

Rewriter::Rewriter(std::shared_ptr<const GraphView> view) : m_state(new State)
{
    m_state->view = std::move(view);
}

Rewriter::~Rewriter() = default;

onnx::NodeProto& Rewriter::change(NodeIndex node)
{
    assert(isNodeOf(*m_state->view, node));
    std::shared_ptr<onnx::NodeProto>& changed = m_state->changed[node];
    if (!changed)
        changed = std::make_shared<onnx::NodeProto>(m_state->view->proto(node));
    if (!m_state->borrows.empty() && m_state->borrows[index(node)]) {
        changed = std::make_shared<onnx::NodeProto>(*changed);
        m_state->borrows[index(node)] = false;
    }
    return *changed;
}

onnx::NodeProto& Rewriter::rewire(NodeIndex node)
{
    assert(isNodeOf(*m_state->view, node));
    const std::shared_ptr<const onnx::NodeProto>& own = m_state->view->entry(node).proto;
    const bool isResolved = &m_state->view->proto(node) != own.get(); // goes with the view
    std::shared_ptr<onnx::NodeProto>& changed = m_state->changed[node];
    if (!changed && (isResolved || own->attribute().empty()))
        changed = std::make_shared<onnx::NodeProto>(m_state->view->proto(node));
    if (!changed) {
        const auto borrower = std::make_shared<Borrower>(own);
        changed = std::shared_ptr<onnx::NodeProto>(borrower, &borrower->node);
        m_state->borrows.resize(m_state->view->nodeCount());
        m_state->borrows[index(node)] = true;
    }
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
    m_state->added[scope].push_back(makeTensor(name, type, dims, std::move(payload)));
    return name;
}

void Rewriter::replaceData(ValueIndex storedAt, DataType type, std::vector<std::int64_t> dims,
                           Payload payload)
{
    const GraphView& view = *m_state->view;
    assert(fits(type, dims, payload));
    assert(view.initializer(storedAt) || view.op(view.producer(storedAt)) == "Constant");
    changeNumbers(storedAt);
    const TensorMessage tensor = makeTensor(std::string(view.name(storedAt)), type, dims, std::move(payload));
    m_state->restated[view.scope(storedAt)].push_back(tensor);
    if (view.initializer(storedAt)) {
        m_state->replaced[storedAt] = tensor;
        return;
    }
    const NodeIndex constant = view.producer(storedAt);
    m_state->payloads[constant] = setValue(change(constant), tensor);
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
    const auto nameOf = [this](std::uint32_t node) { return view->name(static_cast<NodeIndex>(node)); };
    const auto nodes = std::views::iota(std::uint32_t{0}, static_cast<std::uint32_t>(view->nodeCount()));
    if (++nodeNamesAsked < fewQuestions)
        return std::ranges::any_of(nodes, [&](std::uint32_t node) { return nameOf(node) == name; });
    if (nodeNamesAsked == fewQuestions) {
        nodeNames.reserve(view->nodeCount());
        for (const std::uint32_t node : nodes)
            nodeNames.add(nameOf(node), node, nameOf);
    }
    return nodeNames.find(name, nameOf) != NameIndex::none;
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
