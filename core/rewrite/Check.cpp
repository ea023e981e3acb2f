// SPDX-License-Identifier: GPL-3.0-or-later
// check(): first what the edit says by itself, then what it makes of the model. A model after the edit costs
// what it touches, and a view that follows it knows which values to look at: what is read must be made, once,
// and before it is read. Where no view can follow, the validator looks at all of it.
#include "core/model/FunctionCalls.h"
#include "core/model/TensorCheck.h"
#include "core/model/TensorWalk.h"
#include "core/model/Validator.h"
#include "core/rewrite/ResolvedEdit.h"

#include <fmt/format.h>
#include <set>

namespace pleat {

namespace {

using Wrong = std::optional<Error>; // nothing: all is well

Error refusal(std::string message, std::string_view where)
{
    return {ErrorCode::Usage, std::move(message), std::string(where)};
}

// What an error of the validator says, said of an edit.
Error afterwards(const Error& error)
{
    return refusal("After the edit, " + error.message, error.where);
}

std::string placeOf(const GraphView& view, ScopeIndex scope)
{
    const std::string& path = view.scopes()[index(scope)].path;
    return path.empty() ? "the main graph" : path;
}

std::string nameOf(const onnx::NodeProto& node)
{
    if (!node.name().empty())
        return node.name();
    return node.output_size() > 0 ? node.op_type() + " that makes " + node.output(0) : node.op_type();
}

// The parts of the edit, one by one.
class PartsCheck final {
public:
    explicit PartsCheck(const ResolvedEdit& edit) : m_edit(edit), m_view(edit.view) {}

    Wrong run() const
    {
        for (const auto part :
             {&PartsCheck::changed, &PartsCheck::inserted, &PartsCheck::removedAround, &PartsCheck::tensors,
              &PartsCheck::reconnected, &PartsCheck::functions, &PartsCheck::versions}) {
            if (auto wrong = (this->*part)())
                return wrong;
        }
        return {};
    }

private:
    Wrong changed() const
    {
        for (const auto& [node, changed] : m_edit.changed) {
            const std::string label = m_view.label(node);
            if (m_edit.isRemoved(node))
                return refusal(fmt::format("{} is both changed and removed.", label), label);
            if (!changed.change)
                continue; // only reconnected
            if (!changed.message || changed.message->op_type().empty())
                return refusal(fmt::format("{} is to become a node without an operator.", label), label);
            const Node& old = m_view.entry(node);
            const auto& payloads = changed.change->payloads;
            if (auto wrong =
                    tensorsIn(*changed.message, payloads ? std::span(*payloads) : old.payloads(), label))
                return wrong;
            if (auto wrong = changed.change->bodies
                                 ? bodiesOf(*changed.message, *changed.change->bodies, label)
                                 : keepsBodies(old, *changed.message, label))
                return wrong;
        }
        return {};
    }

    Wrong inserted() const
    {
        for (const NewNode& made : m_edit.edit.inserted) {
            const std::string neighbour = m_view.label(m_view.find(made.neighbour));
            if (!made.node.proto || made.node.proto->op_type().empty())
                return refusal(fmt::format("A node without an operator is to be put beside {}.", neighbour),
                               neighbour);
            if (auto wrong = newNode(made.node))
                return wrong;
        }
        return {};
    }

    Wrong newNode(const Node& node) const
    {
        const std::string label = nameOf(*node.proto);
        if (auto wrong = tensorsIn(*node.proto, node.payloads(), label))
            return wrong;
        return bodiesOf(*node.proto, node.bodies(), label);
    }

    Wrong newGraph(const Graph* graph, const std::string& label) const
    {
        if (!graph || !graph->header)
            return refusal(fmt::format("{} is to have a body that is no graph.", label), label);
        for (const Initializer& initializer : graph->initializers) {
            if (auto wrong = checkTensor(initializer.tensor, initializer.tensor.payload()))
                return afterwards(*wrong);
        }
        for (const Node& node : graph->nodes) {
            if (!node.proto)
                return refusal(fmt::format("{} is to have a body with a node without an operator.", label),
                               label);
            if (auto wrong = newNode(node))
                return wrong;
        }
        return {};
    }

    static Wrong tensorsIn(const onnx::NodeProto& node, std::span<const Payload> payloads,
                           const std::string& label)
    {
        Wrong wrong;
        forEachTensor(node, payloads, [&](const onnx::TensorProto& tensor, const Payload* payload) {
            if (wrong)
                return;
            if (payloadIndex(tensor) && !payload)
                wrong = refusal(
                    fmt::format("The bytes of tensor \"{}\" of {} are missing.", tensor.name(), label),
                    label);
            else if (auto bad = checkTensor(tensor, payload))
                wrong = afterwards(*bad);
        });
        return wrong;
    }

