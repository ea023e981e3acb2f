// SPDX-License-Identifier: GPL-3.0-or-later
// Asked before a network of float becomes one that computes in 16 bits: which type, whether inputs and
// outputs become of it, and which operators stay.
#pragma once

#include "core/edit/ComputeAs.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLineEdit;

namespace pleat::ui {

class ComputeSheet final : public QDialog {
    Q_OBJECT
public:
    explicit ComputeSheet(QWidget* parent = nullptr);

    ComputeAs step() const;

private:
    QComboBox* m_type = nullptr;
    QCheckBox* m_ports = nullptr;
    QLineEdit* m_keep = nullptr;
};

} // namespace pleat::ui
