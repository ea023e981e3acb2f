// SPDX-License-Identifier: GPL-3.0-or-later
// GraphView::after(): what differs between two models that share the rest is found by comparing which chunks
// of their sequences are the same, and a copy of the view (which shares, too) is changed there.
#include "core/graph/ComputedConstants.h"
#include "core/graph/GraphView.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <set>

namespace pleat {

class GraphViewUpdate final {
public:
    GraphViewUpdate(const GraphView& before, Model model) : m_before(before), m_view(new GraphView(before))
    {
        m_view->m_model = std::move(model);
        m_view->m_computed = std::make_shared<ComputedConstants>();
    }

    // Nothing where the view is to be built anew; the model is to be had back then.
    std::optional<ViewChange> run()
    {
        if (!isFollowed() || !compare(ScopeIndex::Main, *model().graph))
            return std::nullopt;
        for (const auto& [scope, graph] : m_graphs)
            m_view->m_scopes[index(scope)].graph = graph;
        for (const auto& [scope, graph] : m_graphs)
            changeInitializers(scope);
        placeNodes();
        for (const NodeIndex node : m_cut)
            cut(node);
        for (const NodeIndex node : m_joined)
            define(node);
        for (const NodeIndex node : m_joined)
            connect(node);
        for (const auto& [scope, graph] : m_graphs)
            changeHeader(scope);
        for (const ValueIndex value : m_values)
            complete(value);
        followOrder();
        followConstants();
        return ViewChange{{m_touched.begin(), m_touched.end()}, {m_values.begin(), m_values.end()}};
    }

    std::shared_ptr<GraphView> view() { return std::move(m_view); }

private:
    using ValueRecord = GraphView::ValueRecord;
    using NodeRecord = GraphView::NodeRecord;

    const Model& model() const { return m_view->m_model; }

    bool isFollowed() const
    {
        const Model& old = m_before.model();
        // Numbers that nobody has any more are not to become many.
        return old.ids == model().ids && old.functions.empty() && model().functions.empty() &&
               m_before.nodeCount() <= 2 * liveNodes() + manyNumbers;
    }

    std::size_t liveNodes() const
    {
        std::size_t nodes = 0;
        for (const Scope& scope : m_before.scopes())
            nodes += scope.nodes.size();
        return nodes;
    }

    // Finds what differs in a scope and the bodies in it; false where that cannot be followed.
    bool compare(ScopeIndex scope, const Graph& graph)
    {
        const Scope& entry = m_before.scopes()[index(scope)];
        const Graph& old = *entry.graph;
        if (!haveSameInputs(*old.header, *graph.header))
            return false;
        m_graphs.emplace_back(scope, &graph);
        const std::size_t chunks = std::max(old.nodes.chunks(), graph.nodes.chunks());
        for (std::size_t c = 0; c < chunks; ++c) {
            if (!graph.nodes.sharesChunk(old.nodes, c) && !compareChunk(scope, old, graph, c))
                return false;
            if (m_touched.size() > mostTouched(m_before.nodeCount()))
                return false;
        }
        return !m_listChanged.contains(scope) || !bodiesAreCalledByPosition(scope);
    }

    // A body whose node has no name is called by where that stands.
    bool bodiesAreCalledByPosition(ScopeIndex scope) const
    {
        return std::ranges::any_of(m_before.scopes(), [&](const Scope& body) {
            return body.parent == scope && m_before.name(body.owner).empty();
        });
    }

    static constexpr std::size_t manyNumbers = 4096;
    static std::size_t mostTouched(std::size_t nodes) { return std::max<std::size_t>(64, nodes / 4); }

    static bool haveSameInputs(const onnx::GraphProto& old, const onnx::GraphProto& now)
    {
        const auto nameOfInput = [](const onnx::ValueInfoProto& input) -> const std::string& {
            return input.name();
        };
        const auto nameOfSparse = [](const onnx::SparseTensorProto& sparse) -> const std::string& {
            return sparse.values().name();
        };
        return &old == &now || (std::ranges::equal(old.input(), now.input(), {}, nameOfInput, nameOfInput) &&
                                std::ranges::equal(old.sparse_initializer(), now.sparse_initializer(), {},
                                                   nameOfSparse, nameOfSparse));
    }

