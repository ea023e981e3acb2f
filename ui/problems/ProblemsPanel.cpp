// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/problems/ProblemsPanel.h"

#include "core/edit/Problems.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/TableLook.h"
#include "ui/widgets/Translate.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto problemsLane = u"problems"_s;

// Marks stand in the model that has the problems, not in the one that was opened.
MarkSource marksOf(const std::vector<Problem>& problems)
{
    std::vector<Mark> marks;
    for (const Problem& problem : problems)
        if (problem.node != NodeId::None)
            marks.push_back({{problem.node},
                             {MarkColour::Warning, Outline::Dashed, Symbol::Attention},
                             tr("does not fit"),
                             tr("problem"),
                             problem.sentence,
                             {},
                             {}});
    const auto marksIn = [marks](const Shown& model) {
        return &model.shown == &model.current ? marks : std::vector<Mark>();
    };
    return {[marksIn](const Snapshot& shown, const Snapshot& current, const std::stop_token&) {
                return marksIn({shown, current});
            },
            [marksIn](const Shown& before, const Shown& now) {
                const bool same = (&before.shown == &before.current) == (&now.shown == &now.current);
                return same ? MarkChange{} : MarkChange{marksIn(before), marksIn(now)};
            }};
}

} // namespace

ProblemsPanel::ProblemsPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"problems"_s,
                        .title = tr("Problems"),
                        .shortcut = tr("Ctrl+8"),
                        .area = Qt::BottomDockWidgetArea,
                        .size = {0, 180},
                        .window = {QWIDGETSIZE_MAX, QWIDGETSIZE_MAX}, // when somebody asks for it
                        .with = u"weights"_s})
{
    addEntry(Menu::Model, makeAction(this, tr("Pro&blems…"), {tr("Ctrl+Shift+M")},
                                     tr("See what does not fit together any more since it was edited"),
                                     [this] { Q_EMIT wanted(); }));
    const CaptionLine top = captionLine(tr("PROBLEMS"));
    top.layout->setContentsMargins(14, 8, 14, 6);
    m_note = top.note;
    m_table = new QTableView;
    m_table->setObjectName(u"problemsTable"_s);
    m_table->setAccessibleName(tr("What does not fit together"));
    m_table->setModel(&m_model);
    dressTable(*m_table);
    m_table->setColumnWidth(0, 220);
    m_table->horizontalHeader()->setStretchLastSection(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top.layout);
    layout->addWidget(m_table, 1);
    m_none = new PlainLabel;
    m_none->setText(tr("All that was edited fits together."));
    m_none->setAlignment(Qt::AlignCenter);
    m_none->setProperty("role", u"quiet"_s);
    layout->addWidget(m_none, 1);
    connect(m_table, &QTableView::clicked, this, &ProblemsPanel::go);
    connect(m_table, &QTableView::activated, this, &ProblemsPanel::go);
    connect(&workspace, &Workspace::changed, this, &ProblemsPanel::look);
    connect(&workspace, &Workspace::problemsWanted, this, &Panel::wanted);
    // The first who marks a node is the one who does: that something does not fit comes before all else.
    setMarks(marksOf({}));
    show({});
}

void ProblemsPanel::look()
{
    const SnapshotPointer current = document().current();
    if (std::exchange(m_looked, current) == current)
        return;
    if (!current || !current->typesDiffer) {
        workspace().jobs().cancel(this, problemsLane);
        show({});
        return;
    }
    workspace().jobs().start(
        problemsLane, tr("Looking for problems…"), this,
        [opened = document().opened()->view, now = current->view](Progress&, std::stop_token) {
            return problemsIn(*now, newProblems(*opened, *now));
        },
        [this](std::vector<Problem> problems) { show(std::move(problems)); }, JobDisplay::Quiet,
        JobPriority::Background);
}

void ProblemsPanel::show(std::vector<Problem> problems)
{
    m_note->setText(problems.empty() ? QString() : QString::number(problems.size()));
    m_table->setVisible(!problems.empty());
    m_none->setVisible(problems.empty());
    if (problems == m_model.problems())
        return;
    setMarks(marksOf(problems));
    const auto count = static_cast<int>(problems.size());
    m_model.setProblems(std::move(problems));
    workspace().setProblems(count);
}

void ProblemsPanel::go(const QModelIndex& row)
{
    if (!row.isValid())
        return;
    workspace().setSide(Side::After);
    const Problem& problem = m_model.problems()[static_cast<std::size_t>(row.row())];
    const GraphView& view = *workspace().shown()->view;
    if (problem.node != NodeId::None && view.find(problem.node) != NodeIndex::None)
        workspace().selectNode(problem.node, Workspace::Reveal::Yes);
    else if (m_looked == document().current())
        workspace().selectValue(problem.value, Workspace::Reveal::Yes);
}

} // namespace pleat::ui
