// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorEdits.h"

#include "core/tensor/ElementParsing.h"
#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/weights/TensorTable.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/PlainText.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

using Problem = std::function<QString(const QString& text)>; // empty: there is none
using Take = std::function<void(const QString& text)>;

// A question with one field; the answer can be given as soon as it is one.
void ask(QWidget* parent, const QString& title, const QString& question, const Problem& problem,
         const Take& take)
{
    auto* dialog = new QDialog(parent);
    dialog->setObjectName(u"tensorQuestion"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(titleText(title));
    auto* words = new PlainLabel(question);
    words->setWordWrap(true);
    auto* field = new QLineEdit;
    field->setObjectName(u"tensorAnswer"_s);
    field->setAccessibleName(question);
    auto* why = new PlainLabel(u" "_s);
    why->setObjectName(u"tensorProblem"_s);
    why->setProperty("role", u"warning"_s);
    why->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    QPushButton* const ok = buttons->button(QDialogButtonBox::Ok);
    ok->setProperty("main", true);
    ok->setEnabled(false);
    QObject::connect(field, &QLineEdit::textChanged, dialog, [=](const QString& text) {
        const QString wrong = text.isEmpty() ? QString() : problem(text);
        why->setText(wrong.isEmpty() ? u" "_s : wrong);
        ok->setEnabled(!text.isEmpty() && wrong.isEmpty());
    });
    QObject::connect(buttons, &QDialogButtonBox::accepted, dialog, [=] {
        take(field->text());
        dialog->accept();
    });
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(8);
    layout->addWidget(words);
    layout->addWidget(field);
    layout->addWidget(why);
    layout->addStretch();
    layout->addWidget(buttons);
    dialog->setMinimumWidth(380);
    field->setFocus();
    dialog->open();
}

Problem noNumber()
{
    return [](const QString& text) {
        bool isNumber = false;
        const double number = text.toDouble(&isNumber);
        return isNumber && std::isfinite(number) ? QString() : TensorEdits::tr("This is no number.");
    };
}

} // namespace

TensorEdits::TensorEdits(TensorTable& table, QWidget* parent) : QToolButton(parent), m_table(table)
{
    setObjectName(u"tableChange"_s);
    setText(tr("Change"));
    setPopupMode(QToolButton::InstantPopup);
    setProperty("boxed", true);
    auto* menu = new QMenu(this);
    const auto add = [&](const QString& text, const QString& name, const QString& tip, auto slot) {
        QAction* const action = makeAction(this, text, {}, tip, [this, slot] { (this->*slot)(); });
        action->setObjectName(name);
        menu->addAction(action);
        return action;
    };
    add(tr("Set &Selection…"), u"tableSet"_s, tr("Give the selected values another one"),
        &TensorEdits::askForSelection);
    add(tr("&Fill…"), u"tableFill"_s, tr("Give all values of the tensor the same one"),
        &TensorEdits::askForFill);
    m_ofFloats = {add(tr("&Multiply…"), u"tableScale"_s, tr("Multiply all values by a factor"),
                      &TensorEdits::askForFactor),
                  add(tr("&Prune…"), u"tablePrune"_s, tr("Make 0 of all values of a magnitude below a limit"),
                      &TensorEdits::askForThreshold)};
    menu->addSeparator();
    add(tr("&Replace from File…"), u"tableReplace"_s,
        tr("Take all values from a .npy, .npz or .safetensors file"), &TensorEdits::askForFile);
    menu->addSeparator();
    for (const DataType each : {DataType::Float, DataType::Float16, DataType::BFloat16}) {
        QAction* const action =
            makeAction(this, tr("Store as %1").arg(toQt(name(each))), {},
                       tr("Store it in this type, and cast it back where it is read"), [this, each] {
                           Q_EMIT wanted(StoreTensorAs{m_id, each});
                       });
        menu->addAction(action);
        m_types.emplace_back(each, action);
    }
    setMenu(menu);
    connect(&table, &TensorTable::valueEntered, this, &TensorEdits::setCell);
    connect(&table, &TensorTable::editRefused, this, [this] { Q_EMIT said(m_why); });
    setSubject({}, {});
}

void TensorEdits::setSubject(std::string id, const QString& why)
{
    m_id = std::move(id);
    m_why = why;
    setEnabled(!m_id.empty());
    setToolTip(
        plainTip(m_id.empty() ? why : tr("Change the values of this tensor; a step that can be undone")));
    m_table.setEditable(!m_id.empty());
    for (QAction* action : m_ofFloats)
        action->setEnabled(isFoldable(type()));
    for (const auto& [each, action] : m_types)
        action->setVisible(isFoldable(type()) && each != type());
}

DataType TensorEdits::type() const
{
    return m_table.elements().tensor().type();
}

void TensorEdits::setCell(const QString& text)
{
    const auto [row, column] = m_table.current();
    const QString at = positionsText(m_table.plane().positions(row, column));
    Q_EMIT wanted(SetValues{m_id, toStd(at), toStd(text)});
}

void TensorEdits::askForSelection()
{
    std::string at;
    for (const auto& [first, count] : stretches(m_table.plane(), m_table.selection()))
        at += (at.empty() ? "" : ",") + std::to_string(first) +
              (count == 1 ? "" : ":" + std::to_string(first + count));
    ask(
        this, tr("Set Values"), tr("%1[%2] becomes:").arg(toQt(m_id), toQt(at)),
        [this](const QString& text) { return m_table.problemOf(text); },
        [this, at, id = m_id](const QString& text) {
            Q_EMIT wanted(SetValues{id, at, toStd(text)});
        });
}

void TensorEdits::askForFill()
{
    ask(
        this, tr("Fill"), tr("All values of %1 become:").arg(toQt(m_id)),
        [this](const QString& text) { return m_table.problemOf(text); },
        [this, id = m_id](const QString& text) {
            Q_EMIT wanted(SetValues{id, {}, toStd(text)});
        });
}

void TensorEdits::askForFactor()
{
    ask(this, tr("Multiply"), tr("All values of %1 are multiplied by:").arg(toQt(m_id)), noNumber(),
        [this, id = m_id](const QString& text) {
            Q_EMIT wanted(ScaleTensor{id, text.toDouble()});
        });
}

void TensorEdits::askForThreshold()
{
    ask(this, tr("Prune"), tr("Values of %1 become 0 whose magnitude is below:").arg(toQt(m_id)), noNumber(),
        [this, id = m_id](const QString& text) {
            Q_EMIT wanted(PruneTensor{id, text.toDouble()});
        });
}

void TensorEdits::askForFile()
{
    auto* dialog = new QFileDialog(this, tr("Replace the Tensor"), Settings::lastFolder(),
                                   tr("Arrays (*.npy *.npz *.safetensors);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this, id = m_id](const QString& file) {
        Settings::setLastFolder(QFileInfo(file).absolutePath());
        Q_EMIT wanted(ReplaceTensor{id, toPath(file).string(), {}, true});
    });
    dialog->open();
}

} // namespace pleat::ui