    static bool isPlaceOf(const onnx::AttributeProto& attribute, int position)
    {
        return position < 0 ? attribute.has_g() : position < attribute.graphs_size();
    }

    // Every place for a body has one, and every body a place.
    Wrong bodiesOf(const onnx::NodeProto& node, std::span<const Body> bodies, const std::string& label) const
    {
        std::set<std::pair<int, int>> places;
        for (int a = 0; a < node.attribute_size(); ++a) {
            if (node.attribute(a).has_g())
                places.emplace(a, -1);
            for (int p = 0; p < node.attribute(a).graphs_size(); ++p)
                places.emplace(a, p);
        }
        for (const Body& body : bodies) {
            if (places.erase({body.attribute, body.position}) == 0)
                return refusal(fmt::format("{} has no attribute for one of its bodies.", label), label);
            if (auto wrong = newGraph(body.graph.get(), label))
                return wrong;
        }
        if (!places.empty())
            return refusal(fmt::format("Attribute \"{}\" of {} has no body.",
                                       node.attribute(places.begin()->first).name(), label),
                           label);
        return {};
    }

    static Wrong keepsBodies(const Node& old, const onnx::NodeProto& now, const std::string& label)
    {
        std::size_t places = 0;
        for (const onnx::AttributeProto& attribute : now.attribute())
            places += (attribute.has_g() ? 1U : 0U) + static_cast<std::size_t>(attribute.graphs_size());
        for (const Body& body : old.bodies()) {
            const std::string& name = old.proto->attribute(body.attribute).name();
            const auto kept = std::ranges::find_if(now.attribute(), [&](const auto& attribute) {
                return attribute.name() == name && isPlaceOf(attribute, body.position);
            });
            if (kept == now.attribute().end())
                return refusal(fmt::format("{} loses its body \"{}\".", label, name), label);
        }
        if (places > old.bodies().size())
            return refusal(fmt::format("{} has an attribute for a body that is not there.", label), label);
        return {};
    }

    // What lies in a body goes with its node, and with its bodies.
    Wrong removedAround() const
    {
        std::set<ScopeIndex> asked;
        Wrong wrong;
        const auto ask = [&](ScopeIndex scope) {
            while (!wrong && scope != ScopeIndex::None && asked.insert(scope).second) {
                const Scope& entry = m_view.scopes()[index(scope)];
                const auto* const around =
                    entry.owner == NodeIndex::None ? nullptr : m_edit.changed.find(entry.owner);
                if (entry.owner != NodeIndex::None &&
                    (m_edit.isRemoved(entry.owner) || (around && around->change && around->change->bodies)))
                    wrong = refusal(fmt::format("Something in {} is changed, which goes with {}.", entry.path,
                                                m_view.label(entry.owner)),
                                    m_view.label(entry.owner));
                if (entry.function >= 0 && isFunctionGone(entry.function))
                    wrong = refusal(fmt::format("Something in {} is changed, which goes.", entry.path),
                                    entry.path);
                scope = entry.parent;
            }
        };
        if (m_view.scopes().size() == 1)
            return {};
        for (const auto& [node, changed] : m_edit.changed) {
            if (changed.change)
                ask(m_view.scope(node));
        }
        for (const auto* nodes : {&m_edit.before, &m_edit.behind}) {
            for (const auto& [node, made] : *nodes)
                ask(m_view.scope(node));
        }
        for (const auto& [value, tensor] : m_edit.replaced)
            ask(m_view.scope(value));
        for (const ValueIndex value : m_edit.dropped)
            ask(m_view.scope(value));
        for (const auto& [scope, part] : m_edit.graphs) {
            if (part.change)
                ask(scope);
        }
        return wrong;
    }

    bool isFunctionGone(int function) const
    {
        return std::ranges::count(m_edit.edit.functionsRemoved, function) > 0 ||
               std::ranges::any_of(m_edit.edit.functionsReplaced,
                                   [&](const auto& replaced) { return replaced.first == function; });
    }

    Wrong tensors() const
    {
        const auto check = [](const TensorMessage& tensor) -> Wrong {
            if (tensor.name().empty())
                return refusal("An initializer is to have no name.", {});
            if (auto wrong = checkTensor(tensor, tensor.payload()))
                return afterwards(*wrong);
            return {};
        };
        for (const TensorChange& change : m_edit.edit.replaced) {
            if (auto wrong = check(change.now))
                return wrong;
        }
        for (const GraphChange& graph : m_edit.edit.graphs) {
            for (const TensorMessage& tensor : graph.added) {
                if (auto wrong = check(tensor))
                    return wrong;
            }
        }
        return {};
    }

