// SPDX-License-Identifier: GPL-3.0-or-later
// Asked before another model is appended: which output becomes which of its inputs. What does not fit says
// why. An input that is joined to nothing stays one.
#pragma once

#include "core/base/Progress.h"
#include "core/edit/Merge.h"

#include <QDialog>
#include <filesystem>
#include <stop_token>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace pleat::ui {

class PlainLabel;

// A model that may be appended, read from its file.
struct Appendable {
    MergeModel step; // beside, with the file and its digest
    std::vector<Port> outputs, inputs;
    Sentence obstacle; // why it cannot be appended at all; empty: it can
};

// Errors: those of openModel(), of reading.
Result<Appendable> readAppendable(const std::shared_ptr<const GraphView>& first,
                                  const std::filesystem::path& file, Progress& progress,
                                  const std::stop_token& stop);

class AppendSheet final : public QDialog {
    Q_OBJECT
public:
    explicit AppendSheet(Appendable model, QWidget* parent = nullptr);

    MergeModel step() const;

private:
    struct Row {
        QComboBox* output = nullptr;
        PlainLabel* problem = nullptr;
    };
    QWidget* makeRows();
    void showFit();

    Appendable m_model;
    std::vector<Row> m_rows; // by input
    QLineEdit* m_prefix = nullptr;
    QPushButton* m_append = nullptr;
};

} // namespace pleat::ui
