// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Rewriter.h"

#include "core/base/NameTable.h"
#include "core/rewrite/Borrower.h"
#include "core/rewrite/ConstantNode.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <onnx/onnx_pb.h>
#include <ranges>
#include <unordered_map>
#include <unordered_set>

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

struct Rewriter::State {
    struct Written {
        NodeIndex node = NodeIndex::None;
        std::shared_ptr<onnx::NodeProto> message;
        bool borrows = false; // its attributes are the view's
        std::optional<std::vector<Payload>> payloads;
    };

    // The message of a node as it stands in this edit; a new one is empty.
    Written& written(NodeIndex node)
    {
        const auto [place, isNew] = places.try_emplace(node, changed.size());
        if (!isNew)
            return changed[place->second];
        Written& made = changed.emplace_back();
        made.node = node;
        if (isResolved(node)) {
            const auto payloads = view->payloads(node);
            made.payloads.emplace(payloads.begin(), payloads.end());
        }
        return made;
    }

    // It has the attributes of its calls, and such a message goes with the view.
    bool isResolved(NodeIndex node) const { return &view->proto(node) != view->entry(node).proto.get(); }
    bool isNodeName(std::string_view name);

    std::shared_ptr<const GraphView> view;
    std::vector<Written> changed;
    std::unordered_map<NodeIndex, std::size_t> places;    // in changed
    std::unordered_map<ValueIndex, std::size_t> replaced; // in edit.replaced
    std::unordered_set<NodeIndex> removed;
    std::map<ScopeIndex, GraphChange> graphs;
    Edit edit; // the rest
    std::unordered_set<std::string> newNames;
    std::unordered_map<std::string, int> variations; // the number of the last one
    NameIndex nodeNames;                             // of the view, once many are asked for
    int nodeNamesAsked = 0;
};

Rewriter::Rewriter(std::shared_ptr<const GraphView> view) : m_state(new State)
{
    m_state->view = std::move(view);
}

Rewriter::~Rewriter() = default;

const GraphView& Rewriter::view() const
{
    return *m_state->view;
}

onnx::NodeProto& Rewriter::change(NodeIndex node)
{
    assert(isNodeOf(view(), node));
    State::Written& written = m_state->written(node);
    if (!written.message)
        written.message = std::make_shared<onnx::NodeProto>(view().proto(node));
    else if (std::exchange(written.borrows, false))
        written.message = std::make_shared<onnx::NodeProto>(*written.message);
    return *written.message;
}

onnx::NodeProto& Rewriter::rewire(NodeIndex node)
{
    assert(isNodeOf(view(), node));
    const std::shared_ptr<const onnx::NodeProto>& own = view().entry(node).proto;
    State::Written& written = m_state->written(node);
    if (!written.message && m_state->isResolved(node)) {
        written.message = std::make_shared<onnx::NodeProto>(view().proto(node));
    } else if (!written.message) {
        written.message = borrowing(own);
        written.borrows = !own->attribute().empty();
    }
    return *written.message;
}

void Rewriter::remove(NodeIndex node)
{
    assert(isNodeOf(view(), node));
    if (m_state->removed.insert(node).second)
        m_state->edit.removed.push_back(view().id(node));
}

void Rewriter::insert(NodeIndex neighbour, bool behind, onnx::NodeProto node)
{
    assert(isNodeOf(view(), neighbour));
    Node made;
    made.proto = std::make_shared<const onnx::NodeProto>(std::move(node));
    m_state->edit.inserted.push_back({view().id(neighbour), behind, std::move(made)});
}

void Rewriter::insertBefore(NodeIndex neighbour, onnx::NodeProto node)
{
    insert(neighbour, false, std::move(node));
}

void Rewriter::insertAfter(NodeIndex neighbour, onnx::NodeProto node)
{
    insert(neighbour, true, std::move(node));
}

std::string Rewriter::add(ScopeIndex scope, const std::string& wanted, DataType type,
                          std::vector<std::int64_t> dims, Payload payload)
{
    assert(fits(type, dims, payload));
    std::string name = uniqueName(wanted);
    m_state->graphs[scope].added.push_back(makeTensor(name, type, dims, std::move(payload)));
    return name;
}

void Rewriter::replaceData(ValueIndex storedAt, DataType type, std::vector<std::int64_t> dims,
                           Payload payload)
{
    assert(fits(type, dims, payload));
    assert(view().initializer(storedAt) || view().op(view().producer(storedAt)) == "Constant");
    TensorMessage tensor = makeTensor(std::string(view().name(storedAt)), type, dims, std::move(payload));
    if (const Initializer* const initializer = view().initializer(storedAt)) {
        std::vector<TensorChange>& all = m_state->edit.replaced;
        const auto [place, isNew] = m_state->replaced.try_emplace(storedAt, all.size());
        if (isNew)
            all.emplace_back().tensor = initializer->id;
        all[place->second].now = std::move(tensor);
        return;
    }
    const NodeIndex constant = view().producer(storedAt);
    changeNumbers(storedAt);
    onnx::NodeProto& message = change(constant);
    m_state->written(constant).payloads = setValue(message, tensor);
}

void Rewriter::changeNumbers(ValueIndex value)
{
    m_state->graphs[view().scope(value)].renumbered.emplace_back(view().name(value));
}

void Rewriter::freezeInputs()
{
    if (view().model().irVersion() < 4)
        return;
    const std::shared_ptr<const onnx::GraphProto>& header = view().scopes().front().graph->header;
    std::vector<ValueInfo> stay;
    for (const onnx::ValueInfoProto& input : header->input()) {
        if (!view().initializer(view().find(ScopeIndex::Main, input.name())))
            stay.emplace_back(header, &input);
    }
    m_state->graphs[ScopeIndex::Main].inputs = std::move(stay);
}

Edit Rewriter::edit() const
{
    Edit edit = m_state->edit;
    edit.changed.reserve(m_state->changed.size());
    for (const State::Written& written : m_state->changed) {
        if (!m_state->removed.contains(written.node))
            edit.changed.push_back({view().id(written.node), written.message, written.payloads, {}});
    }
    edit.graphs.reserve(m_state->graphs.size());
    for (const auto& [scope, change] : m_state->graphs)
        edit.graphs.emplace_back(change).graph = keyOf(view(), scope);
    return edit;
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