    Wrong reconnected() const
    {
        for (const auto& [scope, part] : m_edit.graphs) {
            if (!part.change)
                continue;
            std::set<std::string_view> from;
            for (const Reconnection& reconnection : part.change->reconnected) {
                if (!from.insert(reconnection.from).second)
                    return refusal(fmt::format("What reads \"{}\" is reconnected twice.", reconnection.from),
                                   reconnection.from);
                if (reconnection.to.empty())
                    return refusal(fmt::format("What reads \"{}\" is to read nothing.", reconnection.from),
                                   reconnection.from);
            }
            for (const auto* list : {&part.change->inputs, &part.change->outputs}) {
                const auto isNothing = [](const ValueInfo& info) { return !info || info->name().empty(); };
                if (*list && std::ranges::any_of(**list, isNothing))
                    return refusal(
                        fmt::format("An input or output of {} is to have no name.", placeOf(m_view, scope)),
                        {});
            }
            for (const ValueInfo& info : part.change->described) {
                if (!info || info->name().empty())
                    return refusal(fmt::format("A description in {} has no name.", placeOf(m_view, scope)),
                                   {});
            }
            if (part.change->name && m_view.scopes()[index(scope)].function >= 0)
                return refusal(fmt::format("Calls of {} know it by its name: replace it and the calls.",
                                           placeOf(m_view, scope)),
                               placeOf(m_view, scope));
        }
        return {};
    }

    Wrong functions() const
    {
        const Edit& edit = m_edit.edit;
        std::set<int> named;
        const auto check = [&](int number) -> Wrong {
            if (number < 0 || static_cast<std::size_t>(number) >= m_view.model().functions.size())
                return refusal(fmt::format("The model has no function number {}.", number), {});
            if (!named.insert(number).second)
                return refusal(fmt::format("Function number {} is replaced or removed twice.", number), {});
            return {};
        };
        const auto checkContents = [&](const Function& function) -> Wrong {
            if (!function.header || !function.body)
                return refusal("A function is to have no body.", {});
            return newGraph(function.body.get(), function.header->name());
        };
        for (const int number : edit.functionsRemoved) {
            if (auto wrong = check(number))
                return wrong;
        }
        for (const auto& [number, function] : edit.functionsReplaced) {
            if (auto wrong = check(number))
                return wrong;
            if (auto wrong = checkContents(function))
                return wrong;
        }
        for (const Function& function : edit.functionsAdded) {
            if (auto wrong = checkContents(function))
                return wrong;
        }
        return {};
    }

    Wrong versions() const
    {
        const ModelChange& model = m_edit.edit.model;
        for (const auto& [domain, version] : model.opsets) {
            const std::string name = domain.empty() ? "ai.onnx" : domain;
            if (version && *version < 1)
                return refusal(
                    fmt::format("Operator set {} is to have version {}: they start with 1.", name, *version),
                    name);
        }
        if (model.irVersion && *model.irVersion < 1)
            return refusal(fmt::format("The IR is to have version {}: they start with 1.", *model.irVersion),
                           {});
        if (model.irVersion && *model.irVersion < 4 && m_view.model().irVersion() >= 4) {
            for (const ValueIndex value : m_view.scopes().front().initializers) {
                if (!m_view.isGraphInput(value))
                    return refusal(fmt::format("Before IR version 4, initializers are inputs, too; \"{}\" "
                                               "is none.",
                                               m_view.name(value)),
                                   m_view.name(value));
            }
        }
        return {};
    }

    const ResolvedEdit& m_edit;
    const GraphView& m_view;
};

// The model after the edit.
class OutcomeCheck final {
public:
    explicit OutcomeCheck(const ResolvedEdit& edit)
        : m_edit(edit),
          m_before(edit.view),
          m_model(applied(edit))
    {
    }

    Wrong run()
    {
        // No view is built of functions that the validator has not seen: they might call each other.
        const bool hasFunctions = !m_before.model().functions.empty() || !m_model.functions.empty();
        if (auto wrong = hasFunctions ? everything() : std::nullopt)
            return wrong;
        m_updated = GraphView::after(m_before, m_model);
        if (auto wrong = m_updated.change ? touched() : hasFunctions ? std::nullopt : everything())
            return wrong;
        if (auto wrong = reconnections())
            return wrong;
        return usedDomains();
    }

private:
    const GraphView& after() const { return *m_updated.view; }

