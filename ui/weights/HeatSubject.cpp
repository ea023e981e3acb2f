// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HeatSubject.h"

#include "ui/document/Convert.h"

#include <QStringList>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

bool HeatSubject::areComparable() const
{
    return before && before->tensor.dims() == after.tensor.dims() && before->layout == after.layout;
}

const HeatSubject::Weights& HeatSubject::of(HeatSide side) const
{
    return side == HeatSide::Before && before ? *before : after;
}

CellValues HeatSubject::values(HeatSide side) const
{
    constexpr double leastShare = 1e-6; // of the largest: what is smaller counts as this when it divides
    CellValues values{of(side).tensor, {}, {}};
    if (!areComparable() || side == HeatSide::Before || side == HeatSide::After)
        return values;
    values.before = before->tensor;
    if (side == HeatSide::Relative)
        values.floor = reach * leastShare;
    return values;
}

QString elementIndex(std::uint64_t element, std::span<const std::int64_t> dims)
{
    QStringList index;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
        const auto extent = static_cast<std::uint64_t>(dims[axis]);
        index.prepend(QString::number(element % extent));
        element /= extent;
    }
    return u'[' + index.join(u", "_s) + u']';
}

QString exactNumber(const Element& value, DataType type)
{
    if (const auto* real = std::get_if<double>(&value); real && !std::isfinite(*real))
        return number(*real);
    return toQt(text(type, value)).replace(u'-', u'−');
}

} // namespace pleat::ui
