// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// The node that stands for the row.
NodeId nodeOf(const FoldCandidate& candidate)
{
    return candidate.layer            ? candidate.layer->id
           : candidate.affine.empty() ? NodeId::None
                                      : candidate.affine.front().id;
}

} // namespace

QString FoldModel::chain(const Row& row) const
{
    return oneLine(foldChain(*row.candidate) + groupNote(*m_current->view, *row.candidate));
}

QString FoldModel::detail(const Row& row) const
{
    return row.state == FoldState::Blocked ? oneLine(foldMessage(*row.candidate)) : chain(row);
}

QString FoldModel::tip(const Row& row) const
{
    QStringList lines{oneLine(foldName(*row.candidate)), chain(row)};
    if (!row.candidate->message.empty())
        lines += oneLine(toQt(row.candidate->message.text()));
    for (const FoldWarning& warning : row.candidate->warnings)
        lines += oneLine(toQt(warning.message.text()));
    return plainTip(lines.join(u'\n'));
}

std::vector<FoldModel::Row> FoldModel::rows(const Snapshot& opened, const Snapshot& current)
{
    std::vector<Row> rows;
    const std::vector<const FoldCandidate*> candidates = opened.candidates();
    rows.reserve(candidates.size());
    const auto add = [&rows](const FoldCandidate& candidate) {
        rows.push_back({&candidate, candidate.foldable ? FoldState::CanFold : FoldState::Blocked});
    };
    const auto addFolded = [&rows](const FoldRecord& record) {
        rows.push_back({&record.candidate, FoldState::Folded});
    };
    if (&opened == &current) {
        for (const FoldCandidate* candidate : candidates)
            add(*candidate);
        return rows;
    }
    const auto records = current.recordsById();
    for (const FoldCandidate* known : candidates) {
        if (const auto done = records.find(known->id); done != records.end())
            addFolded(*done->second);
        if (const FoldCandidate* still = current.candidate(known->id))
            add(*still);
    }
    // What only a fold brought to light, in the order of the graph.
    for (const auto& record : current.folded)
        if (!opened.candidate(record->candidate.id))
            addFolded(*record);
    for (const FoldCandidate* candidate : current.candidates())
        if (!opened.candidate(candidate->id))
            add(*candidate);
    return rows;
}

// Where an edit leaves each pair its row, only those change that it touched.
bool FoldModel::follow(const SnapshotPointer& current)
{
    constexpr std::size_t many = 64; // each looks through what was folded
    const SnapshotChange change = changeBetween(*m_current, *current);
    std::unordered_set<std::string> ids;
    for (const auto* candidates : {&change.gone, &change.came})
        for (const CandidatePointer& candidate : *candidates)
            ids.insert(candidate->id);
    for (const auto* records : {&change.unfolded, &change.folded})
        for (const auto& record : *records)
            ids.insert(record->candidate.id);
    if (!m_idsAreUnique || ids.size() > many)
        return false;
    std::vector<std::pair<int, Row>> changed;
    for (const std::string& id : ids) {
        const FoldRecord* const record = current->record(id);
        const FoldCandidate* const candidate = current->candidate(id);
        const int row = rowOf(id);
        if (row < 0 || (record != nullptr) == (candidate != nullptr) || !m_opened->candidate(id))
            return false;
        const FoldState state = record                ? FoldState::Folded
                                : candidate->foldable ? FoldState::CanFold
                                                      : FoldState::Blocked;
        const bool unchecked = m_rows[static_cast<std::size_t>(row)].unchecked;
        changed.push_back({row, {record ? &record->candidate : candidate, state, unchecked}});
    }
    const auto isChecked = [](const Row& row) { return row.state == FoldState::CanFold && !row.unchecked; };
    m_current = current;
    m_counts = current->counts;
    for (const auto& [row, now] : changed) {
        Row& was = m_rows[static_cast<std::size_t>(row)];
        m_checked += static_cast<int>(isChecked(now)) - static_cast<int>(isChecked(was));
        was = now;
    }
    for (const auto& [row, now] : changed)
        Q_EMIT dataChanged(index(row), index(row));
    Q_EMIT countsChanged();
    Q_EMIT checkedChanged();
    return true;
}

