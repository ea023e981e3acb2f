// SPDX-License-Identifier: GPL-3.0-or-later
// The panel INSPECTOR: what is selected, or the model as a whole, as text that can be selected and copied;
// names lead to what they name, and a pencil changes what stands before it, in place.
#pragma once

#include "ui/document/Panel.h"
#include "ui/inspector/InspectorContent.h"

#include <QPointer>

class QTextBrowser;

namespace pleat::ui {

class FieldEditor;
class PlainLabel;

class InspectorPanel final : public Panel {
    Q_OBJECT
public:
    explicit InspectorPanel(Workspace& workspace);

    QString plainText() const;

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    InspectorContent content() const; // of what is selected now
    void showSelected();
    void render();
    void follow(const QString& link);
    // Opens the editor of this field, if what is selected has it.
    void edit(const QString& key);
    void editWhereShown(const QString& key);
    void placeEditor();
    QRectF placeOf(const QString& link) const; // of the anchor and what it changes, in the document

    QAction* m_properties = nullptr;
    QAction* m_rename = nullptr;
    QAction* m_replace = nullptr;
    PlainLabel* m_kind = nullptr;
    QTextBrowser* m_text = nullptr;
    InspectorContent m_content;
    QString m_html; // that m_text shows
    std::vector<Editable> m_edits;
    QPointer<FieldEditor> m_editor;
    QString m_editing; // the key of its field
};

} // namespace pleat::ui
