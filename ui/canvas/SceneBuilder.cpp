// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/SceneBuilder.h"

#include "ui/canvas/KeptPlaces.h"

#include "core/graph/Constants.h"
#include "core/graph/Describe.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

#include <QCoreApplication>
#include <algorithm>
#include <functional>
#include <set>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr std::uint32_t nowhere = 0xffffffff;

Category categoryOf(std::string_view op)
{
    switch (category(op)) {
    case OpCategory::Convolution:
        return Category::Convolution;
    case OpCategory::Normalisation:
        return Category::Normalisation;
    case OpCategory::Activation:
        return Category::Activation;
    case OpCategory::PoolShape:
        return Category::PoolShape;
    case OpCategory::Arithmetic:
        return Category::Arithmetic;
    case OpCategory::Other:
        break;
    }
    return Category::Other;
}

// In one line and no wider than what can be looked at: the layout measures it.
QString title(const QString& text)
{
    constexpr qsizetype longest = 120;
    const QString line = oneLine(text.left(longest));
    return text.size() <= longest ? line : line + u'…';
}

QString shortened(const QString& text)
{
    constexpr qsizetype longest = 24;
    return text.size() <= longest ? text : text.first(longest - 1) + u'…';
}

class Builder final {
public:
    Builder(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
            const SceneDetails& details, std::stop_token stop)
        : m_view(page.view),
          m_page(page.scope),
          m_scope(m_view.scopes()[index(page.scope)]),
          m_marks(marks),
          m_types(types),
          m_details(details),
          m_nodeAt(m_view.nodeCount(), nowhere),
          m_sourceOf(m_view.valueCount(), nowhere),
          m_constant(m_view.valueCount(), Unknown),
          m_stop(std::move(stop))
    {
    }

    // Nothing when stopped.
    std::optional<BuiltScene> build()
    {
        addInputs();
        for (const NodeIndex node : m_scope.nodes)
            if (goesOn())
                addNode(node);
        addInputsFromOutside();
        for (const NodeIndex node : m_scope.nodes)
            if (goesOn())
                addEdges(node);
        addOuterScopeValues();
        addOutputs();
        addFrames();
        return goesOn() ? std::optional(std::move(m_built)) : std::nullopt;
    }

private:
    bool goesOn() const { return !m_stop.stop_requested(); }

    enum Known : char { Unknown, Constant, Computed };

    bool isConstant(ValueIndex value)
    {
        char& known = m_constant[index(value)];
        if (known == Unknown)
            known = constantOf(m_view, value).has_value() ? Constant : Computed;
        return known == Constant;
    }

    // Constant nodes, and Identity or Cast nodes behind constants: their readers show them.
    bool isHidden(NodeIndex node)
    {
        const auto outputs = m_view.outputs(node);
        return outputs.size() == 1 && outputs[0] != ValueIndex::None && !m_view.isGraphOutput(outputs[0]) &&
               isConstant(outputs[0]);
    }

    std::uint32_t add(SceneNode node, BuiltScene::Item item)
    {
        m_built.scene.nodes.push_back(std::move(node));
        m_built.items.push_back(std::move(item));
        return static_cast<std::uint32_t>(m_built.scene.nodes.size() - 1);
    }

    std::uint32_t addPort(ValueIndex value, Category category)
    {
        const std::string name(m_view.name(value));
        SceneNode node;
        // Apart from the ids of nodes, which count from 0.
        const auto salted = name + (category == Category::GraphInput ? "\nin" : "\nout");
        node.key = 0x80000000u | static_cast<quint32>(std::hash<std::string>()(salted));
        node.name = toQt(name);
        node.title = title(node.name);
        node.category = category;
        return add(std::move(node), {NodeId::None, name});
    }

    void addInputs()
    {
        for (const ValueIndex value : m_scope.inputs)
            if (!m_view.initializer(value))
                m_sourceOf[index(value)] = addPort(value, Category::GraphInput);
    }

    // What a body reads from the graphs around it.
    void addInputsFromOutside()
    {
        for (const NodeIndex node : m_scope.nodes)
            for (const ValueIndex value : m_view.inputs(node))
                if (value != ValueIndex::None && m_view.scope(value) != m_page &&
                    m_sourceOf[index(value)] == nowhere && goesOn() && !isConstant(value))
                    m_sourceOf[index(value)] = addPort(value, Category::GraphInput);
    }

    void addNode(NodeIndex node)
    {
        if (isHidden(node))
            return;
        SceneNode scene;
        scene.key = static_cast<quint32>(m_view.id(node));
        scene.title = title(toQt(m_view.op(node)));
        scene.name = toQt(m_view.label(node));
        if (m_details.names && !m_view.name(node).empty())
            scene.title += u"  ·  "_s + title(moduleName(toQt(m_view.name(node)), scene.title));
        scene.category = categoryOf(m_view.op(node));
        scene.rows = rows(node);
        const std::uint32_t at = add(std::move(scene), {m_view.id(node), {}});
        m_nodeAt[index(node)] = at;
        for (const ValueIndex value : m_view.outputs(node))
            if (value != ValueIndex::None)
                m_sourceOf[index(value)] = at;
    }

