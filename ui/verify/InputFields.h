// SPDX-License-Identifier: GPL-3.0-or-later
// What both models are run on: random numbers, or somebody's own samples, with what makes numbers of their
// pixels and where their labels are. Rows of a form.
#pragma once

#include "core/verify/InputFiles.h"

#include <QStringList>
#include <QWidget>

class QFormLayout;
class QLineEdit;
class QToolButton;

namespace pleat::ui {

class InputFields final : public QWidget {
    Q_OBJECT
public:
    explicit InputFields(QWidget* parent = nullptr);

    void setFiles(const QStringList& files); // none: random samples
    std::optional<OwnInputs> own() const;    // nothing: random samples

Q_SIGNALS:
    void edited(); // own() may be others

private:
    QLineEdit* addField(const QString& name, const QString& label, const QString& empty, const QString& tip);
    void askForFiles();

    QStringList m_files;
    QFormLayout* m_layout = nullptr;
    QToolButton* m_choose = nullptr;
    QToolButton* m_random = nullptr;
    QWidget* m_rules = nullptr; // what is only for one's own
    QFormLayout* m_ruleRows = nullptr;
    QLineEdit* m_labels = nullptr;
    QLineEdit* m_scale = nullptr;
    QLineEdit* m_mean = nullptr;
    QLineEdit* m_deviation = nullptr;
};

} // namespace pleat::ui
