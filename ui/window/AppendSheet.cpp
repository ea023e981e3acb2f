// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/AppendSheet.h"

#include "core/graph/GraphView.h"
#include "core/io/Digest.h"
#include "core/model/ModelReader.h"
#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

Result<Appendable> readAppendable(const std::shared_ptr<const GraphView>& first,
                                  const std::filesystem::path& file, Progress& progress,
                                  const std::stop_token& stop)
{
    auto opened = openModel(file, progress, stop);
    if (!opened)
        return tl::make_unexpected(std::move(opened.error()));
    const FilePointer source = opened->model.source;
    auto digest = sha256(*source, progress, stop);
    if (!digest)
        return tl::make_unexpected(std::move(digest.error()));
    Appendable model;
    model.step.file = file.string();
    model.step.beside = true;
    if (const auto planned = plan(model.step, first); !planned) {
        if (planned.error().code != ErrorCode::Usage)
            return tl::make_unexpected(planned.error());
        model.obstacle = sentence("{}", planned.error().message);
    }
    model.step.bytes = source->size();
    model.step.sha256 = std::move(*digest);
    const auto second = GraphView::of(std::move(opened->model));
    model.outputs = outputsToJoin(*first);
    for (Port& input : inputsToJoin(*second)) {
        if (!second->initializer(second->find(ScopeIndex::Main, input.name)))
            model.inputs.push_back(std::move(input));
    }
    return model;
}

AppendSheet::AppendSheet(Appendable model, QWidget* parent) : QDialog(parent), m_model(std::move(model))
{
    setObjectName(u"appendSheet"_s);
    const QString file = QFileInfo(toQt(m_model.step.file)).fileName();
    setWindowTitle(tr("Append a Model"));
    const auto label = [](const QString& text, const QString& role) {
        auto* made = new PlainLabel(text);
        made->setProperty("role", role);
        made->setWordWrap(true);
        return made;
    };
    auto* obstacle = label(toQt(m_model.obstacle.text()), u"warning"_s);
    obstacle->setObjectName(u"appendObstacle"_s);
    obstacle->setVisible(!m_model.obstacle.empty());
    auto* caption = label(tr("WHAT BECOMES ITS INPUTS"), u"caption"_s);
    caption->setFont(captionFont(caption->font()));
    m_prefix = new QLineEdit;
    m_prefix->setObjectName(u"appendPrefix"_s);
    m_prefix->setPlaceholderText(tr("none"));
    m_prefix->setToolTip(
        tr("Put before the names of all that comes; without it, names that are taken get a number"));
    auto* prefixWord = new QLabel(tr("&Prefix of its names"));
    prefixWord->setBuddy(m_prefix);
    auto* prefix = new QHBoxLayout;
    prefix->setSpacing(12);
    prefix->addWidget(prefixWord);
    prefix->addWidget(m_prefix, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_append = buttons->addButton(tr("&Append"), QDialogButtonBox::AcceptRole);
    m_append->setObjectName(u"appendDo"_s);
    m_append->setProperty("main", true);
    m_append->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(8);
    layout->addWidget(label(tr("Append %1").arg(file), u"title"_s));
    layout->addWidget(obstacle);
    layout->addSpacing(8);
    layout->addWidget(caption);
    layout->addWidget(makeRows(), 1);
    layout->addLayout(prefix);
    layout->addSpacing(8);
    layout->addWidget(buttons);
    setMinimumWidth(std::min(760, screen()->availableSize().width() - 32));
    showFit();
}

QWidget* AppendSheet::makeRows()
{
    const std::vector<Join> joins = obviousJoins(m_model.outputs, m_model.inputs);
    auto* rows = new QWidget;
    auto* grid = new QGridLayout(rows);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(2, 1);
    for (const Port& input : m_model.inputs) {
        auto* name = new PlainLabel(toQt(input.name));
        name->setElided(Qt::ElideMiddle);
        auto* kind = new PlainLabel(toQt(text(input)));
        kind->setProperty("role", u"quiet"_s);
        auto* output = new QComboBox;
        output->setObjectName(u"appendOutput"_s + QString::number(m_rows.size()));
        output->setAccessibleName(tr("What becomes input %1").arg(toQt(input.name)));
        output->addItem(tr("stays an input"));
        for (const Port& each : m_model.outputs) {
            const QString called = fontMetrics().elidedText(oneLine(toQt(each.name)), Qt::ElideMiddle, 260);
            output->addItem(called + u" · "_s + oneLine(toQt(text(each))));
            output->setItemData(output->count() - 1, plainTip(toQt(each.name)), Qt::ToolTipRole);
        }
        output->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        output->setMinimumContentsLength(44);
        const auto join = std::ranges::find(joins, input.name, &Join::input);
        const auto joined = join == joins.end()
                                ? m_model.outputs.end()
                                : std::ranges::find(m_model.outputs, join->tensor, &Port::name);
        if (joined != m_model.outputs.end() && !whyNotJoined(*joined, input))
            output->setCurrentIndex(int(joined - m_model.outputs.begin()) + 1);
        auto* problem = new PlainLabel;
        problem->setObjectName(u"appendProblem"_s + QString::number(m_rows.size()));
        problem->setProperty("role", u"warning"_s);
        problem->setWordWrap(true);
        const int row = 2 * int(m_rows.size());
        grid->addWidget(name, row, 0);
        grid->addWidget(kind, row, 1);
        grid->addWidget(output, row, 2);
        grid->addWidget(problem, row + 1, 0, 1, 3);
        m_rows.push_back({output, problem});
        connect(output, &QComboBox::currentIndexChanged, this, &AppendSheet::showFit);
    }
    grid->setRowStretch(2 * int(m_rows.size()), 1);
    auto* area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setWidget(rows);
    area->setMinimumHeight(std::min(rows->sizeHint().height() + 8, 320));
    return area;
}

void AppendSheet::showFit()
{
    bool fits = m_model.obstacle.empty();
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        const int chosen = m_rows[r].output->currentIndex();
        const auto why = chosen == 0
                             ? std::nullopt
                             : whyNotJoined(m_model.outputs[std::size_t(chosen - 1)], m_model.inputs[r]);
        m_rows[r].problem->setText(why ? toQt(why->text()) : QString());
        m_rows[r].problem->setVisible(why.has_value());
        fits = fits && !why;
    }
    m_append->setEnabled(fits);
    m_append->setText(step().beside ? tr("Put &Beside") : tr("&Append"));
}

MergeModel AppendSheet::step() const
{
    MergeModel step = m_model.step;
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        if (const int chosen = m_rows[r].output->currentIndex(); chosen > 0)
            step.joins.push_back({m_model.outputs[std::size_t(chosen - 1)].name, m_model.inputs[r].name});
    }
    step.beside = step.joins.empty();
    step.prefix = toStd(m_prefix->text());
    return step;
}

} // namespace pleat::ui
