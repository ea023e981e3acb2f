// SPDX-License-Identifier: GPL-3.0-or-later
// The field that finds nodes and tensors (core/graph/FindQuery.h says by what) on all pages, with a list of
// them under it and their number in it.
#pragma once

#include "core/graph/FindQuery.h"

#include <QLineEdit>
#include <memory>

class QCompleter;

namespace pleat::ui {

class FindModel;

class FindField final : public QLineEdit {
    Q_OBJECT
public:
    explicit FindField(QWidget* parent = nullptr);

    QSize sizeHint() const override { return {270, QLineEdit::sizeHint().height()}; }
    // Null empties it.
    void setView(const std::shared_ptr<const GraphView>& view,
                 const std::shared_ptr<const ValueTypes>& types);
    QString count() const { return m_count; } // "27", or "3 of 27" once one of them was gone to

public Q_SLOTS:
    void findNext();     // the first one after the last
    void findPrevious(); // and the other way round

Q_SIGNALS:
    void found(const QString& link);      // "node:17", "value:42", as in the inspector
    void searching(const QString& words); // while somebody types; empty when it is over

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void choose(const QModelIndex& row);
    void step(int by);
    void showCount();

    std::shared_ptr<const GraphView> m_view;
    std::shared_ptr<const ValueTypes> m_types;
    bool m_isFilled = false; // the list is of this view and these words
    int m_at = -1;           // the row that was gone to
    QString m_count;

    FindModel* m_model = nullptr;
    QCompleter* m_completer = nullptr;
};

} // namespace pleat::ui
