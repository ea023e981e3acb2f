// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/edit/FieldEditor.h"

#include "ui/document/Convert.h"
#include "ui/document/Workspace.h"
#include "ui/widgets/PlainText.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QCompleter>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

FieldEditor::FieldEditor(Workspace& workspace, EditField field, QWidget* parent)
    : QFrame(parent),
      m_workspace(workspace),
      m_field(std::move(field))
{
    setObjectName(u"fieldEditor"_s);
    setProperty("surface", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 4);
    layout->setSpacing(4);
    if (m_field.manyLines)
        addText(*layout);
    else
        addLine(*layout);
    if (m_field.removal) {
        auto* remove = new QPushButton(m_field.removes);
        remove->setObjectName(u"fieldRemove"_s);
        remove->setFocusPolicy(Qt::TabFocus);
        connect(remove, &QPushButton::clicked, this, [this] { edit(*m_field.removal); });
        layout->addWidget(remove, 0, Qt::AlignLeft);
    }
    m_refusal = new PlainLabel;
    m_refusal->setObjectName(u"fieldRefusal"_s);
    m_refusal->setProperty("role", u"warning"_s);
    m_refusal->setWordWrap(true);
    m_refusal->hide();
    layout->addWidget(m_refusal);
}

void FieldEditor::addLine(QVBoxLayout& layout)
{
    m_line = new QLineEdit(m_field.text);
    m_line->setObjectName(u"fieldLine"_s);
    m_line->setAccessibleName(m_field.what);
    m_line->setPlaceholderText(m_field.hint);
    m_line->installEventFilter(this);
    layout.addWidget(m_line);
    if (m_field.choices.isEmpty())
        return;
    auto* completer = new QCompleter(m_field.choices, this);
    completer->setFilterMode(Qt::MatchContains);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setMaxVisibleItems(12);
    m_line->setCompleter(completer);
    connect(completer, qOverload<const QString&>(&QCompleter::activated), this, [this](const QString& text) {
        m_line->setText(text);
        commit();
    });
}

void FieldEditor::addText(QVBoxLayout& layout)
{
    m_text = new QPlainTextEdit(m_field.text);
    m_text->setObjectName(u"fieldText"_s);
    m_text->setAccessibleName(m_field.what);
    m_text->setPlaceholderText(m_field.hint);
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(7 * fontMetrics().lineSpacing());
    m_text->installEventFilter(this);
    layout.addWidget(m_text);
    auto* apply = new QPushButton(tr("Apply"));
    apply->setObjectName(u"fieldApply"_s);
    apply->setToolTip(tr("Ctrl+Return"));
    connect(apply, &QPushButton::clicked, this, &FieldEditor::commit);
    layout.addWidget(apply, 0, Qt::AlignLeft);
}

QString FieldEditor::text() const
{
    return m_line ? m_line->text() : m_text->toPlainText();
}

void FieldEditor::begin()
{
    if (m_text) {
        m_text->setFocus(Qt::OtherFocusReason);
        m_text->selectAll();
        return;
    }
    m_line->setFocus(Qt::OtherFocusReason);
    m_line->selectAll();
    constexpr int fewEnoughToLookAt = 40;
    QCompleter* const completer = m_line->completer();
    if (!completer || m_field.choices.size() > fewEnoughToLookAt)
        return;
    completer->setCompletionPrefix({}); // all of them, with the present one chosen
    completer->complete();
    const qsizetype at = m_field.choices.indexOf(m_field.text);
    if (at >= 0)
        completer->popup()->setCurrentIndex(completer->completionModel()->index(int(at), 0));
}

bool FieldEditor::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FocusOut) {
        const auto reason = static_cast<QFocusEvent*>(event)->reason();
        const bool isLeft = reason == Qt::MouseFocusReason || reason == Qt::TabFocusReason ||
                            reason == Qt::BacktabFocusReason;
        if (isLeft) // behind the event, by when it is known who has the focus
            QTimer::singleShot(0, this, [this] {
                if (isAncestorOf(QApplication::focusWidget()) || m_ended)
                    return;
                if (text() == m_field.text || text() == m_refused)
                    end();
                else
                    commit();
            });
    }
    if (event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept(); // it is not the window's then
        return true;
    }
    if (event->type() == QEvent::KeyPress) {
        const auto* const key = static_cast<QKeyEvent*>(event);
        const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (key->key() == Qt::Key_Escape) {
            end();
            return true;
        }
        if (isReturn && (m_line || key->modifiers().testFlag(Qt::ControlModifier))) {
            commit();
            return true;
        }
    }
    return QFrame::eventFilter(watched, event);
}

void FieldEditor::commit()
{
    if (m_ended)
        return;
    if (text() == m_field.text)
        return end();
    auto step = m_field.step(text());
    if (step)
        edit(std::move(*step));
    else
        refuse(toQt(step.error().message));
}

void FieldEditor::edit(EditStep step)
{
    m_workspace.edit({std::move(step)}, [self = QPointer(this)](const std::optional<Error>& refusal) {
        if (self && refusal)
            self->refuse(toQt(refusal->message));
        else if (self)
            self->end();
    });
}

void FieldEditor::refuse(const QString& sentence)
{
    m_refused = text();
    m_refusal->setText(sentence);
    m_refusal->show();
    Q_EMIT resized();
}

void FieldEditor::end()
{
    if (std::exchange(m_ended, true))
        return;
    Q_EMIT ended();
    hide();
    deleteLater();
}

} // namespace pleat::ui
