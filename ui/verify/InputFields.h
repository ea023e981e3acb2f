// SPDX-License-Identifier: GPL-3.0-or-later
// Which samples a rehearsal runs on: random ones, or somebody's own, with what makes numbers of their pixels
// and where their labels are.
#pragma once

#include "core/verify/InputFiles.h"

#include <QStringList>
#include <QWidget>

class QLineEdit;
class QToolButton;

namespace pleat::ui {

class PlainLabel;

class InputFields final : public QWidget {
    Q_OBJECT
public:
    explicit InputFields(QWidget* parent = nullptr);

    void setFiles(const QStringList& files); // none: random samples
    std::optional<OwnInputs> own() const;    // nothing: random samples

Q_SIGNALS:
    void edited(); // own() may be others

private:
    QLineEdit* addField(const QString& name, const QString& empty, const QString& tip);
    void askForFiles();

    QStringList m_files;
    PlainLabel* m_name = nullptr;
    QToolButton* m_random = nullptr;
    QWidget* m_rules = nullptr; // what is only for one's own
    QLineEdit* m_labels = nullptr;
    QLineEdit* m_scale = nullptr;
    QLineEdit* m_mean = nullptr;
    QLineEdit* m_deviation = nullptr;
};

} // namespace pleat::ui
