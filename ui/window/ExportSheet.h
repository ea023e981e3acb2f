// SPDX-License-Identifier: GPL-3.0-or-later
// Asked after the file name and before an export: where the weights go. It shows which files there will be
// and how large; a job finds that out. An ordinary model is exported without it.
#pragma once

#include "core/model/SaveForecast.h"

#include <QDialog>
#include <array>
#include <memory>
#include <optional>

class QCheckBox;
class QGridLayout;
class QRadioButton;

namespace pleat {
class GraphView;
}

namespace pleat::ui {

class PlainLabel;

class JobRunner;

class ExportSheet final : public QDialog {
    Q_OBJECT
public:
    // `changed`: there is something to verify.
    ExportSheet(JobRunner& jobs, std::shared_ptr<const GraphView> view, const QString& target, bool changed,
                QWidget* parent = nullptr);
    ~ExportSheet() override;

    // Models with data files, and such that come near the limit of a single file.
    static bool isWorthAsking(const Model& model);

    DataPlacement placement() const;
    bool verifies() const; // before writing

Q_SIGNALS:
    void forecastShown();

private:
    static constexpr std::size_t choices = 3;
    using Forecasts = std::array<std::optional<SaveForecast>, choices>; // by DataPlacement

    QWidget* makeChoices();
    QWidget* makeVerify(bool changed);
    void show(const Forecasts& forecasts);
    void showFiles();
    void addFile(const QString& name, const QString& size, const QString& note);

    JobRunner& m_jobs;
    QString m_target;
    Forecasts m_forecasts;
    std::array<QRadioButton*, choices> m_buttons{};
    std::array<PlainLabel*, choices> m_details{};
    QCheckBox* m_verify = nullptr;
    PlainLabel* m_warning = nullptr;
    QWidget* m_files = nullptr;
    QGridLayout* m_fileRows = nullptr;
};

} // namespace pleat::ui
