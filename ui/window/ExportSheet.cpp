// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/ExportSheet.h"

#include "core/graph/GraphView.h"
#include "core/model/DataFiles.h"
#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/jobs/Job.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QPushButton>
#include <QRadioButton>
#include <QScreen>
#include <QVBoxLayout>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto forecastLane = u"forecast"_s;
constexpr std::uint64_t nearTheLimit = 2'000'000'000; // of 2 GiB
constexpr std::array placements{DataPlacement::Keep, DataPlacement::Inline, DataPlacement::External};

PlainLabel* label(const QString& text, const QString& role)
{
    auto* made = new PlainLabel(text);
    made->setProperty("role", role);
    return made;
}

PlainLabel* caption(const QString& text)
{
    PlainLabel* made = label(text, u"caption"_s);
    made->setFont(captionFont(made->font()));
    return made;
}

QWidget* line()
{
    auto* made = new QWidget;
    made->setFixedHeight(1);
    made->setAutoFillBackground(true);
    made->setBackgroundRole(QPalette::Mid);
    return made;
}

QString name(const std::filesystem::path& path)
{
    return fromPath(path.filename());
}

QString names(const std::vector<std::filesystem::path>& paths)
{
    if (paths.size() > 2)
        return ExportSheet::tr("%n data files", nullptr, int(paths.size()));
    QStringList list;
    for (const auto& path : paths)
        list += name(path);
    return list.join(ExportSheet::tr(" and "));
}

// What a choice means for this model and this target.
QString words(const SaveForecast& forecast)
{
    const QString fresh = byteCount(forecast.dataBytes);
    if (forecast.movedOut)
        return ExportSheet::tr("Too large for that: %1 go to a new data file.").arg(fresh);
    if (!forecast.kept.empty())
        return forecast.dataFile.empty()
                   ? ExportSheet::tr("They stay in %1.").arg(names(forecast.kept))
                   : ExportSheet::tr("%1 that changed in a new data file, the rest stays in %2.")
                         .arg(fresh, names(forecast.kept));
    return forecast.dataFile.empty() ? ExportSheet::tr("One file of %1.").arg(byteCount(forecast.modelBytes))
                                     : ExportSheet::tr("%1 in a new data file.").arg(fresh);
}

} // namespace

bool ExportSheet::isWorthAsking(const Model& model)
{
    return (model.source && model.source->size() > nearTheLimit) ||
           std::ranges::any_of(payloadsOf(model),
                               [](const Payload* payload) { return payload->isExternal(); });
}

