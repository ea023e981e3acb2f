// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Rewriter.h"

#include "core/base/NameTable.h"
#include "core/rewrite/Borrower.h"
#include "core/rewrite/ConstantNode.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <memory_resource>
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
    std::pmr::monotonic_buffer_resource memory; // goes at once, as all that is only to find what was written
    std::vector<Written> changed;
    std::pmr::unordered_map<NodeIndex, std::size_t> places{&memory};    // in changed
    std::pmr::unordered_map<ValueIndex, std::size_t> replaced{&memory}; // in edit.replaced
    std::pmr::unordered_set<NodeIndex> removed{&memory};
    std::unordered_map<ValueIndex, ValueIndex> replacements; // what is read in place of what
    std::unordered_map<ValueIndex, ValueIndex> renamed;      // what is made under the name of which output
    std::vector<ScopeIndex> insertedIn;                      // where edit.inserted stand
    std::map<ScopeIndex, GraphChange> graphs;
    Edit edit; // the rest
    std::pmr::unordered_set<std::string> newNames{&memory};
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

void Rewriter::insert(NodeIndex neighbour, bool behind, Node node)
{
    assert(isNodeOf(view(), neighbour));
    m_state->insertedIn.push_back(view().scope(neighbour));
    m_state->edit.inserted.push_back({view().id(neighbour), behind, std::move(node)});
}

void Rewriter::insertBefore(NodeIndex neighbour, Node node)
{
    insert(neighbour, false, std::move(node));
}

void Rewriter::insertBefore(NodeIndex neighbour, onnx::NodeProto node)
{
    Node made;
    made.proto = std::make_shared<const onnx::NodeProto>(std::move(node));
    insert(neighbour, false, std::move(made));
}

void Rewriter::insertAfter(NodeIndex neighbour, onnx::NodeProto node)
{
    Node made;
    made.proto = std::make_shared<const onnx::NodeProto>(std::move(node));
    insert(neighbour, true, std::move(made));
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
    const ScopeIndex scope = view().scope(value);
    if (view().scopes()[index(scope)].graph->header->quantization_annotation_size() > 0)
        m_state->graphs[scope].renumbered.emplace_back(view().name(value));
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

ValueIndex Rewriter::replacement(ValueIndex value) const
{
    for (auto next = m_state->replacements.find(value); next != m_state->replacements.end();
         next = m_state->replacements.find(value))
        value = next->second;
    return value;
}

std::string_view Rewriter::nameAfter(ValueIndex value) const
{
    value = replacement(value);
    const auto output = m_state->renamed.find(value);
    return view().name(output == m_state->renamed.end() ? value : output->second);
}

NodeIndex Rewriter::renamedMaker(ValueIndex from, ValueIndex to) const
{
    return view().isGraphOutput(from) ? view().producer(replacement(to)) : NodeIndex::None;
}

bool Rewriter::canReplace(ValueIndex from, ValueIndex to) const
{
    if (!view().isGraphOutput(from))
        return true;
    const ValueIndex made = replacement(to);
    const NodeIndex maker = view().producer(made);
    return maker != NodeIndex::None && view().scope(maker) == view().scope(from) &&
           !view().isGraphOutput(made) && !m_state->renamed.contains(made) &&
           !m_state->removed.contains(maker);
}

void Rewriter::replace(ValueIndex from, ValueIndex to)
{
    assert(canReplace(from, to));
    to = replacement(to);
    if (view().isGraphOutput(from)) {
        const NodeIndex maker = view().producer(to);
        m_state->renamed.emplace(to, from);
        change(maker).set_output(static_cast<int>(view().producerSlot(to)), std::string(view().name(from)));
    }
    m_state->replacements.emplace(from, to);
}

void Rewriter::store(ValueIndex value, TensorMessage tensor)
{
    assert(tensor.name() == view().name(value));
    m_state->graphs[view().scope(value)].added.push_back(std::move(tensor));
}

void Rewriter::store(ScopeIndex scope, TensorMessage tensor)
{
    m_state->graphs[scope].added.push_back(std::move(tensor));
}

GraphChange& Rewriter::graph(ScopeIndex scope)
{
    return m_state->graphs[scope];
}

ModelChange& Rewriter::model()
{
    return m_state->edit.model;
}

void Rewriter::restate(ValueIndex initializer, TensorMessage tensor)
{
    m_state->edit.replaced.push_back({view().initializer(initializer)->id, std::move(tensor)});
}

void Rewriter::drop(ValueIndex initializer)
{
    m_state->edit.dropped.push_back(view().initializer(initializer)->id);
}

void Rewriter::removeFunction(int function)
{
    m_state->edit.functionsRemoved.push_back(function);
}

// What a message reads of values that are called otherwise afterwards, by their new names.
void Rewriter::reconnect(onnx::NodeProto& message, ScopeIndex scope) const
{
    for (std::string& input : *message.mutable_input()) {
        const ValueIndex value = input.empty() ? ValueIndex::None : view().find(scope, input);
        if (value == ValueIndex::None)
            continue;
        if (const std::string_view now = nameAfter(value); now != input)
            input = now;
    }
}

Edit Rewriter::edit() const
{
    Edit edit = m_state->edit;
    const bool reconnects = !m_state->replacements.empty();
    edit.changed.reserve(m_state->changed.size());
    for (const State::Written& written : m_state->changed) {
        if (m_state->removed.contains(written.node))
            continue;
        if (reconnects)
            reconnect(*written.message, view().scope(written.node));
        edit.changed.push_back({view().id(written.node), written.message, written.payloads, {}});
    }
    for (std::size_t i = 0; reconnects && i < edit.inserted.size(); ++i) {
        auto message = std::make_shared<onnx::NodeProto>(*edit.inserted[i].node.proto);
        reconnect(*message, m_state->insertedIn[i]);
        edit.inserted[i].node.proto = std::move(message);
    }
    auto graphs = m_state->graphs;
    const auto read = [&](ValueIndex value) {
        const std::string_view now = nameAfter(value);
        if (now != view().name(value))
            graphs[view().scope(value)].reconnected.push_back(
                {std::string(view().name(value)), std::string(now)});
    };
    for (const auto& [from, to] : m_state->replacements)
        read(from);
    for (const auto& [made, output] : m_state->renamed)
        read(made);
    edit.graphs.reserve(graphs.size());
    for (auto& [scope, change] : graphs)
        edit.graphs.emplace_back(std::move(change)).graph = keyOf(view(), scope);
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