    Wrong everything() const
    {
        const auto valid = validate(m_model);
        return valid ? Wrong() : afterwards(valid.error());
    }

    Wrong touched() const
    {
        for (const ValueIndex value : m_updated.change->values) {
            if (auto wrong = after().exists(value) ? valueOf(value) : std::nullopt)
                return wrong;
        }
        for (const NodeIndex node : m_updated.change->nodes) {
            if (auto wrong = after().exists(node) ? outputsOf(node) : std::nullopt)
                return wrong;
        }
        for (std::size_t s = 0; s < after().scopes().size(); ++s) {
            if (auto wrong = initializersOf(static_cast<ScopeIndex>(s)))
                return wrong;
        }
        // Where every node stands behind what it reads there is no cycle.
        return after().isInOrder() ? Wrong() : everything();
    }

    bool isDefined(const GraphView& view, ValueIndex value) const
    {
        return view.producer(value) != NodeIndex::None || view.initializer(value) != nullptr ||
               view.isGraphInput(value) || view.isSparse(value);
    }

    Wrong valueOf(ValueIndex value) const
    {
        const std::string_view name = after().name(value);
        if (isDefined(after(), value)) {
            const bool isNew = index(value) >= m_before.valueCount() || !m_before.exists(value) ||
                               !isDefined(m_before, value);
            return isNew ? shadows(value) : Wrong();
        }
        const auto uses = after().uses(value);
        if (!uses.empty())
            return refusal(fmt::format("{} reads \"{}\", which nothing makes after the edit.",
                                       after().label(uses.front().node), name),
                           name);
        if (after().isGraphOutput(value))
            return refusal(fmt::format("\"{}\" is an output of {}, and nothing makes it after the edit.",
                                       name, placeOf(after(), after().scope(value))),
                           name);
        return {};
    }

    // A new name that a graph around it, or a body in it, has already: who reads it would read another.
    Wrong shadows(ValueIndex value) const
    {
        if (after().scopes().size() == 1 || after().name(value).empty())
            return {};
        const std::string_view name = after().name(value);
        const ScopeIndex scope = after().scope(value);
        for (std::size_t s = 0; s < after().scopes().size(); ++s) {
            const auto other = static_cast<ScopeIndex>(s);
            const ValueIndex known = after().find(other, name);
            if (other == scope || known == ValueIndex::None || after().scope(known) != other ||
                !(isIn(other, scope) || isIn(scope, other)))
                continue;
            return refusal(fmt::format("\"{}\" is a new name in {}, and {} has one already.", name,
                                       placeOf(after(), scope), placeOf(after(), other)),
                           name);
        }
        return {};
    }

    bool isIn(ScopeIndex inner, ScopeIndex outer) const
    {
        while (inner != ScopeIndex::None && inner != outer)
            inner = after().scopes()[index(inner)].parent;
        return inner == outer;
    }

    Wrong outputsOf(NodeIndex node) const
    {
        const auto outputs = after().outputs(node);
        for (std::size_t slot = 0; slot < outputs.size(); ++slot) {
            const ValueIndex value = outputs[slot];
            if (value == ValueIndex::None)
                continue;
            if (isStillMade(value, node))
                return twice(value, after().label(node));
            const bool isIts = after().producer(value) == node && after().producerSlot(value) == slot &&
                               !after().initializer(value) && !after().isGraphInput(value) &&
                               !after().isSparse(value);
            if (!isIts)
                return twice(value, after().label(node));
        }
        return {};
    }

    // By the node that made it before, another one than this.
    bool isStillMade(ValueIndex value, NodeIndex node) const
    {
        const NodeIndex maker =
            index(value) < m_before.valueCount() ? m_before.producer(value) : NodeIndex::None;
        return maker != NodeIndex::None && maker != node && after().exists(maker) &&
               std::ranges::count(after().outputs(maker), value) > 0;
    }

    Wrong twice(ValueIndex value, const std::string& where) const
    {
        return refusal(
            fmt::format("\"{}\" is made twice after the edit; once by {}.", after().name(value), where),
            after().name(value));
    }

