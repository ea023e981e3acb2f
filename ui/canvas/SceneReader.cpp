// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/SceneReader.h"

#include "core/graph/Constants.h"
#include "core/graph/Cost.h"
#include "core/graph/DeclaredShapes.h"
#include "core/graph/Describe.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>
#include <functional>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// In one line and no wider than what can be looked at: the layout measures it.
QString title(const QString& text)
{
    constexpr qsizetype longest = 120;
    const QString line = oneLine(text.left(longest));
    return text.size() <= longest ? line : line + u'…';
}

std::unordered_set<NodeIndex> callersIn(const GraphView& view)
{
    std::unordered_set<NodeIndex> callers;
    for (std::uint32_t s = 0; s < view.scopes().size(); ++s)
        callers.insert(view.calls(ScopeIndex{s}).begin(), view.calls(ScopeIndex{s}).end());
    return callers;
}

std::unordered_set<NodeIndex> ownersIn(const GraphView& view)
{
    std::unordered_set<NodeIndex> owners;
    for (const Scope& scope : view.scopes().subspan(1))
        owners.insert(scope.owner);
    return owners;
}

QString shortened(const QString& text)
{
    constexpr qsizetype longest = 24;
    return text.size() <= longest ? text : text.first(longest - 1) + u'…';
}

} // namespace

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

std::unordered_set<NodeIndex> shapeComputations(const Page& page)
{
    const GraphView& view = page.view;
    std::unordered_set<NodeIndex> found;
    for (const NodeIndex node : view.topological(page.scope)) {
        bool any = view.op(node) == "Shape" || view.op(node) == "Size";
        bool all = TrueSizes::isShapeArithmetic(view, node);
        for (const ValueIndex value : any ? std::span<const ValueIndex>() : view.inputs(node)) {
            if (value == ValueIndex::None || constantOf(view, value))
                continue;
            const bool isShape = found.contains(view.producer(value));
            any |= isShape;
            all &= isShape;
        }
        if (any && all)
            found.insert(node);
    }
    return found;
}

SceneReader::SceneReader(const Page& page, const ValueTypes& types, const SceneDetails& details)
    : m_view(page.view),
      m_page(page.scope),
      m_types(types),
      m_details(details),
      m_callers(callersIn(page.view)),
      m_owners(ownersIn(page.view)),
      m_shapes(details.shapes ? std::unordered_set<NodeIndex>() : shapeComputations(page)),
      m_constant(page.view.valueCount(), Unknown)
{
}

bool SceneReader::isConstant(ValueIndex value) const
{
    char& known = m_constant[index(value)];
    if (known == Unknown)
        known = constantOf(m_view, value).has_value() ? Constant : Computed;
    return known == Constant;
}

bool SceneReader::isHidden(NodeIndex node) const
{
    const auto outputs = m_view.outputs(node);
    return isLeftOut(node) || (outputs.size() == 1 && outputs[0] != ValueIndex::None &&
                               !m_view.isGraphOutput(outputs[0]) && isConstant(outputs[0]));
}

bool SceneReader::isLeftOut(NodeIndex node) const
{
    return m_shapes.contains(node) ||
           (!m_details.leftOut.empty() && m_details.leftOut.contains(std::string(m_view.op(node))));
}

std::vector<ValueIndex> SceneReader::drawn(ValueIndex value) const
{
    if (m_details.leftOut.empty() && m_shapes.empty())
        return {value};
    std::vector<ValueIndex> found, waiting{value};
    std::unordered_set<ValueIndex> seen; // there may be a cycle
    while (!waiting.empty()) {
        const ValueIndex at = waiting.back();
        waiting.pop_back();
        if (at == ValueIndex::None || !seen.insert(at).second)
            continue;
        const NodeIndex node = m_view.producer(at);
        if (node == NodeIndex::None || m_view.scope(node) != m_page || !isLeftOut(node)) {
            found.push_back(at);
            continue;
        }
        const auto inputs = m_view.inputs(node);
        if (!m_shapes.contains(node))
            for (std::size_t i = inputs.size(); i-- > 0;) // the first comes first
                if (inputs[i] != ValueIndex::None && !isConstant(inputs[i]))
                    waiting.push_back(inputs[i]);
    }
    return found;
}

SceneNode SceneReader::node(NodeIndex node) const
{
    SceneNode scene;
    scene.key = static_cast<quint32>(m_view.id(node));
    scene.title = title(toQt(m_view.op(node)));
    scene.op = scene.title;
    scene.name = toQt(m_view.label(node));
    if (m_details.names && !m_view.name(node).empty())
        scene.title += u"  ·  "_s + title(moduleName(toQt(m_view.name(node)), scene.title));
    scene.category = categoryOf(m_view.op(node));
    scene.rows = rows(node);
    scene.ports = ports(node);
    scene.opens = m_callers.contains(node) || m_owners.contains(node);
    return scene;
}

quint32 SceneReader::portKey(std::string_view name, Category category)
{
    // Apart from the ids of nodes, which count from 0.
    const auto salted = std::string(name) + (category == Category::GraphInput ? "\nin" : "\nout");
    return 0x80000000u | static_cast<quint32>(std::hash<std::string>()(salted));
}

SceneNode SceneReader::port(ValueIndex value, Category category) const
{
    SceneNode node;
    node.key = portKey(m_view.name(value), category);
    node.name = toQt(m_view.name(value));
    node.title = title(node.name);
    node.category = category;
    node.outside = category == Category::GraphInput && m_view.scope(value) != m_page;
    const ValueType* const type = node.outside ? nullptr : typeOf(m_view, value, m_types);
    if (type && type->type != DataType::Undefined)
        node.title += u"  ·  "_s + toQt(name(type->type));
    return node;
}

SceneEdge SceneReader::edge(ValueIndex value, quint32 from, quint32 to, quint32 toPort) const
{
    SceneEdge edge;
    edge.from = from;
    edge.to = to;
    if (m_view.producer(value) != NodeIndex::None)
        edge.tensor = static_cast<quint32>(m_view.producerSlot(value));
    edge.toPort = toPort;
    edge.tensorName = toQt(m_view.name(value));
    edge.label = label(value);
    return edge;
}

std::vector<WeightRow> SceneReader::rows(NodeIndex node) const
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

std::vector<WeightRow> SceneReader::ports(NodeIndex node) const
{
    std::vector<WeightRow> result;
    if (!m_callers.contains(node))
        return result;
    for (const SlotText& slot : describe(m_view, node, m_types).inputs)
        if (slot.value != ValueIndex::None)
            result.push_back({title(toQt(slot.formal)), title(toQt(slot.name))});
    return result;
}

QString SceneReader::label(ValueIndex value) const
{
    const ValueType* const type = typeOf(m_view, value, m_types);
    return type ? edgeLabel(*type) : QString();
}

QString edgeLabel(const ValueType& type)
{
    constexpr std::size_t longest = 10;
    ValueType brief = type;
    for (Dimension& dimension : brief.shape)
        if (dimension.symbol.size() > longest)
            dimension.symbol.clear();
    return oneLine(toQt(brief.text()));
}

} // namespace pleat::ui
