// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/edit/EditActions.h"

#include "core/graph/Pages.h"
#include "ui/document/Convert.h"
#include "ui/document/Workspace.h"
#include "ui/edit/AddNodeSheet.h"
#include "ui/edit/ComputeSheet.h"
#include "ui/widgets/Action.h"

#include <QMenu>
#include <array>

using namespace Qt::StringLiterals;

namespace pleat::ui {

EditActions::EditActions(Workspace& workspace, QWidget* window)
    : QObject(window),
      m_workspace(workspace),
      m_window(window)
{
    m_add = makeAction(this, tr("Add &Node…"), {tr("Ins")}, tr("Add a node of any operator"),
                       [this] { openPalette(); });
    m_actions.push_back(m_add);
    addAction(tr("&Remove"), tr("Delete"), tr("Take the node out, with the constants that only it reads"),
              true, &EditActions::remove);
    addAction(tr("Remove with What Only &Feeds It"), tr("Shift+Delete"),
              tr("Take the node out, and all that is computed for it alone"), true,
              &EditActions::removeWithFeeders);
    addAction(tr("B&ypass"), tr("Ctrl+Delete"),
              tr("Take the node out, and let those behind it read what it reads"), true,
              &EditActions::bypass);
    addAction(tr("D&uplicate"), tr("Ctrl+Shift+D"), tr("Put the same node beside it, which nobody reads yet"),
              true, &EditActions::duplicate);
    addAction(tr("Make It an &Output"), tr("Ctrl+Alt+U"), tr("Let the model give this tensor, too"), false,
              &EditActions::makeOutput);
    addAction(tr("Keep Only What &Leads Here"), tr("Ctrl+Alt+B"),
              tr("Cut the model: this tensor becomes its output, and what it does not need goes"), false,
              &EditActions::keepBefore);
    addAction(tr("Keep Only What &Starts Here"), tr("Ctrl+Alt+E"),
              tr("Cut the model: this tensor becomes its input, and what made it goes"), false,
              &EditActions::keepBehind);
    m_compute = makeAction(this, tr("&Compute in 16 Bits…"), {tr("Ctrl+Alt+J")},
                           tr("Make a network of float16 or bfloat16 of it"), [this] { askToCompute(); });
    m_compute->setObjectName(u"actionCompute"_s);
    connect(&workspace.selection(), &Selection::changed, this, &EditActions::updateState);
    connect(&workspace, &Workspace::changed, this, &EditActions::updateState);
    updateState();
}

void EditActions::addAction(const QString& text, const QString& keys, const QString& tip, bool forNode,
                            std::vector<EditStep> (EditActions::*steps)() const)
{
    QAction* action =
        makeAction(this, text, {QKeySequence(keys)}, tip, [this, steps] { apply((this->*steps)()); });
    m_actions.push_back(action);
    (forNode ? m_ofNodes : m_ofTensors).push_back(action);
}

void EditActions::updateState()
{
    const bool editable = m_workspace.shown() && m_workspace.side() == Side::After;
    m_add->setEnabled(editable);
    m_compute->setEnabled(editable);
    const bool hasNode = editable && node() != NodeIndex::None;
    for (QAction* action : m_ofNodes)
        action->setEnabled(hasNode);
    const ValueIndex value = editable ? tensor() : ValueIndex::None;
    const bool isOfMain =
        value != ValueIndex::None && m_workspace.shown()->view->scope(value) == ScopeIndex::Main;
    for (QAction* action : m_ofTensors)
        action->setEnabled(isOfMain);
}

NodeIndex EditActions::node() const
{
    const NodeId selected = m_workspace.selection().value().node;
    return selected == NodeId::None ? NodeIndex::None : m_workspace.shown()->view->find(selected);
}

ValueIndex EditActions::tensor() const
{
    const GraphView& view = *m_workspace.shown()->view;
    if (const NodeIndex made = node(); made != NodeIndex::None)
        return view.outputs(made).empty() ? ValueIndex::None : view.output(made, 0);
    const Selection::Value& selected = m_workspace.selection().value();
    return selected.value.empty() ? ValueIndex::None
                                  : view.find(findPage(view, selected.scope), selected.value);
}

void EditActions::apply(std::vector<EditStep> steps)
{
    m_workspace.edit(std::move(steps));
}

std::vector<EditStep> EditActions::remove() const
{
    return {RemoveNode{lastingId(*m_workspace.shown()->view, node()), false}};
}

std::vector<EditStep> EditActions::removeWithFeeders() const
{
    return {RemoveNode{lastingId(*m_workspace.shown()->view, node()), true}};
}

std::vector<EditStep> EditActions::bypass() const
{
    return {BypassNode{lastingId(*m_workspace.shown()->view, node())}};
}

std::vector<EditStep> EditActions::duplicate() const
{
    return {DuplicateNode{lastingId(*m_workspace.shown()->view, node())}};
}

std::vector<EditStep> EditActions::makeOutput() const
{
    return {AddOutput{lastingId(*m_workspace.shown()->view, tensor())}};
}

std::vector<EditStep> EditActions::keepBefore() const
{
    return {CutOut{{}, {lastingId(*m_workspace.shown()->view, tensor())}}};
}

std::vector<EditStep> EditActions::keepBehind() const
{
    return {CutOut{{lastingId(*m_workspace.shown()->view, tensor())}, {}}};
}

void EditActions::openPalette()
{
    const ValueIndex behind = tensor();
    const GraphView& view = *m_workspace.shown()->view;
    const bool isOfMain = behind != ValueIndex::None && view.scope(behind) == ScopeIndex::Main;
    auto* sheet =
        new AddNodeSheet(m_workspace, isOfMain ? std::string(view.name(behind)) : std::string(), m_window);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->open();
}

void EditActions::askToCompute()
{
    auto* sheet = new ComputeSheet(m_window);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    connect(sheet, &QDialog::accepted, this, [this, sheet] { apply({sheet->step()}); });
    sheet->open();
}

void EditActions::addTo(QMenu& menu, NodeId reader)
{
    if (!m_add->isEnabled())
        return;
    for (const auto* const actions : {&m_more, &m_ofNodes, &m_ofTensors}) {
        for (QAction* action : *actions)
            if (action->isEnabled())
                menu.addAction(action);
        menu.addSeparator(); // one at the end of nothing is not shown
    }
    if (tensor() != ValueIndex::None)
        addInserts(*menu.addMenu(reader == NodeId::None ? tr("Insert Behind It") : tr("Insert on This Edge")),
                   reader);
    menu.addAction(m_add);
    menu.addSeparator();
}

void EditActions::addInserts(QMenu& menu, NodeId reader)
{
    const GraphView& view = *m_workspace.shown()->view;
    const std::string id = lastingId(view, tensor());
    const NodeIndex at = reader == NodeId::None ? NodeIndex::None : view.find(reader);
    const std::string readerId = at == NodeIndex::None ? std::string() : lastingId(view, at);
    const auto insert = [&](const QString& words, const std::string& op,
                            std::vector<NamedAttribute> attributes = {}) {
        menu.addAction(words, this,
                       [this, step = InsertNode{id, readerId, op, std::move(attributes)}] { apply({step}); });
    };
    insert(u"Identity"_s, "Identity");
    insert(u"Relu"_s, "Relu");
    insert(tr("Clip from 0 to 6"), "Clip", {{"min", 0.0}, {"max", 6.0}});
    insert(tr("Cast to float16"), "Cast", {{"to", static_cast<std::int64_t>(DataType::Float16)}});
    insert(tr("Cast to float"), "Cast", {{"to", static_cast<std::int64_t>(DataType::Float)}});
    insert(u"Transpose"_s, "Transpose");
    insert(u"QuantizeLinear + DequantizeLinear"_s, "QuantizeDequantize", {{"scale", 1.0 / 64}});
    insert(tr("BatchNormalization that changes nothing"), "BatchNormalization");
}

} // namespace pleat::ui
