// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/ChangesModel.h"

#include "ui/document/Names.h"
#include "ui/widgets/ListLook.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int rowMargin = 14, symbolSide = 11, symbolGap = 10;

QFont boldFont(QFont font)
{
    font.setWeight(QFont::DemiBold);
    return font;
}

} // namespace

void ChangesModel::setComparison(ComparisonPointer comparison)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    endResetModel();
}

std::array<int, changeKindCount> ChangesModel::counts() const
{
    std::array<int, changeKindCount> counts{};
    for (int row = 0; row < rowCount(); ++row)
        ++counts[static_cast<std::size_t>(change(row).kind)];
    return counts;
}

int ChangesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_comparison ? 0 : static_cast<int>(m_comparison->changes.size());
}

QVariant ChangesModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Change& change = this->change(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return oneLine(moduleName(change.name, change.op));
    case OpRole:
        return oneLine(change.op);
    case DetailRole:
        return oneLine(change.details.size() == 1 ? change.details.constFirst() : change.brief);
    case KindRole:
        return static_cast<int>(change.kind);
    case Qt::ToolTipRole:
        return plainTip((QStringList{change.name} + change.details).join(u'\n'));
    case Qt::AccessibleTextRole:
        return u"%1, %2, %3: %4"_s.arg(
            wordFor(change.kind), oneLine(change.op), oneLine(change.name),
            oneLine(change.details.isEmpty() ? change.brief : change.details.join(u" · "_s)));
    default:
        return {};
    }
}

void ChangesFilter::setKindShown(ChangeKind kind, bool shown)
{
    m_shown[static_cast<std::size_t>(kind)] = shown;
    invalidateFilter();
}

void ChangesFilter::setWords(const QString& words)
{
    m_words = words.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool ChangesFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    if (!m_shown[static_cast<std::size_t>(index.data(ChangesModel::KindRole).toInt())])
        return false;
    return hasAllWords(index.data(Qt::AccessibleTextRole).toString(), m_words);
}

QSize ChangesDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return {200, QFontMetrics(boldFont(option.font)).height() + QFontMetrics(option.font).height() + 14};
}

void ChangesDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const
{
    const Theme theme = Theme::of(*option.widget);
    const MarkLook look = lookOf(static_cast<ChangeKind>(index.data(ChangesModel::KindRole).toInt()));
    const QRect row = option.rect;
    painter->save();
    paintRowGround(*painter, option, theme);

    const QFont bold = boldFont(option.font);
    const QFontMetrics name(bold), words(option.font);
    QRect line(row.left() + rowMargin + symbolSide + symbolGap,
               row.center().y() - (name.height() + words.height()) / 2, 0, name.height());
    line.setRight(row.right() - rowMargin);
    paintSymbol(
        *painter, look.symbol,
        QRectF(row.left() + rowMargin, line.center().y() - symbolSide / 2.0 + 0.5, symbolSide, symbolSide),
        theme.markText(look.colour));
    const QString op =
        words.elidedText(index.data(ChangesModel::OpRole).toString(), Qt::ElideRight, line.width() / 2);
    painter->setFont(option.font);
    painter->setPen(theme.quiet);
    painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, op);
    const int room = line.width() - words.horizontalAdvance(op) - symbolGap;
    painter->setFont(bold);
    painter->setPen(theme.text);
    painter->drawText(
        line, Qt::AlignLeft | Qt::AlignVCenter,
        name.elidedText(index.data().toString(), Qt::ElideLeft, room)); // the end tells twins apart
    line.translate(0, name.height());
    line.setHeight(words.height());
    painter->setFont(option.font);
    painter->setPen(theme.quiet);
    painter->drawText(
        line, Qt::AlignLeft | Qt::AlignVCenter,
        words.elidedText(index.data(ChangesModel::DetailRole).toString(), Qt::ElideRight, line.width()));
    painter->restore();
}

} // namespace pleat::ui