    bool compareChunk(ScopeIndex scope, const Graph& old, const Graph& graph, std::size_t c)
    {
        const auto nodesOf = [c](const Sequence<Node>& nodes) {
            return c < nodes.chunks() ? nodes.chunkAt(c) : std::span<const Node>();
        };
        const std::span<const Node> before = nodesOf(old.nodes), after = nodesOf(graph.nodes);
        std::set<NodeId> gone;
        for (const Node& node : before)
            gone.insert(node.id);
        std::vector<NodeIndex> list;
        list.reserve(after.size());
        Place lastPlace = Place::None;
        for (const Node& node : after) {
            const NodeIndex known = m_before.find(node.id);
            if (known == NodeIndex::None) {
                if (node.id == NodeId::None || !node.bodies().empty())
                    return false;
                list.push_back(add(scope, node));
                m_listChanged.insert(scope);
                continue;
            }
            if (m_before.scope(known) != scope || gone.erase(node.id) == 0)
                return false; // it comes from elsewhere
            if (lastPlace != Place::None && m_before.place(known) < lastPlace)
                return false; // they changed places
            lastPlace = m_before.place(known);
            list.push_back(known);
            const Node& was = m_before.entry(known);
            if (was.proto != node.proto || !std::ranges::equal(was.payloads(), node.payloads())) {
                m_cut.push_back(known);
                m_joined.push_back(known);
                m_touched.insert(known);
            }
            if (!compareBodies(known, was, node))
                return false;
        }
        for (const NodeId id : gone) {
            const NodeIndex node = m_before.find(id);
            if (!m_before.entry(node).bodies().empty())
                return false;
            m_cut.push_back(node);
            m_removed.push_back(node);
            m_touched.insert(node);
            m_listChanged.insert(scope);
        }
        m_lists.push_back({scope, c, std::move(list)});
        return true;
    }

    bool compareBodies(NodeIndex owner, const Node& was, const Node& now)
    {
        if (now.bodies().empty() && was.bodies().empty())
            return true;
        const auto isSamePlace = [](const Body& a, const Body& b) {
            return a.attribute == b.attribute && a.position == b.position;
        };
        if (!std::ranges::equal(was.bodies(), now.bodies(), isSamePlace) ||
            was.proto->name() != now.proto->name() || was.proto->op_type() != now.proto->op_type())
            return false;
        auto scope = m_before.scopes().begin(); // they come in the order of the bodies
        for (const Body& body : now.bodies()) {
            scope = std::find_if(scope, m_before.scopes().end(),
                                 [&](const Scope& entry) { return entry.owner == owner; });
            if (body.graph.get() != scope->graph &&
                !compare(static_cast<ScopeIndex>(scope - m_before.scopes().begin()), *body.graph))
                return false;
            ++scope;
        }
        return true;
    }

    NodeIndex add(ScopeIndex scope, const Node& node)
    {
        const auto self = static_cast<NodeIndex>(m_view->m_nodes.append(NodeRecord{}));
        m_view->m_nodes.change(index(self)).scope = scope;
        while (index(node.id) >= m_view->m_byId.size())
            m_view->m_byId.append(NodeIndex::None);
        m_view->m_byId.change(index(node.id)) = self;
        m_joined.push_back(self);
        m_touched.insert(self);
        return self;
    }

    // Everything in a chunk that changed has its place anew.
    void placeNodes()
    {
        static const onnx::NodeProto nobody;
        for (auto& [scope, chunk, list] : m_lists) {
            Scope& entry = m_view->m_scopes[index(scope)];
            for (std::size_t i = 0; i < list.size(); ++i) {
                const Place place = Sequence<NodeIndex>::place(chunk, i);
                NodeRecord& node = m_view->m_nodes.change(index(list[i]));
                node.place = place;
                const onnx::NodeProto* const proto = entry.graph->nodes[place].proto.get();
                node.proto = proto;
            }
            entry.nodes.setChunk(chunk, std::move(list));
        }
        for (const NodeIndex node : m_removed) {
            m_view->m_byId.change(index(m_before.id(node))) = NodeIndex::None;
            NodeRecord& record = m_view->m_nodes.change(index(node));
            record = NodeRecord{};
            record.proto = &nobody;
        }
    }

