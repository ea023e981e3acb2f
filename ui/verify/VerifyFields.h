// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody may choose before verifying: against what, the seed of the inputs, sizes for open dimensions
// and what is tolerated. Empty fields are what Pleat takes by itself.
#pragma once

#include "ui/verify/VerifyQuestion.h"

#include <QWidget>
#include <vector>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;

namespace pleat::ui {

class InputFields;

class VerifyFields final : public QWidget {
    Q_OBJECT
public:
    explicit VerifyFields(QWidget* parent = nullptr);

    // Which model is asked about; null: none. What was chosen stays where it still has a meaning.
    void describe(const GraphView* view);

    VerifySettings settings() const;

Q_SIGNALS:
    void edited(); // settings() may be others

private:
    QLineEdit* addTolerance(const QString& name, const QString& label, const QString& tip);

    struct Size {
        std::string symbol;
        QSpinBox* box;
    };
    QFormLayout* m_layout = nullptr;
    QFormLayout* m_sizeRows = nullptr;
    QWidget* m_sizesArea = nullptr;
    QComboBox* m_against = nullptr;
    QSpinBox* m_seed = nullptr;
    InputFields* m_inputs = nullptr;
    QLineEdit* m_absolute = nullptr;
    QLineEdit* m_relative = nullptr;
    std::vector<Size> m_sizes;
};

} // namespace pleat::ui
