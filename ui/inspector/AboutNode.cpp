// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/OperatorForms.h"
#include "ui/document/Convert.h"
#include "ui/edit/EditFields.h"
#include "ui/inspector/InspectorRows.h"
#include "ui/widgets/Translate.h"

#include <QStringList>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Some operators' first sentence is a page long.
QString cut(const QString& sentence)
{
    constexpr qsizetype longest = 200;
    if (sentence.size() <= longest)
        return sentence;
    return sentence.first(sentence.lastIndexOf(u' ', longest)) + u" …"_s;
}

// The rows of one node.
class NodeRows final {
public:
    NodeRows(ViewPointer view, NodeIndex node, bool editable)
        : m_view(std::move(view)),
          m_node(node),
          m_editable(editable),
          m_form(operatorForm(*m_view, m_view->scope(node), std::string(m_view->domain(node)),
                              std::string(m_view->op(node))))
    {
    }

    bool isKnown() const { return m_form.has_value(); }

    Editable edit(const QString& key, EditField (*field)(const ViewPointer&, NodeIndex)) const
    {
        return m_editable ? Editable{key, [view = m_view, node = m_node, field] { return field(view, node); }}
                          : Editable();
    }

    InspectorSection attributes() const
    {
        InspectorSection section{tr("ATTRIBUTES"), {}, false};
        for (const AttributeForm& form : attributeForms(*m_view, m_node))
            section.rows.push_back(attributeRow(form));
        if (!m_form) { // any attribute may be right
            section.adds = tr("Add an attribute…");
            section.addition = edit(u"attribute"_s, newAttributeField);
        }
        return section;
    }

    InspectorSection inputs(const std::vector<SlotText>& slotTexts) const
    {
        InspectorSection section{tr("INPUTS"), {}, false};
        for (std::size_t i = 0; i < slotTexts.size(); ++i) {
            InspectorRow row = slotRow(slotTexts[i], i);
            row.edit = inputEdit(i, row.name);
            if (const ValueIndex value = slotTexts[i].value; value != ValueIndex::None) {
                if (const NodeIndex producer = m_view->producer(value); producer != NodeIndex::None)
                    row.ways.push_back(wayFrom(*m_view, producer));
                else if (m_view->isGraphInput(value))
                    row.detail += (row.detail.isEmpty() ? QString() : u" · "_s) + tr("input of the model");
            }
            section.rows.push_back(std::move(row));
        }
        // What it could have beside.
        const std::size_t formals = m_form ? m_form->inputs.size() : 0;
        for (std::size_t i = slotTexts.size(); m_editable && i < formals; ++i)
            section.rows.push_back({.name = toQt(m_form->inputs[i].name),
                                    .value = tr("absent"),
                                    .isQuiet = true,
                                    .edit = inputEdit(i, toQt(m_form->inputs[i].name))});
        if (m_editable && formals > 0 && slotTexts.size() >= formals && m_form->inputs.back().isVariadic) {
            section.adds = tr("Add an input…");
            section.addition = inputEdit(slotTexts.size(), toQt(m_form->inputs.back().name));
        }
        return section;
    }

    InspectorSection outputs(const std::vector<SlotText>& slotTexts) const
    {
        constexpr std::size_t enough = 4;
        InspectorSection section{tr("OUTPUTS"), {}, false};
        for (std::size_t i = 0; i < slotTexts.size(); ++i) {
            InspectorRow row = slotRow(slotTexts[i], i);
            if (const ValueIndex value = slotTexts[i].value; value != ValueIndex::None) {
                if (m_editable)
                    row.edit = {u"output:%1"_s.arg(i),
                                [view = m_view, value] { return tensorNameField(view, value); }};
                const auto uses = m_view->uses(value);
                for (std::size_t u = 0; u < std::min(uses.size(), enough); ++u)
                    row.ways.push_back(wayTo(*m_view, uses[u].node));
                if (uses.size() > enough)
                    row.ways.push_back(
                        {tr("and %n more", static_cast<int>(uses.size() - enough)), valueLink(value)});
                if (m_view->isGraphOutput(value))
                    row.detail += (row.detail.isEmpty() ? QString() : u" · "_s) + tr("output of the model");
            }
            section.rows.push_back(std::move(row));
        }
        return section;
    }

private:
    Editable inputEdit(std::size_t slot, const QString& formal) const
    {
        if (!m_editable)
            return {};
        return {u"input:%1"_s.arg(slot), [view = m_view, node = m_node, slot, formal] {
                    return inputField(view, node, slot, formal);
                }};
    }