    std::vector<WeightRow> rows(NodeIndex node)
    {
        std::vector<WeightRow> result;
        std::optional<NodeText> text; // only where it is needed: it looks the operator up
        if (m_details.attributes) {
            text = describe(m_view, node, m_types);
            for (const AttributeText& attribute : text->attributes)
                result.push_back({title(toQt(attribute.name)), oneLine(shortened(toQt(attribute.value)))});
        }
        if (!m_details.weights)
            return result;
        const auto inputs = m_view.inputs(node);
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            if (inputs[slot] == ValueIndex::None || !isConstant(inputs[slot]))
                continue;
            const auto constant = constantOf(m_view, inputs[slot]);
            // Limits of a Clip, the shape of a Reshape: settings rather than weights.
            if (!isFloating(constant->tensor.type()) || constant->tensor.dims().empty())
                continue;
            if (!text)
                text = describe(m_view, node, m_types);
            const bool named = slot < text->inputs.size() && !text->inputs[slot].formal.empty();
            result.push_back({named ? title(toQt(text->inputs[slot].formal)) : QString::number(slot),
                              dimensions(constant->tensor.dims(), u" × "_s)});
        }
        return result;
    }

    QString label(ValueIndex value) const
    {
        const auto scope = m_types.find(m_scope.path);
        if (scope == m_types.end())
            return {};
        const auto type = scope->second.find(std::string(m_view.name(value)));
        return type == scope->second.end() ? QString() : edgeLabel(type->second);
    }

    void addEdge(ValueIndex value, std::uint32_t to, std::uint32_t port)
    {
        const std::uint32_t from = m_sourceOf[index(value)];
        if (from == nowhere || to == nowhere)
            return;
        SceneEdge edge;
        edge.from = from;
        edge.to = to;
        edge.tensor = static_cast<quint32>(index(value));
        edge.toPort = port;
        edge.tensorName = toQt(m_view.name(value));
        edge.label = label(value);
        m_built.scene.edges.push_back(std::move(edge));
    }

    void addEdges(NodeIndex node)
    {
        const auto inputs = m_view.inputs(node);
        for (std::size_t slot = 0; slot < inputs.size(); ++slot)
            if (inputs[slot] != ValueIndex::None)
                addEdge(inputs[slot], m_nodeAt[index(node)], static_cast<std::uint32_t>(slot));
    }

    // What a body reads from outside enters the node that owns the body.
    void addOuterScopeValues()
    {
        std::set<std::pair<std::uint32_t, ValueIndex>> seen;
        const auto scopes = m_view.scopes();
        for (std::size_t i = 1; i < scopes.size() && goesOn(); ++i) {
            const Scope* outer = &scopes[i];
            while (outer->parent != ScopeIndex::None && outer->parent != m_page)
                outer = &scopes[index(outer->parent)];
            if (outer->parent != m_page || outer->owner == NodeIndex::None)
                continue; // a function, or not on this page
            const std::uint32_t owner = m_nodeAt[index(outer->owner)];
            for (const NodeIndex node : scopes[i].nodes)
                for (const ValueIndex value : m_view.inputs(node))
                    if (value != ValueIndex::None && m_view.scope(value) == m_page &&
                        seen.emplace(owner, value).second)
                        addEdge(value, owner, 1000 + static_cast<std::uint32_t>(seen.size()));
        }
    }

    void addOutputs()
    {
        for (const ValueIndex value : m_scope.outputs)
            addEdge(value, addPort(value, Category::GraphOutput), 0);
    }

    void addFrames()
    {
        for (std::size_t i = 0; i < m_marks.size() && goesOn(); ++i) {
            const Mark& mark = m_marks[i];
            SceneFrame frame{mark.look, {}, mark.badge, mark.tip, {}, {}};
            for (const NodeId id : mark.nodes) {
                const NodeIndex node = m_view.find(id);
                if (node != NodeIndex::None && m_nodeAt[index(node)] != nowhere &&
                    m_framed.insert(m_nodeAt[index(node)]).second)
                    frame.nodes.push_back(m_nodeAt[index(node)]);
            }
            if (frame.nodes.empty())
                continue;
            m_built.scene.frames.push_back(std::move(frame));
            m_built.marks.push_back(i);
        }
    }

    const GraphView& m_view;
    const ScopeIndex m_page;
    const Scope& m_scope; // that one
    const std::span<const Mark> m_marks;
    const ValueTypes& m_types;
    const SceneDetails m_details;
    std::vector<std::uint32_t> m_nodeAt;   // node of the view → node of the scene
    std::vector<std::uint32_t> m_sourceOf; // value of the view → node of the scene that makes it
    std::vector<char> m_constant;
    std::set<std::uint32_t> m_framed;
    const std::stop_token m_stop;
    BuiltScene m_built;
};

} // namespace

QString edgeLabel(const ValueType& type)
{
    constexpr std::size_t longest = 10;
    ValueType brief = type;
    for (Dimension& dimension : brief.shape)
        if (dimension.symbol.size() > longest)
            dimension.symbol.clear();
    return oneLine(toQt(brief.text()));
}

std::optional<BuiltScene> buildScene(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
                                     Direction direction, const SceneDetails& details,
                                     const GraphScene* previous, std::stop_token stop)
{
    std::optional<BuiltScene> built = Builder(page, marks, types, details, stop).build();
    if (!built || (previous && keepPlaces(built->scene, *previous)))
        return built;
    if (stop.stop_requested() || !layOutScene(built->scene, direction, stop))
        return std::nullopt;
    return built;
}

GraphScene labelled(GraphScene scene, const ValueTypes& types)
{
    const auto known = types.find({});
    for (SceneEdge& edge : scene.edges) {
        edge.label.clear();
        if (known == types.end())
            continue;
        if (const auto type = known->second.find(toStd(edge.tensorName)); type != known->second.end())
            edge.label = edgeLabel(type->second);
    }
    return scene;
}

} // namespace pleat::ui