void FoldModel::setSnapshots(const SnapshotPointer& opened, const SnapshotPointer& current)
{
    if (opened == m_opened && current == m_current)
        return;
    if (m_opened && m_current && opened == m_opened && current && follow(current))
        return;
    std::vector<Row> fresh = opened && current ? rows(*opened, *current) : std::vector<Row>{};
    const bool sameRows = opened == m_opened && std::equal(fresh.begin(), fresh.end(), m_rows.begin(),
                                                           m_rows.end(), [](const Row& a, const Row& b) {
                                                               return a.candidate->id == b.candidate->id;
                                                           });
    if (!sameRows)
        beginResetModel();
    if (opened != m_opened) {
        m_unchecked.clear();
        m_rowOf.clear();
    }
    for (const Row& each : fresh) {
        // "Fold all" does not take these: they want to be chosen.
        if (!each.candidate->batchNorm && !m_rowOf.contains(each.candidate->id))
            m_unchecked.insert(each.candidate->id);
    }
    for (Row& each : fresh)
        each.unchecked = !m_unchecked.empty() && m_unchecked.contains(each.candidate->id);
    m_rows = std::move(fresh);
    m_opened = opened;
    m_current = current;
    m_rowOf.clear();
    for (std::size_t row = 0; row < m_rows.size(); ++row)
        m_rowOf.try_emplace(m_rows[row].candidate->id, static_cast<int>(row));
    m_idsAreUnique = m_rowOf.size() == m_rows.size();
    if (!sameRows)
        endResetModel();
    else if (!m_rows.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1));
    count();
    Q_EMIT countsChanged();
    Q_EMIT checkedChanged();
}

void FoldModel::count()
{
    m_counts = m_current ? m_current->counts : FoldCounts();
    m_checked = static_cast<int>(std::ranges::count_if(
        m_rows, [](const Row& each) { return each.state == FoldState::CanFold && !each.unchecked; }));
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
        return oneLine(foldName(*row.candidate));
    case Qt::ToolTipRole:
        return tip(row);
    case Qt::AccessibleTextRole: {
        const QString state = row.state == FoldState::CanFold   ? tr("can fold")
                              : row.state == FoldState::Blocked ? tr("blocked")
                                                                : tr("folded");
        return tr("%1, %2, %n channels, %3", nullptr, int(row.candidate->channels.value_or(0)))
            .arg(oneLine(foldName(*row.candidate)), detail(row), state);
    }
    case Qt::CheckStateRole:
        return row.state == FoldState::Folded || (row.state == FoldState::CanFold && !row.unchecked)
                   ? Qt::Checked
                   : Qt::Unchecked;
    case IdRole:
        return toQt(row.candidate->id);
    case DetailRole:
        return detail(row);
    case ChannelsRole:
        return quint64{row.candidate->channels.value_or(0)};
    case StateRole:
        return int(row.state);
    case LayerRole:
        return quint32(nodeOf(*row.candidate));
    case CulpritRole:
        return quint32(row.candidate->blame.empty() ? NodeId::None : row.candidate->blame.front().node);
    default:
        return {};
    }
}

bool FoldModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || !checkIndex(index, CheckIndexOption::IndexIsValid) ||
        at(index).state != FoldState::CanFold)
        return false;
    setUnchecked(m_rows[static_cast<std::size_t>(index.row())], value.toInt() != Qt::Checked);
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

void FoldModel::setUnchecked(Row& row, bool unchecked)
{
    if (row.unchecked == unchecked)
        return;
    row.unchecked = unchecked;
    m_checked += unchecked ? -1 : 1;
    if (unchecked)
        m_unchecked.insert(row.candidate->id);
    else
        m_unchecked.erase(row.candidate->id);
}

std::vector<FoldId> FoldModel::checked() const
{
    std::vector<FoldId> ids;
    for (const Row& row : m_rows)
        if (row.state == FoldState::CanFold && !row.unchecked)
            ids.push_back(row.candidate->id);
    return ids;
}

int FoldModel::rowOf(const FoldId& id) const
{
    const auto found = m_rowOf.find(id);
    return id.empty() || found == m_rowOf.end() ? -1 : found->second;
}

void FoldModel::setAllChecked(bool checked)
{
    for (Row& row : m_rows)
        if (row.state == FoldState::CanFold)
            setUnchecked(row, !checked);
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {Qt::CheckStateRole});
    Q_EMIT checkedChanged();
}

} // namespace pleat::ui
