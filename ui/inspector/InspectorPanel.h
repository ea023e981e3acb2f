// SPDX-License-Identifier: GPL-3.0-or-later
// The panel INSPECTOR: shows an InspectorContent as text that can be selected and copied; names lead to what
// they name. Read-only.
#pragma once

#include "ui/inspector/InspectorContent.h"

#include <QWidget>

class QTextBrowser;

namespace pleat::ui {

class PlainLabel;

class InspectorPanel final : public QWidget {
    Q_OBJECT
public:
    explicit InspectorPanel(QWidget* parent = nullptr);

    void show(InspectorContent content);
    void showNothing();
    QString plainText() const;

Q_SIGNALS:
    void linkActivated(const QString& link); // as in InspectorRow::link

protected:
    void changeEvent(QEvent* event) override;

private:
    void render();

    PlainLabel* m_kind = nullptr;
    QTextBrowser* m_text = nullptr;
    InspectorContent m_content;
};

} // namespace pleat::ui
