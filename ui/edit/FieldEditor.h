// SPDX-License-Identifier: GPL-3.0-or-later
// Changes one field where it is shown: a line, or several, with completion, and below it the sentence that
// says why something cannot be. Enter and leaving it commit, Escape gives up. It goes when the edit is done.
#pragma once

#include "ui/edit/EditField.h"

#include <QFrame>

class QLineEdit;
class QPlainTextEdit;
class QVBoxLayout;

namespace pleat::ui {

class PlainLabel;
class Workspace;

class FieldEditor final : public QFrame {
    Q_OBJECT
public:
    FieldEditor(Workspace& workspace, EditField field, QWidget* parent);

    const EditField& field() const { return m_field; }
    QString text() const;
    void begin(); // takes the focus, with all of it chosen

Q_SIGNALS:
    void ended(); // done or given up; it is about to be deleted
    void resized();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void addLine(QVBoxLayout& layout);
    void addText(QVBoxLayout& layout);
    void commit();
    void edit(EditStep step);
    void refuse(const QString& sentence);
    void end();

    Workspace& m_workspace;
    EditField m_field;
    QLineEdit* m_line = nullptr; // or
    QPlainTextEdit* m_text = nullptr;
    PlainLabel* m_refusal = nullptr;
    QString m_refused; // the text that was
    bool m_ended = false;
};

} // namespace pleat::ui
