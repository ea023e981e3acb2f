// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Shapes.h"

#include "core/graph/DeclaredShapes.h"
#include "core/graph/ShapeRules.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <tuple>

namespace pleat {

namespace {

// The two agree where both know a size.
bool contradict(const KnownShape& rule, const KnownShape& said)
{
    if (rule.size() != said.size())
        return true;
    for (std::size_t d = 0; d < rule.size(); ++d) {
        if (rule[d] != unknownSize && said[d] != unknownSize && rule[d] != said[d])
            return true;
    }
    return false;
}

KnownShape completed(KnownShape rule, const KnownShape& said)
{
    for (std::size_t d = 0; d < rule.size(); ++d)
        rule[d] = rule[d] == unknownSize ? said[d] : rule[d];
    return rule;
}

// What all calls of a function pass for input `slot`, where the shapes of all are known: sizes that differ
// are not.
std::optional<KnownShape> passedByAll(const GraphView& view, const Shapes& known, ScopeIndex function,
                                      std::size_t slot)
{
    std::optional<KnownShape> agreed;
    for (const NodeIndex call : view.calls(function)) {
        const KnownShape* shape = known.of(view.input(call, slot));
        if (!shape || (agreed && agreed->size() != shape->size()))
            return std::nullopt;
        if (!agreed)
            agreed = *shape;
        for (std::size_t d = 0; d < shape->size(); ++d) {
            if ((*agreed)[d] != (*shape)[d])
                (*agreed)[d] = unknownSize;
        }
    }
    return agreed;
}

bool describesAny(const GraphView& view)
{
    return std::ranges::any_of(view.scopes(),
                               [](const Scope& scope) { return !scope.graph->descriptions.empty(); });
}

// A name that is not of this scope says nothing about the outer value that bears it.
ValueIndex valueHere(const GraphView& view, ScopeIndex scope, std::string_view name)
{
    const ValueIndex value = view.find(scope, name);
    return value != ValueIndex::None && view.scope(value) == scope ? value : ValueIndex::None;
}

} // namespace

Shapes::Shapes(const GraphView& view)
    : m_declaredMore(std::vector<std::uint8_t>(view.valueCount())),
      m_shapes(std::vector<const KnownShape*>(view.valueCount())),
      m_kept{std::make_shared<Kept>()}
{
    TrueSizes sizes(view, *this);
    if (describesAny(view))
        m_described = SharedVector(std::vector<const KnownShape*>(view.valueCount()));
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const auto scope = static_cast<ScopeIndex>(s);
        for (auto& [value, shape] : declaredInputs(view, scope))
            set(value, shape);
        for (const ValueIndex value : view.scopes()[s].initializers)
            setStored(view, value);
        // An input of a function has the shape of what all calls pass.
        const std::vector<ValueIndex>& ports = view.scopes()[s].inputs;
        for (std::size_t slot = 0; slot < ports.size(); ++slot) {
            const auto arguments = view.arguments(ports[slot]);
            if (of(ports[slot]) || arguments.empty())
                continue;
            if (arguments.size() == 1 && of(arguments.front()))
                set(ports[slot], *of(arguments.front()));
            else
                set(ports[slot], passedByAll(view, *this, scope, slot));
        }
        for (const Description& description : view.scopes()[s].graph->descriptions) {
            const ValueIndex value = valueHere(view, scope, description.proto->name());
            if (value != ValueIndex::None && !m_described[index(value)])
                m_described.change(index(value)) = keep(describedShape(description));
        }
        const Graph& graph = *view.scopes()[s].graph;
        m_declared.push_back(std::make_shared<const Declared>(
            Declared{graph.header, graph.descriptions, declaredOutputs(view, scope)}));
        for (const NodeIndex node : view.topological(scope))
            setOutputs(view, node, sizes);
    }
}

void Shapes::setStored(const GraphView& view, ValueIndex value)
{
    // A caller may replace the default of an input by a tensor of any shape that the input declares.
    if (view.isGraphInput(value) && view.model().irVersion() >= 4)
        return;
    const auto dims = view.initializer(value)->tensor.dims();
    set(value, believable(KnownShape(dims.begin(), dims.end())));
}

