// SPDX-License-Identifier: GPL-3.0-or-later
// What both models give for the same inputs, output by output, and what differs without running them.
#pragma once

#include "ui/verify/OutputsModel.h"

#include <QWidget>

namespace pleat::ui {

class PlainLabel;

class OutputsPage final : public QWidget {
    Q_OBJECT
public:
    explicit OutputsPage(QWidget* parent = nullptr);
    void setFound(const VerificationPointer& found); // null: nothing yet

private:
    OutputsModel m_model;
    VerificationPointer m_found;
    PlainLabel* m_sentences = nullptr;
};

} // namespace pleat::ui
