// SPDX-License-Identifier: GPL-3.0-or-later
// The field that finds nodes, tensors and operators by a part of their name, with a list of hits under it.
#pragma once

#include "core/graph/GraphView.h"

#include <QLineEdit>
#include <memory>

class QCompleter;
class QStandardItemModel;

namespace pleat::ui {

class FindModel;

class FindField final : public QLineEdit {
    Q_OBJECT
public:
    explicit FindField(QWidget* parent = nullptr);

    QSize sizeHint() const override { return {270, QLineEdit::sizeHint().height()}; }
    void setView(const std::shared_ptr<const GraphView>& view); // null empties it

Q_SIGNALS:
    void found(const QString& link);      // "node:17", "value:42", as in the inspector
    void searching(const QString& words); // while somebody types; empty when it is over

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void choose(const QModelIndex& row);

    std::shared_ptr<const GraphView> m_view;

    FindModel* m_model = nullptr;
    QCompleter* m_completer = nullptr;
};

} // namespace pleat::ui
