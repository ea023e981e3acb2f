// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/problems/ProblemsModel.h"

#include "core/edit/Find.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"

namespace pleat::ui {

std::vector<Problem> problemsIn(const GraphView& view, const std::vector<Finding>& findings)
{
    std::vector<Problem> problems;
    for (const Finding& finding : findings) {
        const auto value = findTensor(view, finding.id);
        if (!value)
            continue;
        Problem problem{NodeId::None, *value, toQt(view.name(*value)), toQt(finding.message.text())};
        if (const NodeIndex maker = view.producer(*value); maker != NodeIndex::None) {
            problem.node = view.id(maker);
            problem.where = moduleName(toQt(view.label(maker)), toQt(view.op(maker)));
        }
        if (!problem.sentence.endsWith(u'.'))
            problem.sentence += u'.';
        problems.push_back(std::move(problem));
    }
    return problems;
}

ProblemsModel::ProblemsModel(QObject* parent)
    : RowsModel({{tr("Where"), {}, true}, {tr("What does not fit"), {}, true}}, parent)
{
}

void ProblemsModel::setProblems(std::vector<Problem> problems)
{
    beginResetModel();
    m_problems = std::move(problems);
    endResetModel();
}

QString ProblemsModel::text(int row, int column) const
{
    const Problem& problem = m_problems[static_cast<std::size_t>(row)];
    return column == 0 ? problem.where : problem.sentence;
}

QVariant ProblemsModel::more(int row, int, int role) const
{
    const NodeId node = m_problems[static_cast<std::size_t>(row)].node;
    return role == NodeRole && node != NodeId::None ? QVariant(static_cast<uint>(node)) : QVariant();
}

} // namespace pleat::ui