    InspectorRow attributeRow(const AttributeForm& form) const
    {
        constexpr std::size_t longest = 120; // its editor has the rest
        InspectorRow row{.name = toQt(form.name), .value = toQt(form.text), .isQuiet = !form.isSet};
        if (form.text.size() > longest)
            row.value = row.value.first(row.value.lastIndexOf(u' ', longest / 2)) + u" …"_s;
        QStringList notes;
        if (!form.isSet && form.isRequired)
            notes += tr("required, and missing");
        else if (!form.isSet)
            notes += form.text.empty() ? tr("not set") : tr("default");
        if (form.since > 0 && !form.isSet)
            notes += tr("since opset %1").arg(form.since);
        row.detail = notes.join(u" · "_s);
        if (m_editable && form.isText)
            row.edit = {u"attribute:"_s + toQt(form.name),
                        [view = m_view, node = m_node, form] { return attributeField(view, node, form); }};
        return row;
    }

    static InspectorRow slotRow(const SlotText& slot, std::size_t position)
    {
        InspectorRow row;
        row.name = slot.formal.empty() ? QString::number(position) : toQt(slot.formal);
        if (slot.value == ValueIndex::None) {
            row.value = tr("absent");
            row.isQuiet = true;
            return row;
        }
        row.value = toQt(slot.name);
        row.detail = typeText(slot.type);
        if (slot.constant && slot.bytes > 0)
            row.detail += (row.detail.isEmpty() ? QString() : u" · "_s) + byteCount(slot.bytes);
        row.link = valueLink(slot.value);
        return row;
    }

    ViewPointer m_view;
    NodeIndex m_node;
    bool m_editable;
    std::optional<OperatorForm> m_form;
};

// What an edit in a function concerns; empty outside of one.
QString functionText(const GraphView& view, NodeIndex node)
{
    const auto around = functionAround(view, view.scope(node));
    if (!around)
        return {};
    return around->calls == 1
               ? tr("In the function %1: an edit concerns its one call.").arg(toQt(around->path))
               : tr("In the function %1: an edit concerns its %n calls.", static_cast<int>(around->calls))
                     .arg(toQt(around->path));
}

} // namespace

InspectorContent aboutNode(const ViewPointer& view, NodeIndex node, const ValueTypes& types,
                           std::optional<std::uint64_t> parametersBefore, bool editable)
{
    const NodeText text = describe(*view, node, types);
    const NodeRows rows(view, node, editable);
    InspectorContent content;
    content.kind = tr("node");
    content.title = toQt(text.op);
    content.titleEdit = rows.edit(u"operator"_s, operatorField);
    content.subtitle = text.name.empty() ? toQt(view->label(node)) : toQt(text.name);
    content.subtitleEdit = rows.edit(u"name"_s, nodeNameField);
    content.summary = text.since > 0 ? cut(toQt(text.summary)) : toQt(text.summary);
    if (const QString function = functionText(*view, node); !function.isEmpty())
        content.summary += (content.summary.isEmpty() ? QString() : u"\n"_s) + function;
    content.documentation = toQt(documentationOf(*view, node));

    addIfAny(content, rows.attributes());
    addIfAny(content, rows.inputs(text.inputs));
    addIfAny(content, rows.outputs(text.outputs));

    InspectorSection cost{tr("COST"), {}, false};
    if (text.parameters > 0 || parametersBefore.value_or(0) > 0) {
        const QString now = compactCount(text.parameters);
        const bool changed = parametersBefore && *parametersBefore != text.parameters;
        cost.rows.push_back(
            {tr("parameters"), changed ? compactCount(*parametersBefore) + u" → "_s + now : now});
    }
    if (text.macs.value_or(0) > 0)
        cost.rows.push_back(
            {tr("MACs"), compactCount(*text.macs), text.batchIsOne ? tr("for a batch of 1") : QString()});
    addIfAny(content, std::move(cost));

    InspectorSection origin{tr("OPERATOR"), {}, false};
    origin.rows.push_back({tr("domain"), text.domain.empty() ? u"ai.onnx"_s : toQt(text.domain)});
    if (text.since > 0)
        origin.rows.push_back({tr("since opset"), QString::number(text.since)});
    const QString doc = toQt(docOf(*view, node));
    if (editable || !doc.isEmpty())
        origin.rows.push_back({.name = tr("doc string"),
                               .value = doc.isEmpty() ? tr("none") : doc,
                               .isQuiet = doc.isEmpty(),
                               .edit = rows.edit(u"doc"_s, nodeDocField)});
    addIfAny(content, std::move(origin));
    return content;
}

} // namespace pleat::ui