    // Those that are new, or other ones, against each other and against what else has their name.
    Wrong initializersOf(ScopeIndex scope) const
    {
        const Scope& now = after().scopes()[index(scope)];
        const Sequence<Initializer>&all = now.graph->initializers,
              &old = m_before.scopes()[index(scope)].graph->initializers;
        for (std::size_t c = 0; c < all.chunks(); ++c) {
            if (all.sharesChunk(old, c))
                continue;
            for (std::size_t i = 0; i < all.chunkAt(c).size(); ++i) {
                const ValueIndex value = now.initializers.chunkAt(c)[i];
                const Place place = Sequence<Initializer>::place(c, i);
                const Initializer* const before =
                    index(value) < m_before.valueCount() ? m_before.initializer(value) : nullptr;
                const bool isOlder = before && after().initializer(value)->id != before->id &&
                                     after().find(before->id) == value;
                if (after().initializerPlace(value) != place || isOlder || after().isSparse(value) ||
                    after().producer(value) != NodeIndex::None || isStillMade(value, NodeIndex::None))
                    return twice(value, "an initializer");
            }
        }
        return {};
    }

    // In a body the new name may mean something else.
    Wrong reconnections() const
    {
        for (const auto& [scope, part] : m_edit.graphs) {
            for (std::size_t r = 0; part.change && r < part.change->reconnected.size(); ++r) {
                const Reconnection& reconnection = part.change->reconnected[r];
                const ValueIndex from = m_before.find(scope, reconnection.from);
                for (const Use& use : m_before.uses(from)) {
                    if (auto wrong = reads(use, scope, reconnection.to))
                        return wrong;
                }
            }
        }
        return {};
    }

    Wrong reads(const Use& use, ScopeIndex scope, const std::string& name) const
    {
        const NodeIndex reader = after().find(m_before.id(use.node));
        if (reader == NodeIndex::None)
            return {};
        const ValueIndex value = after().input(reader, use.slot);
        // Both views number the scopes alike, unless bodies came or went.
        if (after().name(value) == name && after().scopes().size() == m_before.scopes().size() &&
            !isIn(scope, after().scope(value)))
            return refusal(fmt::format("{} is to read \"{}\", which means another one in {}.",
                                       after().label(reader), name, placeOf(after(), after().scope(value))),
                           name);
        return {};
    }

    // Whoever calls a function that goes, or has an operator of a set that is not imported any more.
    Wrong usedDomains() const
    {
        std::set<std::pair<std::string, std::string>> gone;
        for (const int number : m_edit.edit.functionsRemoved)
            addGone(number, gone);
        for (const auto& [number, function] : m_edit.edit.functionsReplaced)
            addGone(number, gone);
        for (const Function& function : m_model.functions)
            gone.erase({function.header->domain(), function.header->name()});
        std::set<std::string_view> domains;
        for (const auto& [domain, version] : m_edit.edit.model.opsets) {
            if (!version)
                domains.insert(domain == "ai.onnx" ? std::string_view() : domain);
        }
        for (std::size_t n = 0; !(gone.empty() && domains.empty()) && n < after().nodeCount(); ++n) {
            const auto node = static_cast<NodeIndex>(n);
            if (!after().exists(node))
                continue;
            const onnx::NodeProto& proto = *after().entry(node).proto;
            if (gone.contains({proto.domain(), proto.op_type()}))
                return refusal(fmt::format("{} calls function {}, which is not there after the edit.",
                                           after().label(node), proto.op_type()),
                               after().label(node));
            const bool inFunction = rootOf(after().scope(node)).function >= 0; // it has imports of its own
            if (!inFunction && domains.contains(after().domain(node)))
                return refusal(fmt::format("{} is an operator of {}, which is not imported after the edit.",
                                           after().label(node),
                                           after().domain(node).empty() ? "ai.onnx" : after().domain(node)),
                               after().label(node));
        }
        return {};
    }

    void addGone(int number, std::set<std::pair<std::string, std::string>>& gone) const
    {
        const onnx::FunctionProto& header =
            *m_before.model().functions[static_cast<std::size_t>(number)].header;
        gone.emplace(header.domain(), header.name());
    }

    const Scope& rootOf(ScopeIndex scope) const
    {
        while (after().scopes()[index(scope)].parent != ScopeIndex::None)
            scope = after().scopes()[index(scope)].parent;
        return after().scopes()[index(scope)];
    }

    const ResolvedEdit& m_edit;
    const GraphView& m_before;
    Model m_model;
    GraphView::Updated m_updated;
};

} // namespace

Result<void> check(const Edit& edit, const GraphView& view)
{
    if (edit.empty())
        return {};
    ResolvedEdit resolved(edit, view);
    Wrong wrong = std::move(resolved.wrong);
    if (!wrong)
        wrong = PartsCheck(resolved).run();
    if (!wrong)
        wrong = OutcomeCheck(resolved).run();
    if (wrong)
        return tl::make_unexpected(std::move(*wrong));
    return {};
}

} // namespace pleat