void Shapes::setOutputs(const GraphView& view, NodeIndex node, TrueSizes& sizes)
{
    std::vector<const KnownShape*> inputs;
    inputs.reserve(view.inputs(node).size());
    for (const ValueIndex input : view.inputs(node))
        inputs.push_back(of(input));
    for (std::size_t slot = 0; slot < view.outputs(node).size(); ++slot) {
        const ValueIndex output = view.output(node, slot);
        if (output == ValueIndex::None)
            continue;
        MaybeShape shape = outputShape(view, node, slot, inputs);
        const KnownShape* const declaration = declared(view.scope(node), output);
        bool declaredMore = false;
        // Where the two contradict each other, the rule is right.
        if (declaration && shape && contradict(*shape, *declaration)) {
            m_contradictions.push_back({output, *shape, *declaration});
        } else if (declaration) {
            declaredMore = !shape || completed(*shape, *declaration) != *shape;
            if (sizes.follow(node))
                shape = shape ? completed(std::move(*shape), *declaration) : *declaration;
            else if (!shape)
                shape = withoutSizes(*declaration);
        }
        if (declaredMore || m_declaredMore[index(output)])
            m_declaredMore.change(index(output)) = declaredMore;
        set(output, std::move(shape));
    }
}

// What an edit touched is derived again, and what hangs on shapes that are others then; in the order of the
// file, which may be wrong, until nothing changes.
class ShapesUpdate final {
public:
    ShapesUpdate(Shapes& shapes, const GraphView& view, std::vector<ValueIndex>& others)
        : m_shapes(shapes),
          m_view(view),
          m_others(others)
    {
    }

    void run(const ViewChange& change)
    {
        while (m_shapes.m_shapes.size() < m_view.valueCount())
            m_shapes.m_shapes.append(nullptr);
        while (m_shapes.m_declaredMore.size() < m_view.valueCount())
            m_shapes.m_declaredMore.append(0);
        const std::size_t firstNew = m_shapes.m_described.size();
        while (describesAny(m_view) && m_shapes.m_described.size() < m_view.valueCount())
            m_shapes.m_described.append(nullptr);
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            describeAnew(static_cast<ScopeIndex>(s), change, firstNew);
            if (m_shapes.m_declared[s]->by != m_view.scopes()[s].graph->header)
                declareAnew(static_cast<ScopeIndex>(s));
        }
        for (const NodeIndex node : change.nodes)
            push(node);
        for (const ValueIndex value : change.values)
            look(value);
        while (!m_waiting.empty()) {
            const NodeIndex node = std::get<NodeIndex>(*m_waiting.begin());
            m_waiting.erase(m_waiting.begin());
            derive(node);
        }
    }