ExportSheet::ExportSheet(JobRunner& jobs, std::shared_ptr<const GraphView> view, const QString& target,
                         bool changed, QWidget* parent)
    : QDialog(parent),
      m_jobs(jobs),
      m_target(target)
{
    setObjectName(u"exportSheet"_s);
    setWindowTitle(tr("Export"));
    const QFileInfo file(target);
    auto* folder = label(tr("in %1").arg(QDir::toNativeSeparators(file.absolutePath())), u"quiet"_s);
    folder->setWordWrap(true);
    m_warning = label({}, u"warning"_s);
    m_warning->setObjectName(u"exportWarning"_s);
    m_warning->setWordWrap(true);
    m_warning->hide();
    m_files = new QWidget;
    m_files->setObjectName(u"exportFiles"_s);
    m_fileRows = new QGridLayout;
    m_fileRows->setHorizontalSpacing(16);
    m_fileRows->setVerticalSpacing(4);
    m_fileRows->setColumnStretch(2, 1);
    auto* files = new QVBoxLayout(m_files);
    files->setContentsMargins(0, 0, 0, 0);
    files->addLayout(m_fileRows);
    files->addStretch();
    m_files->setMinimumHeight(3 * (fontMetrics().height() + 4)); // so that choosing moves nothing

    auto* buttons = new QDialogButtonBox;
    QPushButton* write = buttons->addButton(tr("&Export"), QDialogButtonBox::AcceptRole);
    write->setObjectName(u"exportWrite"_s);
    write->setProperty("main", true);
    write->setDefault(true);
    buttons->addButton(QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        if (m_buttons[static_cast<std::size_t>(placement())]->isEnabled()) // the sizes came after the choice
            accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(8);
    layout->addWidget(label(tr("Export %1").arg(file.fileName()), u"title"_s));
    layout->addWidget(folder);
    layout->addSpacing(8);
    layout->addWidget(caption(tr("WEIGHTS")));
    layout->addWidget(makeChoices());
    layout->addWidget(m_warning);
    layout->addSpacing(4);
    layout->addWidget(line());
    layout->addSpacing(4);
    layout->addWidget(caption(tr("FILES")));
    layout->addWidget(m_files);
    layout->addWidget(line());
    layout->addSpacing(4);
    layout->addWidget(makeVerify(changed));
    layout->addStretch();
    layout->addSpacing(8);
    layout->addWidget(buttons);
    setMinimumWidth(std::min(540, screen()->availableSize().width() - 32));
    showFiles();

    m_jobs.start(
        forecastLane, tr("Computing sizes…"), this,
        [view = std::move(view), path = toPath(file.absoluteFilePath())](Progress&, std::stop_token stop) {
            Forecasts forecasts;
            for (const DataPlacement each : placements) {
                auto forecast = forecastSave(view->model(), path, each);
                if (forecast && !stop.stop_requested())
                    forecasts[static_cast<std::size_t>(each)] = std::move(*forecast);
            }
            return forecasts;
        },
        [this](const Forecasts& forecasts) { show(forecasts); }, JobDisplay::Quiet);
}

ExportSheet::~ExportSheet() = default; // its job is dropped with it

QWidget* ExportSheet::makeChoices()
{
    const std::array names{tr("&As in the opened model"), tr("&Inside the model file"),
                           tr("In a &data file beside it")};
    const std::array objects{u"exportKeep"_s, u"exportInline"_s, u"exportExternal"_s};
    auto* group = new QWidget;
    group->setAccessibleName(tr("Where the weights go"));
    auto* layout = new QVBoxLayout(group);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    for (std::size_t i = 0; i < choices; ++i) {
        m_buttons[i] = new QRadioButton(names[i]);
        m_buttons[i]->setObjectName(objects[i]);
        m_details[i] = label(u" "_s, u"quiet"_s);
        m_details[i]->setContentsMargins(23, 0, 0, 6);
        m_details[i]->setWordWrap(true);
        layout->addWidget(m_buttons[i]);
        layout->addWidget(m_details[i]);
        connect(m_buttons[i], &QRadioButton::toggled, this, &ExportSheet::showFiles);
    }
    m_buttons[0]->setChecked(true);
    return group;
}

QWidget* ExportSheet::makeVerify(bool changed)
{
    m_verify = new QCheckBox(tr("&Verify before writing"));
    m_verify->setObjectName(u"exportVerify"_s);
    m_verify->setChecked(Settings::verifiesExports());
    m_verify->setEnabled(changed);
    auto* details = label(changed ? tr("Both models run on random inputs; one that computes something else "
                                       "than the opened one is not written. Remembered for the next exports.")
                                  : tr("The model is as it was opened."),
                          u"quiet"_s);
    details->setContentsMargins(23, 0, 0, 6);
    details->setWordWrap(true);
    m_verify->setAccessibleDescription(details->text());
    auto* group = new QWidget;
    auto* layout = new QVBoxLayout(group);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(m_verify);
    layout->addWidget(details);
    return group;
}

bool ExportSheet::verifies() const
{
    return m_verify->isEnabled() && m_verify->isChecked();
}

DataPlacement ExportSheet::placement() const
{
    for (const DataPlacement each : placements)
        if (m_buttons[static_cast<std::size_t>(each)]->isChecked())
            return each;
    return DataPlacement::Keep;
}

void ExportSheet::show(const Forecasts& forecasts)
{
    m_forecasts = forecasts;
    for (std::size_t i = 0; i < choices; ++i) {
        const QString sentence = forecasts[i] ? words(*forecasts[i]) : tr("The size is not known.");
        m_details[i]->setText(sentence);
        m_buttons[i]->setAccessibleDescription(sentence);
        m_buttons[i]->setEnabled(!forecasts[i] || !forecasts[i]->tooLarge);
        m_details[i]->setEnabled(m_buttons[i]->isEnabled());
    }
    const auto& inOneFile = forecasts[static_cast<std::size_t>(DataPlacement::Inline)];
    if (inOneFile && inOneFile->tooLarge) {
        m_warning->setText(
            tr("A single ONNX file can have at most 2 GiB, and this one would need %1: the weights "
               "go to a data file.")
                .arg(byteCount(inOneFile->modelBytes)));
        m_warning->show();
    }
    showFiles();
    resize(width(), std::max(height(), layout()->totalHeightForWidth(width())));
    Q_EMIT forecastShown();
}

void ExportSheet::addFile(const QString& name, const QString& size, const QString& note)
{
    const int row = m_fileRows->rowCount();
    auto* file = new PlainLabel(name);
    auto* bytes = new PlainLabel(size);
    bytes->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_fileRows->addWidget(file, row, 0);
    m_fileRows->addWidget(bytes, row, 1);
    m_fileRows->addWidget(label(note, u"quiet"_s), row, 2);
}

void ExportSheet::showFiles()
{
    if (!m_fileRows)
        return;
    qDeleteAll(m_files->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
    const QFileInfo target(m_target);
    const QString note = target.exists() ? tr("replaced") : tr("new");
    const auto& forecast = m_forecasts[static_cast<std::size_t>(placement())];
    addFile(target.fileName(), forecast ? byteCount(forecast->modelBytes) : u"…"_s, note);
    if (!forecast)
        return;
    if (!forecast->dataFile.empty())
        addFile(name(forecast->dataFile), byteCount(forecast->dataBytes), tr("new"));
    if (!forecast->kept.empty())
        addFile(names(forecast->kept), {}, tr("needed, stays as it is"));
}

} // namespace pleat::ui