    // A node as it was: what it read it reads no more, what it made it makes no more.
    void cut(NodeIndex node)
    {
        for (const ValueIndex value : m_before.inputs(node)) {
            if (value == ValueIndex::None)
                continue;
            std::vector<Use>& uses = usesOf(value);
            std::erase_if(uses, [&](const Use& use) { return use.node == node; });
        }
        for (const ValueIndex value : m_before.outputs(node)) {
            if (value == ValueIndex::None)
                continue;
            usesOf(value);
            if (record(value).producer == node) {
                record(value).producer = NodeIndex::None;
                record(value).slot = 0;
            }
        }
    }

    void define(NodeIndex node)
    {
        const onnx::NodeProto& proto = m_view->proto(node);
        std::vector<ValueIndex>& slots = m_outputs.emplace_back();
        for (int slot = 0; slot < proto.output_size(); ++slot) {
            const std::string& name = proto.output(slot);
            slots.push_back(name.empty() ? ValueIndex::None : valueHere(m_view->scope(node), name));
            if (name.empty())
                continue;
            usesOf(slots.back());
            ValueRecord& made = record(slots.back());
            if (made.initializer)
                continue; // not in a valid model
            made.producer = node;
            made.slot = static_cast<std::uint32_t>(slot);
        }
    }

    void connect(NodeIndex node)
    {
        const onnx::NodeProto& proto = m_view->proto(node);
        const ScopeIndex scope = m_view->scope(node);
        std::vector<ValueIndex> slots;
        for (const std::string& name : proto.input()) {
            ValueIndex value = name.empty() ? ValueIndex::None : m_view->find(scope, name);
            if (!name.empty() && value == ValueIndex::None)
                value = valueHere(scope, name);
            if (value != ValueIndex::None)
                usesOf(value).push_back({node, static_cast<std::uint32_t>(slots.size())});
            slots.push_back(value);
        }
        NodeRecord& made = m_view->m_nodes.change(index(node));
        made.inputs = static_cast<std::uint32_t>(slots.size());
        const std::vector<ValueIndex>& outputs = m_outputs[m_connected++];
        made.outputs = static_cast<std::uint32_t>(outputs.size());
        slots.insert(slots.end(), outputs.begin(), outputs.end());
        made.firstSlot = static_cast<std::uint32_t>(m_view->m_slots.append(slots));
    }

    void changeInitializers(ScopeIndex scope)
    {
        Scope& entry = m_view->m_scopes[index(scope)];
        const Sequence<Initializer>& old = m_before.scopes()[index(scope)].graph->initializers;
        const Sequence<Initializer>& now = entry.graph->initializers;
        std::vector<std::pair<std::size_t, std::vector<ValueIndex>>> lists;
        for (std::size_t c = 0; c < std::max(old.chunks(), now.chunks()); ++c) {
            if (now.sharesChunk(old, c))
                continue;
            std::unordered_map<TensorId, ValueIndex> known;
            const std::span<const ValueIndex> values = c < entry.initializers.chunks()
                                                           ? entry.initializers.chunkAt(c)
                                                           : std::span<const ValueIndex>();
            for (std::size_t i = 0; i < values.size(); ++i) {
                const Initializer& was = old.chunkAt(c)[i];
                known.emplace(was.id, values[i]);
                const bool stays =
                    c < now.chunks() && std::ranges::any_of(now.chunkAt(c), [&](const auto& is) {
                        return is.id == was.id && is.tensor.isSame(was.tensor);
                    });
                if (!stays) {
                    usesOf(values[i]);
                    record(values[i]).initializer = false;
                    record(values[i]).slot = 0;
                    if (was.id != TensorId::None)
                        m_view->m_initializerById.change(index(was.id)) = ValueIndex::None;
                }
            }
            auto& list = lists.emplace_back(c, std::vector<ValueIndex>()).second;
            const std::span<const Initializer> initializers =
                c < now.chunks() ? now.chunkAt(c) : std::span<const Initializer>();
            for (std::size_t i = 0; i < initializers.size(); ++i) {
                const auto found = known.find(initializers[i].id);
                const std::string_view name = initializers[i].tensor.name();
                const bool isKnown = found != known.end() && record(found->second).initializer;
                const ValueIndex value = isKnown ? found->second : valueHere(scope, name);
                if (!isKnown)
                    usesOf(value);
                list.push_back(value);
                if (const TensorId id = initializers[i].id; id != TensorId::None) {
                    while (index(id) >= m_view->m_initializerById.size())
                        m_view->m_initializerById.append(ValueIndex::None);
                    m_view->m_initializerById.change(index(id)) = value;
                }
                record(value).initializer = true;
                record(value).producer = NodeIndex::None; // who made it is gone, or makes it no more
                record(value).slot = static_cast<std::uint32_t>(Sequence<Initializer>::place(c, i));
            }
        }
        for (auto& [chunk, list] : lists)
            entry.initializers.setChunk(chunk, std::move(list));
    }

