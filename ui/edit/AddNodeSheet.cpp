// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/edit/AddNodeSheet.h"

#include "ui/document/Convert.h"
#include "ui/document/Workspace.h"
#include "ui/edit/EditFields.h"
#include "ui/edit/OperatorModel.h"
#include "ui/widgets/PlainText.h"

#include <QCompleter>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// "Conv_out", "Conv_out_2", …: the first that nothing is called.
std::string freeName(const GraphView& view, const std::string& wanted)
{
    std::string name = wanted;
    for (int number = 2; holderOf(view, ScopeIndex::Main, name) != ValueIndex::None; ++number)
        name = wanted + "_" + std::to_string(number);
    return name;
}

// Slots that nobody has to fill need no name at the end.
std::vector<std::string> withoutEmptyEnd(std::vector<std::string> names)
{
    while (!names.empty() && names.back().empty())
        names.pop_back();
    return names;
}

} // namespace

AddNodeSheet::AddNodeSheet(Workspace& workspace, std::string input, QWidget* parent)
    : QDialog(parent),
      m_workspace(workspace),
      m_input(std::move(input)),
      m_view(workspace.shown()->view),
      m_tensors(tensorsIn(*m_view, ScopeIndex::Main))
{
    setObjectName(u"addNodeSheet"_s);
    setWindowTitle(tr("Add a node"));
    m_search = new QLineEdit;
    m_search->setObjectName(u"operatorSearch"_s);
    m_search->setPlaceholderText(tr("Find an operator"));
    m_search->setAccessibleName(m_search->placeholderText());
    m_operators = new OperatorModel(operatorsFor(*m_view, ScopeIndex::Main), this);
    m_filter = new OperatorFilter(*m_operators, this);
    m_list = new QTreeView;
    m_list->setObjectName(u"operatorList"_s);
    m_list->setAccessibleName(tr("Operators"));
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setModel(m_filter);
    m_list->header()->resizeSection(0, 190);
    m_list->header()->resizeSection(1, 110);
    m_list->setMinimumHeight(220);
    m_fields = new QWidget;
    m_form = new QFormLayout(m_fields);
    m_form->setContentsMargins(0, 0, 0, 0);
    m_refusal = new PlainLabel;
    m_refusal->setObjectName(u"addNodeRefusal"_s);
    m_refusal->setProperty("role", u"warning"_s);
    m_refusal->setWordWrap(true);
    m_refusal->hide();
    auto* buttons = new QDialogButtonBox;
    QPushButton* add = buttons->addButton(tr("&Add"), QDialogButtonBox::AcceptRole);
    add->setObjectName(u"addNode"_s);
    add->setProperty("main", true);
    add->setDefault(true);
    buttons->addButton(QDialogButtonBox::Cancel);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(8);
    layout->addWidget(m_search);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_fields);
    layout->addWidget(m_refusal);
    layout->addWidget(buttons);
    resize(640, 560);

    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& words) {
        m_filter->search(words);
        m_list->setCurrentIndex(m_filter->index(0, 0));
        m_list->scrollToTop();
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &AddNodeSheet::chose);
    connect(buttons, &QDialogButtonBox::accepted, this, &AddNodeSheet::add);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_list->setCurrentIndex(m_filter->index(0, 0));
    m_search->setFocus();
}

void AddNodeSheet::addRow(std::vector<Row>& rows, const std::string& name, const QString& text,
                          const QString& hint, const QStringList& choices)
{
    auto* line = new QLineEdit(text);
    line->setObjectName(u"field:"_s + toQt(name));
    line->setPlaceholderText(hint);
    if (!choices.isEmpty()) {
        auto* completer = new QCompleter(choices, line);
        completer->setFilterMode(Qt::MatchContains);
        completer->setCaseSensitivity(Qt::CaseInsensitive);
        line->setCompleter(completer);
    }
    auto* label = new PlainLabel(oneLine(toQt(name)));
    label->setBuddy(line);
    m_form->addRow(label, line);
    rows.push_back({name, line});
}

// Rows for what the operator needs; what it could have beside is added later, where the node is shown.
void AddNodeSheet::chose()
{
    while (m_form->rowCount() > 0)
        m_form->removeRow(0);
    m_inputs.clear();
    m_outputs.clear();
    m_attributes.clear();
    m_refusal->hide();
    const QModelIndex current = m_filter->mapToSource(m_list->currentIndex());
    m_chosen.reset();
    if (!current.isValid())
        return;
    const OperatorForm& listed = (*m_operators)[current.row()];
    m_chosen = operatorForm(*m_view, ScopeIndex::Main, listed.domain, listed.name);
    if (!m_chosen)
        return;
    for (const SlotForm& slot : m_chosen->inputs)
        if (!slot.isOptional)
            addRow(m_inputs, slot.name, m_inputs.empty() ? toQt(m_input) : QString(), tr("a tensor"),
                   m_tensors);
    for (const AttributeForm& form : m_chosen->required) {
        QStringList choices;
        for (const std::string& choice : form.choices)
            choices += toQt(choice);
        addRow(m_attributes, form.name, {}, toQt(form.kind), choices);
    }
    for (const SlotForm& slot : m_chosen->outputs)
        if (!slot.isOptional)
            addRow(m_outputs, slot.name,
                   toQt(freeName(*m_view, m_chosen->name + (m_outputs.empty() ? "" : "_" + slot.name))),
                   tr("a new name"), {});
}

void AddNodeSheet::add()
{
    if (!m_chosen)
        return;
    AddNode step{m_chosen->name, m_chosen->domain, {}, {}, {}, {}};
    for (const Row& row : m_inputs)
        step.inputs.push_back(toStd(row.line->text()));
    step.inputs = withoutEmptyEnd(std::move(step.inputs));
    for (const Row& row : m_outputs)
        step.outputs.push_back(toStd(row.line->text()));
    const Definition definition = definitionOf(*m_view, ScopeIndex::Main, m_chosen->domain, m_chosen->name);
    for (const Row& row : m_attributes) {
        if (row.line->text().isEmpty())
            continue;
        auto value = parsedAttribute(definition, m_chosen->name, row.name, toStd(row.line->text()));
        if (!value)
            return refuse(toQt(value.error().message));
        step.attributes.push_back({row.name, std::move(*value)});
    }
    m_workspace.edit(
        {step}, [self = QPointer(this), output = step.outputs.empty() ? std::string() : step.outputs.front()](
                    const std::optional<Error>& refusal) {
            if (!self)
                return;
            if (refusal)
                return self->refuse(toQt(refusal->message));
            const GraphView& view = *self->m_workspace.shown()->view;
            const ValueIndex made = view.find(ScopeIndex::Main, output);
            if (made != ValueIndex::None && view.producer(made) != NodeIndex::None)
                self->m_workspace.selectNode(view.id(view.producer(made)), Workspace::Reveal::Yes);
            self->accept();
        });
}

void AddNodeSheet::refuse(const QString& sentence)
{
    m_refusal->setText(sentence);
    m_refusal->show();
}

} // namespace pleat::ui
