// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyPanel.h"

#include "ui/document/Convert.h"
#include "ui/verify/OutputsPage.h"
#include "ui/verify/PartsPage.h"
#include "ui/verify/RehearsalPage.h"
#include "ui/verify/SpeedView.h"
#include "ui/verify/TracePage.h"
#include "ui/verify/VerifyFields.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/SteadyTabs.h"

#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int settingsWidth = 292;

QWidget* thinLine(Qt::Orientation orientation)
{
    auto* line = new QWidget;
    if (orientation == Qt::Horizontal)
        line->setFixedHeight(1);
    else
        line->setFixedWidth(1);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    return line;
}

} // namespace

VerifyPanel::VerifyPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"verify"_s,
                        .title = tr("Verify"),
                        .shortcut = tr("Ctrl+7"),
                        .area = Qt::BottomDockWidgetArea,
                        .size = {0, 346},
                        .window = {QWIDGETSIZE_MAX, QWIDGETSIZE_MAX}, // when somebody asks for it
                        .with = u"weights"_s}),
      m_study(workspace),
      m_trace(workspace),
      m_speed(workspace),
      m_rehearsal(workspace)
{
    makeAction();
    m_verdict = new VerdictLine;
    m_pages = new QStackedWidget;
    auto* results = new QVBoxLayout;
    results->setContentsMargins(0, 0, 0, 0);
    results->setSpacing(0);
    results->addWidget(m_verdict);
    results->addWidget(thinLine(Qt::Horizontal));
    results->addWidget(m_pages, 1);
    auto* body = new QHBoxLayout;
    body->setContentsMargins(0, 0, 0, 0);
    body->setSpacing(0);
    body->addWidget(makeSettings());
    body->addWidget(thinLine(Qt::Vertical));
    body->addLayout(results, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHeader());
    layout->addWidget(thinLine(Qt::Horizontal));
    layout->addLayout(body, 1);
    makePages();

    connect(m_tabs, &QTabBar::currentChanged, this, [this](int tab) {
        m_pages->setCurrentIndex(tab);
        showVerdict();
    });
    connect(m_verdict, &VerdictLine::pressed, this, [this](VerdictLine::Button button) {
        Study& study = *m_studies[static_cast<std::size_t>(m_tabs->currentIndex())];
        button == VerdictLine::Button::Stop ? study.stop() : study.run();
    });
    connect(m_fields, &VerifyFields::edited, this, &VerifyPanel::refresh);
    connect(&workspace, &Workspace::verificationWanted, this, &VerifyPanel::ask);
    connect(&workspace, &Workspace::opened, this, [this] {
        for (Study* study : m_studies)
            study->forget();
    });
    connect(&workspace, &Workspace::changed, this, &VerifyPanel::refresh);
    connect(&document(), &Document::exported, this, &VerifyPanel::showCommand);
    refresh();
}

void VerifyPanel::makePages()
{
    m_outputs = new OutputsPage;
    addPage(tr("Outputs"), tr("What both models give for the same inputs"), m_outputs, m_study);
    m_parts = new PartsPage(workspace());
    addPage(tr("Fold by fold"), tr("Each fold by itself, with its error in units of rounding"), m_parts,
            m_study);
    addPage(tr("Where it begins"), tr("What both models compute on the way, value by value"),
            new TracePage(workspace(), m_trace), m_trace);
    auto* speed = new SpeedView;
    addPage(tr("Speed"), tr("How long both models take"), speed, m_speed);
    connect(&m_speed, &Study::changed, speed, [this, speed] { speed->setSpeed(m_speed.speed()); });
    addPage(tr("Quantization"),
            tr("What rounding the weights to 8 or 4 bits would cost, before folding and after"),
            new RehearsalPage(workspace(), m_rehearsal), m_rehearsal);
    connect(&m_study, &VerifyStudy::diverged, &m_trace, &TraceStudy::adopt);
}

void VerifyPanel::addPage(const QString& name, const QString& tip, QWidget* page, Study& study)
{
    const bool isKnown = std::ranges::find(m_studies, &study) != m_studies.end();
    m_studies.push_back(&study);
    m_pages->addWidget(page);
    m_tabs->setTabToolTip(m_tabs->addTab(name), tip);
    if (isKnown)
        return;
    connect(&study, &Study::changed, this, [this] {
        showVerdict();
        showFound();
    });
}

void VerifyPanel::makeAction()
{
    m_verify = ui::makeAction(this, tr("&Verify"), {tr("Ctrl+Shift+V")},
                              tr("See whether the model still computes the same"), [this] { ask(); });
    m_verify->setObjectName(u"toolVerify"_s);
    setIconName(*m_verify, u"verify"_s);
    addEntry(Menu::Model, m_verify, Tool::Plain);
}