    // Names of inputs lie in the header; outputs may be others.
    void changeHeader(ScopeIndex scope)
    {
        Scope& entry = m_view->m_scopes[index(scope)];
        const onnx::GraphProto& header = *entry.graph->header;
        if (&header == m_before.scopes()[index(scope)].graph->header.get())
            return;
        for (const onnx::ValueInfoProto& input : header.input())
            record(valueHere(scope, input.name())).setName(input.name());
        for (const onnx::SparseTensorProto& sparse : header.sparse_initializer())
            record(valueHere(scope, sparse.values().name())).setName(sparse.values().name());
        for (const ValueIndex value : entry.outputs) {
            usesOf(value);
            record(value).graphOutput = std::ranges::any_of(m_view->m_scopes, [&](const Scope& other) {
                return &other != &entry && std::ranges::count(other.outputs, value) > 0;
            });
        }
        entry.outputs.clear();
        for (const onnx::ValueInfoProto& output : header.output()) {
            ValueIndex value = output.name().empty() ? ValueIndex::None : m_view->find(scope, output.name());
            if (value == ValueIndex::None && !output.name().empty())
                value = valueHere(scope, output.name());
            if (value == ValueIndex::None)
                continue;
            usesOf(value);
            record(value).graphOutput = true;
            entry.outputs.push_back(value);
        }
    }

    // The value of that name in this very scope, made if it is new.
    ValueIndex valueHere(ScopeIndex scope, std::string_view name)
    {
        GraphView::Names& names = m_view->m_names[index(scope)];
        std::uint32_t value = m_view->findHere(names, name);
        if (value == NameIndex::none) {
            ValueRecord made;
            made.setName(name);
            made.scope = scope;
            value = static_cast<std::uint32_t>(m_view->m_values.append(made));
            names.since.add(name, value, m_view->nameOf());
            m_values.insert(static_cast<ValueIndex>(value));
            m_uses.try_emplace(static_cast<ValueIndex>(value));
        }
        return static_cast<ValueIndex>(value);
    }

    // The uses of a value that is touched, to be changed.
    std::vector<Use>& usesOf(ValueIndex value)
    {
        m_values.insert(value);
        const auto [found, isNew] = m_uses.try_emplace(value);
        if (isNew) {
            const auto uses = m_before.uses(value);
            found->second.assign(uses.begin(), uses.end());
        }
        return found->second;
    }