private:
    // What the value_infos of a scope say that came, went or are others, and of values that are new.
    void describeAnew(ScopeIndex scope, const ViewChange& change, std::size_t firstNew)
    {
        const Sequence<Description>&old = m_shapes.m_declared[index(scope)]->descriptions,
              &now = m_view.scopes()[index(scope)].graph->descriptions;
        NameSet names = namesOfOthers(old, now);
        const bool isOther = !names.empty();
        for (const ValueIndex value : change.values) {
            if (!now.empty() && index(value) >= firstNew && m_view.exists(value) &&
                m_view.scope(value) == scope && m_view.producer(value) != NodeIndex::None)
                names.insert(m_view.name(value));
        }
        std::unordered_map<std::string_view, const KnownShape*> said;
        for (std::size_t c = 0; !names.empty() && c < now.chunks(); ++c) {
            for (const Description& each : now.chunkAt(c)) {
                if (!names.holdsHash(each.nameHash) || !names.contains(each.proto->name()))
                    continue;
                const KnownShape*& first = said[each.proto->name()];
                first = first ? first : m_shapes.keep(describedShape(each));
            }
        }
        for (const std::string_view name : names) {
            const ValueIndex value = valueHere(m_view, scope, name);
            const auto found = said.find(name);
            const KnownShape* const shape = found == said.end() ? nullptr : found->second;
            if (value == ValueIndex::None || index(value) >= m_shapes.m_described.size() ||
                m_shapes.m_described[index(value)] == shape)
                continue;
            m_shapes.m_described.change(index(value)) = shape;
            push(m_view.producer(value));
        }
        if (isOther) {
            auto declared = std::make_shared<Shapes::Declared>(*m_shapes.m_declared[index(scope)]);
            declared->descriptions = now;
            m_shapes.m_declared[index(scope)] = std::move(declared);
        }
    }

    // Of descriptions that are in one of the two and not in the other.
    static NameSet namesOfOthers(const Sequence<Description>& old, const Sequence<Description>& now)
    {
        NameSet names;
        const auto chunkOf = [](const Sequence<Description>& all, std::size_t c) {
            return c < all.chunks() ? all.chunkAt(c) : std::span<const Description>();
        };
        for (std::size_t c = 0; c < std::max(old.chunks(), now.chunks()); ++c) {
            if (now.sharesChunk(old, c))
                continue;
            std::unordered_map<const onnx::ValueInfoProto*, int> in; // 1: the old, 2: the new, 3: both
            for (const Description& each : chunkOf(old, c))
                in[each.proto.get()] |= 1;
            for (const Description& each : chunkOf(now, c))
                in[each.proto.get()] |= 2;
            for (const auto& [info, where] : in) {
                if (where != 3)
                    names.insert(info->name());
            }
        }
        return names;
    }

    void declareAnew(ScopeIndex scope)
    {
        const Declarations& old = m_shapes.m_declared[index(scope)]->outputs;
        const Graph& graph = *m_view.scopes()[index(scope)].graph;
        auto declared = std::make_shared<Shapes::Declared>(
            Shapes::Declared{graph.header, graph.descriptions, declaredOutputs(m_view, scope)});
        const auto differ = [&](const Declarations& some, const Declarations& others) {
            for (const auto& [value, shape] : some) {
                const auto found = others.find(value);
                if (found == others.end() || found->second != shape)
                    push(m_view.producer(value));
            }
        };
        differ(old, declared->outputs);
        differ(declared->outputs, old);
        m_shapes.m_declared[index(scope)] = std::move(declared);
        for (auto& [value, shape] : declaredInputs(m_view, scope)) {
            if (!m_shapes.of(value) || *m_shapes.of(value) != shape)
                change(value, [&] { m_shapes.set(value, shape); });
        }
    }

    void look(ValueIndex value)
    {
        forgetContradiction(value);
        if (m_view.producer(value) == NodeIndex::None && m_shapes.m_declaredMore[index(value)])
            m_shapes.m_declaredMore.change(index(value)) = 0;
        const bool stored = m_view.initializer(value) != nullptr;
        if (stored)
            change(value, [&] { m_shapes.setStored(m_view, value); });
        else if (m_view.producer(value) == NodeIndex::None && !m_view.isGraphInput(value))
            change(value, [&] { m_shapes.set(value, std::nullopt); });
        push(m_view.producer(value));
        pushReaders(value);
    }

    void derive(NodeIndex node)
    {
        TrueSizes sizes(m_view, m_shapes);
        std::vector<const KnownShape*> old;
        for (const ValueIndex output : m_view.outputs(node)) {
            old.push_back(m_shapes.of(output));
            forgetContradiction(output);
        }
        m_shapes.setOutputs(m_view, node, sizes);
        const bool handsOn =
            (TrueSizes::isShapeArithmetic(m_view, node) || makesConstant(node)) && m_seen.insert(node).second;
        for (std::size_t slot = 0; slot < old.size(); ++slot) {
            const ValueIndex output = m_view.output(node, slot);
            if (output == ValueIndex::None)
                continue;
            if (m_shapes.of(output) != old[slot])
                m_others.push_back(output);
            if (m_shapes.of(output) != old[slot] || handsOn)
                pushReaders(output);
        }
    }

    bool makesConstant(NodeIndex node) const
    {
        return std::ranges::any_of(m_view.outputs(node), [&](ValueIndex output) {
            return output != ValueIndex::None && m_view.constantDepth(output) > 0;
        });
    }

    void forgetContradiction(ValueIndex value)
    {
        std::erase_if(m_shapes.m_contradictions,
                      [&](const ShapeContradiction& each) { return each.value == value; });
    }

    template<class Change>
    void change(ValueIndex value, Change change)
    {
        const KnownShape* const old = m_shapes.of(value);
        change();
        if (m_shapes.of(value) == old)
            return;
        m_others.push_back(value);
        pushReaders(value);
    }

    void pushReaders(ValueIndex value)
    {
        for (const Use& use : m_view.uses(value))
            push(use.node);
    }

    void push(NodeIndex node)
    {
        if (node != NodeIndex::None && m_view.exists(node))
            m_waiting.emplace(m_view.scope(node), m_view.place(node), node);
    }

    Shapes& m_shapes;
    const GraphView& m_view;
    std::vector<ValueIndex>& m_others;
    std::set<std::tuple<ScopeIndex, Place, NodeIndex>> m_waiting;
    std::set<NodeIndex> m_seen;
};

