// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/window/MainWindow.h"
#include "ui/window/ModelFacts.h"

#include <algorithm>

namespace pleat::ui {

void MainWindow::keepSelection()
{
    const Selection::Value& selected = m_selection.value();
    if (m_document.isEmpty() || selected.node == NodeId::None ||
        shownSnapshot()->view->find(selected.node) != NodeIndex::None)
        return;
    // Folded away: its layer stands for it from now on.
    const FoldRecord* record = m_document.current()->record(selected.fold);
    if (record && record->candidate.layer)
        m_selection.set({record->candidate.layer->id, {}, {}, selected.fold});
    else
        m_selection.clear();
}

void MainWindow::selectAgain(const Selection::Value& selected, const GraphView& before)
{
    const GraphView& view = *m_document.current()->view;
    Selection::Value value;
    value.scope = selected.scope;
    if (view.find(ScopeIndex::Main, selected.value) != ValueIndex::None)
        value.value = selected.value;
    if (const NodeIndex old = before.find(selected.node);
        selected.node != NodeId::None && old != NodeIndex::None) {
        const std::string name = before.label(old);
        const std::string& path = before.scopes()[index(before.scope(old))].path;
        for (std::uint32_t i = 0; value.node == NodeId::None && i < view.nodeCount(); ++i) {
            const NodeIndex node{i};
            if (view.scopes()[index(view.scope(node))].path == path && view.label(node) == name)
                value.node = view.id(node);
        }
        value.fold = foldOf(value.node);
    }
    m_selection.set(value);
}

FoldId MainWindow::foldOf(NodeId node) const
{
    if (m_document.isEmpty() || node == NodeId::None)
        return {};
    const auto has = [node](const FoldCandidate& candidate) {
        const auto is = [node](const NodeRef& each) { return each.id == node; };
        return (candidate.layer && candidate.layer->id == node) ||
               std::any_of(candidate.affine.begin(), candidate.affine.end(), is);
    };
    // What can still be done says more than what has been done.
    for (const FoldCandidate& candidate : m_document.current()->candidates)
        if (has(candidate))
            return candidate.id;
    for (const auto& record : m_document.current()->folded)
        if (has(record->candidate))
            return record->candidate.id;
    return {};
}

void MainWindow::selectNode(NodeId node, bool centre)
{
    Selection::Value value;
    value.node = node;
    value.fold = foldOf(node);
    m_selection.set(value);
    if (centre)
        m_graph->select(node, {}, true);
}

void MainWindow::selectionChanged()
{
    const Selection::Value& selected = m_selection.value();
    m_graph->select(selected.node, selected.value, false);
    showInspector();
    showWeights();
    updateActions();
}

void MainWindow::showInspector()
{
    if (m_document.isEmpty()) {
        m_inspector->showNothing();
        return;
    }
    const GraphView& view = *shownSnapshot()->view;
    const Selection::Value& selected = m_selection.value();
    if (const NodeIndex node = view.find(selected.node);
        selected.node != NodeId::None && node != NodeIndex::None) {
        std::optional<std::uint64_t> before;
        const GraphView& opened = *m_document.opened()->view;
        if (const NodeIndex old = opened.find(selected.node); &opened != &view && old != NodeIndex::None)
            before = describe(opened, old, *m_document.types()).parameters;
        m_inspector->show(aboutNode(view, node, *m_document.types(), before));
        return;
    }
    if (!selected.value.empty()) {
        ValueIndex value = view.find(ScopeIndex::Main, selected.value);
        for (std::uint32_t i = 0; value == ValueIndex::None && i < view.valueCount(); ++i)
            if (view.name(ValueIndex{i}) == selected.value)
                value = ValueIndex{i};
        if (value != ValueIndex::None) {
            m_inspector->show(aboutValue(view, value, *m_document.types()));
            return;
        }
    }
    if (m_facts)
        m_inspector->show(m_facts->content);
    else
        m_inspector->showNothing();
}

void MainWindow::showWeights()
{
    if (m_document.isEmpty()) {
        m_weights->showNothing(tr("Open a model to see its weights before and after folding."));
        return;
    }
    if (!m_document.sourceState().isReadable()) {
        m_weights->forget();
        m_weights->showNothing(tr("These weights can no longer be read: %1 changed on disk. Reload the model "
                                  "to see what the file holds now.")
                                   .arg(m_document.sourceState().files.constFirst()));
        return;
    }
    WeightsQuery query{m_document.opened(), m_document.current(), m_selection.value().node,
                       m_selection.value().fold};
    if (const std::string& name = m_selection.value().value; !name.empty()) {
        // A weight on its own: the layer that reads it.
        const GraphView& view = *query.current->view;
        const ValueIndex value = view.find(ScopeIndex::Main, name);
        if (value != ValueIndex::None && view.initializer(value) && !view.uses(value).empty())
            query.node = view.id(view.uses(value).front().node);
        query.fold = foldOf(query.node);
    }
    // A batch norm without a layer has no weights to show, but a reason for that.
    const FoldCandidate* candidate = query.current->candidate(query.fold);
    const QString otherwise =
        candidate && !candidate->foldable
            ? tr("%1 cannot be folded: %2").arg(foldName(*candidate), foldMessage(*candidate))
            : tr("This node has no weights.");
    m_weights->show(query, otherwise);
}

void MainWindow::followLink(const QString& link)
{
    if (m_document.isEmpty())
        return;
    const GraphView& view = *shownSnapshot()->view;
    const quint32 number = link.section(u':', 1).toUInt();
    if (link.startsWith(u"node:") && number < view.nodeCount()) {
        selectNode(view.id(NodeIndex{number}), true);
    } else if (link.startsWith(u"value:") && number < view.valueCount()) {
        Selection::Value value;
        value.value = std::string(view.name(ValueIndex{number}));
        m_selection.set(value);
        m_graph->select(NodeId::None, value.value, true);
    }
}

} // namespace pleat::ui
