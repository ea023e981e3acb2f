// SPDX-License-Identifier: GPL-3.0-or-later
// How the rehearsal is to round, and what it found, layer by layer.
#pragma once

#include "ui/verify/RehearsalModel.h"

#include <QWidget>

class QCheckBox;
class QComboBox;

namespace pleat::ui {

class RehearsalPage final : public QWidget {
    Q_OBJECT
public:
    RehearsalPage(Workspace& workspace, RehearsalStudy& study, QWidget* parent = nullptr);

private:
    QComboBox* addChoice(const QString& name, const QStringList& words, const QString& tip);
    QCheckBox* addSwitch(const QString& name, const QString& words, const QString& tip);
    void choose();
    void showFound();

    RehearsalStudy& m_study;
    RehearsalModel m_model;
    RehearsalPointer m_shown;
    QWidget* m_controls = nullptr;
    QComboBox* m_bits = nullptr;
    QComboBox* m_grain = nullptr;
    QComboBox* m_symmetry = nullptr;
    QCheckBox* m_activations = nullptr;
    QCheckBox* m_sensitivity = nullptr;
};

} // namespace pleat::ui
