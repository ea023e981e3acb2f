// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/edit/OperatorModel.h"

#include "ui/document/Convert.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

OperatorModel::OperatorModel(std::vector<OperatorForm> operators, QObject* parent)
    : RowsModel({{tr("Operator"), {}, true}, {tr("Since"), {}, true}, {tr("What it does"), {}, true}},
                parent),
      m_operators(std::move(operators))
{
}

QString OperatorModel::text(int row, int column) const
{
    const OperatorForm& form = (*this)[row];
    if (column == 0)
        return toQt(form.name);
    if (column == 2)
        return toQt(form.summary);
    const QString domain = form.domain.empty() ? u"ai.onnx"_s : toQt(form.domain);
    return form.since > 0 ? domain + u' ' + QString::number(form.since) : tr("function of %1").arg(domain);
}

OperatorFilter::OperatorFilter(OperatorModel& model, QObject* parent) : SortedRows(parent)
{
    setSourceModel(&model);
    sort(0);
}

void OperatorFilter::search(const QString& words)
{
    m_words = words.trimmed();
    invalidate();
}

bool OperatorFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    return sourceModel()->index(row, 0, parent).data().toString().contains(m_words, Qt::CaseInsensitive);
}

bool OperatorFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QString a = left.data().toString(), b = right.data().toString();
    const bool aBegins = a.startsWith(m_words, Qt::CaseInsensitive);
    if (aBegins != b.startsWith(m_words, Qt::CaseInsensitive))
        return aBegins;
    return left.row() < right.row();
}

} // namespace pleat::ui
