// SPDX-License-Identifier: GPL-3.0-or-later
// Fold by fold: a row for each part in which both models differ.
#pragma once

#include "ui/verify/PartsModel.h"
#include "ui/verify/VerifyStudy.h"

#include <QWidget>

namespace pleat::ui {

class PlainLabel;

class PartsPage final : public QWidget {
    Q_OBJECT
public:
    explicit PartsPage(Workspace& workspace, QWidget* parent = nullptr);
    void setFound(const VerificationPointer& found); // null: nothing yet

private:
    PartsModel m_model;
    VerificationPointer m_found;
    PlainLabel* m_problem = nullptr;
};

} // namespace pleat::ui
