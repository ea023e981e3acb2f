// SPDX-License-Identifier: GPL-3.0-or-later
// What some passes want to be told: sizes for symbols, and the opset to convert to. Empty fields show what
// the model has.
#pragma once

#include "core/prepare/Pass.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QLineEdit;

namespace pleat::ui {

class PrepareFields final : public QWidget {
    Q_OBJECT
public:
    explicit PrepareFields(QWidget* parent = nullptr);

    // Which model they are about; null: none.
    void describe(const GraphView* view);
    void clear(); // says nothing of it

    bool hasSizes() const;
    bool hasOpset() const;
    // The cursor goes into the field that the pass needs, where it is empty.
    void askFor(std::string_view pass);
    // Errors: Usage where one is no NAME=N or no number.
    Result<PrepareOptions> options() const;

Q_SIGNALS:
    void edited(); // they say something else than before

private:
    QLabel* add(QHBoxLayout& into, QLineEdit* field, const QString& name, const QString& label);
    QString text() const;
    void finished();

    QLabel* m_sizesLabel = nullptr;
    QLineEdit* m_sizes = nullptr;
    QLineEdit* m_opset = nullptr;
    QString m_told; // text() when edited() was sent
};

} // namespace pleat::ui