    // A touched value, once everything is connected: uses in the order of the file, the name where it stands
    // now; nobody's when nothing makes or reads it.
    void complete(ValueIndex value)
    {
        const auto position = [&](const Use& use) {
            return std::tuple(m_view->scope(use.node), m_view->place(use.node), use.slot);
        };
        std::vector<Use>& uses = usesOf(value);
        std::ranges::sort(uses, {}, position);
        ValueRecord& changed = record(value);
        changed.uses = static_cast<std::uint32_t>(uses.size());
        changed.firstUse = static_cast<std::uint32_t>(m_view->m_uses.append(uses));
        const auto inBody = std::ranges::find_if(
            uses, [&](const Use& use) { return m_view->scope(use.node) != changed.scope; });
        changed.readerInBody = inBody == uses.end() ? NodeIndex::None : inBody->node;
        if (changed.graphInput || changed.sparse) {
            // Its name is in the header.
        } else if (changed.producer != NodeIndex::None) {
            changed.setName(m_view->proto(changed.producer).output(static_cast<int>(changed.slot)));
        } else if (changed.initializer) {
            changed.setName(m_view->initializer(value)->tensor.name());
        } else if (!uses.empty()) {
            changed.setName(m_view->proto(uses.front().node).input(static_cast<int>(uses.front().slot)));
        } else if (changed.graphOutput) {
            for (const Scope& scope : m_view->m_scopes) {
                for (const onnx::ValueInfoProto& output : scope.graph->header->output()) {
                    if (output.name() == changed.name() && std::ranges::count(scope.outputs, value) > 0)
                        changed.setName(output.name());
                }
            }
        } else {
            changed = ValueRecord{};
        }
        if (changed.producer == NodeIndex::None)
            changed.constantDepth = changed.initializer || changed.sparse;
    }

    void followOrder()
    {
        const auto isMadeBefore = [&](ValueIndex value) {
            const NodeIndex maker = m_view->producer(value);
            const auto isBefore = [&](NodeIndex reader) { return m_view->isBefore(maker, reader); };
            return maker == NodeIndex::None ||
                   (std::ranges::all_of(m_view->uses(value), isBefore, &Use::node) &&
                    (!m_view->isGraphOutput(value) ||
                     std::ranges::all_of(m_view->m_scopes, [&](const Scope& scope) {
                         return std::ranges::count(scope.outputs, value) == 0 || isBefore(scope.owner);
                     })));
        };
        m_view->m_inOrder &= std::ranges::all_of(m_values, isMadeBefore);
    }

    // What is computed from constants: of the nodes that changed, and of what reads their results. Nodes of a
    // file are asked in its order.
    void followConstants()
    {
        const auto positionOf = [&](NodeIndex node) {
            return std::tuple(m_view->scope(node), m_view->place(node), node);
        };
        std::set<std::tuple<ScopeIndex, Place, NodeIndex>> waiting;
        for (const NodeIndex node : m_joined)
            waiting.insert(positionOf(node));
        for (const ValueIndex value : m_values) {
            for (const Use& use : m_view->uses(value))
                waiting.insert(positionOf(use.node));
        }
        while (!waiting.empty()) {
            const NodeIndex node = std::get<NodeIndex>(*waiting.begin());
            waiting.erase(waiting.begin());
            const std::uint8_t depth = m_view->constantDepthOf(node);
            for (const ValueIndex value : m_view->outputs(node)) {
                if (value == ValueIndex::None || m_view->constantDepth(value) == depth)
                    continue;
                record(value).constantDepth = depth;
                for (const Use& use : m_view->uses(value))
                    waiting.insert(positionOf(use.node));
            }
        }
    }

    ValueRecord& record(ValueIndex value) { return m_view->m_values.change(index(value)); }

    struct ChunkList {
        ScopeIndex scope;
        std::size_t chunk;
        std::vector<NodeIndex> nodes;
    };

    const GraphView& m_before;
    std::shared_ptr<GraphView> m_view;
    std::vector<std::pair<ScopeIndex, const Graph*>> m_graphs; // that are others
    std::set<ScopeIndex> m_listChanged;                        // nodes came or went
    std::vector<ChunkList> m_lists;
    std::vector<NodeIndex> m_cut, m_joined, m_removed;
    std::vector<std::vector<ValueIndex>> m_outputs; // of m_joined
    std::size_t m_connected = 0;
    std::set<NodeIndex> m_touched;
    std::set<ValueIndex> m_values;
    std::unordered_map<ValueIndex, std::vector<Use>> m_uses; // of m_values
};

GraphView::Updated GraphView::after(const GraphView& before, Model model)
{
    Model copy = model;
    GraphViewUpdate update(before, std::move(copy));
    if (auto change = update.run())
        return {update.view(), std::move(change)};
    return {of(std::move(model)), std::nullopt};
}

} // namespace pleat
