// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/RehearsalModel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/verify/BarsDelegate.h"
#include "ui/widgets/PlainText.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double clearlyWorse = 3; // dB

std::optional<double> known(const LayerLoss* loss, double LayerLoss::*member)
{
    return loss && !std::isnan(loss->*member) ? std::optional(loss->*member) : std::nullopt;
}

} // namespace

RehearsalModel::RehearsalModel(QObject* parent)
    : RowsModel(
          {{tr("Layer"), tr("The layer; a click goes there"), true},
           {tr("Output"),
            tr("What is left of its output: before folding above, after below; longer is "
               "better"),
            true},
           {tr("Before, dB"), tr("Signal to quantization noise of the layer's output before folding, all "
                                 "layers rounded")},
           {tr("After, dB"), tr("The same after folding")},
           {tr("Change"), tr("What folding changes of it, in dB; 6 dB are one bit")},
           {tr("Alone, dB"), tr("Of the model's outputs after folding, when only this layer is rounded: "
                                "how sensitive it is")},
           {tr("Weight, dB"), tr("Of the layer's weight after folding")},
           {tr("Note"), tr("Why it is not rounded"), true}},
          parent)
{
}

void RehearsalModel::setRehearsal(RehearsalPointer rehearsal)
{
    beginResetModel();
    m_rehearsal = std::move(rehearsal);
    m_rows.clear();
    m_most = 1;
    if (m_rehearsal) {
        std::unordered_map<std::string, const LayerLoss*> before;
        for (const LayerLoss& loss : m_rehearsal->before.layers)
            before.emplace(loss.key, &loss);
        const auto take = [&](const std::string& key) {
            const auto node = before.extract(key);
            return node ? node.mapped() : nullptr;
        };
        m_rows.reserve(m_rehearsal->after.layers.size() + before.size());
        for (const LayerLoss& loss : m_rehearsal->after.layers)
            m_rows.push_back({take(loss.key), &loss});
        for (const LayerLoss& loss : m_rehearsal->before.layers)
            if (before.contains(loss.key))
                m_rows.push_back({take(loss.key), nullptr});
        const auto loss = [](const Row& row) {
            const auto alone = known(row.after, &LayerLoss::alone);
            return (alone ? alone : known(row.after, &LayerLoss::ratio)).value_or(HUGE_VAL);
        };
        std::ranges::stable_sort(m_rows, {}, loss);
        for (const Row& row : m_rows)
            for (const LayerLoss* side : {row.before, row.after})
                if (const auto ratio = known(side, &LayerLoss::ratio); ratio && std::isfinite(*ratio))
                    m_most = std::max(m_most, *ratio);
    }
    endResetModel();
}

std::optional<double> RehearsalModel::ratio(const Row& row, int column) const
{
    const auto before = known(row.before, &LayerLoss::ratio), after = known(row.after, &LayerLoss::ratio);
    switch (column) {
    case Before:
        return before;
    case Bars:
    case After:
        return after;
    case Change:
        return before && after && std::isfinite(*before) && std::isfinite(*after)
                   ? std::optional(*after - *before)
                   : std::nullopt;
    case Alone:
        return known(row.after, &LayerLoss::alone);
    default:
        return known(row.after, &LayerLoss::weightRatio);
    }
}

QString RehearsalModel::text(int row, int column) const
{
    const Row& at = m_rows[static_cast<std::size_t>(row)];
    switch (column) {
    case Layer:
        return oneLine(moduleName(toQt(at.any().layer.name), toQt(at.any().layer.op)));
    case Bars: // for who does not see them
        return tr("%1 → %2").arg(ratioText(ratio(at, Before)), ratioText(ratio(at, After)));
    case Change: {
        const auto change = ratio(at, Change);
        return change ? (*change < 0 ? QString() : u"+"_s) + ratioText(change) : QString();
    }
    case Note:
        return oneLine(toQt(at.any().problem));
    default:
        return ratioText(ratio(at, column));
    }
}

QString RehearsalModel::tip(int row, int column) const
{
    const NodeRef& layer = m_rows[static_cast<std::size_t>(row)].any().layer;
    return column == Layer ? oneLine(toQt(layer.name)) + u'\n' + oneLine(toQt(layer.op)) : text(row, column);
}

QVariant RehearsalModel::key(int row, int column) const
{
    if (column == Layer || column == Note)
        return text(row, column);
    const auto value = ratio(m_rows[static_cast<std::size_t>(row)], column);
    return value ? QVariant(*value) : QVariant();
}

QVariant RehearsalModel::more(int row, int column, int role) const
{
    const Row& at = m_rows[static_cast<std::size_t>(row)];
    const auto share = [&](int side) {
        const auto value = ratio(at, side);
        return value ? QVariant(std::isinf(*value) ? 1 : std::max(0.0, *value / m_most)) : QVariant();
    };
    if (role == NodeRole)
        return static_cast<uint>(at.any().layer.id);
    if (role == WarnRole)
        return column == Change && ratio(at, Change).value_or(0) <= -clearlyWorse;
    if (column != Bars)
        return {};
    return role == BeforeBarRole ? share(Before) : role == AfterBarRole ? share(After) : QVariant();
}

} // namespace pleat::ui
