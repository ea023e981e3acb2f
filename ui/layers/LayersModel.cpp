// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/layers/LayersModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

#include <QPointF>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double halfABit = 3; // dB
enum Brief : std::size_t { EightTensor, EightChannel, FourTensor };

std::optional<double> ratio(const std::optional<LayerMeasure>& side, Brief scheme)
{
    if (!side || side->sqnr.empty() || std::isnan(side->sqnr[scheme]))
        return std::nullopt;
    return side->sqnr[scheme];
}

std::optional<double> change(const ComparedLayer& layer)
{
    const auto before = ratio(layer.before, EightTensor), after = ratio(layer.after, EightTensor);
    if (!layer.changed || !before || !after || std::isinf(*before) || std::isinf(*after))
        return std::nullopt;
    return *after - *before;
}

QString rangeText(const Range& range)
{
    return number(range.min) + u" … "_s + number(range.max);
}

QString ranges(const ComparedLayer& layer)
{
    if (!layer.after)
        return {};
    if (!layer.before || !layer.changed)
        return rangeText(layer.after->range);
    return LayersModel::tr("before %1 → after %2")
        .arg(rangeText(layer.before->range), rangeText(layer.after->range));
}

QString note(const ComparedLayer& layer)
{
    QStringList notes;
    if (layer.after && !isFloating(layer.type))
        notes += LayersModel::tr("stored as %1: rounded already, so there is no ratio")
                     .arg(toQt(name(layer.type)));
    if (layer.after && layer.after->outlier)
        notes += LayersModel::tr("channel %1 is %2 × as wide as the median")
                     .arg(layer.after->outlier->channel)
                     .arg(layer.after->outlier->ratio, 0, 'f', 1);
    return notes.join(u" · "_s);
}

QVariant point(const std::optional<LayerMeasure>& side)
{
    return side ? QVariant(QPointF(side->range.min, side->range.max)) : QVariant();
}

} // namespace

void LayersModel::setLayers(std::vector<ComparedLayer> layers)
{
    beginResetModel();
    m_layers = std::move(layers);
    endResetModel();
}

void LayersModel::append(std::vector<ComparedLayer> layers)
{
    if (layers.empty())
        return;
    beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(layers.size()) - 1);
    std::ranges::move(layers, std::back_inserter(m_layers));
    endInsertRows();
}

int LayersModel::rowOf(NodeId node) const
{
    const auto found =
        std::ranges::find_if(m_layers, [node](const ComparedLayer& layer) { return layer.layer.id == node; });
    return found == m_layers.end() ? -1 : static_cast<int>(found - m_layers.begin());
}

int LayersModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_layers.size());
}

int LayersModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(columnCount_);
}

QString LayersModel::text(const ComparedLayer& layer, int column) const
{
    switch (column) {
    case Name: {
        const QString name = moduleName(toQt(layer.layer.name), toQt(layer.layer.op));
        return oneLine(layer.scope.empty() ? name : toQt(layer.scope) + u'/' + name);
    }
    case Shape:
        return dimensions(layer.dims, u"×"_s);
    case EightBits:
        return layer.changed && layer.before ? ratioText(ratio(layer.before, EightTensor)) + u" → "_s +
                                                   ratioText(ratio(layer.after, EightTensor))
                                             : ratioText(ratio(layer.after, EightTensor));
    case Change: {
        const auto changed = change(layer);
        if (!changed)
            return {};
        return (*changed < 0 ? u"−"_s : u"+"_s) + QString::number(std::abs(*changed), 'f', 1);
    }
    case PerChannel:
        return ratioText(ratio(layer.after, EightChannel));
    case FourBits:
        return ratioText(ratio(layer.after, FourTensor));
    case Note:
        if (layer.problem)
            return oneLine(toQt(layer.problem->message));
        return note(layer);
    default:
        return {};
    }
}

QVariant LayersModel::sortKey(const ComparedLayer& layer, int column) const
{
    const auto key = [](const std::optional<double>& value) { return value ? QVariant(*value) : QVariant(); };
    switch (column) {
    case Shape: {
        double elements = 1;
        for (const std::int64_t dim : layer.dims)
            elements *= static_cast<double>(dim);
        return elements;
    }
    case Ranges: {
        if (!layer.after)
            return {};
        const auto width = [](const LayerMeasure& side) { return side.range.max - side.range.min; };
        const double before = layer.before ? width(*layer.before) : 0;
        return before > 0 ? QVariant(width(*layer.after) / before) : QVariant();
    }
    case EightBits:
        return key(ratio(layer.after, EightTensor));
    case Change:
        return key(change(layer));
    case PerChannel:
        return key(ratio(layer.after, EightChannel));
    case FourBits:
        return key(ratio(layer.after, FourTensor));
    default:
        return text(layer, column);
    }
}

QVariant LayersModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ComparedLayer& layer = m_layers[static_cast<std::size_t>(index.row())];
    const bool isText = index.column() == Name || index.column() == Note;
    switch (role) {
    case Qt::DisplayRole:
        return text(layer, index.column());
    case Qt::ToolTipRole:
        return plainTip(index.column() == Ranges ? ranges(layer)
                        : index.column() == Name ? oneLine(toQt(layer.layer.name)) + u'\n' +
                                                       oneLine(toQt(layer.layer.op + " · " + layer.tensor))
                                                 : text(layer, index.column()));
    case Qt::AccessibleTextRole:
        return index.column() == Ranges ? ranges(layer) : text(layer, index.column());
    case Qt::TextAlignmentRole:
        return static_cast<int>((isText ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case SortRole:
        return sortKey(layer, index.column());
    case NodeRole:
        return static_cast<uint>(layer.layer.id);
    case BeforeRole:
        return layer.changed ? point(layer.before) : QVariant();
    case AfterRole:
        return point(layer.after);
    case WorseRole:
        return change(layer).value_or(0) <= -halfABit;
    default:
        return {};
    }
}

QVariant LayersModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == Name || section == Note ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    const bool isTip = role == Qt::ToolTipRole;
    if (role != Qt::DisplayRole && !isTip)
        return {};
    switch (section) {
    case Name:
        return isTip ? tr("The layer; a click goes there") : tr("Layer");
    case Shape:
        return isTip ? tr("Shape of the weight") : tr("Shape");
    case Ranges:
        return isTip
                   ? tr("Smallest and largest weight, before folding and after; sorted by how much it grows")
                   : tr("Range");
    case EightBits:
        return isTip
                   ? tr("Signal to quantization noise of the weights in dB, rounded to 8 bits with one scale "
                        "for the tensor: before folding → after")
                   : tr("8 bits, dB");
    case Change:
        return isTip ? tr("What folding changes of it, in dB; 6 dB are one bit") : tr("Change");
    case PerChannel:
        return isTip ? tr("The same with one scale a channel, after folding") : tr("Per channel");
    case FourBits:
        return isTip ? tr("With 4 bits and one scale for the tensor, after folding") : tr("4 bits");
    case Note:
        return isTip ? tr("What stands in the way of a quantizer") : tr("Note");
    default:
        return {};
    }
}

void LayersFilter::setWords(const QString& words)
{
    m_words = words.trimmed();
    invalidateFilter();
}

bool LayersFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    if (m_words.isEmpty())
        return true;
    const auto has = [&](int column, int role) {
        return sourceModel()
            ->index(row, column, parent)
            .data(role)
            .toString()
            .contains(m_words, Qt::CaseInsensitive);
    };
    return has(LayersModel::Name, Qt::ToolTipRole) || has(LayersModel::Note, Qt::DisplayRole);
}

} // namespace pleat::ui
