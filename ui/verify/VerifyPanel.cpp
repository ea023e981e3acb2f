// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyPanel.h"

#include "ui/document/Convert.h"
#include "ui/document/Verdict.h"
#include "ui/verify/VerifyFields.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/SteadyTabs.h"
#include "ui/widgets/TableLook.h"
#include "ui/widgets/TableMenu.h"

#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto verifyLane = u"verify"_s;
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

QStringList sentencesOf(const Verification& found)
{
    QStringList lines;
    for (const auto* list : {&found.structure, &found.notes})
        for (const std::string& sentence : *list)
            lines += toQt(sentence);
    return lines;
}

} // namespace

VerifyPanel::VerifyPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"verify"_s,
                        .title = tr("Verify"),
                        .shortcut = tr("Ctrl+7"),
                        .area = Qt::BottomDockWidgetArea,
                        .size = {0, 320},
                        .window = {QWIDGETSIZE_MAX, QWIDGETSIZE_MAX}, // when somebody asks for it
                        .with = u"weights"_s})
{
    makeAction();
    m_verdict = new VerdictLine;
    m_pages = new QStackedWidget;
    m_pages->addWidget(makeOutputs());

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

    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_verdict, &VerdictLine::pressed, this, [this](VerdictLine::Button button) {
        if (button == VerdictLine::Button::Stop)
            this->workspace().jobs().cancel(this, verifyLane);
        else
            run();
    });
    connect(m_fields, &VerifyFields::edited, this, &VerifyPanel::refresh);
    connect(&workspace, &Workspace::verificationWanted, this, &VerifyPanel::ask);
    connect(&workspace, &Workspace::opened, this, [this] {
        this->workspace().jobs().cancel(this, verifyLane);
        m_answer.reset();
    });
    connect(&workspace, &Workspace::changed, this, &VerifyPanel::refresh);
    connect(&document(), &Document::exported, this, &VerifyPanel::showCommand);
    connect(&workspace.jobs(), &JobRunner::laneFinished, this,
            [this](const QObject* owner, const QString& lane) {
                if (owner == this && lane == verifyLane)
                    refresh();
            });
    refresh();
}

VerifyPanel::~VerifyPanel()
{
    workspace().jobs().cancel(this, verifyLane);
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
    m_tabs->addTab(tr("Outputs"));
    m_tabs->setTabToolTip(0, tr("What both models give for the same inputs"));
    m_note = new PlainLabel;
    m_note->setObjectName(u"verifyRuntime"_s);
    m_note->setProperty("role", u"quiet"_s);
    auto* header = new QWidget;
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(12);
    row->addWidget(title);
    row->addWidget(m_tabs);
    row->addStretch();
    row->addWidget(m_note);
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

QWidget* VerifyPanel::makeOutputs()
{
    m_findings = new PlainLabel;
    m_findings->setObjectName(u"verifyFindings"_s);
    m_findings->setProperty("role", u"quiet"_s);
    m_findings->setWordWrap(true);
    m_findings->setContentsMargins(14, 8, 14, 6);
    m_findings->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* table = new QTableView;
    table->setObjectName(u"verifyOutputs"_s);
    table->setAccessibleName(tr("Outputs of both models"));
    table->setModel(&m_outputs);
    dressTable(*table);
    table->setItemDelegate(new WarningDelegate(RowsModel::WarnRole, table));
    offerTable(*table, tr("outputs"));
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(OutputsModel::Name, QHeaderView::Stretch);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_findings);
    layout->addWidget(table, 1);
    return page;
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

bool VerifyPanel::isRunning() const
{
    return workspace().jobs().isBusy(this, verifyLane);
}

bool VerifyPanel::isStale() const
{
    const auto now = question();
    return m_answer && (!now || m_answer->question != *now);
}

void VerifyPanel::ask()
{
    Q_EMIT wanted();
    if (question() && !isRunning() && (!m_answer || isStale()))
        run();
}

void VerifyPanel::run()
{
    const auto asked = question();
    if (!asked)
        return;
    workspace().jobs().start(
        verifyLane, tr("Verifying…"), this,
        [question = *asked, place = workspace().workerPlace()](Progress& progress,
                                                               const std::stop_token& stop) {
            return answerTo(question, place, progress, stop);
        },
        [this, question = *asked](Result<AnswerPointer> answer) { take(question, std::move(answer)); });
    refresh();
}

// What keeps it from being asked is an answer, too.
void VerifyPanel::take(const VerifyQuestion& question, Result<AnswerPointer> answer)
{
    if (!answer && answer.error().code == ErrorCode::Cancelled)
        return;
    if (answer) {
        m_answer = std::move(*answer);
    } else {
        VerifyAnswer problem{question, {}};
        problem.found.problem = std::move(answer.error().message);
        m_answer = std::make_shared<const VerifyAnswer>(std::move(problem));
    }
    refresh();
    Q_EMIT answered();
}

void VerifyPanel::refresh()
{
    m_verify->setEnabled(!document().isEmpty());
    m_fields->describe(document().isEmpty() ? nullptr : document().opened()->view.get());
    m_outputs.setAnswer(m_answer);
    m_verdict->setContent(content());
    showFindings();
    showCommand();
}

VerdictLine::Content VerifyPanel::content() const
{
    using Button = VerdictLine::Button;
    if (isRunning())
        return {.sentence = tr("Verifying…"),
                .details = tr("Both models run in ONNX Runtime, in a process of its own."),
                .button = Button::Stop};
    if (!m_answer)
        return unasked();
    const Verdict verdict = verdictOf(m_answer->found);
    VerdictLine::Content content{.sentence = verdict.sentence, .details = verdict.details};
    if (verdict.kind == Equivalence::Same) {
        content.colour = MarkColour::Good;
        content.symbol = Symbol::Check;
    } else if (verdict.kind == Equivalence::Different) {
        content.colour = MarkColour::Warning;
        content.symbol = Symbol::Attention;
    }
    const auto now = question();
    content.canPress = now.has_value();
    content.button = Button::AskAgain;
    if (!now || now->after != m_answer->question.after || now->before != m_answer->question.before)
        content.stale = tr("This is of the model before your last change.");
    else if (now->settings != m_answer->question.settings)
        content.stale = tr("This is with other settings.");
    return content;
}

VerdictLine::Content VerifyPanel::unasked() const
{
    if (document().isEmpty())
        return {.sentence = tr("No model"),
                .details = tr("Open one, and see whether it still computes the same after each step."),
                .canPress = false};
    if (question())
        return {.sentence = tr("Not verified yet"),
                .details =
                    tr("Both models are run on the same random inputs, and what they give is compared.")};
    return {.sentence = tr("There is nothing to verify."),
            .details = document().current() == document().opened() ? tr("The model is as it was opened.")
                                                                   : tr("No step is left to compare with."),
            .canPress = false};
}

void VerifyPanel::showFindings()
{
    const QStringList lines = m_answer ? sentencesOf(m_answer->found) : QStringList();
    m_findings->setText(lines.join(u'\n'));
    m_findings->setVisible(!lines.isEmpty());
    const QString version = m_answer ? toQt(m_answer->found.library.version) : QString();
    m_note->setText(version.isEmpty() ? QString() : tr("ONNX Runtime %1").arg(oneLine(version)));
    m_note->setToolTip(m_answer ? fromPath(m_answer->found.library.path) : QString());
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