QWidget* VerifyPanel::makeHeader()
{
    auto* title = new PlainLabel(tr("VERIFY"));
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    title->setFont(bold);
    m_tabs = new SteadyTabs;
    m_tabs->setObjectName(u"verifyTabs"_s);
    m_tabs->setAccessibleName(tr("What was found"));
    m_runtime = new PlainLabel;
    m_runtime->setObjectName(u"verifyRuntime"_s);
    m_runtime->setProperty("role", u"quiet"_s);
    auto* header = new QWidget;
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(12);
    row->addWidget(title);
    row->addWidget(m_tabs);
    row->addStretch();
    row->addWidget(m_runtime);
    return header;
}

QWidget* VerifyPanel::makeSettings()
{
    m_fields = new VerifyFields;
    auto* inside = new QWidget;
    auto* layout = new QVBoxLayout(inside);
    layout->setContentsMargins(14, 10, 10, 10);
    layout->setSpacing(10);
    layout->addWidget(m_fields);
    layout->addStretch();
    layout->addWidget(makeCommand());
    auto* scroll = new QScrollArea;
    scroll->setAccessibleName(tr("Inputs and tolerances"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFixedWidth(settingsWidth);
    scroll->setWidget(inside);
    return scroll;
}

QWidget* VerifyPanel::makeCommand()
{
    m_command = new QLineEdit;
    m_command->setObjectName(u"verifyCommand"_s);
    m_command->setAccessibleName(tr("The command that does it again at a shell"));
    m_command->setReadOnly(true);
    m_command->setPlaceholderText(tr("pleat-cli compares files"));
    m_copy = new QToolButton;
    m_copy->setObjectName(u"verifyCopy"_s);
    m_copy->setText(tr("Copy"));
    m_copy->setToolTip(tr("Copy the command that does it again at a shell"));
    m_copy->setProperty("boxed", true);
    m_copy->setFocusPolicy(Qt::TabFocus);
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_command->text()); });
    auto* words = new PlainLabel(tr("The same at a shell"));
    words->setProperty("role", u"quiet"_s);
    words->setBuddy(m_command);
    auto* area = new QWidget;
    auto* rows = new QVBoxLayout(area);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(4);
    rows->addWidget(words);
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(m_command, 1);
    row->addWidget(m_copy);
    rows->addLayout(row);
    return area;
}

std::optional<VerifyQuestion> VerifyPanel::question() const
{
    if (document().isEmpty())
        return std::nullopt;
    VerifyQuestion question{document().opened(), document().current(), m_fields->settings()};
    if (question.settings.against == Against::LastStep)
        question.before = document().beforeLastStep();
    if (!question.before || question.before == question.after)
        return std::nullopt;
    return question;
}

Study::Nothing VerifyPanel::whyNothing() const
{
    if (document().isEmpty())
        return {tr("No model"), tr("Open one, and see whether it still computes the same after each step.")};
    return {tr("There is nothing to verify."), document().current() == document().opened()
                                                   ? tr("The model is as it was opened.")
                                                   : tr("No step is left to compare with.")};
}

void VerifyPanel::ask()
{
    Q_EMIT wanted();
    m_tabs->setCurrentIndex(0);
    if (!m_study.isRunning() && (!m_study.hasAnswer() || m_study.isStale()))
        m_study.run();
}

void VerifyPanel::refresh()
{
    m_verify->setEnabled(!document().isEmpty());
    m_fields->describe(document().isEmpty() ? nullptr : document().opened()->view.get());
    const auto now = question();
    for (Study* study : m_studies)
        study->setQuestion(now, whyNothing());
    showCommand();
}

void VerifyPanel::showVerdict()
{
    m_verdict->setContent(m_studies[static_cast<std::size_t>(m_tabs->currentIndex())]->content());
}

void VerifyPanel::showFound()
{
    const VerificationPointer& found = m_study.verification();
    m_outputs->setFound(found);
    m_parts->setFound(found);
    const QString version = found ? oneLine(toQt(found->library.version)) : QString();
    m_runtime->setText(version.isEmpty() ? QString() : tr("ONNX Runtime %1").arg(version));
    m_runtime->setToolTip(found ? fromPath(found->library.path) : QString());
}

void VerifyPanel::showCommand()
{
    const auto now = question();
    const bool areFiles = now && now->settings.against == Against::Opened;
    m_copy->setEnabled(areFiles);
    if (!areFiles) {
        m_command->clear();
        m_command->setToolTip({});
        return;
    }
    QString after = document().writtenTo(now->after);
    const bool isWritten = !after.isEmpty();
    const QFileInfo file(document().path());
    if (!isWritten)
        after = file.completeBaseName() + u".folded.onnx"_s;
    const QString command = commandFor(now->settings, file.filePath(), after);
    m_command->setText(command);
    m_command->setCursorPosition(0);
    m_command->setToolTip(plainTip(isWritten
                                       ? command
                                       : command + u'\n' +
                                             tr("The model is to be exported first: the name of its file "
                                                "is the one that is proposed.")));
}

} // namespace pleat::ui