Shapes::Shapes(const Shapes& before, const GraphView& view, const ViewChange& change,
               std::vector<ValueIndex>& others)
    : m_contradictions(before.m_contradictions),
      m_declaredMore(before.m_declaredMore),
      m_shapes(before.m_shapes),
      m_kept(before.m_kept),
      m_declared(before.m_declared),
      m_described(before.m_described)
{
    constexpr std::size_t mostGenerations = 64;
    if (m_kept.size() > mostGenerations) {
        *this = Shapes(view);
        for (std::size_t v = 0; v < view.valueCount(); ++v)
            others.push_back(static_cast<ValueIndex>(v));
        return;
    }
    m_kept.push_back(std::make_shared<Kept>());
    ShapesUpdate(*this, view, others).run(change);
    if (m_kept.back()->empty())
        m_kept.pop_back();
    std::ranges::sort(others);
    others.erase(std::unique(others.begin(), others.end()), others.end());
}

const KnownShape* Shapes::of(ValueIndex value) const
{
    return index(value) < m_shapes.size() ? m_shapes[index(value)] : nullptr;
}

const KnownShape* Shapes::declared(ScopeIndex scope, ValueIndex output) const
{
    if (index(output) < m_described.size() && m_described[index(output)])
        return m_described[index(output)];
    const Declarations& outputs = m_declared[index(scope)]->outputs;
    const auto found = outputs.find(output);
    return found == outputs.end() ? nullptr : &found->second;
}

const KnownShape* Shapes::keep(MaybeShape shape)
{
    const KnownShape* kept = nullptr;
    for (std::size_t k = 0; shape && k < m_kept.size() && !kept; ++k) {
        const auto found = m_kept[k]->find(*shape);
        kept = found == m_kept[k]->end() ? nullptr : &*found;
    }
    if (shape && !kept)
        kept = &*m_kept.back()->insert(std::move(*shape)).first;
    return kept;
}

void Shapes::set(ValueIndex value, MaybeShape shape)
{
    const KnownShape* const kept = keep(std::move(shape));
    if (of(value) != kept)
        m_shapes.change(index(value)) = kept;
}

std::optional<std::size_t> Shapes::rank(ValueIndex value) const
{
    const KnownShape* shape = of(value);
    return shape ? std::optional(shape->size()) : std::nullopt;
}

bool Shapes::followsFromRule(ValueIndex value) const
{
    return index(value) < m_declaredMore.size() && m_declaredMore[index(value)] == 0;
}

std::int64_t Shapes::size(ValueIndex value, std::size_t axis) const
{
    const KnownShape* shape = of(value);
    return shape && axis < shape->size() ? (*shape)[axis] : unknownSize;
}

} // namespace pleat
