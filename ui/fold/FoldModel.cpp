// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"

#include <algorithm>
#include <unordered_map>

using namespace Qt::StringLiterals;

namespace pleat::ui {

FoldModel::Row FoldModel::row(const FoldCandidate& candidate, FoldState state, const GraphView& view)
{
    Row row;
    row.id = toQt(candidate.id);
    row.name = foldName(candidate);
    row.state = state;
    row.channels = candidate.channels.value_or(0);
    row.batchNorm = candidate.batchNorm;
    const NodeRef* node = candidate.layer            ? &*candidate.layer
                          : candidate.affine.empty() ? nullptr
                                                     : &candidate.affine.front();
    row.layer = node ? node->id : NodeId::None;
    if (!candidate.blame.empty())
        row.culprit = candidate.blame.front().node;
    const QString chain = foldChain(candidate) + groupNote(view, candidate);
    row.detail = state == FoldState::Blocked ? foldMessage(candidate) : chain;
    QStringList tip{row.name, chain};
    if (!candidate.message.empty())
        tip += toQt(candidate.message.text());
    for (const FoldWarning& warning : candidate.warnings)
        tip += toQt(warning.message.text());
    row.tip = tip.join(u'\n');
    return row;
}

std::vector<FoldModel::Row> FoldModel::rows(const Snapshot& opened, const Snapshot& current)
{
    std::unordered_map<std::string_view, const FoldCandidate*> now;
    for (const FoldCandidate& candidate : current.candidates)
        now.emplace(candidate.id, &candidate);
    std::unordered_map<std::string_view, const FoldRecord*> folded;
    for (const auto& record : current.folded)
        folded.emplace(record->candidate.id, record.get());

    std::vector<Row> rows;
    const auto add = [&](const FoldCandidate& candidate) {
        rows.push_back(
            row(candidate, candidate.foldable ? FoldState::CanFold : FoldState::Blocked, *current.view));
    };
    const auto addFolded = [&](const FoldRecord& record) {
        rows.push_back(row(record.candidate, FoldState::Folded, *current.view));
    };
    for (const FoldCandidate& known : opened.candidates) {
        if (const auto done = folded.extract(known.id); !done.empty())
            addFolded(*done.mapped());
        if (const auto still = now.extract(known.id); !still.empty())
            add(*still.mapped());
    }
    // What only a fold brought to light, in the order of the graph.
    for (const auto& record : current.folded)
        if (folded.contains(record->candidate.id))
            addFolded(*record);
    for (const FoldCandidate& candidate : current.candidates)
        if (now.contains(candidate.id))
            add(candidate);
    return rows;
}

void FoldModel::setSnapshots(const SnapshotPointer& opened, const SnapshotPointer& current)
{
    std::vector<Row> fresh = opened && current ? rows(*opened, *current) : std::vector<Row>{};
    const bool sameRows =
        opened == m_opened && std::equal(fresh.begin(), fresh.end(), m_rows.begin(), m_rows.end(),
                                         [](const Row& a, const Row& b) { return a.id == b.id; });
    if (sameRows) {
        m_rows = std::move(fresh);
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0), index(rowCount() - 1));
    } else {
        beginResetModel();
        if (opened != m_opened) {
            m_unchecked.clear();
            for (const Row& each : fresh)
                if (!each.batchNorm)
                    m_unchecked.insert(each.id); // "Fold all" does not take these: they want to be chosen
        }
        m_opened = opened;
        m_rows = std::move(fresh);
        endResetModel();
    }
    FoldCounts counts;
    for (const Row& each : m_rows) {
        counts.batchNorms += each.batchNorm;
        counts.canFold += each.state == FoldState::CanFold && each.batchNorm;
        counts.blocked += each.state == FoldState::Blocked;
        counts.folded += each.state == FoldState::Folded;
    }
    m_counts = counts;
    Q_EMIT countsChanged();
    Q_EMIT checkedChanged();
}

int FoldModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant FoldModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = at(index);
    switch (role) {
    case Qt::DisplayRole:
        return row.name;
    case Qt::ToolTipRole:
        return row.tip;
    case Qt::AccessibleTextRole: {
        const QString state = row.state == FoldState::CanFold   ? tr("can fold")
                              : row.state == FoldState::Blocked ? tr("blocked")
                                                                : tr("folded");
        return tr("%1, %2, %n channels, %3", nullptr, int(row.channels)).arg(row.name, row.detail, state);
    }
    case Qt::CheckStateRole:
        if (row.state == FoldState::Blocked)
            return Qt::Unchecked;
        return row.state == FoldState::Folded || !m_unchecked.contains(row.id) ? Qt::Checked : Qt::Unchecked;
    case IdRole:
        return row.id;
    case DetailRole:
        return row.detail;
    case ChannelsRole:
        return row.channels;
    case StateRole:
        return int(row.state);
    case LayerRole:
        return quint32(row.layer);
    case CulpritRole:
        return quint32(row.culprit);
    default:
        return {};
    }
}

bool FoldModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || !checkIndex(index, CheckIndexOption::IndexIsValid) ||
        at(index).state != FoldState::CanFold)
        return false;
    if (value.toInt() == Qt::Checked)
        m_unchecked.remove(at(index).id);
    else
        m_unchecked.insert(at(index).id);
    Q_EMIT dataChanged(index, index, {Qt::CheckStateRole});
    Q_EMIT checkedChanged();
    return true;
}

Qt::ItemFlags FoldModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    const Qt::ItemFlags base = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    return at(index).state == FoldState::CanFold ? base | Qt::ItemIsUserCheckable : base;
}

std::vector<FoldId> FoldModel::checked() const
{
    std::vector<FoldId> ids;
    for (const Row& row : m_rows)
        if (row.state == FoldState::CanFold && !m_unchecked.contains(row.id))
            ids.push_back(toStd(row.id));
    return ids;
}

int FoldModel::rowOf(const FoldId& id) const
{
    const QString wanted = toQt(id);
    const auto found =
        std::find_if(m_rows.begin(), m_rows.end(), [&wanted](const Row& row) { return row.id == wanted; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

void FoldModel::setAllChecked(bool checked)
{
    for (const Row& row : m_rows) {
        if (row.state != FoldState::CanFold)
            continue;
        if (checked)
            m_unchecked.remove(row.id);
        else
            m_unchecked.insert(row.id);
    }
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {Qt::CheckStateRole});
    Q_EMIT checkedChanged();
}

} // namespace pleat::ui
