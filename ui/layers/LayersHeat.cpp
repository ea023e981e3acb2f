// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/layers/LayersHeat.h"

#include "ui/layers/LayersModel.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

struct Measured {
    NodeId node = NodeId::None;
    double value = 0;
};

// Of the layers that have a finite one.
std::vector<Measured> column(const LayersModel& layers, LayersModel::Column column)
{
    std::vector<Measured> values;
    values.reserve(static_cast<std::size_t>(layers.rowCount()));
    for (int row = 0; row < layers.rowCount(); ++row) {
        const QModelIndex index = layers.index(row, column);
        const QVariant value = index.data(LayersModel::SortRole);
        if (value.isValid() && std::isfinite(value.toDouble()))
            values.push_back(
                {static_cast<NodeId>(index.data(LayersModel::NodeRole).toUInt()), value.toDouble()});
    }
    return values;
}

QString times(double value)
{
    return QString::number(value, 'f', value < 10 ? 2 : 1) + u" ×"_s;
}

QString decibels(double value)
{
    return LayersModel::tr("%1 dB").arg(value, 0, 'f', 1);
}

// What stands in a body is seen at the node that the body belongs to: the one with the most to say of each.
void showBodies(Heat& heat, const GraphView& view)
{
    const auto inside = heat.nodes;
    for (const auto& [layer, hot] : inside) {
        NodeIndex node = view.find(layer);
        while (node != NodeIndex::None) {
            node = view.scopes()[index(view.scope(node))].owner;
            if (node == NodeIndex::None)
                break;
            Heat::Node& owner = heat.nodes[view.id(node)];
            if (owner.words.isEmpty() || std::abs(hot.share) > std::abs(owner.share))
                owner = hot;
        }
    }
}

std::shared_ptr<Heat> growth(const std::vector<Measured>& layers)
{
    double reach = 1; // doublings; less would make much of little
    for (const Measured& layer : layers)
        if (layer.value > 0)
            reach = std::max(reach, std::abs(std::log2(layer.value)));
    auto heat = std::make_shared<Heat>();
    heat->title = LayersModel::tr("Growth of the range by folding");
    heat->low = times(std::exp2(-reach));
    heat->high = times(std::exp2(reach));
    for (const Measured& layer : layers)
        heat->nodes[layer.node] = {layer.value > 0 ? std::log2(layer.value) / reach : -1, times(layer.value)};
    return heat;
}

std::shared_ptr<Heat> eightBits(const std::vector<Measured>& layers)
{
    const auto [worst, best] = std::ranges::minmax(layers, {}, &Measured::value);
    auto heat = std::make_shared<Heat>();
    heat->title = LayersModel::tr("SQNR at 8 bits per tensor, after folding");
    heat->low = decibels(best.value);
    heat->high = decibels(worst.value);
    heat->from = 0;
    const double span = std::max(1e-9, best.value - worst.value);
    for (const Measured& layer : layers)
        heat->nodes[layer.node] = {(best.value - layer.value) / span, decibels(layer.value)};
    return heat;
}

} // namespace

HeatPointer heatOf(const LayersModel& layers, LayersHeat by, const GraphView& view)
{
    if (by == LayersHeat::None)
        return nullptr;
    const auto measured =
        column(layers, by == LayersHeat::Growth ? LayersModel::Ranges : LayersModel::EightBits);
    if (measured.empty())
        return nullptr;
    const auto heat = by == LayersHeat::Growth ? growth(measured) : eightBits(measured);
    showBodies(*heat, view);
    return heat;
}

} // namespace pleat::ui
