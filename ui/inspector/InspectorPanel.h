// SPDX-License-Identifier: GPL-3.0-or-later
// The panel INSPECTOR: what is selected, or the model as a whole, as text that can be selected and copied;
// names lead to what they name. Read-only.
#pragma once

#include "ui/document/Panel.h"
#include "ui/inspector/InspectorContent.h"

class QTextBrowser;

namespace pleat::ui {

struct Theme;
class PlainLabel;

class InspectorPanel final : public Panel {
    Q_OBJECT
public:
    explicit InspectorPanel(Workspace& workspace);

    QString plainText() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    InspectorContent content() const; // of what is selected now
    void showSelected();
    void render();
    QString contentHtml(const Theme& theme) const;

    QAction* m_properties = nullptr;
    PlainLabel* m_kind = nullptr;
    QTextBrowser* m_text = nullptr;
    InspectorContent m_content;
    QString m_html; // that m_text shows
};

} // namespace pleat::ui
