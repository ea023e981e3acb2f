// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/prepare/PrepareModel.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Translate.h"

#include <QGuiApplication>
#include <QPalette>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr quintptr passLevel = 0; // a place has the number of its pass, counted from 1

int placesOf(const PassPreview* pass)
{
    return pass ? static_cast<int>(pass->done.size() + pass->left.size()) : 0;
}

// What stands behind a pass: how many places, or why there is no number.
QString countText(const PassPreview* seen)
{
    if (!seen)
        return u"…"_s;
    if (!seen->problem.empty())
        return PrepareModel::tr("cannot");
    return seen->looked ? QString::number(seen->done.size()) : u"–"_s;
}

} // namespace

PrepareModel::PrepareModel(QObject* parent) : QAbstractItemModel(parent), m_shown(passes().size())
{
    for (const std::string& id : defaultPasses())
        m_chosen.insert(id);
}

void PrepareModel::setPreview(PreviewPointer preview)
{
    // Rows of passes stay, so that what is opened stays open.
    const auto passCount = static_cast<int>(passes().size());
    for (int pass = 0; pass < passCount; ++pass) {
        if (const int old = placesOf(previewAt(pass)); old > 0) {
            beginRemoveRows(index(pass, 0), 0, old - 1);
            m_shown[static_cast<std::size_t>(pass)] = nullptr;
            endRemoveRows();
        }
    }
    m_shown.assign(passes().size(), nullptr);
    m_preview = std::move(preview);
    for (int pass = 0; m_preview && pass < passCount; ++pass) {
        const PassPreview& wanted = m_preview->passes[static_cast<std::size_t>(pass)];
        const int places = placesOf(&wanted);
        if (places > 0)
            beginInsertRows(index(pass, 0), 0, places - 1);
        m_shown[static_cast<std::size_t>(pass)] = &wanted;
        if (places > 0)
            endInsertRows();
    }
    Q_EMIT dataChanged(index(0, 0), index(passCount - 1, columnCount() - 1));
}

const PassPreview* PrepareModel::previewAt(int pass) const
{
    return m_shown[static_cast<std::size_t>(pass)];
}

QModelIndex PrepareModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : passLevel);
}

QModelIndex PrepareModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == passLevel)
        return {};
    return createIndex(static_cast<int>(index.internalId()) - 1, 0, passLevel);
}

int PrepareModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(passes().size());
    return parent.internalId() == passLevel && parent.column() == 0 ? placesOf(previewAt(parent.row())) : 0;
}

int PrepareModel::columnCount(const QModelIndex&) const
{
    return 2;
}

QVariant PrepareModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (index.internalId() == passLevel)
        return passData(index.row(), index.column(), role);
    return index.column() == 0 ? placeData(static_cast<int>(index.internalId()) - 1, index.row(), role)
                               : QVariant();
}

QVariant PrepareModel::passData(int number, int column, int role) const
{
    const Pass& pass = passes()[static_cast<std::size_t>(number)];
    const PassPreview* const seen = previewAt(number);
    const int places = seen ? static_cast<int>(seen->done.size()) : 0;
    if (role == CountRole)
        return places;
    if (role == IdleRole)
        return seen && seen->looked && placesOf(seen) == 0 && seen->problem.empty();
    if (role == Qt::ToolTipRole) {
        QString tip = seen && !seen->problem.empty() ? toQt(seen->problem) : ui::tr(pass.about);
        if (const int left = seen ? static_cast<int>(seen->left.size()) : 0; left > 0)
            tip +=
                u'\n' + (left == 1 ? tr("One place stays as it is; the open row says why.")
                                   : tr("%n places stay as they are; the open row says why.", nullptr, left));
        return plainTip(tip);
    }
    if (column == 1) {
        if (role == Qt::DisplayRole)
            return countText(seen);
        if (role == Qt::ForegroundRole && places == 0) // what there is to do stands out
            return QGuiApplication::palette().color(QPalette::PlaceholderText);
        return role == Qt::TextAlignmentRole ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    }
    if (role == Qt::DisplayRole)
        return ui::tr(pass.name);
    if (role == Qt::CheckStateRole)
        return m_chosen.contains(pass.id) ? Qt::Checked : Qt::Unchecked;
    if (role == Qt::AccessibleTextRole)
        return seen && seen->looked && seen->problem.empty()
                   ? tr("%1, %n places", nullptr, places).arg(ui::tr(pass.name))
                   : ui::tr(pass.name);
    return {};
}

QVariant PrepareModel::placeData(int number, int row, int role) const
{
    const PassPreview& pass = *previewAt(number);
    const auto at = static_cast<std::size_t>(row);
    const bool isLeft = at >= pass.done.size();
    const auto& text = isLeft ? pass.left[at - pass.done.size()].why : pass.done[at].what;
    switch (role) {
    case Qt::DisplayRole:
        return oneLine(toQt(text.text()));
    case Qt::ToolTipRole:
        return plainTip(toQt(text.text()));
    case LeftRole:
        return isLeft;
    case Qt::ForegroundRole: // what is done stands out
        return isLeft ? QVariant(QGuiApplication::palette().color(QPalette::PlaceholderText)) : QVariant();
    case NodeRole: {
        const NodeId node = isLeft                        ? pass.left[at - pass.done.size()].node
                            : pass.done[at].nodes.empty() ? NodeId::None
                                                          : pass.done[at].nodes.front();
        return static_cast<quint32>(node);
    }
    default:
        return {};
    }
}

bool PrepareModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || index.internalId() != passLevel || index.column() != 0 ||
        role != Qt::CheckStateRole)
        return false;
    setChosen(passes()[static_cast<std::size_t>(index.row())].id, value.toInt() == Qt::Checked);
    return true;
}

void PrepareModel::setChosen(std::string_view pass, bool chosen)
{
    if (m_chosen.contains(pass) == chosen)
        return;
    if (chosen)
        m_chosen.emplace(pass);
    else
        m_chosen.erase(std::string(pass));
    const auto row = static_cast<int>(std::ranges::find(passes(), pass, &Pass::id) - passes().begin());
    Q_EMIT dataChanged(index(row, 0), index(row, 0));
    Q_EMIT chosenChanged();
}

Qt::ItemFlags PrepareModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractItemModel::flags(index);
    if (index.isValid() && index.internalId() == passLevel && index.column() == 0)
        flags |= Qt::ItemIsUserCheckable;
    else if (index.isValid())
        flags |= Qt::ItemNeverHasChildren;
    return flags;
}

} // namespace pleat::ui
